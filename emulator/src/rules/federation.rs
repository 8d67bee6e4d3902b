//! Tokens of outside issuers.

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse};
use super::source::SourceCheck;

const FILE: &str = "federation.toml";

/// What is known about tokens of outside issuers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federation {
    /// How many federated credentials an identity may have.
    pub credentials: Credentials,
    /// Whose tokens are never taken.
    pub no_issuers: NoIssuers,
    /// What an assertion is for.
    pub audience: Audience,
}

/// How many federated credentials an identity may have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// No more than that.
    pub most: usize,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Whose tokens are never taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoIssuers {
    /// What the name of the issuer's host is, or ends with.
    pub hosts: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What an assertion is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// The usual audience.
    pub value: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl NoIssuers {
    /// Whether this issuer, a URL, is one of them.
    pub fn include(&self, issuer: &str) -> bool {
        let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let host = host.to_ascii_lowercase();
        self.hosts.iter().any(|own| {
            host.strip_suffix(own.as_str())
                .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Federation, RulesError> {
    let facts = parse::<Federation>(FILE, text)?;
    known.check(FILE, "credentials", &facts.credentials.sources)?;
    known.check(FILE, "no_issuers", &facts.no_issuers.sources)?;
    known.check(FILE, "audience", &facts.audience.sources)?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn issuers_are_told_by_their_hosts() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let never = rules.federation.no_issuers;
        for own in [
            "https://sts.windows.net/x/",
            "https://login.microsoftonline.com/x/v2.0",
            "https://a.login.microsoftonline.com",
            "https://STS.windows.net:443/",
        ] {
            assert!(never.include(own), "{own}");
        }
        for other in [
            "https://token.actions.githubusercontent.com",
            "https://westeurope.oic.prod-aks.azure.com/a/b/",
            "https://notsts.windows.net/",
            "https://example.com/sts.windows.net",
        ] {
            assert!(!never.include(other), "{other}");
        }
    }
}
