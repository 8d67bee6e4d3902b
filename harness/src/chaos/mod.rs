//! Chaos on somebody's automation: a command is run in fresh worlds, once as it is and then under one plan of faults
//! after the other, and judged by what it did about them.

mod aim;
mod facts;
mod incidents;
mod judge;
mod junit;
mod plan;
mod print;
mod shrink;
#[cfg(test)]
mod tests;

pub use crate::serve::Ends;
pub use aim::aimed;
pub use facts::Facts;
pub use incidents::{Incident, incident, incidents};
pub use judge::{Judged, Judgement, KEPT_OUTPUT, Mark, Played, judge};
pub use junit::junit;
pub use plan::{Plan, PlanError};
pub use print::{Least, print_findings, print_incidents, print_lines};
pub use shrink::lesser;
