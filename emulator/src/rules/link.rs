//! What a write may name of other resources, and what the caller needs for that.

use serde::Deserialize;
use serde_json::Value;

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Mark, Operation};
use crate::model::ResourceId;

const FILE: &str = "links.toml";

/// A place in a body that names another resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The type that is written; `*`: any.
    types: String,
    at: String,
    /// What the caller needs at the resource that is named; `{type}` is that resource's type.
    action: String,
    /// What the refusal calls it, where that is not the action.
    says: Option<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl Link {
    /// The ids a body names there.
    pub fn ids(&self, body: &Value) -> Vec<ResourceId> {
        let mut found = Vec::new();
        gather(body, &self.at, &mut found);
        found
    }

    /// What the caller needs at the resource that is named.
    pub fn action(&self, named: &ResourceId) -> String {
        match self.action.strip_prefix("{type}") {
            Some(rest) => named.resource_type().unwrap_or_default() + rest,
            None => self.action.clone(),
        }
    }

    /// What a refusal calls that.
    pub fn called(&self, named: &ResourceId) -> String {
        self.says.clone().unwrap_or_else(|| self.action(named))
    }

    fn is_of(&self, operation: &Operation) -> bool {
        self.types == "*" || self.types.eq_ignore_ascii_case(&operation.resource_type)
    }
}

/// What is no id of anything in a subscription, or at a management group, is for the service to refuse.
fn gather(value: &Value, at: &str, found: &mut Vec<ResourceId>) {
    let (name, rest) = at.split_once('.').unwrap_or((at, ""));
    match (name, value) {
        ("", Value::String(id)) => found.extend(in_a_subscription(id)),
        ("[]", Value::Array(items)) => items.iter().for_each(|item| gather(item, rest, found)),
        ("{}", Value::Object(members)) => {
            // What is taken away by a null is not put to use.
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            found.extend(kept.filter_map(|(id, _)| in_a_subscription(id)));
        }
        (_, Value::Object(members)) => {
            let named = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            named
                .into_iter()
                .for_each(|(_, value)| gather(value, rest, found));
        }
        _ => {}
    }
}

fn in_a_subscription(id: &str) -> Option<ResourceId> {
    let id: ResourceId = id.parse().ok()?;
    let at_group = id.value_after("managementGroups").is_some();
    (at_group || id.subscription().is_some()).then_some(id)
}

/// The links of every operation.
#[derive(Clone, Debug, Default)]
pub struct Links {
    rows: Vec<Link>,
    /// The rows of each operation, by its place in the router.
    of_operation: Vec<Box<[usize]>>,
}

impl Links {
    /// The rows about what an operation writes.
    pub fn of(&self, operation: usize) -> impl Iterator<Item = &Link> {
        let rows = self.of_operation.get(operation);
        rows.into_iter()
            .flat_map(|rows| rows.iter().map(|row| &self.rows[*row]))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinksFile {
    link: Vec<Link>,
}

pub(super) fn load(
    text: &str,
    known: &SourceCheck<'_>,
    operations: &[Operation],
) -> Result<Links, RulesError> {
    let rows = parse::<LinksFile>(FILE, text)?.link;
    for row in &rows {
        known.check(FILE, &row.at, &row.sources)?;
        if row.types != "*" && !operations.iter().any(|own| row.is_of(own)) {
            return Err(row_error(FILE, &row.types, "no operation writes such a thing"));
        }
    }
    let writes = |operation: &Operation| operation.body_type.is_some();
    let of_operation = operations.iter().map(|operation| {
        let own = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| writes(operation) && row.is_of(operation));
        own.map(|(index, _)| index).collect()
    });
    Ok(Links {
        of_operation: of_operation.collect(),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_where_they_stand() {
        let found = |at: &str, body: Value| {
            let mut found = Vec::new();
            gather(&body, at, &mut found);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let (a, b) = ("/subscriptions/a", "/subscriptions/b");
        assert_eq!(found("p.q.id", json!({"P": {"q": {"id": a}}})), [a]);
        assert_eq!(
            found("p.[].id", json!({"p": [{"id": a}, {"id": 1}, {"id": b}, 7]})),
            [a, b]
        );
        assert_eq!(found("p.{}", json!({"p": {a: {}, b: null, "no id": {}}})), [a]);
        assert!(found("p.id", json!({"p": [a]})).is_empty());
        assert!(found("p.id", json!(null)).is_empty());
    }
}
