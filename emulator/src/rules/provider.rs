//! Resource providers, as Azure Resource Manager lists them.

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{ApiVersion, Mark};

const FILE: &str = "providers.toml";

/// A resource provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its namespace, e.g. `Microsoft.Storage`.
    pub namespace: String,
    /// Its versions, newest first.
    pub api_versions: Vec<String>,
    /// Whether there are others between the first and the last of them.
    #[serde(default)]
    pub more_versions: bool,
    /// Whether it needs no registration.
    #[serde(default)]
    pub free: bool,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
    /// Its versions, oldest first: every request asks for one.
    #[serde(skip)]
    known: Vec<ApiVersion>,
}

impl Provider {
    /// Whether it has a version. One that came after the newest we know is taken for it as long as it
    /// is no more than a year younger: clients are brought up to date sooner than this list.
    pub fn takes(&self, version: &ApiVersion) -> bool {
        let (Some(newest), Some(oldest)) = (self.known.last(), self.known.first()) else {
            return false;
        };
        let newer = version > newest && version.year() <= newest.year() + 1;
        newer
            || self.more_versions && (oldest..=newest).contains(&version)
            || self.known.binary_search(version).is_ok()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvidersFile {
    provider: Vec<Provider>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<Provider>, RulesError> {
    let mut providers = parse::<ProvidersFile>(FILE, text)?.provider;
    for provider in &mut providers {
        known.check(FILE, &provider.namespace, &provider.sources)?;
        if provider.api_versions.is_empty() {
            return Err(row_error(FILE, &provider.namespace, "it names no api version"));
        }
        for text in &provider.api_versions {
            let Some(version) = ApiVersion::parse(text) else {
                let what = format!("`{text}` is no version");
                return Err(row_error(FILE, &provider.namespace, &what));
            };
            provider.known.push(version);
        }
        provider.known.sort();
    }
    Ok(providers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    #[test]
    fn a_provider_names_versions_and_a_source() {
        let sources = test_sources();
        let error = |versions: &str, source: &str| {
            let text = format!(
                "[[provider]]\nnamespace = \"A.B\"\napi_versions = [{versions}]\nmark = \"doc\"\nsources = [\"{source}\"]\n"
            );
            load(&text, &SourceCheck::new(&sources)).map_err(|error| error.to_string())
        };
        assert!(error("\"2024-01-01\"", "KNOWN").is_ok());
        assert!(
            error("", "KNOWN")
                .expect_err("refused")
                .contains("row A.B: it names no api version")
        );
        assert!(
            error("\"2024-01-01\"", "OTHER")
                .expect_err("refused")
                .contains("has no `OTHER`")
        );
    }
}
