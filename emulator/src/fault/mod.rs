//! Faults on purpose: where, when, what. Of those that could strike, the first that was put in place does.

mod artefact;
mod connection;
mod job;
mod kind;
mod moment;
mod place;
mod plan;
mod region;
#[cfg(test)]
mod tests;
mod throttling;

/// What is told of a fault that says nothing itself.
pub(crate) const INJECTED: &str = "A fault was injected by azdrill.";

pub use artefact::ArtefactFault;
pub(crate) use artefact::{Artefact, LOST_BYTES};
pub use connection::{ConnectionFault, DatabaseFault, Disturbance};
pub(crate) use job::{BROKEN_OFF, JobPoint};
pub use job::{JobFault, JobFaultKind, JobPhase, TOLD_AS_WELL};
pub use kind::{FaultAnswer, FaultKind, OperationFault};
pub use moment::{Chance, Moment};
pub(crate) use place::Arrived;
pub use place::{CallMaker, Place};
pub use plan::{Fault, FaultPlan, Unstruck};
pub use region::RegionFault;
pub use throttling::ThrottlingFault;
