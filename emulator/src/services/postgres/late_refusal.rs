//! Refusals that come when the operation has begun.

use super::changes::end_refused;
use crate::gateway::Refusal;
use crate::services::{Context, Input, Next, Workflow};

/// Ends an operation with a refusal.
#[derive(Clone)]
pub(super) struct LateRefusal {
    pub(super) operation: String,
    pub(super) refusal: Refusal,
}

impl Workflow for LateRefusal {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        end_refused(context, &self.operation, &self.refusal);
        Next::Done
    }
}
