//! Conditions as requests write them.

use crate::rules::unplayed;
use serde_json::Value;

use crate::gateway::Refusal;
use crate::model::{Condition, ConditionLanguage};
use crate::state::field;

/// The condition of an assignment, or of one of a role's permissions, and the version of its language. One
/// that is not played would let through what it forbids.
pub(super) fn sent_condition(
    language: &ConditionLanguage,
    properties: &Value,
) -> Result<(Option<Condition>, Option<String>), Refusal> {
    let text = |name: &str| field(properties, name).as_str().unwrap_or_default();
    let (condition, version) = (text("condition"), text("conditionVersion"));
    if condition.trim().is_empty() {
        return Ok((None, None));
    }
    if version != language.version {
        return Err(Refusal::not_played(
            unplayed::ConditionVersion,
            &[("version", version)],
        ));
    }
    let condition = Condition::read(language, condition);
    match condition.not_played() {
        Some(what) => Err(Refusal::not_played_text(what)),
        None => Ok((Some(condition), Some(version.to_owned()))),
    }
}
