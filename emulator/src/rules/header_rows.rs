//! Headers of answers: those of every answer of an endpoint, and those of Resource Manager that depend on the request.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::operation::Endpoint;
use super::source::SourceCheck;

const FILE: &str = "headers.toml";

/// Headers of answers.
#[derive(Clone, Debug)]
pub struct HeaderRows {
    always: Vec<(Endpoint, Vec<(HeaderName, HeaderValue)>)>,
    /// The region that `x-ms-routing-request-id` names.
    pub routing_region: String,
}

impl HeaderRows {
    /// Adds what every answer of an endpoint carries.
    pub fn add_always(&self, endpoint: Endpoint, headers: &mut HeaderMap) {
        let own = self.always.iter().filter(|(own, _)| *own == endpoint);
        for (name, value) in own.flat_map(|(_, headers)| headers) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadersFile {
    always: Vec<AlwaysRow>,
    routing: RoutingRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlwaysRow {
    endpoint: Endpoint,
    headers: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

impl AlwaysRow {
    fn read(&self) -> Result<Vec<(HeaderName, HeaderValue)>, RulesError> {
        let read = |line: &String| {
            let (name, value) = line.split_once(": ")?;
            Some((name.parse().ok()?, value.parse().ok()?))
        };
        let read = |line| read(line).ok_or_else(|| row_error(FILE, line, "it is no header"));
        self.headers.iter().map(read).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoutingRow {
    region: String,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<HeaderRows, RulesError> {
    let file: HeadersFile = parse(FILE, text)?;
    known.check(FILE, "routing", &file.routing.sources)?;
    let mut always = Vec::new();
    for row in &file.always {
        known.check(FILE, &format!("{:?}", row.endpoint), &row.sources)?;
        always.push((row.endpoint, row.read()?));
    }
    Ok(HeaderRows {
        always,
        routing_region: file.routing.region,
    })
}
