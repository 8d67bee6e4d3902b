//! A copy of an Azure in which something can be tried.

use std::sync::Arc;

use super::Azure;
use crate::fault::FaultPlan;
use crate::gateway::{KnownHosts, Throttle};
use crate::log::Log;
use crate::rules::Rules;

impl Azure {
    /// A copy in which something can be tried, and nothing of which reaches this one: everything that exists and is
    /// under way, with the rules, the settings and the seed.
    ///
    /// It has no faults, an empty log, has asked Resource Manager for nothing yet, and behind its blobs and servers there is nothing: whoever drives it has to
    /// say what comes of outside work, and throws away what it lets go of. Outside work that this one has handed out
    /// never ends there.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            rules: Arc::clone(&self.rules),
            handlers: self.handlers.clone(),
            settings: self.settings.clone(),
            state: self.state.clone(),
            own: self.own.copy(),
            tokens: self.tokens.clone(),
            entropy: self.entropy.clone(),
            draws: self.draws.clone(),
            agenda: self.agenda.clone(),
            workflows: self.workflows.clone(),
            faults: FaultPlan::default(),
            log: Log::default(),
            released: Vec::new(),
            first_request_id: self.first_request_id,
            inner_tokens: self.inner_tokens.clone(),
            hosts: KnownHosts::default(),
            throttle: Throttle::default(),
        }
    }

    /// The same under other rules, for instance those of the other profile: the operations are the same under all of
    /// them.
    #[must_use]
    pub fn copy_under(&self, rules: &Arc<Rules>) -> Self {
        Self {
            rules: Arc::clone(rules),
            ..self.copy()
        }
    }
}
