//! What is in every tenant: applications people sign in with, and resources that tokens are for.

use serde::Deserialize;
use uuid::Uuid;

use super::Mark;
use super::file::{RulesError, parse};
use super::source::SourceCheck;

const FILE: &str = "clients.toml";

/// An application of Microsoft's own, without a secret, in every tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicClient {
    /// Its name.
    pub name: String,
    /// Its application id.
    pub id: Uuid,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A service that tokens are for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenResource {
    /// Its name.
    pub name: String,
    /// How it is named in a request; `*` is one label of a host.
    named: Vec<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl TokenResource {
    /// Whether it is called that.
    pub fn is(&self, asked: &str) -> bool {
        let asked = asked.trim_end_matches('/');
        self.named.iter().any(|named| match named.split_once('*') {
            None => named.eq_ignore_ascii_case(asked),
            Some((before, after)) => {
                let asked = asked.to_ascii_lowercase();
                let label = asked
                    .strip_prefix(before)
                    .and_then(|rest| rest.strip_suffix(after));
                label.is_some_and(|label| !label.is_empty() && !label.contains(['.', '/']))
            }
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientsFile {
    public: Vec<PublicClient>,
    resource: Vec<TokenResource>,
}

pub(super) fn load(
    text: &str,
    known: &SourceCheck<'_>,
) -> Result<(Vec<PublicClient>, Vec<TokenResource>), RulesError> {
    let file = parse::<ClientsFile>(FILE, text)?;
    for client in &file.public {
        known.check(FILE, &client.name, &client.sources)?;
    }
    for resource in &file.resource {
        known.check(FILE, &resource.name, &resource.sources)?;
    }
    Ok((file.public, file.resource))
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn resources_are_known_by_their_names() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let known = |asked: &str| rules.token_resources.iter().any(|own| own.is(asked));
        for right in [
            "https://management.core.windows.net/",
            "https://Vault.azure.net",
            "https://acct.blob.core.windows.net",
            "00000003-0000-0000-c000-000000000000",
        ] {
            assert!(known(right), "{right}");
        }
        for wrong in [
            "",
            "https://blob.core.windows.net",
            "https://.blob.core.windows.net",
            "https://a.b.blob.core.windows.net",
            "https://management.azure.com.example.org",
            "management.azure.com",
        ] {
            assert!(!known(wrong), "{wrong}");
        }
    }
}
