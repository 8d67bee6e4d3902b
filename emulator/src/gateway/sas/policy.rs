//! What an account lets signatures be: how long they may live, and how what they permit is written.

use super::reach;
use super::refusal::failed;
use super::text::Query;
use crate::gateway::{Gates, Refusal};
use crate::model::Request;
use crate::rules::{Gate, code, interval_seconds};

/// Checks that the letters of what a signature permits are ones there are, each once and in order.
pub(super) fn check_letters(gates: &Gates<'_>, query: Query<'_>) -> Result<(), Refusal> {
    let letters = query.get("sp");
    let known = &gates.rules.storage.permissions;
    let fit = if query.get("ss").is_empty() {
        known.fit_service(letters)
    } else {
        known.fit_account(letters)
    };
    let are = |own: &str, known: &str| query.get(own).chars().all(|letter| known.contains(letter));
    let facts = &gates.rules.storage.signatures;
    if fit && are("ss", &facts.services) && are("srt", &facts.resource_types) {
        return Ok(());
    }
    Err(failed(
        "Signature fields not well formed: each letter of sp stands once, in the order Azure has them",
    ))
}

/// Checks that a signature lives no longer than the account's policy for signatures lets it, where that blocks
/// those that do. One that does not say from when on it counts cannot be measured.
pub(super) fn check_age(
    gates: &Gates<'_>,
    request: &Request,
    start: &str,
    expiry: &str,
) -> Result<(), Refusal> {
    let Some(account) = gates.account_of(request).and_then(|id| gates.state.resource(id)) else {
        return Ok(());
    };
    let policy = account.at("/properties/sasPolicy");
    let text = |name: &str| policy[name].as_str().unwrap_or_default();
    if !text("expirationAction").eq_ignore_ascii_case("Block") {
        return Ok(());
    }
    let period = interval_seconds(text("sasExpirationPeriod"));
    let times = reach::time_of(start).zip(reach::time_of(expiry));
    let lives = times.map(|(start, expiry)| expiry.duration_since(start).as_secs());
    match (period, lives) {
        (Some(period), Some(lives)) if lives <= period => Ok(()),
        _ => {
            let period = text("sasExpirationPeriod");
            let reason = format!(
                "the account's sasPolicy blocks signatures that live longer than {period}, or have no start (st)"
            );
            Err(Refusal::of_blob(code::SyntheticSasOutOfPolicy, &[])
                .at(Gate::Authentication)
                .because(reason))
        }
    }
}
