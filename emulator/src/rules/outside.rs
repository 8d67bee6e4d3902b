//! Hosts on the internet that clients look things up at.

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse};
use super::source::SourceCheck;

const FILE: &str = "outside.toml";

/// Something on the internet, by the hosts it is asked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// Its hosts; one that begins with a dot stands for everything below it.
    hosts: Vec<String>,
    /// What it is.
    pub what: String,
    /// How to do without it.
    pub instead: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl Outside {
    /// Whether it is asked at this host.
    pub fn has(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| match own.strip_prefix('.') {
            Some(_) => host.ends_with(own.as_str()),
            None => host == own,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutsideFile {
    outside: Vec<Outside>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<Outside>, RulesError> {
    let rows = parse::<OutsideFile>(FILE, text)?.outside;
    for row in &rows {
        known.check(FILE, &row.what, &row.sources)?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn look_ups_are_told_from_strangers() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
        let what = |host: &str| rules.outside(host).map(|row| row.what.clone());
        assert_eq!(what("aka.ms").as_deref(), Some("the index of az's extensions"));
        assert_eq!(what("raw.githubusercontent.com").as_deref(), Some("GitHub"));
        assert_eq!(what("registry.terraform.io.evil.example"), None);
        assert_eq!(what("notaka.ms"), None);
        assert_eq!(what("management.azure.com"), None);
    }
}
