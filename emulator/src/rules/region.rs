//! Regions and their pairs.

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::{Mark, SourceCheck};

const FILE: &str = "regions.toml";

/// A region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its name in paths and bodies.
    pub name: String,
    /// Its name for people. `None`: one of Microsoft's own, in no list.
    pub display_name: Option<String>,
    /// The region it is paired with, if it is with one.
    pub pair: Option<String>,
    /// Its availability zones.
    #[serde(default)]
    pub zones: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionsFile {
    region: Vec<Region>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<Region>, RulesError> {
    let regions = parse::<RegionsFile>(FILE, text)?.region;
    for region in &regions {
        known.check(FILE, &region.name, &region.sources)?;
        if let Some(pair) = &region.pair
            && !regions.iter().any(|other| other.name == *pair)
        {
            let what = format!("there is no region `{pair}`");
            return Err(row_error(FILE, &region.name, &what));
        }
    }
    Ok(regions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    fn error(text: &str) -> String {
        let sources = test_sources();
        load(text, &SourceCheck::new(&sources))
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn a_pair_and_a_source_must_have_rows() {
        let row = |pair: &str, source: &str| {
            format!("[[region]]\nname = \"here\"\npair = \"{pair}\"\nmark = \"doc\"\nsources = [{source}]\n")
        };
        assert!(
            error(&row("nowhere", "\"KNOWN\""))
                .contains("regions.toml, row here: there is no region `nowhere`")
        );
        assert!(error(&row("here", "\"UNKNOWN\"")).contains("sources.toml has no `UNKNOWN`"));
        assert!(error(&row("here", "")).contains("it names no source"));
        assert!(error(&format!("{}colour = 1", row("here", "\"KNOWN\""))).contains("unknown field `colour`"));
    }
}
