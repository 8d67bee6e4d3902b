//! What a request to the blob service may say besides which operation it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse};
use super::source::SourceCheck;

const FILE: &str = "blob_requests.toml";

/// What requests to the blob service may say.
#[derive(Clone, Debug)]
pub struct BlobRequests {
    everywhere: BTreeSet<String>,
    /// The operations that read a parameter, by its name.
    parameters: BTreeMap<String, BTreeSet<String>>,
    headers: BTreeMap<String, BlobHeader>,
}

/// A header that would change what is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobHeader {
    name: String,
    /// What it asks for.
    pub what: String,
    /// The operations that read it.
    #[serde(default)]
    played_by: BTreeSet<String>,
    /// Values that ask for what is done anyway.
    #[serde(default)]
    harmless: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    everywhere: Parameters,
    signatures: Parameters,
    parameter: Vec<Parameter>,
    header: Vec<BlobHeader>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    parameters: Vec<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    name: String,
    operations: BTreeSet<String>,
    #[serde(rename = "mark")]
    _mark: Mark,
    sources: Vec<String>,
}

impl BlobRequests {
    /// Whether an operation reads a parameter, or it changes nothing. Letter case makes no difference.
    pub fn knows_parameter(&self, operation: &str, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.everywhere.contains(&name)
            || self
                .parameters
                .get(&name)
                .is_some_and(|operations| operations.contains(operation))
    }

    /// The header's row, if an operation would do something else than it says with this value.
    pub fn unplayed_header(&self, operation: &str, name: &str, value: &[u8]) -> Option<&BlobHeader> {
        self.headers.get(name).filter(|row| {
            let harmless = |known: &String| value.eq_ignore_ascii_case(known.as_bytes());
            !row.played_by.contains(operation) && !row.harmless.iter().any(harmless)
        })
    }

    /// All operations that are named.
    #[cfg(test)]
    fn operations(&self) -> impl Iterator<Item = &String> {
        let played = self.headers.values().flat_map(|row| &row.played_by);
        self.parameters.values().flatten().chain(played)
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<BlobRequests, RulesError> {
    let file = parse::<File>(FILE, text)?;
    known.check(FILE, "everywhere", &file.everywhere.sources)?;
    known.check(FILE, "signatures", &file.signatures.sources)?;
    for row in &file.parameter {
        known.check(FILE, &row.name, &row.sources)?;
    }
    let everywhere = [file.everywhere.parameters, file.signatures.parameters];
    let parameters = file.parameter.into_iter().map(|row| (row.name, row.operations));
    let headers = file.header.into_iter().map(|row| (row.name.clone(), row));
    Ok(BlobRequests {
        everywhere: everywhere.into_iter().flatten().collect(),
        parameters: parameters.collect(),
        headers: headers.collect(),
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn what_is_named_is_an_operation() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for operation in rules.blob_requests.operations() {
            assert!(rules.router.operation(operation).is_some(), "{operation}");
        }
    }

    #[test]
    fn an_operation_reads_its_own_parameters_only() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let knows = |operation, name| rules.blob_requests.knows_parameter(operation, name);
        assert!(knows("Blobs_List", "MaxResults"));
        assert!(knows("Blob_Put", "sig"));
        assert!(!knows("Blob_Put", "snapshot"));
        assert!(!knows("Blob_Delete", "deletetype"));
    }
}
