//! One resource of a template: what its body is, what it is called.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::model::ResourceId;
use crate::services::deployments::expression::{Local, LocalKind, Problem, Scope, evaluate};
use crate::state::field;

/// The type of a deployment.
pub(in crate::services::deployments) const DEPLOYMENT: &str = "Microsoft.Resources/deployments";

/// A resource of a template. Its properties may hold expressions; id, type and name do not.
#[derive(Clone)]
pub(in crate::services::deployments) struct TemplateResource {
    pub(in crate::services::deployments) id: ResourceId,
    pub(in crate::services::deployments) kind: String,
    pub(in crate::services::deployments) api_version: String,
    /// The resource as written.
    pub(super) written: Arc<Value>,
    /// Whether it says what it extends, or where it goes.
    pub(in crate::services::deployments) scoped: bool,
    /// The loops it is in, and which turn of each.
    pub(super) turns: Vec<(Arc<str>, usize)>,
    /// Ids of what comes first.
    pub(in crate::services::deployments) depends_on: Vec<ResourceId>,
}

impl TemplateResource {
    /// Looks at something from inside its loops.
    pub(super) fn inside<T>(&self, scope: &Scope<'_>, look: impl FnOnce(&Scope<'_>) -> T) -> T {
        within(&self.turns, scope, look)
    }

    /// The body it is put with.
    pub(super) fn body(&self, scope: &Scope<'_>) -> Result<Value, Problem> {
        let members = &scope.place.facts.resource.own;
        let mut body = Map::new();
        for (name, value) in self.written.as_object().into_iter().flatten() {
            if members.iter().any(|member| member.eq_ignore_ascii_case(name)) {
                continue;
            }
            body.insert(name.clone(), self.member(scope, name, value)?);
        }
        Ok(Value::Object(body))
    }

    /// An inner template evaluates its own expressions, if it says so.
    fn member(&self, scope: &Scope<'_>, name: &str, value: &Value) -> Result<Value, Problem> {
        let nested = self.kind.eq_ignore_ascii_case(DEPLOYMENT) && name.eq_ignore_ascii_case("properties");
        if !nested || !self.is_inner(scope, value)? {
            return evaluate(scope, value);
        }
        let mut properties = Map::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            let value = if name.eq_ignore_ascii_case("template") {
                value.clone()
            } else {
                evaluate(scope, value)?
            };
            properties.insert(name.clone(), value);
        }
        Ok(Value::Object(properties))
    }

    /// Whose expressions those of a nested template are: its own, or those of what it stands in.
    fn is_inner(&self, scope: &Scope<'_>, properties: &Value) -> Result<bool, Problem> {
        let options = field(properties, "expressionEvaluationOptions");
        let word = match evaluate(scope, field(options, "scope"))? {
            Value::Null => return Ok(false),
            Value::String(word) => word,
            other => other.to_string(),
        };
        match word.to_ascii_lowercase().as_str() {
            "inner" => Ok(true),
            "outer" | "notspecified" => Ok(false),
            _ => Err(Problem::wrong(format!(
                "The expressionEvaluationOptions of the nested deployment '{}' name the scope '{word}', which is neither 'Inner' nor 'Outer'.",
                self.id.name()
            ))),
        }
    }

    /// Whether `dependsOn` means this resource by its name alone, or by type and name.
    pub(super) fn is_named(&self, wanted: &str) -> bool {
        let names = names_of(&self.id);
        wanted.eq_ignore_ascii_case(&names) || wanted.eq_ignore_ascii_case(&format!("{}/{names}", self.kind))
    }
}

pub(super) fn within<T>(
    turns: &[(Arc<str>, usize)],
    scope: &Scope<'_>,
    look: impl FnOnce(&Scope<'_>) -> T,
) -> T {
    match turns {
        [] => look(scope),
        [(name, turn), rest @ ..] => {
            let local = Local {
                kind: LocalKind::Loop(name, *turn),
                outer: scope.locals,
            };
            let inside = Scope {
                locals: Some(&local),
                ..*scope
            };
            within(rest, &inside, look)
        }
    }
}

/// The id of a resource below a base: type and name segments take turns.
pub(in crate::services::deployments) fn resource_path(base: &str, kind: &str, names: &str) -> Option<String> {
    // A group lies in its subscription and not below a provider.
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") && !names.is_empty() {
        let subscription: Vec<&str> = base.split('/').take(3).collect();
        return (!names.contains('/')).then(|| format!("{}/resourceGroups/{names}", subscription.join("/")));
    }
    let mut kinds = kind.split('/');
    let namespace = kinds.next()?;
    let (kinds, names): (Vec<&str>, Vec<&str>) = (kinds.collect(), names.split('/').collect());
    if kinds.is_empty() || kinds.len() != names.len() || names.iter().any(|name| name.is_empty()) {
        return None;
    }
    let mut path = format!("{base}/providers/{namespace}");
    for (kind, name) in kinds.iter().zip(&names) {
        path += &format!("/{kind}/{name}");
    }
    Some(path)
}

/// The names of a resource's segments behind its provider: `server/database`.
pub(in crate::services::deployments) fn names_of(id: &ResourceId) -> String {
    let segments: Vec<&str> = id.segments().collect();
    let provider = segments
        .iter()
        .rposition(|segment| segment.eq_ignore_ascii_case("providers"))
        .unwrap_or_default();
    let behind = segments.get(provider + 2..).unwrap_or_default();
    behind
        .chunks(2)
        .filter_map(|pair| pair.get(1).copied())
        .collect::<Vec<_>>()
        .join("/")
}
