//! Forms of texts.

use std::net::Ipv4Addr;

use crate::model::ResourceId;

/// A form a text must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A UUID with hyphens.
    Guid,
    /// An IPv4 address.
    Ipv4,
    /// Letters first, then letters, digits and underscores: a character set.
    CharacterSet,
    /// Letters and hyphens first, then words: a collation.
    Collation,
    /// A duration of whole days, weeks, months or years, such as `P7D` or `P10Y`.
    Period,
    /// A name of a time zone as Windows has them.
    TimeZone,
    /// Letters, digits and underscores: a login of a database's administrator.
    Login,
    /// A length of time as days, hours, minutes and seconds: `d.hh:mm:ss`.
    Interval,
    /// The path of a resource.
    ResourceId,
    /// A name of an Azure region, as in paths or for people.
    Region,
}

impl Format {
    /// Reads a format's name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "guid" => Self::Guid,
            "ipv4" => Self::Ipv4,
            "character_set" => Self::CharacterSet,
            "collation" => Self::Collation,
            "period" => Self::Period,
            "time_zone" => Self::TimeZone,
            "login" => Self::Login,
            "interval" => Self::Interval,
            "resource_id" => Self::ResourceId,
            "region" => Self::Region,
            _ => return Err(format!("there is no form `{text}`")),
        })
    }

    /// What a text should be, for people.
    pub fn wanted(self) -> &'static str {
        match self {
            Self::Guid => "a GUID",
            Self::Ipv4 => "an IPv4 address",
            Self::CharacterSet => "the name of a character set",
            Self::Collation => "the name of a collation",
            Self::Period => "a duration of days, weeks, months or years",
            Self::TimeZone => "a time zone by its Windows name, such as `UTC` or `India Standard Time`",
            Self::Login => "a login of letters, digits and underscores",
            Self::Interval => "a time such as `1.12:05:59`: days, hours, minutes and seconds",
            Self::ResourceId => "the path of a resource, which begins with `/subscriptions/`",
            Self::Region => "a region of Azure",
        }
    }

    /// What `min` and `max` count of such a text, and how that is called: its characters, or the days of
    /// a duration.
    pub fn measure(format: Option<Self>, text: &str) -> (i64, &'static str) {
        let days = match format {
            Some(Self::Period) => period_days(text),
            _ => None,
        };
        match days {
            Some(days) => (days, " days"),
            None => (
                i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
                " characters",
            ),
        }
    }

    /// Whether a text has the form. Which regions and time zones there are, a list says.
    pub(in crate::rules) fn fits(self, text: &str) -> bool {
        match self {
            Self::Guid => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::CharacterSet => {
                text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_word)
            }
            Self::Collation => {
                text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '-')
                    && text
                        .bytes()
                        .all(|byte| is_word(byte) || matches!(byte, b'-' | b'.' | b' '))
            }
            Self::Period => period_days(text).is_some_and(|days| days > 0),
            Self::TimeZone | Self::Region => !text.is_empty(),
            Self::Login => !text.is_empty() && text.bytes().all(is_word),
            Self::Interval => interval_seconds(text).is_some_and(|seconds| seconds > 0),
            Self::ResourceId => {
                let id = text.parse::<ResourceId>().ok();
                id.is_some_and(|id| id.subscription().is_some_and(|own| !own.is_empty()))
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The seconds of a time that says days, hours, minutes and seconds; the days may be left out.
pub(crate) fn interval_seconds(text: &str) -> Option<i64> {
    let (days, clock) = text.split_once('.').unwrap_or(("0", text));
    let number = |text: &str, most: i64| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i64>().ok().filter(|_| digits)?;
        (number <= most).then_some(number)
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else {
        return None;
    };
    let of_day = number(hours, 23)? * 3600 + number(minutes, 59)? * 60 + number(seconds, 59)?;
    Some(number(days, 99_999_999)? * 86_400 + of_day)
}

/// The days of a duration that has no part shorter than a day. Months count 31 days and years 365.
fn period_days(text: &str) -> Option<i64> {
    let span: jiff::Span = text.parse().ok().filter(|_| text.starts_with('P'))?;
    let time = span.get_hours() != 0
        || span.get_minutes() != 0
        || span.get_seconds() != 0
        || span.get_milliseconds() != 0
        || span.get_microseconds() != 0
        || span.get_nanoseconds() != 0;
    let days = i64::from(span.get_years()) * 365
        + i64::from(span.get_months()) * 31
        + i64::from(span.get_weeks()) * 7
        + i64::from(span.get_days());
    (!time).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::Format;
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn a_duration_is_measured_in_days_and_anything_else_in_characters() {
        let period = Some(Format::Period);
        assert_eq!(Format::measure(period, "P10Y"), (3650, " days"));
        assert_eq!(Format::measure(period, "hello"), (5, " characters"));
        assert_eq!(Format::measure(None, "P10Y"), (4, " characters"));
    }

    #[test]
    fn forms_are_told_apart() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let fits = |format: Format, text: &str| rules.has_form(format, text);
        for (format, good, bad) in [
            (
                Format::Guid,
                "0b7c0d3e-0000-4000-8000-000000000001",
                "0b7c0d3e000040008000000000000001",
            ),
            (Format::Ipv4, "10.0.0.255", "10.0.0.256"),
            (Format::CharacterSet, "UTF8", "8UTF"),
            (Format::Collation, "en_US.utf8", "en/US"),
            (Format::Period, "P3M", "hello"),
            (Format::Period, "P7D", "PT7H"),
            (Format::Period, "P1W", "-P1W"),
            (Format::TimeZone, "India Standard Time", "Mars"),
            (Format::Login, "drill_1", "drill-1"),
            (Format::Interval, "1.12:05:59", "foo"),
            (Format::Interval, "00:00:01", "00:00:00"),
            (Format::Interval, "90.00:00:00", "1.24:00:00"),
            (Format::ResourceId, "/subscriptions/s/resourceGroups/g", "y"),
            (Format::Region, "West Europe", "atlantis"),
        ] {
            assert!(fits(format, good), "{format:?} {good}");
            assert!(!fits(format, bad), "{format:?} {bad}");
        }
    }
}
