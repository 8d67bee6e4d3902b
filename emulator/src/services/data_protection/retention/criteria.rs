//! The criteria of a retention tag, and whether a scheduled backup meets them.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::Offset;
use serde_json::Value;

use crate::state::field;

/// A scheduled backup on the clock of its schedule, whose days, weeks, months and years count.
#[derive(Clone, Copy, Debug)]
pub(in crate::services::data_protection) struct Occasion {
    /// When it fell due.
    pub(in crate::services::data_protection) due: DateTime,
    /// When the last scheduled backup before it that succeeded had fallen due.
    pub(in crate::services::data_protection) before: Option<DateTime>,
    /// How that clock differs from UTC.
    pub(in crate::services::data_protection) offset: Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absolute {
    AllBackup,
    FirstOfDay,
    FirstOfWeek,
    FirstOfMonth,
    FirstOfYear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayOfMonth {
    Date(i64),
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WeekOfMonth {
    Number(i8),
    Last,
}

/// One `ScheduleBasedBackupCriteria`. What it does not name it does not ask for; what it names must
/// all be so, in any of the values given.
#[derive(Clone, Debug, Default)]
pub(super) struct Criteria {
    absolute: Vec<Absolute>,
    days_of_month: Vec<DayOfMonth>,
    days_of_week: Vec<Weekday>,
    months: Vec<i8>,
    weeks: Vec<WeekOfMonth>,
    times: Vec<ScheduledTime>,
}

/// A time of day, on the schedule's own clock unless it says which.
#[derive(Clone, Copy, Debug)]
struct ScheduledTime {
    at: DateTime,
    offset: Option<Offset>,
}

/// The days of a week that begins on Monday, as ISO 8601 counts them.
fn week(date: Date) -> (i16, i8) {
    let week = date.iso_week_date();
    (week.year(), week.week())
}

impl Absolute {
    fn fits(self, occasion: &Occasion) -> bool {
        let (due, Some(before)) = (occasion.due.date(), occasion.before.map(DateTime::date)) else {
            return true;
        };
        match self {
            Self::AllBackup => true,
            Self::FirstOfDay => due != before,
            Self::FirstOfWeek => week(due) != week(before),
            Self::FirstOfMonth => due.first_of_month() != before.first_of_month(),
            Self::FirstOfYear => due.year() != before.year(),
        }
    }
}

impl WeekOfMonth {
    /// The nth week holds the nth Monday, the nth Tuesday and so on.
    fn fits(self, date: Date) -> bool {
        match self {
            Self::Number(number) => (date.day() - 1) / 7 + 1 == number,
            Self::Last => date.day() + 7 > date.days_in_month(),
        }
    }
}

impl ScheduledTime {
    fn parse(text: &str) -> Option<Self> {
        let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
        Some(Self {
            at: pieces.date().to_datetime(pieces.time()?),
            offset: pieces.to_numeric_offset(),
        })
    }

    fn on(self, clock: Offset) -> Time {
        let moved = self
            .offset
            .and_then(|own| own.to_timestamp(self.at).ok())
            .map(|time| clock.to_datetime(time));
        moved.unwrap_or(self.at).time()
    }
}

impl Criteria {
    /// Reads criteria as a policy writes them.
    pub(super) fn parse(sent: &Value) -> Result<Self, String> {
        let kind = field(sent, "objectType").as_str().unwrap_or_default();
        if kind != "ScheduleBasedBackupCriteria" {
            return Err(format!(
                "criteria of the type `{kind}`: expected ScheduleBasedBackupCriteria"
            ));
        }
        let own = Self {
            absolute: words(sent, "absoluteCriteria", absolute)?,
            days_of_month: items(sent, "daysOfMonth")
                .iter()
                .map(|day| day_of_month(day).ok_or_else(|| format!("`{day}` is no day of a month")))
                .collect::<Result<_, _>>()?,
            days_of_week: words(sent, "daysOfTheWeek", weekday)?,
            months: words(sent, "monthsOfYear", month)?,
            weeks: words(sent, "weeksOfTheMonth", week_of_month)?,
            times: words(sent, "scheduleTimes", ScheduledTime::parse)?,
        };
        if own.is_empty() {
            return Err("criteria that name nothing".to_owned());
        }
        Ok(own)
    }

    fn is_empty(&self) -> bool {
        self.absolute.is_empty()
            && self.days_of_month.is_empty()
            && self.days_of_week.is_empty()
            && self.months.is_empty()
            && self.weeks.is_empty()
            && self.times.is_empty()
    }

    pub(super) fn fits(&self, occasion: &Occasion) -> bool {
        let date = occasion.due.date();
        let last = date.day() == date.days_in_month();
        let day = |day: &DayOfMonth| match day {
            DayOfMonth::Date(number) => *number == i64::from(date.day()),
            DayOfMonth::Last => last,
        };
        any(&self.absolute, |own| own.fits(occasion))
            && any(&self.days_of_month, day)
            && any(&self.days_of_week, |own| *own == date.weekday())
            && any(&self.months, |own| *own == date.month())
            && any(&self.weeks, |own| own.fits(date))
            && any(&self.times, |own| own.on(occasion.offset) == occasion.due.time())
    }
}

/// Whether a list asks for nothing, or one of its values fits.
fn any<T>(values: &[T], fits: impl Fn(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(fits)
}

/// Terraform sends lists it has nothing for as null.
fn items<'a>(sent: &'a Value, name: &str) -> &'a [Value] {
    field(sent, name).as_array().map_or(&[], Vec::as_slice)
}

fn words<T>(sent: &Value, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    items(sent, name)
        .iter()
        .map(|word| {
            word.as_str()
                .and_then(&read)
                .ok_or_else(|| format!("`{word}` is none of {name}"))
        })
        .collect()
}

fn absolute(word: &str) -> Option<Absolute> {
    Some(match word {
        "AllBackup" => Absolute::AllBackup,
        "FirstOfDay" => Absolute::FirstOfDay,
        "FirstOfWeek" => Absolute::FirstOfWeek,
        "FirstOfMonth" => Absolute::FirstOfMonth,
        "FirstOfYear" => Absolute::FirstOfYear,
        _ => return None,
    })
}

/// Days from 1 to 28, which every month has, and the last one, whichever it is.
fn day_of_month(sent: &Value) -> Option<DayOfMonth> {
    if field(sent, "isLast").as_bool() == Some(true) {
        return Some(DayOfMonth::Last);
    }
    let number = field(sent, "date").as_i64()?;
    (1..=28).contains(&number).then_some(DayOfMonth::Date(number))
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        "Saturday" => Weekday::Saturday,
        "Sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let position = MONTHS.iter().position(|own| *own == word)?;
    i8::try_from(position + 1).ok()
}

fn week_of_month(word: &str) -> Option<WeekOfMonth> {
    Some(match word {
        "First" => WeekOfMonth::Number(1),
        "Second" => WeekOfMonth::Number(2),
        "Third" => WeekOfMonth::Number(3),
        "Fourth" => WeekOfMonth::Number(4),
        "Last" => WeekOfMonth::Last,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn criteria(mut own: Value) -> Result<Criteria, String> {
        own["objectType"] = json!("ScheduleBasedBackupCriteria");
        Criteria::parse(&own)
    }

    fn fits(own: Value, due: &str, before: Option<&str>) -> bool {
        let at = |text: &str| text.parse::<DateTime>().expect("a time");
        criteria(own).expect("criteria").fits(&Occasion {
            due: at(due),
            before: before.map(at),
            offset: jiff::tz::offset(2),
        })
    }

    #[test]
    fn what_is_first_depends_on_what_succeeded_before() {
        let first = |word: &str, due, before| fits(json!({"absoluteCriteria": [word]}), due, before);
        for word in [
            "AllBackup",
            "FirstOfDay",
            "FirstOfWeek",
            "FirstOfMonth",
            "FirstOfYear",
        ] {
            assert!(first(word, "2026-01-08T02:00", None), "{word}");
        }
        // From a Sunday to a Monday within a month, and over the turn of a year within a week.
        assert!(first("FirstOfWeek", "2026-03-09T02:00", Some("2026-03-08T02:00")));
        assert!(!first(
            "FirstOfMonth",
            "2026-03-09T02:00",
            Some("2026-03-08T02:00")
        ));
        assert!(!first(
            "FirstOfWeek",
            "2026-01-01T02:00",
            Some("2025-12-29T02:00")
        ));
        assert!(first("FirstOfYear", "2026-01-01T02:00", Some("2025-12-29T02:00")));
        assert!(!first("FirstOfDay", "2026-01-01T14:00", Some("2026-01-01T02:00")));
        assert!(first("AllBackup", "2026-01-01T14:00", Some("2026-01-01T02:00")));
    }

    #[test]
    fn days_weeks_months_and_times_must_all_fit() {
        let second_sunday = json!({
            "daysOfTheWeek": ["Sunday"], "weeksOfTheMonth": ["Second", "Last"], "monthsOfYear": ["March", "May"],
        });
        assert!(fits(second_sunday.clone(), "2026-03-08T02:00", None));
        assert!(!fits(second_sunday.clone(), "2026-03-09T02:00", None), "a Monday");
        assert!(
            !fits(second_sunday.clone(), "2026-03-15T02:00", None),
            "the third"
        );
        assert!(fits(second_sunday.clone(), "2026-03-29T02:00", None), "the last");
        assert!(!fits(second_sunday, "2026-04-12T02:00", None), "in April");
        for (week, first, last) in [
            ("First", 1, 7),
            ("Second", 8, 14),
            ("Third", 15, 21),
            ("Fourth", 22, 28),
        ] {
            for day in 1..=30 {
                let is = fits(
                    json!({"weeksOfTheMonth": [week]}),
                    &format!("2026-03-{day:02}T02:00"),
                    None,
                );
                assert_eq!(is, (first..=last).contains(&day), "{week} {day}");
            }
        }
        let first = json!({"daysOfMonth": [{"date": 1}, {"date": 28}]});
        for (day, is) in [("01", true), ("02", false), ("27", false), ("28", true)] {
            assert_eq!(
                fits(first.clone(), &format!("2026-03-{day}T02:00"), None),
                is,
                "{day}"
            );
        }
        // The last week of a month is its last seven days, however many it has.
        for (day, is) in [
            ("2026-03-24", false),
            ("2026-03-25", true),
            ("2026-03-31", true),
            ("2026-02-21", false),
            ("2026-02-22", true),
        ] {
            let last = json!({"weeksOfTheMonth": ["Last"]});
            assert_eq!(fits(last, &format!("{day}T02:00"), None), is, "{day}");
        }
        let last = json!({"daysOfMonth": [{"date": 15, "isLast": false}, {"isLast": true}]});
        for (day, is) in [
            ("2024-02-29", true),
            ("2026-02-28", true),
            ("2024-02-28", false),
            ("2026-03-15", true),
        ] {
            assert_eq!(fits(last.clone(), &format!("{day}T02:00"), None), is, "{day}");
        }
        // The clock of the test is two hours ahead of UTC.
        let times = json!({"scheduleTimes": ["2021-08-15T00:30:00Z", "2021-08-15T06:00:00"]});
        assert!(fits(times.clone(), "2026-03-08T02:30", None));
        assert!(fits(times.clone(), "2026-03-08T06:00", None));
        assert!(!fits(times, "2026-03-08T00:30", None));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for wrong in [
            json!({}),
            json!({"absoluteCriteria": null, "daysOfTheWeek": []}),
            json!({"absoluteCriteria": ["FirstOfDecade"]}),
            json!({"daysOfTheWeek": ["Funday"]}),
            json!({"daysOfMonth": [{"date": 29}]}),
            json!({"daysOfMonth": [{"date": 0}]}),
            json!({"daysOfMonth": [{}]}),
            json!({"weeksOfTheMonth": ["Fifth"]}),
            json!({"monthsOfYear": ["Smarch"]}),
            json!({"scheduleTimes": ["noon"]}),
        ] {
            criteria(wrong.clone()).expect_err(&wrong.to_string());
        }
        Criteria::parse(&json!({"absoluteCriteria": ["AllBackup"]})).expect_err("no type");
    }
}
