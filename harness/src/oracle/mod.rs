//! The oracle: how a restore of a flexible server as files ends, by definition.
//!
//! A second implementation, written from the tables of prerequisites, roles and network settings
//! and from nothing else. It shares with the engine no code, no rule file and no data structure:
//! it reads a sketch. It is meant to be read whole.

pub mod key_vault;

use crate::strategy::sketch::{
    Assignee, Bypass, Container, CrossTenant, DefaultAction, Grant, Identity, Network, Prefix, PublicAccess,
    Region, ResourceRule, Role, Scope, Sketch, Subscription,
};

/// Whose word is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Book {
    /// What the documents say.
    Documented,
    /// What was observed or inferred.
    Observed,
}

/// A book, and the answers to two questions neither book answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    /// Whose word is taken.
    pub book: Book,
    /// FX-RF-05: behind Deny, a resource rule or the trusted-services exception is enough alone.
    pub either_is_enough: bool,
    /// NET-UAMI: rule and exception cover a user-assigned identity of the vault as well.
    pub user_assigned_covered: bool,
}

impl Profile {
    /// The documents.
    pub const DOCUMENTED: Self = Self {
        book: Book::Documented,
        either_is_enough: true,
        user_assigned_covered: true,
    };
    /// The observations.
    pub const OBSERVED: Self = Self {
        book: Book::Observed,
        ..Self::DOCUMENTED
    };
}

/// Who says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// The Backup service itself.
    Service,
    /// The storage account's network settings.
    Network,
    /// Access control.
    Authorization,
}

/// The error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// This one.
    Is(&'static str),
    /// None is known for this stage: an emulator must use one that shows it is its own.
    Unknown,
}

/// How the validation of the restore ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// It passes.
    Passes,
    /// It fails.
    Fails {
        /// Who says no.
        gate: Gate,
        /// The rule that is not kept.
        rule: &'static str,
        /// The error code.
        code: Code,
    },
}

/// How the validation of a restore as files ends. With several things wrong the first counts: who
/// restores, where to, what the account must be set to, whether it can be reached, whether access
/// is granted, what is in it.
pub fn restore_as_files(profile: Profile, sketch: &Sketch) -> Expected {
    let no = |gate, rule, code| Expected::Fails { gate, rule, code };
    // FX-RF-10: a request without identityDetails means the system-assigned identity.
    let acts_as_granted = match sketch.identity {
        Identity::System | Identity::UserNamed => true,
        Identity::UserNotNamed => false,
        Identity::UserDetached => {
            let code = "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault";
            return no(Gate::Service, "FX-RF-10", Code::Is(code));
        }
        Identity::SystemSwitchedOff => {
            let code = "UserErrorSystemIdentityNotEnabledWithVault";
            return no(Gate::Service, "FX-RF-10", Code::Is(code));
        }
    };
    if sketch.region == Region::Other {
        return no(Gate::Service, "FX-RF-06", Code::Unknown);
    }
    if sketch.subscription == Subscription::OtherForbidden {
        return no(Gate::Service, "FX-RF-07", Code::Unknown);
    }
    if profile.book == Book::Documented && !replication_allowed(sketch.cross_tenant) {
        return no(Gate::Service, "FX-RF-02", Code::Unknown);
    }
    if !reachable(profile, sketch.identity, &sketch.network) {
        let code = "UserErrorMSIMissingPermissions";
        return no(Gate::Network, "FX-RF-03", Code::Is(code));
    }
    if !acts_as_granted || !sketch.grants.iter().any(|grant| suffices(profile.book, grant)) {
        let code = "UserErrorMSIMissingPermissions";
        return no(Gate::Authorization, "FX-RF-01", Code::Is(code));
    }
    // Nothing is in the way of a container that is not there.
    if sketch.container == Container::Missing || sketch.prefix == Prefix::Taken {
        return no(Gate::Service, "FX-RF-09", Code::Unknown);
    }
    Expected::Passes
}

/// FX-RF-02: disallowed unless set, on accounts made after 15 December 2023; allowed before.
fn replication_allowed(setting: CrossTenant) -> bool {
    match setting {
        CrossTenant::True | CrossTenant::UnsetSinceLongAgo => true,
        CrossTenant::False | CrossTenant::Unset => false,
    }
}

/// FX-RF-03, by the rows E2-1 to E2-9 of the storage table: whether the Backup service gets through to the account.
fn reachable(profile: Profile, identity: Identity, network: &Network) -> bool {
    match (network.access, network.default_action) {
        // Rows 7 and 8: only private endpoints are served, and the service is behind none of them.
        (PublicAccess::Disabled, _) => false,
        // Row 9: the perimeter's own rules decide, and there are none.
        (PublicAccess::SecuredByPerimeter, _) => false,
        // Row 1: the rules are ignored unless the default action is Deny.
        (PublicAccess::Enabled | PublicAccess::Unset, DefaultAction::Allow | DefaultAction::Unset) => true,
        (PublicAccess::Enabled | PublicAccess::Unset, DefaultAction::Deny) => {
            let ruled = match network.resource_rule {
                // The rule's tenant must match, and it must name this vault.
                ResourceRule::ThisVault | ResourceRule::AnyVault => true,
                ResourceRule::AnotherVault | ResourceRule::AnotherTenant | ResourceRule::None => false,
            };
            let excepted = match network.bypass {
                Bypass::AzureServices | Bypass::AmongOthers => true,
                Bypass::None | Bypass::OthersOnly => false,
            };
            // An IP rule (row 6) and a private endpoint (as in row 2) change nothing.
            let let_in = match (excepted, ruled) {
                (true, true) => true,                                      // Row 2
                (false, true) | (true, false) => profile.either_is_enough, // Rows 3 and 4
                (false, false) => false,                                   // Rows 5 and 6
            };
            let_in && (profile.user_assigned_covered || identity != Identity::UserNamed)
        }
    }
}

/// Whether a grant to the identity lets it write into the container.
fn suffices(book: Book, grant: &Grant) -> bool {
    // A new assignment is not seen at once, and what it names is an object id.
    if !grant.seen || grant.to != Assignee::ObjectId {
        return false;
    }
    let account_and_below = match grant.scope {
        Scope::Account | Scope::ResourceGroup | Scope::Subscription => true,
        Scope::Container | Scope::PrefixAccount | Scope::PrefixContainer | Scope::PrefixGroup => false,
    };
    // The built-in definitions: whose data actions hold the writing of blobs.
    let writes_blobs = match grant.role {
        Role::BlobDataContributor | Role::BlobDataOwner => true,
        Role::BlobDataReader
        | Role::AccountContributor
        | Role::AccountBackupContributor
        | Role::Owner
        | Role::Contributor => false,
    };
    match book {
        // FX-RF-01 as written: this role, on the account. Container scope is documented for single
        // servers only.
        Book::Documented => grant.role == Role::BlobDataContributor && account_and_below,
        Book::Observed => writes_blobs && (account_and_below || grant.scope == Scope::Container),
    }
}
