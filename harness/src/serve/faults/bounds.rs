//! What numbers and codes of a fault may be.

use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer};

use crate::scenario::shown;

pub(super) fn one() -> u64 {
    1
}

/// A number that counts: there is no match number 0.
pub(super) fn from_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number > 0 {
        return Ok(number);
    }
    Err(de::Error::invalid_value(Unexpected::Unsigned(0), &"1 or more"))
}

/// The status of an answer that ends a request.
pub(super) fn final_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (200..=599).contains(&status) {
        return Ok(status);
    }
    let given = Unexpected::Unsigned(u64::from(status));
    Err(de::Error::invalid_value(given, &"an HTTP status from 200 to 599"))
}

/// The longest code of an error. Azure's longest has 90 letters.
const CODE_MAX: usize = 128;

/// The longest anybody is told to wait.
const DAY: u64 = 24 * 60 * 60;

/// A code of an error is one printable word: it stands in a body and in a header.
pub(super) fn error_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let code = String::deserialize(deserializer)?;
    if (1..=CODE_MAX).contains(&code.len()) && code.bytes().all(|letter| letter.is_ascii_graphic()) {
        return Ok(code);
    }
    let shown = shown(&code);
    let wanted = "a code of 1 to 128 printable letters without spaces, such as ServerBusy";
    Err(de::Error::invalid_value(Unexpected::Str(&shown), &wanted))
}

pub(super) fn up_to_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    if seconds <= DAY {
        return Ok(seconds);
    }
    let given = Unexpected::Unsigned(seconds);
    Err(de::Error::invalid_value(
        given,
        &"up to 86400 seconds, which is a day",
    ))
}

pub(super) fn within_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    up_to_a_day(deserializer).map(Some)
}
