//! Checks that mostly say yes, and tell of it: what may be lacking, and sizes nobody has on a machine.

use super::super::violation::violation;
use super::{Examination, RowResult};
use crate::model::Timestamp;
use crate::rules::{Gate, Prerequisite, Subject, TakenFor};
use crate::services::Context;

impl Examination {
    /// Something stands against a row: a no, or no more than a note that names the row.
    fn against(
        &self,
        context: &mut Context<'_>,
        row: &Prerequisite,
        only_warns: bool,
        why: &str,
    ) -> RowResult {
        if only_warns {
            return self.told(context, row, why);
        }
        RowResult::NotMet(violation(context, row, why))
    }

    /// The row lets something through that one might have thought to be in the way.
    pub(super) fn told(&self, context: &mut Context<'_>, row: &Prerequisite, why: &str) -> RowResult {
        let text = format!("{why}; it goes on all the same");
        context.log.applied(context.now, self.stage_name(), text, row.id);
        RowResult::Met
    }

    pub(super) fn not_locked(
        &self,
        context: &mut Context<'_>,
        row: &Prerequisite,
        on: Subject,
        only_warns: bool,
    ) -> RowResult {
        let Some(id) = self.subject(on) else {
            return RowResult::Met;
        };
        let Some(lock) = context.state.locks.against_writing(&id).next() else {
            return RowResult::Met;
        };
        let why = format!("the lock {} on {} is read-only", lock.id.name(), lock.scope);
        match self.against(context, row, only_warns, &why) {
            RowResult::NotMet(mut found) => {
                found.refusal.gate = Gate::Lock;
                RowResult::NotMet(found)
            }
            other => other,
        }
    }

    pub(super) fn may_be_gone(
        &self,
        context: &mut Context<'_>,
        row: &Prerequisite,
        on: Subject,
    ) -> RowResult {
        match self.subject(on) {
            Some(id) if !context.state.resources.contains_key(&id) => {
                let why = format!("{} is not there any more", id.name());
                self.told(context, row, &why)
            }
            _ => RowResult::Met,
        }
    }

    pub(super) fn taken_for(
        &self,
        context: &mut Context<'_>,
        row: &Prerequisite,
        what: TakenFor,
        most_mib: u64,
        only_warns: bool,
    ) -> RowResult {
        let server = self.subject(Subject::Server);
        let Some(server) = server.and_then(|id| context.state.resource(&id)) else {
            return RowResult::Met;
        };
        let said = server.text(&format!("/tags/{}", what.tag()));
        let said: Option<u64> = said.parse().ok();
        match said {
            Some(mib) if mib > most_mib => {
                let why = format!(
                    "{} is taken for one of {mib} MiB, and {most_mib} MiB is the most",
                    server.id.name()
                );
                self.against(context, row, only_warns, &why)
            }
            _ => RowResult::Met,
        }
    }

    pub(super) fn version(
        &self,
        context: &mut Context<'_>,
        row: &Prerequisite,
        on: Subject,
        any_of: &[String],
        only_warns: bool,
    ) -> RowResult {
        let server = self.subject(on);
        let Some(server) = server.and_then(|id| context.state.resource(&id)) else {
            return RowResult::Met;
        };
        let version = server.text("/properties/version");
        if any_of.iter().any(|own| own == version) {
            return RowResult::Met;
        }
        let why = format!("{} is of version {version}", server.id.name());
        self.against(context, row, only_warns, &why)
    }

    pub(super) fn goes_on(
        &self,
        context: &mut Context<'_>,
        row: &Prerequisite,
        after: Timestamp,
    ) -> RowResult {
        if context.now < after {
            return RowResult::Met;
        }
        let why = format!("it is {}", context.now);
        self.told(context, row, &why)
    }
}
