//! Resource providers, as Azure Resource Manager lists them.

use serde::Deserialize;

use super::Mark;
use super::load::{RulesError, SourceCheck, parse, row_error};

const FILE: &str = "providers.toml";

/// A resource provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its namespace, e.g. `Microsoft.Storage`.
    pub namespace: String,
    /// Versions it is shown with, newest first.
    pub api_versions: Vec<String>,
    /// Whether it needs no registration.
    #[serde(default)]
    pub free: bool,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvidersFile {
    provider: Vec<Provider>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<Provider>, RulesError> {
    let providers = parse::<ProvidersFile>(FILE, text)?.provider;
    for provider in &providers {
        known.check(FILE, &provider.namespace, &provider.sources)?;
        if provider.api_versions.is_empty() {
            return Err(row_error(FILE, &provider.namespace, "it names no api version"));
        }
    }
    Ok(providers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load::test_sources;

    #[test]
    fn a_provider_names_versions_and_a_source() {
        let sources = test_sources();
        let error = |versions: &str, source: &str| {
            let text = format!(
                "[[provider]]\nnamespace = \"A.B\"\napi_versions = [{versions}]\nmark = \"doc\"\nsources = [\"{source}\"]\n"
            );
            load(&text, &SourceCheck::new(&sources)).map_err(|error| error.to_string())
        };
        assert!(error("\"1\"", "KNOWN").is_ok());
        assert!(
            error("", "KNOWN")
                .expect_err("refused")
                .contains("row A.B: it names no api version")
        );
        assert!(
            error("\"1\"", "OTHER")
                .expect_err("refused")
                .contains("has no `OTHER`")
        );
    }
}
