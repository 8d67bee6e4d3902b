//! A prerequisite that is not met, and the error it shows as.

use serde_json::{Value, json};

use crate::gateway::Refusal;
use crate::log::RefusedBecause;
use crate::rules::{Prerequisite, code};
use crate::services::Context;

/// The stages at which something of a vault can turn out not to be possible, as the log calls them.
pub const STAGES: [&str; 6] = [
    "validate_backup",
    "protect",
    "backup",
    "validate_restore",
    "restore",
    "vault",
];

/// A row that is not met.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    /// The refusal, with the row's code.
    pub(super) refusal: Refusal,
    /// The inner error, where the front door gave one.
    pub(super) inner: Value,
}

impl Violation {
    pub(super) fn plain(refusal: Refusal) -> Self {
        Self {
            refusal,
            inner: Value::Null,
        }
    }

    /// For data that could not be moved, whatever the reason.
    pub(super) fn moving(context: &Context<'_>, reason: &str) -> Self {
        let error = context.rules.error(code::SyntheticDataMovementFailed);
        Self {
            refusal: Refusal::user_facing(error, &[]).because(reason),
            inner: inner_error("InternalServerError", reason),
        }
    }

    /// The error object with the inner error in its place.
    pub(super) fn info(&self, activity: &str) -> Value {
        let mut info = self.refusal.user_facing_error(activity);
        info["innerError"] = self.inner.clone();
        info
    }

    /// Writes it into the log, as found out at one of the [`STAGES`].
    pub(super) fn note(&self, context: &mut Context<'_>, about: &str) {
        debug_assert!(STAGES.contains(&about), "{about} is no stage");
        let refusal = &self.refusal;
        context.log.note(
            context.now,
            about,
            refusal.reason.clone(),
            Some(RefusedBecause {
                gate: refusal.gate,
                code: refusal.code.clone(),
                reason: refusal.reason.clone(),
                rules: refusal.rules.clone(),
                mark: refusal.mark,
            }),
        );
    }
}

/// The inner error of the Backup service, which quotes the call that was refused.
pub(super) fn inner_error(code: &str, message: &str) -> Value {
    json!({"code": code, "additionalInfo": {"DetailedNonLocalisedMessage": message}})
}

/// A row that is not met, for this reason.
pub(super) fn violation(context: &Context<'_>, row: &Prerequisite, reason: &str) -> Box<Violation> {
    let mut refusal = Refusal::user_facing(context.rules.error(row.code), &[])
        .because(format!(
            "{} Here: {}.",
            row.statement,
            reason.trim_end_matches('.')
        ))
        .by([row.id])
        .by(row.also.iter().copied());
    if let Some(mark) = row.code_mark {
        refusal.mark = mark;
    }
    Box::new(Violation::plain(refusal))
}

/// Headers of our own that say which rules decided an asynchronous error.
pub(super) fn marks(refusal: &Refusal) -> Vec<(&'static str, String)> {
    let ids: Vec<&str> = refusal.rules.iter().map(|id| id.as_str()).collect();
    let mut marks = vec![
        ("x-azdrill-gate", refusal.gate.as_str().to_owned()),
        ("x-azdrill-rules", ids.join(",")),
        ("x-azdrill-mark", refusal.mark.as_str().to_owned()),
    ];
    if refusal.code.starts_with("Synthetic") {
        marks.push(("x-azdrill-synthetic", "true".to_owned()));
    }
    marks
}
