//! Whether a recovery point is still there, by a calendar.

use super::{Book, Expected, Gate, Profile, no};
use crate::sketch::keep_recovery_points::{After, Backup, Happens, Keeps, Rules, Sketch, Tag};

const NOT_FOUND: &str = "UserErrorGenericResourceNotFound";

/// How the look for it ends: it is there and kept by that rule, or by another one, or it is not there.
pub fn keep_recovery_points(profile: Profile, sketch: &Sketch) -> Expected {
    // FX-B-17: the documents have seven days as the least; the API was seen to take fewer.
    if sketch.keeps == Keeps::Six && profile.book == Book::Documented {
        return no(Gate::Service, &["FX-B-17"], "BMSUserErrorInvalidInput");
    }
    let made = Day::of(sketch.backup);
    if let Some(state) = not_backed_up(sketch.happens, made.at(BACKED_UP)) {
        return match state {
            NOT_FOUND => not_found(),
            state => no(Gate::Service, &[], state),
        };
    }
    let tag = tag(sketch.rules, sketch.backup);
    let kept_until = match (tag, sketch.keeps) {
        (Tag::Yearly, _) => made.months_later(3),
        (Tag::Monthly, _) => made.months_later(1),
        (Tag::Default, Keeps::Six) => made.days_later(6),
        (Tag::Default, Keeps::Seven) => made.days_later(7),
        (Tag::Default, Keeps::Ten) => made.days_later(10),
    };
    if gone(sketch, kept_until.at(BACKED_UP), looked(made, sketch.after)) {
        return not_found();
    }
    if tag == sketch.tag {
        return Expected::Passes;
    }
    no(Gate::Service, &["DPP-TAG"], tag.label())
}

fn not_found() -> Expected {
    no(Gate::Service, &[NOT_FOUND], NOT_FOUND)
}

/// The days of the months from December 2025 to June 2026.
const MONTHS: [u32; 7] = [31, 31, 28, 31, 30, 31, 30];
/// The months, by their places there.
const DECEMBER: usize = 0;
const JANUARY: usize = 1;
const FEBRUARY: usize = 2;
const MARCH: usize = 3;

/// A day of one of these months.
#[derive(Clone, Copy)]
struct Day(usize, u32);

impl Day {
    fn of(backup: Backup) -> Self {
        match backup {
            Backup::December13 => Self(DECEMBER, 13),
            Backup::December27 => Self(DECEMBER, 27),
            Backup::January3 => Self(JANUARY, 3),
            Backup::January31 => Self(JANUARY, 31),
            Backup::February7 => Self(FEBRUARY, 7),
            Backup::February14 => Self(FEBRUARY, 14),
            Backup::February28 => Self(FEBRUARY, 28),
            Backup::March7 => Self(MARCH, 7),
        }
    }

    /// The day of that number so many months later, or that month's last one.
    fn months_later(self, months: usize) -> Self {
        let month = self.0 + months;
        Self(month, self.1.min(MONTHS[month]))
    }

    fn days_later(mut self, days: u32) -> Self {
        self.1 += days;
        while self.1 > MONTHS[self.0] {
            self.1 -= MONTHS[self.0];
            self.0 += 1;
        }
        self
    }

    /// The minutes from the beginning of December to an hour of it.
    fn at(self, hour: u32) -> u32 {
        let days = MONTHS[..self.0].iter().sum::<u32>() + self.1 - 1;
        (days * 24 + hour) * 60
    }
}

/// At what hour backups are made.
const BACKED_UP: u32 = 2;

/// When something happens.
fn february_10() -> u32 {
    Day(FEBRUARY, 10).at(12)
}

/// When protection is resumed.
fn resumed() -> u32 {
    Day(FEBRUARY, 24).at(10)
}

/// When the instance is brought back.
fn brought_back() -> u32 {
    Day(FEBRUARY, 17).at(10)
}

/// What the instance is instead of being protected, when a backup is due.
fn not_backed_up(happens: Happens, due: u32) -> Option<&'static str> {
    if due < february_10() {
        return None;
    }
    match happens {
        Happens::Nothing | Happens::Immutable => None,
        Happens::Suspended => Some("BackupsSuspended"),
        Happens::Stopped => Some("ProtectionStopped"),
        Happens::Resumed => (due < resumed()).then_some("ProtectionStopped"),
        // What comes back is stopped.
        Happens::BroughtBack if due >= brought_back() => Some("ProtectionStopped"),
        Happens::Deleted | Happens::BroughtBack => Some(NOT_FOUND),
    }
}

/// DPP-TAG: the first of a month, or of a year, is the first there is of it.
fn tag(rules: Rules, backup: Backup) -> Tag {
    let first_of_month = matches!(
        backup,
        Backup::December13 | Backup::January3 | Backup::February7 | Backup::March7
    );
    let first_of_year = matches!(backup, Backup::December13 | Backup::January3);
    let last_day = matches!(backup, Backup::January31 | Backup::February28);
    match rules {
        Rules::LastDay if last_day => Tag::Monthly,
        Rules::YearlyFirst if first_of_year => Tag::Yearly,
        Rules::Monthly | Rules::YearlyFirst | Rules::MonthlyFirst if first_of_month => Tag::Monthly,
        _ => Tag::Default,
    }
}

/// A minute before a time has passed, or after.
fn looked(made: Day, after: After) -> u32 {
    let before = |day: Day| day.at(BACKED_UP) - 1;
    let behind = |day: Day| day.at(BACKED_UP) + 1;
    match after {
        After::AlmostSixDays => before(made.days_later(6)),
        After::SixDays => behind(made.days_later(6)),
        After::AlmostSevenDays => before(made.days_later(7)),
        After::SevenDays => behind(made.days_later(7)),
        After::AlmostTenDays => before(made.days_later(10)),
        After::TenDays => behind(made.days_later(10)),
        After::AlmostAMonth => before(made.months_later(1)),
        After::AMonth => behind(made.months_later(1)),
        After::AlmostThreeMonths => before(made.months_later(3)),
        After::ThreeMonths => behind(made.months_later(3)),
    }
}

/// DPP-RETENTION: gone when its time is over, unless that is after protection was stopped.
fn gone(sketch: &Sketch, expires: u32, looked: u32) -> bool {
    let over = expires <= looked;
    // A point may only have gone before.
    let before = over && expires < february_10();
    match sketch.happens {
        Happens::Nothing | Happens::Immutable => over,
        // DPP-SUSPENDED-LAST: the newest stays.
        Happens::Suspended => before || over && sketch.backup != Backup::February7,
        Happens::Stopped => before,
        // What is over by then goes when protection is resumed.
        Happens::Resumed => before || over && looked >= resumed(),
        // With the instance its points are out of reach; what comes back is stopped.
        Happens::Deleted => before || looked >= february_10(),
        Happens::BroughtBack => before || (february_10()..brought_back()).contains(&looked),
    }
}
