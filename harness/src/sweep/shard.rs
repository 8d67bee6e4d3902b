//! Which seeds of a sweep are one machine's.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of several equal parts, counted from 1: `2/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// All there is.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Which part it is, from 1.
    pub fn number(self) -> u64 {
        self.number
    }

    /// How many parts there are.
    pub fn of(self) -> u64 {
        self.of
    }

    /// The seeds of this part, of so many from one on: every `of`-th.
    pub fn seeds(self, from: u64, count: u64) -> Vec<u64> {
        let first = self.number - 1;
        let step = usize::try_from(self.of).unwrap_or(usize::MAX);
        let own = (first..count).step_by(step);
        own.filter_map(|number| from.checked_add(number)).collect()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no shard: say which of how many, from 1 on, as `2/5`");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let (number, of) = (
            number.parse().map_err(|_| wrong())?,
            of.parse().map_err(|_| wrong())?,
        );
        if number == 0 || number > of {
            return Err(wrong());
        }
        Ok(Self { number, of })
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_have_each_seed_once() {
        for of in 1..8 {
            let mut all: Vec<u64> = (1..=of)
                .flat_map(|number| Shard { number, of }.seeds(100, 23))
                .collect();
            all.sort_unstable();
            assert_eq!(all, (100..123).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for wrong in ["0/3", "4/3", "1", "1/0", "/", "a/b", "-1/3", "1/3/5", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
        assert_eq!(
            "3/3".parse::<Shard>().map(|own| own.to_string()),
            Ok("3/3".to_owned())
        );
    }
}
