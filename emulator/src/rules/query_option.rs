//! OData's query options: which operation heeds which.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Endpoint, Operation, Router};
use crate::model::Query;

const FILE: &str = "query_options.toml";

/// Which query options operations heed.
#[derive(Debug)]
pub struct QueryOptions {
    pages: Vec<String>,
    graph: Vec<String>,
    /// By operation: an option in lower case, and the words it may have; none: any.
    heeds: BTreeMap<Arc<str>, Vec<(String, Vec<String>)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionsFile {
    arm: ArmRow,
    graph: GraphRow,
    heeds: Vec<HeedsRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmRow {
    pages: Vec<String>,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GraphRow {
    options: Vec<String>,
    sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeedsRow {
    options: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    operations: Vec<String>,
    sources: Vec<String>,
}

impl QueryOptions {
    /// The option that a parameter of the query is, in the endpoint's spelling and lower case; `None` if
    /// it is none.
    fn option(&self, endpoint: Endpoint, name: &str) -> Option<String> {
        let name = name.to_ascii_lowercase();
        match endpoint {
            Endpoint::Arm => name.starts_with('$').then_some(name),
            Endpoint::Graph if name.starts_with('$') => Some(name[1..].to_owned()),
            Endpoint::Graph => self.graph.contains(&name).then_some(name),
            _ => None,
        }
    }

    /// What of a query an operation would leave out of account: `$expand=owners`.
    pub fn unheeded(&self, row: &Operation, query: &Query) -> Option<String> {
        query
            .pairs()
            .filter(|(_, value)| !value.is_empty())
            .find(|(name, value)| {
                self.option(row.endpoint, name)
                    .is_some_and(|option| !self.heeds(row, &option, value))
            })
            .map(|(name, value)| format!("{name}={value}"))
    }

    fn heeds(&self, row: &Operation, option: &str, value: &str) -> bool {
        let own = self.heeds.get(&row.id).into_iter().flatten();
        let mut own = own.filter(|(name, _)| name == option);
        let paged = row.pages && self.pages.iter().any(|name| name == option);
        own.any(|(_, words)| {
            words.is_empty()
                || value
                    .split(',')
                    .all(|part| words.iter().any(|word| word.eq_ignore_ascii_case(part.trim())))
        }) || paged
    }
}

pub(super) fn load(text: &str, router: &Router, known: &SourceCheck<'_>) -> Result<QueryOptions, RulesError> {
    let file: OptionsFile = parse(FILE, text)?;
    known.check(FILE, "arm", &file.arm.sources)?;
    known.check(FILE, "graph", &file.graph.sources)?;
    let find = |id: &String| {
        router
            .operation(id)
            .ok_or_else(|| row_error(FILE, id, "operations.toml has no such operation"))
    };
    let lower = |names: Vec<String>| -> Vec<String> {
        names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
    };
    let mut heeds: BTreeMap<Arc<str>, Vec<(String, Vec<String>)>> = BTreeMap::new();
    for row in file.heeds {
        known.check(FILE, &row.options.join(", "), &row.sources)?;
        let options = lower(row.options);
        for id in &row.operations {
            let own = heeds.entry(Arc::clone(&find(id)?.id)).or_default();
            own.extend(options.iter().map(|option| (option.clone(), row.words.clone())));
        }
    }
    Ok(QueryOptions {
        pages: lower(file.arm.pages),
        graph: lower(file.graph.options),
        heeds,
    })
}
