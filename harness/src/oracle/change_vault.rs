//! Whether a vault may become another: doors that open one way, and who stands at them.

use super::{Expected, Gate, SYNTHETIC, no};
use crate::sketch::change_vault::{
    Days, Encrypted, Encryption, Holds, Identity, Immutability, Names, OtherSubscriptions, Redundancy,
    Request, Sketch, SoftDelete, Stored, Version,
};
use crate::sketch::guard::{AtGuard, Guard};

/// How the request ends. With several things wrong the first counts: what is no setting at all, what cannot be said
/// twice, the guard, the version, storage, the settings that stay, and last the key, which is looked at when everything
/// else is settled.
pub fn change_vault(sketch: &Sketch) -> Expected {
    let found = no_setting(sketch)
        .or_else(|| said_again(sketch))
        .or_else(|| kept_by_guard(sketch))
        .or_else(|| too_new(sketch))
        .or_else(|| stays(sketch))
        .or_else(|| out_of_reach(sketch));
    found.unwrap_or(Expected::Passes)
}

fn service(rule: &'static str, code: &'static str) -> Option<Expected> {
    Some(no(Gate::Service, &[rule], code))
}

/// VLT-02: 14 to 180 days.
fn no_setting(sketch: &Sketch) -> Option<Expected> {
    match sketch.days {
        Days::TooShort | Days::TooLong => service("BMSUserErrorInvalidInput", "BMSUserErrorInvalidInput"),
        Days::Shortest | Days::AsBefore | Days::Longest => None,
    }
}

/// A PATCH does not switch on what is on.
fn said_again(sketch: &Sketch) -> Option<Expected> {
    let again = sketch.stored == Stored::Across && sketch.across_regions;
    if again && sketch.request == Request::PatchOfAll {
        return service("DPP-CRR-AGAIN", "CloudInternalError");
    }
    None
}

/// MUA: who names a guard's request must be let act there; and what makes a vault weaker takes the one for just that.
fn kept_by_guard(sketch: &Sketch) -> Option<Expected> {
    if sketch.names != Names::Nothing && sketch.at_guard != AtGuard::Operator {
        let rules = ["MUA-ACTION", "RBAC-LINKED", "RBAC"];
        return Some(no(Gate::Authorization, &rules, "LinkedAuthorizationFailed"));
    }
    let all = sketch.names == Names::All;
    // The weakening of soft delete is what no guard leaves out.
    let protected = match sketch.guard {
        Guard::None => false,
        Guard::LeavesOut => weaker_soft_delete(sketch) && !(all || sketch.names == Names::SoftDelete),
        Guard::Protects => {
            let immutability = sketch.immutability.becomes < sketch.immutability.was;
            let soft_delete = weaker_soft_delete(sketch) && sketch.names != Names::SoftDelete;
            !all && (immutability || soft_delete || other_encryption(sketch))
        }
    };
    if protected {
        return service("VLT-10", SYNTHETIC);
    }
    None
}

/// Off is weaker than On, and On than AlwaysOn; so are fewer days.
fn weaker_soft_delete(sketch: &Sketch) -> bool {
    sketch.soft_delete.becomes < sketch.soft_delete.was || sketch.days == Days::Shortest
}

fn other_encryption(sketch: &Sketch) -> bool {
    match (sketch.encrypted, sketch.encryption) {
        (_, Encryption::Unsaid)
        | (Encrypted::ByMicrosoft, Encryption::Off)
        | (Encrypted::ByOwn, Encryption::FirstKey) => false,
        (Encrypted::ByMicrosoft | Encrypted::ByOwn, _) => true,
    }
}

/// VLT-03: whatever the vault had.
fn too_new(sketch: &Sketch) -> Option<Expected> {
    if sketch.version == Version::Since && sketch.soft_delete.becomes != SoftDelete::AlwaysOn {
        return service("VLT-03", SYNTHETIC);
    }
    None
}

/// Settings that need another, and settings that stay.
fn stays(sketch: &Sketch) -> Option<Expected> {
    if sketch.across_regions && sketch.redundancy != Redundancy::Geo {
        return service("FX-CR-01", SYNTHETIC);
    }
    if sketch.soft_delete.was == SoftDelete::AlwaysOn && sketch.soft_delete.changes() {
        return service("VLT-02", "UserErrorDisableSoftDeleteNotAllowed");
    }
    if sketch.immutability.was == Immutability::Locked && sketch.immutability.changes() {
        return service("VLT-04", "UserErrorUnsupportedVaultImmutabilityStateChange");
    }
    if sketch.stored == Stored::Across && !sketch.across_regions {
        return service("FX-CR-02", "UserErrorCrossRegionRestoreStateChangeNotAllowed");
    }
    let subscriptions = sketch.subscriptions;
    if subscriptions.was == OtherSubscriptions::PermanentlyDisabled && subscriptions.changes() {
        return service("FX-CS-01", SYNTHETIC);
    }
    if sketch.encrypted == Encrypted::ByOwn {
        match sketch.encryption {
            // There is no way back to Microsoft's keys.
            Encryption::Off => return service("VLT-07", SYNTHETIC),
            Encryption::Both => return service("VLT-07-ONE", "BMSUserErrorInvalidInput"),
            _ => {}
        }
    }
    // VLT-01: once something has been protected; what is soft-deleted is still kept there.
    let was = match sketch.stored {
        Stored::Local => Redundancy::Local,
        Stored::Zone => Redundancy::Zone,
        Stored::Geo | Stored::Across => Redundancy::Geo,
    };
    if sketch.holds != Holds::Nothing && sketch.redundancy != was {
        return service("VLT-01", SYNTHETIC);
    }
    None
}

/// VLT-07: a new key, or one that is to be used by somebody else, is used by an identity the vault has. That it loses one
/// it uses already nobody asks about.
fn out_of_reach(sketch: &Sketch) -> Option<Expected> {
    let by_system = match sketch.encryption {
        Encryption::Unsaid | Encryption::Off => return None,
        Encryption::FirstKey if sketch.encrypted == Encrypted::ByOwn => return None,
        Encryption::FirstKey | Encryption::SecondKey => true,
        Encryption::OtherIdentity | Encryption::Both => false,
    };
    let has = match sketch.identity {
        Identity::Both => true,
        Identity::System => by_system,
        Identity::User => !by_system,
        Identity::Neither => false,
    };
    if has {
        return None;
    }
    service(
        "VLT-07-ACCESS",
        "UserErrorCMKMissingMangedIdentityPermissionOnKeyVault",
    )
}
