//! How a restore of a flexible server as files ends that is asked for in the paired region (FX-CR).

use super::restore_as_files::into_account;
use super::{Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::restore_across_regions::{
    Below, Enabled, Held, Point, Region, Sketch, SourceRegion, Vault,
};

/// How its validation ends. Nobody says what counts first: who asks and where, what the paired region has of the vault,
/// then the target as for any restore. That the vault's own region is down makes no difference to the other one.
pub fn restore_across_regions(profile: Profile, sketch: &Sketch) -> Expected {
    if !may_ask(sketch.held, sketch.below) {
        return no(Gate::Authorization, &["RBAC"], "AuthorizationFailed");
    }
    // What is asked in a region that is down, Resource Manager itself knows no answer to.
    if sketch.down && sketch.asked_in == Region::Own {
        return no(Gate::Fault, &["REGION-DOWN"], "GatewayTimeout");
    }
    let elsewhere = || no(Gate::Service, &["FX-CR-05"], "UserErrorGenericResourceNotFound");
    // FX-CR-05: below the vault's group, in the paired region, naming the vault's.
    if sketch.below == Below::Other {
        return elsewhere();
    }
    // FX-CR-01, SS-CR-02: a copy takes a vault that is geo-redundant and has cross-region restore switched on.
    if sketch.vault != Vault::Enabled {
        return no(Gate::Service, &["SS-CR-02"], SYNTHETIC);
    }
    if sketch.asked_in != Region::Paired || sketch.source_region == SourceRegion::Other {
        return elsewhere();
    }
    if let Some(rule) = awaited(sketch) {
        let code = "UserErrorRestorePointNotFound";
        return no(Gate::Service, &["DPP-POINT", rule], code);
    }
    let elsewhere = (sketch.region != Region::Paired).then_some("FX-CR-06");
    into_account(profile, &sketch.target, elsewhere)
}

/// FX-CR-04: the action is asked for at the group the call is made below; Backup Operator has it.
fn may_ask(held: Held, below: Below) -> bool {
    match held {
        Held::OnSubscription => true,
        Held::OnGroup => below == Below::Vaults,
        Held::OnVault | Held::Reader | Held::None => false,
    }
}

/// FX-CR-03: the first copies are there after 48 hours, each after twelve. What it waits for longest, if for
/// anything; where both take as long, it is its own copy.
fn awaited(sketch: &Sketch) -> Option<&'static str> {
    let first = match sketch.enabled {
        Enabled::Before => -1,
        Enabled::Just => 0,
        Enabled::TooNew => 1,
    };
    let copied = match sketch.point {
        Point::Before => -1,
        Point::Just => 0,
        Point::TooNew => 1,
    };
    // In hours from now.
    match first.max(copied) {
        ..=0 => None,
        _ if copied < first => Some("FX-CR-03"),
        _ => Some("FX-CR-03-LAG"),
    }
}
