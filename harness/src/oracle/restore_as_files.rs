//! How a restore of a flexible server as files ends.

use super::storage_network::kept_out;
use super::{Book, Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::identity::Identity;
use crate::sketch::restore_as_files::{
    Assignee, Container, CrossTenant, Grant, Prefix, Region, Role, Scope, Sketch, Subscription,
};
use crate::sketch::storage_network::Origin;

const MISSING: &str = "UserErrorMSIMissingPermissions";

/// How the validation of a restore as files ends.
pub fn restore_as_files(profile: Profile, sketch: &Sketch) -> Expected {
    let elsewhere = (sketch.region == Region::Other).then_some("FX-RF-06");
    into_account(profile, sketch, elsewhere)
}

/// How the validation of a restore into an account ends. `elsewhere` is the rule by which it is in the wrong region, if
/// it is. With several things wrong the first counts: who restores, where to, what the account must be set to, whether it
/// can be reached, whether access is granted, what is in it.
pub(super) fn into_account(profile: Profile, sketch: &Sketch, elsewhere: Option<&'static str>) -> Expected {
    // FX-RF-10: a request without identityDetails means the system-assigned identity.
    let acts_as_granted = match sketch.identity {
        Identity::System | Identity::UserNamed => true,
        Identity::UserNotNamed => false,
        Identity::UserDetached => {
            let code = "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault";
            return no(Gate::Service, &["FX-RF-10"], code);
        }
        Identity::SystemSwitchedOff => {
            let code = "UserErrorSystemIdentityNotEnabledWithVault";
            return no(Gate::Service, &["FX-RF-10"], code);
        }
    };
    if let Some(rule) = elsewhere {
        return no(Gate::Service, &[rule], SYNTHETIC);
    }
    if sketch.subscription == Subscription::OtherForbidden {
        return no(Gate::Service, &["FX-RF-07"], SYNTHETIC);
    }
    if profile.book == Book::Documented && !replication_allowed(sketch.cross_tenant) {
        return no(Gate::Service, &["FX-RF-02"], SYNTHETIC);
    }
    // FX-RF-03: the Backup service reaches the account, as whichever identity.
    let user_assigned = sketch.identity == Identity::UserNamed;
    if let Some(rows) = kept_out(profile, &sketch.network, Origin::Backup, user_assigned) {
        return no(
            Gate::Network,
            &[&["FX-RF-03", "FX-RF-04"], rows].concat(),
            MISSING,
        );
    }
    let granted = |seen: bool| {
        let mut grants = sketch.grants.iter().filter(|grant| grant.seen || !seen);
        acts_as_granted && grants.any(|grant| suffices(profile.book, grant))
    };
    if !granted(true) {
        let mut rules = vec!["FX-RF-01"];
        // As observed, access control itself says so.
        if profile.book == Book::Observed {
            rules.push("RBAC");
        }
        // A new assignment is not seen at once.
        if granted(false) {
            rules.push("E1-PROPAGATION");
        }
        return no(Gate::Authorization, &rules, MISSING);
    }
    // Nothing is in the way of a container that is not there.
    if sketch.container == Container::Missing {
        return no(Gate::Service, &["FX-RF-09"], SYNTHETIC);
    }
    if sketch.prefix == Prefix::Taken {
        return no(Gate::Service, &["FX-RF-09-PREFIX"], SYNTHETIC);
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

/// Whether a grant to the identity lets it write into the container, once it is seen.
fn suffices(book: Book, grant: &Grant) -> bool {
    // What an assignment names is an object id.
    if grant.to != Assignee::ObjectId {
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
