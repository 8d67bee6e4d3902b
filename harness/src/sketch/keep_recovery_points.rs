//! A recovery point that is looked for when its retention has passed, or nearly.
//!
//! A server is protected on Monday, 8 December 2025, and backed up on every Saturday from 13 December on, at two in the
//! morning. What happens to it happens on Tuesday, 10 February 2026, at noon. All of it is UTC.

use super::{Dimension, Shape, dimension};

words! {
    /// The rules of the policy besides the default one.
    Rules {
        /// None.
        Default = "the default one alone",
        /// The first of a month is kept a month.
        Monthly = "the first of a month a month",
        /// The one on a month's last day is kept a month.
        LastDay = "that on a month’s last day a month",
        /// The first of a month a month, the first of a year, which comes first, three.
        YearlyFirst = "the same, before it the first of a year three months",
        /// The same two, the month coming first.
        MonthlyFirst = "the same, behind it the first of a year",
    }
}

words! {
    /// How long the default rule keeps.
    Keeps {
        /// Seven days: what is documented as the least.
        Seven = "P7D",
        /// Ten.
        Ten = "P10D",
        /// Six.
        Six = "P6D",
    }
}

words! {
    /// What happens on 10 February.
    Happens {
        /// Nothing.
        Nothing = "nothing",
        /// Somebody deletes the instance, which the vault, being immutable, does not let go.
        Immutable = "a deletion, in an immutable vault",
        /// Backups are suspended.
        Suspended = "backups are suspended",
        /// Protection is stopped.
        Stopped = "protection is stopped",
        /// Protection is stopped, and resumed on 24 February at ten.
        Resumed = "protection is stopped, and resumed on 24 February",
        /// The instance is deleted, softly.
        Deleted = "the instance is deleted",
        /// The instance is deleted, and brought back on 17 February at ten.
        BroughtBack = "the instance is deleted, and back on 17 February",
    }
}

words! {
    /// Of which Saturday the recovery point is.
    Backup {
        /// 27 December 2025.
        December27 = "27 December",
        /// 13 December 2025: the very first.
        December13 = "13 December",
        /// 3 January 2026: the first of the month and of the year.
        January3 = "3 January",
        /// 31 January 2026: the last day of the month.
        January31 = "31 January",
        /// 7 February 2026: the first of the month.
        February7 = "7 February",
        /// 14 February 2026.
        February14 = "14 February",
        /// 28 February 2026: the last day of the month.
        February28 = "28 February",
        /// 7 March 2026: the first of the month.
        March7 = "7 March",
    }
}

words! {
    /// When it is looked for: so long after it was made, and a minute before or after.
    After {
        /// A minute before six days are over.
        AlmostSixDays = "6 days less a minute",
        /// A minute after that.
        SixDays = "6 days and a minute",
        /// A minute before seven days are over.
        AlmostSevenDays = "7 days less a minute",
        /// A minute after that.
        SevenDays = "7 days and a minute",
        /// A minute before ten days are over.
        AlmostTenDays = "10 days less a minute",
        /// A minute after that.
        TenDays = "10 days and a minute",
        /// A minute before a month is over.
        AlmostAMonth = "a month less a minute",
        /// A minute after that.
        AMonth = "a month and a minute",
        /// A minute before three months are over.
        AlmostThreeMonths = "3 months less a minute",
        /// A minute after that.
        ThreeMonths = "3 months and a minute",
    }
}

words! {
    /// By which rule it is said to be kept.
    Tag {
        /// The default one.
        Default = "Default",
        /// That for the first of a month, or for its last day.
        Monthly = "Monthly",
        /// That for the first of a year.
        Yearly = "Yearly",
    }
}

/// A policy, what happens, a recovery point and what is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// The rules of the policy.
    pub rules: Rules,
    /// How long its default one keeps.
    pub keeps: Keeps,
    /// What happens.
    pub happens: Happens,
    /// The recovery point.
    pub backup: Backup,
    /// When it is looked for.
    pub after: After,
    /// By which rule it is said to be kept.
    pub tag: Tag,
}

impl Shape for Sketch {
    fn in_order() -> Self {
        Self {
            rules: Rules::Default,
            keeps: Keeps::Seven,
            happens: Happens::Nothing,
            backup: Backup::December27,
            after: After::AlmostSixDays,
            tag: Tag::Default,
        }
    }

    fn dimensions() -> Vec<Dimension<Self>> {
        vec![
            dimension("besides the default rule", |sketch, word| sketch.rules = word),
            dimension("which keeps", |sketch, word| sketch.keeps = word),
            dimension("on 10 February", |sketch, word| sketch.happens = word),
            dimension("backup of", |sketch, word| sketch.backup = word),
            dimension("looked for after", |sketch, word| sketch.after = word),
            dimension("kept as", |sketch, word| sketch.tag = word),
        ]
    }
}
