//! Whether the validation of a backup of a flexible server passes.

use super::{Book, Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::identity::Identity;
use crate::sketch::validate_backup::{Backs, Holder, Reads, Region, Server, Sketch, Subscription};

const MISSING: &str = "UserErrorMissingRequiredPermissions";

/// How the validation of a backup ends. Whether somebody else protects the server is said at once. Then the first thing
/// wrong counts: tenant, identity, region, the two roles, the server. Its network, tier and version do not matter
/// (FX-B-06, C.2), nor does a stop: that it is Ready is asked by the job (FX-B-04).
pub fn validate_backup(profile: Profile, sketch: &Sketch) -> Expected {
    match sketch.holder {
        // FX-B-20: a soft-deleted instance holds the server in its own vault only.
        Holder::Nobody | Holder::SoftDeletedElsewhere => {}
        Holder::SoftDeleted => {
            let code = "UserErrorDppDatasourceAlreadyHasBackupInstance";
            return no(Gate::Service, &["FX-B-20"], code);
        }
        Holder::ThisVault | Holder::OtherVault => {
            return no(
                Gate::Service,
                &["FX-B-19"],
                "UserErrorDppDatasourceAlreadyProtected",
            );
        }
    }
    if sketch.subscription == Subscription::OtherTenant {
        return no(Gate::Service, &["TENANT-B"], SYNTHETIC);
    }
    // FX-B-18: without identityDetails the system-assigned identity is meant.
    let acts_as_granted = match sketch.identity {
        Identity::System | Identity::UserNamed => true,
        Identity::UserNotNamed => false,
        Identity::UserDetached => {
            let code = "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault";
            return no(Gate::Service, &["FX-B-01", "FX-B-18"], code);
        }
        Identity::SystemSwitchedOff => {
            let code = "UserErrorSystemIdentityNotEnabledWithVault";
            return no(Gate::Service, &["FX-B-01", "FX-B-18"], code);
        }
    };
    // The region of what is not there is unknown.
    if sketch.region == Region::Other && sketch.server != Server::Gone {
        return no(Gate::Service, &["FX-B-07"], SYNTHETIC);
    }
    for (rule, holds) in [("FX-B-02", backs as Holds), ("FX-B-03", reads)] {
        let granted = |seen| acts_as_granted && holds(profile.book, sketch, seen);
        if !granted(true) {
            let mut rules = vec![rule];
            // As observed, access control itself says so.
            if profile.book == Book::Observed {
                rules.push("RBAC");
            }
            if granted(false) {
                rules.push("E1-PROPAGATION");
            }
            return no(Gate::Authorization, &rules, MISSING);
        }
    }
    match sketch.server {
        Server::Ready | Server::Stopped => Expected::Passes,
        Server::Replica => no(Gate::Service, &["FX-B-12"], SYNTHETIC),
        Server::Gone => no(Gate::Service, &["FX-B-05"], SYNTHETIC),
    }
}

/// Whether a right is held: by a book, in a world, of what has propagated or of everything.
type Holds = fn(Book, &Sketch, bool) -> bool;

/// FX-B-02: the role on the server or above; as observed, whatever has its actions.
fn backs(book: Book, sketch: &Sketch, seen: bool) -> bool {
    let there = sketch.server != Server::Gone;
    let by_its_own = match sketch.backs {
        Backs::LtrOnServer => there,
        Backs::LtrTooNew => there && !seen,
        Backs::LtrOnGroup | Backs::LtrOnSubscription => true,
        // Every action there is, but those of access control.
        Backs::Contributor | Backs::Owner => there && book == Book::Observed,
        Backs::Nothing | Backs::LtrOnPrefix | Backs::LtrToApplication | Backs::BackupOperator => false,
    };
    by_its_own || (sketch.reads == Reads::Contributor && book == Book::Observed)
}

/// FX-B-03: Reader on the group or above; as observed, whatever reads the group. The role for long-term retention
/// does, where it is assigned high enough.
fn reads(book: Book, sketch: &Sketch, seen: bool) -> bool {
    let by_its_own = match sketch.reads {
        Reads::ReaderOnGroup | Reads::ReaderOnSubscription => true,
        Reads::ReaderTooNew => !seen,
        Reads::BackupContributor | Reads::Contributor => book == Book::Observed,
        Reads::Nothing | Reads::ReaderOnServer | Reads::ReaderOnPrefix => false,
    };
    let high_enough = matches!(sketch.backs, Backs::LtrOnGroup | Backs::LtrOnSubscription);
    by_its_own || (high_enough && book == Book::Observed)
}
