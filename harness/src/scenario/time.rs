//! Times and durations as a file says them, in quotes.

use jiff::{SignedDuration, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::shown;

/// What a duration is told to look like.
pub(super) const DURATION: &str = "a duration was expected, in quotes and with units from hours down, as in \"90s\", \
                                   \"10m\", \"36h\" or \"PT1H30M\"; a day is \"24h\", a year \"8760h\"";
/// What a time is told to look like.
pub(super) const TIME: &str = "a time was expected, in quotes and with its offset, as in \"2026-03-02T08:00:00Z\" or \
                               \"2026-03-02T09:00:00+01:00\"";

/// The furthest that a clock is moved at once: a hundred years.
pub(crate) const FURTHEST: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// Reads a duration.
pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let said = toml::Value::deserialize(deserializer)?;
    let read = said.as_str().and_then(|text| text.parse().ok());
    read.ok_or_else(|| D::Error::custom(format!("{}: {DURATION}", shown(&said.to_string()))))
}

/// Reads a duration that may be left out.
pub(crate) fn duration_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SignedDuration>, D::Error> {
    duration(deserializer).map(Some)
}

/// Reads a time that may be left out.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let said = toml::Value::deserialize(deserializer)?;
    let read = said.as_str().and_then(|text| text.parse().ok());
    read.map(Some)
        .ok_or_else(|| D::Error::custom(format!("{}: {TIME}", shown(&said.to_string()))))
}
