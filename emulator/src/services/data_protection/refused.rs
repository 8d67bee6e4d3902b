//! What the Backup service does not do, each by the rule that has it so.

use crate::gateway::Refusal;
use crate::rules::{Mark, RuleId, code};
use crate::services::Context;

/// A no of the Backup service by a rule: with its code, or, where nobody knows one of its own, with the service's word
/// for what it does not take; and no surer than the rule, its code and the code's own row.
pub(super) fn by(context: &Context<'_>, rule: RuleId) -> Refusal {
    with(context, rule, &[])
}

/// The same, where that Azure refuses it is an inference.
pub(super) fn perhaps_by(context: &Context<'_>, rule: RuleId, why: impl Into<String>) -> Refusal {
    let mut refusal = by(context, rule).because(why);
    refusal.mark = refusal.mark.max(Mark::Inferred);
    refusal
}

/// The same, with `{names}` of the error's text filled in.
pub(super) fn with(context: &Context<'_>, rule: RuleId, fill: &[(&str, &str)]) -> Refusal {
    let row = context.rules.rule(rule);
    let code = row.code.unwrap_or(code::BMSUserErrorInvalidInput);
    let mut refusal = Refusal::user_facing(code, fill)
        .by([rule])
        .by(row.also.iter().copied());
    refusal.mark = refusal
        .mark
        .max(row.mark())
        .max(row.code_mark.unwrap_or(row.mark()));
    refusal
}
