//! Resources that are kept and have no effect.

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::operation::OperationRow;
use super::source::SourceCheck;

const FILE: &str = "kept_resources.toml";

/// Where resources of a type are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// In a resource group.
    #[default]
    Group,
    /// On any other resource.
    Scope,
}

/// What a resource is asked for before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptCheck {
    /// Address prefixes of a network and its subnets.
    Addresses,
    /// Peerings of networks.
    Peerings,
    /// Rules of a network security group.
    SecurityRules,
}

/// A type of resources that are kept and have no effect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptResource {
    /// What its operations are called.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is.
    #[serde(default)]
    pub within: Within,
    /// Whether it stands inside its parent's body.
    #[serde(default)]
    pub inside: bool,
    /// Whether writes are long-running operations.
    #[serde(default)]
    pub asynchronous: bool,
    /// The status of a new one.
    #[serde(default = "created")]
    pub created: u16,
    /// The status of one that has gone.
    #[serde(default = "deleted")]
    pub deleted: u16,
    /// Whether it has an etag.
    #[serde(default)]
    pub etag: bool,
    /// Properties that are an id of its own.
    #[serde(default)]
    pub made: Vec<String>,
    /// Properties it has where the request does not say.
    #[serde(default)]
    pub adds: Value,
    /// Properties that stay as they were where the request does not say.
    #[serde(default)]
    pub stays: Vec<String>,
    /// The region it is in where the request does not say.
    pub location: Option<String>,
    /// Whether it can be changed by PATCH.
    #[serde(default)]
    pub changes: bool,
    /// Actions that answer keys.
    #[serde(default)]
    pub keys: Vec<KeysAction>,
    /// What it is asked for before it is written.
    #[serde(default)]
    pub checks: Vec<KeptCheck>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// An action that answers keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysAction {
    /// The action.
    pub action: String,
    /// What the keys are called.
    pub names: Vec<String>,
}

impl KeptResource {
    /// What it can be asked for.
    pub(super) fn operations(&self) -> Vec<OperationRow> {
        let row = self;
        let kind = &row.kind;
        let of = |verb: &str, method: &str, path: String, access: &str, listing: bool| {
            let mut own = OperationRow::default();
            own.id = format!("{}_{verb}", row.name);
            own.at = format!("{method} {path}");
            own.action = Some(format!("{kind}/{access}"));
            own.mark = Some(row.mark);
            own.listing = listing;
            own.pages = verb.starts_with("List");
            own
        };
        let base = match row.within {
            Within::Group => "@rg",
            Within::Scope => "{scope}",
        };
        let list = collection_path(kind);
        let one = format!("{base}/providers/{list}/{{name}}");
        let mut all = vec![
            of("CreateOrUpdate", "PUT", one.clone(), "write", false),
            of("Get", "GET", one.clone(), "read", false),
            of("Delete", "DELETE", one.clone(), "delete", false),
            of("List", "GET", format!("{base}/providers/{list}"), "read", false),
        ];
        if row.within == Within::Group && !row.inside {
            all.push(of(
                "ListAll",
                "GET",
                format!("@sub/providers/{list}"),
                "read",
                true,
            ));
        }
        if row.changes {
            all.push(of("Update", "PATCH", one.clone(), "write", false));
        }
        for keys in &row.keys {
            let action = &keys.action;
            all.push(of(
                "Keys",
                "POST",
                format!("{one}/{action}"),
                &format!("{action}/action"),
                false,
            ));
        }
        all
    }
}

/// The path of a collection behind its provider: each type but the last has a name behind it.
fn collection_path(kind: &str) -> String {
    let mut parts = kind.split('/');
    let mut path = parts.next().unwrap_or_default().to_owned();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        path.push('/');
        path.push_str(part);
        if parts.peek().is_some() {
            path.push_str(&format!("/{{{part}}}"));
        }
    }
    path
}

fn created() -> u16 {
    201
}

fn deleted() -> u16 {
    200
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFile {
    kept: Vec<KeptResource>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<KeptResource>, RulesError> {
    let kept = parse::<KeptFile>(FILE, text)?.kept;
    for row in &kept {
        known.check(FILE, &row.kind, &row.sources)?;
        let parts = row.kind.split('/').count();
        if parts < 2 || row.inside != (parts > 2) {
            return Err(row_error(
                FILE,
                &row.kind,
                "a part of another resource stands inside of it, and nothing else does",
            ));
        }
        if ![200, 201, 202].contains(&row.created) || ![200, 202].contains(&row.deleted) {
            return Err(row_error(
                FILE,
                &row.kind,
                "it is answered with a status that no client takes",
            ));
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::source::test_sources;

    #[test]
    fn a_row_is_of_a_type_and_answers_what_clients_take() {
        let sources = test_sources();
        let error = |more: &str, kind: &str| {
            let text = format!(
                "[[kept]]\nname = \"A\"\ntype = \"{kind}\"\nmark = \"doc\"\nsources = [\"KNOWN\"]\n{more}"
            );
            load(&text, &SourceCheck::new(&sources)).map_err(|error| error.to_string())
        };
        assert!(error("", "A.B/c").is_ok());
        assert!(
            error("inside = true", "A.B/c")
                .expect_err("refused")
                .contains("inside of it")
        );
        assert!(
            error("", "A.B/c/d")
                .expect_err("refused")
                .contains("inside of it")
        );
        assert!(
            error("created = 204", "A.B/c")
                .expect_err("refused")
                .contains("no client takes")
        );
    }
}
