//! Assertions that are shown in the place of a secret.

use super::refusal::refuse;
use crate::gateway::Refusal;
use crate::model::Timestamp;
use crate::rules::code;

/// Whether an assertion is within its time. Clocks may differ by five minutes at its beginning.
/// Python writes fractions of a second.
pub(super) fn check_times(now: Timestamp, exp: Option<f64>, nbf: Option<f64>) -> Result<(), Refusal> {
    let now = now.as_second() as f64;
    if exp.is_none_or(|exp| now >= exp) || nbf.is_some_and(|nbf| now + 300.0 < nbf) {
        return Err(refuse(code::AADSTS700024, &[]));
    }
    Ok(())
}
