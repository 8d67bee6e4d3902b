//! Names of time zones as Windows has them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse};
use super::source::SourceCheck;

const FILE: &str = "time_zones.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeZonesFile {
    #[expect(dead_code, reason = "read by people; the loader demands it")]
    mark: Mark,
    sources: Vec<String>,
    names: Vec<String>,
}

/// The names, in lower case.
pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<BTreeSet<String>, RulesError> {
    let file: TimeZonesFile = parse(FILE, text)?;
    known.check(FILE, "names", &file.sources)?;
    Ok(file.names.into_iter().map(|name| name.to_lowercase()).collect())
}
