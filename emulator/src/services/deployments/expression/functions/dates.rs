//! Times.

use jiff::civil::DateTime;
use jiff::{Span, Timestamp as Moment, tz::TimeZone};
use serde_json::Value;

use super::{Call, Maybe, count};
use crate::services::deployments::expression::evaluate::Problem;

/// How `dateTimeAdd` writes a time if nothing is said.
const USUAL: &str = "yyyy-MM-ddTHH:mm:ssZ";

impl Call<'_> {
    pub(super) fn of_dates(&self, name: &str) -> Maybe {
        Some(match name {
            "utcnow" => self.made_up().and_then(|()| {
                let shape = match self.values.first() {
                    Some(_) => self.text(0)?,
                    None => "yyyyMMddTHHmmssZ",
                };
                self.shaped_time(self.scope.place.now, shape)
            }),
            "newguid" => self.made_up().map(|()| {
                let guid = self.scope.place.entropy.fork("newGuid").uuid();
                Value::from(guid.to_string())
            }),
            "datetimeadd" => self.add_to_time(),
            "datetimetoepoch" => self
                .text(0)
                .and_then(|text| self.time(text))
                .map(|time| Value::from(time.as_second())),
            "datetimefromepoch" => self.number(0).and_then(|seconds| {
                let time = Moment::from_second(seconds).map_err(|_| count(self.function, "a time"))?;
                self.shaped_time(time, USUAL)
            }),
            _ => return None,
        })
    }

    /// What is different each time may only stand in the default value of a parameter.
    fn made_up(&self) -> Result<(), Problem> {
        if self.scope.in_default {
            return Ok(());
        }
        Err(Problem::wrong(format!(
            "The template function '{}' is not expected at this location: it belongs into the default value of a parameter.",
            self.function
        )))
    }

    fn time(&self, text: &str) -> Result<Moment, Problem> {
        let text = text.trim();
        let plain = || {
            let local = text.trim_end_matches('Z');
            let basic = DateTime::strptime("%Y%m%dT%H%M%S", local);
            let time: DateTime = basic.or_else(|_| local.replace(' ', "T").parse()).ok()?;
            Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        text.parse::<Moment>()
            .ok()
            .or_else(plain)
            .ok_or_else(|| count(self.function, "a time"))
    }

    fn add_to_time(&self) -> Result<Value, Problem> {
        let time = self.time(self.text(0)?)?;
        let span: Span = self
            .text(1)?
            .parse()
            .map_err(|_| count(self.function, "a duration such as P3Y or -PT1H as argument 2"))?;
        let moved = time.to_zoned(TimeZone::UTC).checked_add(span);
        let moved = moved.map_err(|_| count(self.function, "a duration that leads to a time"))?;
        let shape = match self.values.get(2) {
            Some(_) => self.text(2)?,
            None => USUAL,
        };
        self.shaped_time(moved.timestamp(), shape)
    }

    /// A time as .NET's formats write it. Those that are not known are refused.
    fn shaped_time(&self, time: Moment, shape: &str) -> Result<Value, Problem> {
        let standard = match shape {
            "u" => "yyyy-MM-dd HH:mm:ssZ",
            "s" => "yyyy-MM-ddTHH:mm:ss",
            "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffZ",
            "d" => "M/d/yyyy",
            other => other,
        };
        let civil = time.to_zoned(TimeZone::UTC).datetime();
        let mut text = String::new();
        let mut rest = standard;
        while let Some(letter) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches(letter).len();
            let (part, behind) = rest.split_at(run);
            rest = behind;
            let written = match part {
                "yyyy" => format!("{:04}", civil.year()),
                "yy" => format!("{:02}", civil.year() % 100),
                "MM" => format!("{:02}", civil.month()),
                "M" => civil.month().to_string(),
                "dd" => format!("{:02}", civil.day()),
                "d" => civil.day().to_string(),
                "HH" => format!("{:02}", civil.hour()),
                "H" => civil.hour().to_string(),
                "mm" => format!("{:02}", civil.minute()),
                "m" => civil.minute().to_string(),
                "ss" => format!("{:02}", civil.second()),
                "s" => civil.second().to_string(),
                "fffffff" => format!("{:07}", civil.subsec_nanosecond() / 100),
                "fff" => format!("{:03}", civil.millisecond()),
                other if !letter.is_ascii_alphabetic() || letter == 'T' || letter == 'Z' => other.to_owned(),
                other => {
                    return Err(Problem::wrong(format!(
                        "{}(): azdrill does not know `{other}` in the format `{shape}`.",
                        self.function
                    )));
                }
            };
            self.many(1, written.len())?;
            text.push_str(&written);
        }
        Ok(Value::from(text))
    }
}
