//! Lengths of the world's time in a fault.

use jiff::SignedDuration;
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer};
#[cfg(test)]
use utoipa::ToSchema;

use crate::scenario;

/// The longest there is, in hours: ten years, which is as long as a backup is kept.
const HOURS_MAX: i64 = 10 * 366 * 24;

/// A length of the world's time, as in `10m` or `PT10M`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[cfg_attr(test, schema(value_type = String))]
#[cfg_attr(test, schemars(with = "String"))]
pub(super) struct Length(pub(super) SignedDuration);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let length = scenario::duration(deserializer)?;
        if length.is_negative() || length > SignedDuration::from_hours(HOURS_MAX) {
            let given = format!("{length:#}");
            let wanted = "a length of time that is not negative, and ten years at the most";
            return Err(de::Error::invalid_value(Unexpected::Str(&given), &wanted));
        }
        Ok(Self(length))
    }
}
