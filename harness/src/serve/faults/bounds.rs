//! What numbers and codes of a fault may be.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
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

pub(super) fn up_to_a_day_of_milliseconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<u64, D::Error> {
    let milliseconds = u64::deserialize(deserializer)?;
    if milliseconds <= DAY * 1000 {
        return Ok(milliseconds);
    }
    let given = Unexpected::Unsigned(milliseconds);
    Err(de::Error::invalid_value(
        given,
        &"up to 86400000 milliseconds, which is a day",
    ))
}

/// So many of a hundred. None of a hundred would be a fault that never strikes.
pub(super) fn at_most_a_hundred<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let percent = u64::deserialize(deserializer)?;
    match u8::try_from(percent) {
        Ok(part @ 1..=100) => Ok(Some(part)),
        _ => Err(de::Error::invalid_value(
            Unexpected::Unsigned(percent),
            &"1 to 100 of a hundred",
        )),
    }
}

/// Headers, which HTTP can carry.
pub(super) fn headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let headers = BTreeMap::<String, String>::deserialize(deserializer)?;
    for (name, value) in &headers {
        check_header(name)?;
        if name.eq_ignore_ascii_case("retry-after") {
            let wanted = "another header: what is waited for is `retry_after_seconds`";
            return Err(de::Error::invalid_value(Unexpected::Str(name), &wanted));
        }
        if HeaderValue::from_str(value).is_err() {
            let wanted = "a value that HTTP can carry";
            return Err(de::Error::invalid_value(Unexpected::Str(&shown(value)), &wanted));
        }
    }
    Ok(headers)
}

/// Names of headers.
pub(super) fn header_names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.is_empty() {
        let wanted = "the names of headers, one at least";
        return Err(de::Error::invalid_length(0, &wanted));
    }
    names.iter().try_for_each(|name| check_header(name))?;
    Ok(Some(names))
}

/// The shell writes these itself.
const OF_THE_SHELL: [&str; 4] = ["content-length", "transfer-encoding", "connection", "date"];

fn check_header<E: de::Error>(name: &str) -> Result<(), E> {
    let read = name.parse::<HeaderName>().ok();
    match read.filter(|name| !OF_THE_SHELL.contains(&name.as_str())) {
        Some(_) => Ok(()),
        None => Err(E::invalid_value(
            Unexpected::Str(&shown(name)),
            &"the name of a header, and none of those that HTTP itself needs",
        )),
    }
}
