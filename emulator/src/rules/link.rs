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
    ///
    /// # Errors
    ///
    /// A value that is no id of anything.
    pub fn ids(&self, body: &Value) -> Result<Vec<ResourceId>, NoId> {
        let mut found = Found::default();
        gather(body, &self.at, &mut found);
        match found.wrong {
            Some(wrong) => Err(wrong),
            None => Ok(found.ids),
        }
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

/// What stands where an id should, and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoId {
    /// What stands there.
    pub text: String,
    /// Where: `properties.virtualNetworkRules[0].id`.
    pub at: String,
}

/// What has been found on the way through a body.
#[derive(Default)]
struct Found {
    /// Where it has come to.
    at: String,
    ids: Vec<ResourceId>,
    wrong: Option<NoId>,
}

impl Found {
    fn value(&mut self, text: &str) {
        let root = |word: &str| {
            text.get(..word.len())
                .is_some_and(|own| own.eq_ignore_ascii_case(word))
        };
        let is_qualified = root("/subscriptions/") || root("/providers/");
        match text.parse::<ResourceId>() {
            Ok(id) if is_qualified => self.ids.extend(somewhere(id)),
            _ if self.wrong.is_none() => {
                self.wrong = Some(NoId {
                    text: text.to_owned(),
                    at: self.at.clone(),
                });
            }
            _ => {}
        }
    }

    /// Goes on inside of a member or an item.
    fn inside(&mut self, step: &str, value: &Value, rest: &str) {
        let length = self.at.len();
        self.at.push_str(step);
        gather(value, rest, self);
        self.at.truncate(length);
    }
}

fn gather(value: &Value, at: &str, found: &mut Found) {
    let (name, rest) = at.split_once('.').unwrap_or((at, ""));
    match (name, value) {
        ("", Value::String(text)) => found.value(text),
        ("[]", Value::Array(items)) => {
            for (number, item) in items.iter().enumerate() {
                found.inside(&format!("[{number}]"), item, rest);
            }
        }
        ("{}", Value::Object(members)) => {
            // What is taken away by a null is not put to use. Names that are no ids are for the service to refuse:
            // nobody has seen Resource Manager do so.
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            let ids = kept.filter_map(|(name, _)| name.parse().ok());
            found.ids.extend(ids.filter_map(somewhere));
        }
        (_, Value::Object(members)) => {
            if let Some((key, value)) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
                let dot = if found.at.is_empty() { "" } else { "." };
                found.inside(&format!("{dot}{key}"), value, rest);
            }
        }
        _ => {}
    }
}

/// What is at no subscription and no management group is for the service to refuse.
fn somewhere(id: ResourceId) -> Option<ResourceId> {
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
            let mut found = Found::default();
            gather(&body, at, &mut found);
            assert_eq!(found.wrong, None);
            found.ids.iter().map(ToString::to_string).collect::<Vec<_>>()
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

    #[test]
    fn what_is_no_id_is_told_with_its_place() {
        let wrong = |at: &str, body: Value| {
            let mut found = Found::default();
            gather(&body, at, &mut found);
            found.wrong.map(|wrong| (wrong.at, wrong.text))
        };
        let said = |at: &str, text: &str| Some((at.to_owned(), text.to_owned()));
        for text in [
            "",
            "subnet",
            "subscriptions/a",
            "/a/b",
            "/subscriptions//b",
            "\"/subscriptions/a\"",
        ] {
            assert_eq!(wrong("p.Id", json!({"P": {"id": text}})), said("P.id", text));
        }
        let body = json!({"p": [{"id": "/subscriptions/a"}, {"id": "x"}, {"id": "y"}]});
        assert_eq!(wrong("p.[].id", body), said("p[1].id", "x"));
        for text in ["/subscriptions/a", "/SUBSCRIPTIONS/a", "/providers/M.N/t/x"] {
            assert_eq!(wrong("id", json!({"id": text})), None, "{text}");
        }
        assert_eq!(wrong("p.id", json!({"p": {"id": null}})), None);
    }
}
