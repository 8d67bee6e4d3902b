//! A prerequisite that is not met, and the error it shows as.

use serde_json::{Value, json};

use crate::fault::INJECTED;
use crate::gateway::Refusal;
use crate::log::RefusedBecause;
use crate::rules::{Cause, Code, DatasourceName, Gate, Prerequisite, Stage, code, rule};
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

/// Something that broke while data moved.
pub(super) struct Broken<'a> {
    /// The datasource's type.
    pub(super) of: DatasourceName,
    /// In which job.
    pub(super) stage: Stage,
    /// Who says so.
    pub(super) cause: Cause,
    /// With which word.
    pub(super) says: &'a str,
    /// The inner error's code, where the row has none.
    pub(super) inner: &'a str,
    /// In their words.
    pub(super) message: &'a str,
    /// In ours.
    pub(super) reason: String,
}

impl Violation {
    /// What something that broke shows as. `fill` replaces `{names}` in an inner text.
    pub(super) fn broken(context: &Context<'_>, broken: &Broken<'_>, fill: &[(&str, &str)]) -> Self {
        let rows = &context.rules.failures;
        let Some((row, code)) = rows.of(broken.of, broken.stage, broken.cause, broken.says) else {
            return Self::moving(&broken.reason);
        };
        let inner = row.inner.as_deref().unwrap_or(broken.inner);
        let reason = match (&row.reason, &row.inner) {
            (Some(reason), _) => reason.clone(),
            (None, Some(inner)) => format!("{inner}: {}", broken.message),
            (None, None) => broken.reason.clone(),
        };
        let mut refusal = Refusal::user_facing(code, &[])
            .because(reason)
            .by([row.rule])
            .at(context.rules.rule(row.rule).gate.unwrap_or(Gate::Service));
        refusal.mark = refusal.mark.max(row.mark);
        let text = match (&row.inner_text, &row.reason) {
            (Some(text), _) => fill.iter().fold(text.clone(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            }),
            (None, Some(reason)) => reason.clone(),
            (None, None) => broken.message.to_owned(),
        };
        Self {
            refusal,
            inner: inner_error(inner, &text),
        }
    }

    pub(super) fn plain(refusal: Refusal) -> Self {
        Self {
            refusal,
            inner: Value::Null,
        }
    }

    /// For a job whose instance has been deleted since it was asked for.
    pub(super) fn instance_gone() -> Self {
        let refusal =
            Refusal::user_facing(code::SyntheticBackupInstanceGone, &[]).by([rule::DPP_INSTANCE_GONE]);
        Self::plain(refusal.because("the backup instance was deleted before the job had ended"))
    }

    /// For a job that did not get what it waited for.
    pub(super) fn interrupted() -> Self {
        let refusal = Refusal::user_facing(code::SyntheticJobInterrupted, &[]).by([rule::DPP_INTERRUPTED]);
        Self::plain(refusal.because("the job did not get the answer it waited for"))
    }

    /// For a job that a fault strikes: with the text of its code's row, if there is one.
    pub(super) fn injected(code: &str) -> Self {
        let known = Code::named(code)
            .ok()
            .filter(|code| !code.row().message.contains('{'));
        let mut refusal = Refusal::user_facing(known.unwrap_or(code::SyntheticJobInterrupted), &[])
            .at(Gate::Fault)
            .because(INJECTED);
        if known.is_none() {
            code.clone_into(&mut refusal.code);
            INJECTED.clone_into(&mut refusal.message);
            refusal.rules.clear();
        }
        Self::plain(refusal)
    }

    /// Whether nobody but the service can do anything about it.
    pub(super) fn is_ours(&self) -> bool {
        let ours = [code::SyntheticDataMovementFailed, code::SyntheticJobInterrupted];
        ours.iter().any(|own| own.as_str() == self.refusal.code)
    }

    /// For data that could not be moved, whatever the reason.
    pub(super) fn moving(reason: &str) -> Self {
        Self {
            refusal: Refusal::user_facing(code::SyntheticDataMovementFailed, &[])
                .because(reason)
                .by([rule::DPP_MOVEMENT]),
            inner: inner_error("InternalServerError", reason),
        }
    }

    /// The error object with the inner error in its place.
    pub(super) fn info(&self, activity: &str) -> Value {
        let mut info = self.refusal.user_facing_error(activity);
        info["innerError"] = self.inner.clone();
        info
    }

    /// The error of a job that ends with it: the error again in its details, with a generic one inside, as recorded.
    pub(super) fn job_error(&self, activity: &str) -> Value {
        let mut info = self.info(activity);
        info["isUserError"] = json!(!self.is_ours());
        if info["innerError"].is_null() {
            info["innerError"] = inner_error("InnerErrorCodeUnavailable", &self.refusal.reason);
        }
        let mut outer = info.clone();
        info["details"] = json!([{
            "code": "InternalServerError",
            "message": "Internal Server Error",
            "recommendedAction": ["Refer https://aka.ms/AzureBackupTroubleshootFailures for more details."],
        }]);
        outer["details"] = json!([info]);
        outer
    }

    /// Writes it into the log, as found out at one of the [`STAGES`].
    pub(super) fn note(&self, context: &mut Context<'_>, about: &str) {
        debug_assert!(STAGES.contains(&about), "{about} is no stage");
        let reason = self.refusal.reason.clone();
        let refused = Some(RefusedBecause::of(&self.refusal));
        context.log.note(context.now, about, reason, refused);
    }
}

/// The inner error of the Backup service, which quotes the call that was refused.
pub(super) fn inner_error(code: &str, message: &str) -> Value {
    json!({"code": code, "additionalInfo": {"DetailedNonLocalisedMessage": message}})
}

/// A row that is not met, for this reason.
pub(super) fn violation(context: &Context<'_>, row: &Prerequisite, reason: &str) -> Box<Violation> {
    let mut refusal = Refusal::user_facing(row.code, &[])
        .because(format!(
            "{} Here: {}.",
            row.statement,
            reason.trim_end_matches('.')
        ))
        .by([row.id])
        .by(row.also.iter().copied());
    refusal.mark = refusal.mark.max(row.mark).max(row.code_mark.unwrap_or(row.mark));
    refusal.gate = context.rules.rule(row.id).gate.unwrap_or(refusal.gate);
    Box::new(Violation::plain(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `isUserError` says whether anybody but the service can do something about it.
    #[test]
    fn a_job_says_whose_failure_it_is() {
        for (violation, theirs) in [
            (Violation::moving("the dump ended without a result"), false),
            (Violation::interrupted(), false),
            (Violation::instance_gone(), true),
        ] {
            let error = violation.job_error("activity");
            assert_eq!(error["isUserError"], theirs, "{error}");
            assert_eq!(error["details"][0]["isUserError"], theirs, "{error}");
        }
    }

    /// A fault that names a code there is fails in that code's words; another is told as it was named.
    #[test]
    fn a_fault_is_told_by_the_code_it_names() {
        let known = code::UserErrorSystemIdentityNotEnabledWithVault;
        let told = Violation::injected(known.as_str()).refusal;
        assert_eq!(told.code, known.as_str());
        assert_eq!(told.message, known.row().message);
        let unknown = Violation::injected("NoSuchCode").refusal;
        assert_eq!((&*unknown.code, &*unknown.message), ("NoSuchCode", INJECTED));
        assert!(unknown.rules.is_empty());
        assert_eq!((told.gate, unknown.gate), (Gate::Fault, Gate::Fault));
    }
}
