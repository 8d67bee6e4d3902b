//! When a fault strikes, of all that it could strike.

use jiff::SignedDuration;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::entropy::Entropy;
use crate::model::Timestamp;

/// Which of the matches of a fault it strikes. Matches outside of its window, and before the fault it follows has
/// struck, are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The first match to strike, from 1.
    pub nth: u64,
    /// How many matches to strike in all.
    pub times: u64,
    /// Of the matches from the first on, every how many-th is one to strike.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u64,
    /// How long after it was put in place its window begins, on the world's clock.
    #[serde(default, skip_serializing_if = "SignedDuration::is_zero")]
    pub begins: SignedDuration,
    /// How long after it was put in place its window ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<SignedDuration>,
    /// The name of a fault that has to have struck before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// Which part of those it would strike it strikes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
}

/// A part of all, drawn under a seed: the same seed draws the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chance {
    /// How many of a hundred.
    pub percent: u8,
    /// The seed.
    pub seed: u64,
}

fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(number: &u64) -> bool {
    *number == 1
}

impl Default for Moment {
    /// The first match.
    fn default() -> Self {
        Self {
            nth: 1,
            times: 1,
            every: 1,
            begins: SignedDuration::ZERO,
            ends: None,
            after: String::new(),
            chance: None,
        }
    }
}

impl Moment {
    /// So many matches from the `nth` on.
    pub fn of(nth: u64, times: u64) -> Self {
        Self {
            nth,
            times,
            ..Self::default()
        }
    }

    /// Every match.
    pub fn always() -> Self {
        Self::of(1, u64::MAX)
    }

    /// Whether it strikes one more that is in its place, which is counted.
    pub(super) fn strikes(&self, count: &mut Count, now: Timestamp, earlier: &dyn Fn(&str) -> bool) -> bool {
        let since = now.duration_since(count.placed);
        if since < self.begins
            || self.ends.is_some_and(|ends| since >= ends)
            || !self.after.is_empty() && !earlier(&self.after)
        {
            return false;
        }
        count.matched += 1;
        let Some(behind) = count.matched.checked_sub(self.nth) else {
            return false;
        };
        let due = behind.checked_rem(self.every).unwrap_or_default() == 0 && count.struck < self.times;
        if !due || self.chance.is_some_and(|chance| !chance.draws(count.matched)) {
            return false;
        }
        count.struck += 1;
        true
    }
}

impl Chance {
    fn draws(self, number: u64) -> bool {
        let mut rng = Entropy::from_seed(self.seed).fork(&number.to_string()).rng();
        rng.random_range(0..100) < self.percent
    }
}

/// How often a fault could have struck, and has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    /// When it was put in place.
    pub(super) placed: Timestamp,
    /// How much was in its place, and in its time.
    pub(super) matched: u64,
    /// How often it has struck.
    pub(super) struck: u64,
}

impl Count {
    pub(super) fn new(placed: Timestamp) -> Self {
        Self {
            placed,
            matched: 0,
            struck: 0,
        }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.nth, self.times) {
            (1, u64::MAX) => f.write_str("each")?,
            (nth, u64::MAX) => write!(f, "each from {nth} on")?,
            (nth, 1) => write!(f, "number {nth}")?,
            (nth, times) => write!(f, "{times} from number {nth} on")?,
        }
        if self.every != 1 {
            write!(f, ", one in {}", self.every)?;
        }
        if let Some(chance) = self.chance {
            write!(f, ", {} of 100 by seed {}", chance.percent, chance.seed)?;
        }
        match (self.begins.is_zero(), self.ends) {
            (true, None) => {}
            (false, None) => write!(f, ", after {:#}", self.begins)?,
            (true, Some(ends)) => write!(f, ", for {ends:#}")?,
            (false, Some(ends)) => write!(f, ", from {:#} to {ends:#}", self.begins)?,
        }
        if !self.after.is_empty() {
            write!(f, ", once `{}` has struck", self.after)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of twelve matches, a minute apart, a moment strikes.
    fn struck(moment: &Moment) -> Vec<u64> {
        let mut count = Count::new(Timestamp::UNIX_EPOCH);
        let mut time = Timestamp::UNIX_EPOCH;
        let mut struck = Vec::new();
        for number in 1..=12 {
            if moment.strikes(&mut count, time, &|name| name == "first" && number > 3) {
                struck.push(number);
            }
            time += SignedDuration::from_mins(1);
        }
        struck
    }

    #[test]
    fn a_moment_strikes_what_it_says() {
        assert_eq!(struck(&Moment::default()), [1]);
        assert_eq!(struck(&Moment::of(11, u64::MAX)), [11, 12]);
        let every = Moment {
            every: 3,
            ..Moment::of(2, 3)
        };
        assert_eq!(struck(&every), [2, 5, 8]);
        let window = Moment {
            begins: SignedDuration::from_mins(2),
            ends: Some(SignedDuration::from_mins(5)),
            ..Moment::of(2, 9)
        };
        assert_eq!(struck(&window), [4, 5]);
        let after = |name: &str| Moment {
            after: name.to_owned(),
            ..Moment::default()
        };
        assert_eq!(struck(&after("first")), [4]);
        assert!(struck(&after("nothing")).is_empty());
    }

    #[test]
    fn chance_is_drawn_the_same_under_the_same_seed() {
        let with = |percent, seed| Moment {
            chance: Some(Chance { percent, seed }),
            ..Moment::always()
        };
        assert_eq!(struck(&with(50, 1)), struck(&with(50, 1)));
        assert!((1..20).any(|seed| struck(&with(50, seed)) != struck(&with(50, 0))));
        assert!(struck(&with(0, 1)).is_empty());
        assert_eq!(struck(&with(100, 1)).len(), 12);
    }
}
