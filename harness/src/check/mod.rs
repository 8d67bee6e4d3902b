//! `azdrill check`: the drills that apply to what somebody's own command has brought up, and what they find.
//!
//! Everything is played in copies of the world ([`crate::estate`]), so that no drill disturbs another: what is not
//! protected is protected, what is protected backed up and restored into every account there is; roles are taken away,
//! the server, its group and the instance lost; the policy runs for ten years. No row is moved: whether a dump could be
//! read, and what a database user may read, is not found out here.

mod baseline_file;
mod drills;
mod explained;
mod finding;
mod json;
mod junit;
mod loss;
mod markdown;
mod print;
mod restores;
mod retention;
mod risks;
mod sarif;
mod terraform;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{PrincipalId, Timestamp};
use azdrill_emulator::rules::{Profile, Rules};

pub use baseline_file::{Baseline, BaselineError};
pub use explained::{Asked, Explained, explain};
pub use finding::{Cited, Drill, Finding, Fix, How, Level, Report, Sort, Summary};
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use print::{Written, print, print_explained};
pub use sarif::sarif;
pub use terraform::Addresses;

use crate::estate::inventory::Inventory;
use crate::estate::trial::Trial;

/// What is checked.
pub struct Checked<'a> {
    /// The world the command left.
    pub world: &'a Azure,
    /// What time it is there.
    pub now: Timestamp,
    /// Who asks: the operator the command signed in as.
    pub operator: PrincipalId,
    /// Whose word the world takes.
    pub profile: Profile,
    /// The rules of the other profile, for what the two do not agree in.
    pub other: Arc<Rules>,
}

/// Plays the drills. `None` if there is no such operator.
pub fn check(checked: &Checked<'_>, only: &dyn Fn(Sort) -> bool) -> Option<Report> {
    let trial = Trial::of(checked.world, checked.now, checked.operator)?;
    let other = Trial::under(checked.world, &checked.other, checked.now, checked.operator)?;
    let inventory = Inventory::of(checked.world);
    let mut report = Report::of(&inventory, checked.profile);
    let worlds = drills::Worlds {
        own: trial,
        other,
        inventory: &inventory,
    };
    let protected = drills::protection(&worlds, &mut report);
    restores::restores(&worlds, &protected, &mut report);
    loss::losses(&worlds, &protected, &mut report);
    retention::retention(&worlds, &protected, &mut report);
    risks::risks(&worlds, &protected, &mut report);
    report.findings.retain(|finding| only(finding.sort));
    report.finish();
    Some(report)
}
