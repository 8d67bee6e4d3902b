//! From the tree to a value.

use serde_json::{Map, Value};

use super::Expression;
use super::functions;
use super::parse::parse;
use crate::model::{ResourceId, Timestamp};
use crate::services::budget::{Budget, Exhausted};
use crate::state::field;

/// What expressions can refer to.
#[derive(Clone, Copy)]
pub(in crate::services::deployments) struct Scope<'a> {
    /// The scope deployed to: a resource group or a subscription.
    pub(in crate::services::deployments) target: &'a ResourceId,
    /// The resource group, as `resourceGroup()` shows it; `Null` at a subscription.
    pub(in crate::services::deployments) group: &'a Value,
    /// The tenant's id.
    pub(in crate::services::deployments) tenant: &'a str,
    /// The deployment's name.
    pub(in crate::services::deployments) name: &'a str,
    /// The time, for `utcNow()`.
    pub(in crate::services::deployments) now: Timestamp,
    /// Values of parameters.
    pub(in crate::services::deployments) parameters: &'a Map<String, Value>,
    /// Variables, not evaluated yet.
    pub(in crate::services::deployments) variables: &'a Map<String, Value>,
    /// Ids of symbolic names.
    pub(in crate::services::deployments) symbols: &'a Map<String, Value>,
    /// What `reference()` has found, by resource id in lower case.
    pub(in crate::services::deployments) references: &'a Map<String, Value>,
    /// Whether a reference that has not been found is an empty object, for looking without acting.
    pub(in crate::services::deployments) blind: bool,
    /// What evaluating may still take.
    pub(in crate::services::deployments) budget: &'a Budget,
    /// The most characters of one expression.
    pub(in crate::services::deployments) characters: u64,
}

/// Something an expression needs to know about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::services::deployments) struct Reference {
    /// The resource.
    pub(in crate::services::deployments) id: ResourceId,
    /// The API version to ask with; the resource's own in the template if left out.
    pub(in crate::services::deployments) api_version: Option<String>,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::services::deployments) enum Problem {
    /// It makes no sense; the text says why.
    Wrong(String),
    /// It needs this first.
    Needs(Reference),
}

impl From<Exhausted> for Problem {
    fn from(exhausted: Exhausted) -> Self {
        Self::Wrong(format!("The template cannot be evaluated: {exhausted}."))
    }
}

impl Problem {
    pub(super) fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }
}

/// A value with every expression in it evaluated, names of members included.
///
/// # Errors
///
/// The first expression that has no value.
pub(in crate::services::deployments) fn evaluate(scope: &Scope<'_>, value: &Value) -> Result<Value, Problem> {
    let _deeper = scope.budget.deeper()?;
    match value {
        Value::String(text) => of_text(scope, text),
        Value::Array(items) => items.iter().map(|item| evaluate(scope, item)).collect(),
        Value::Object(members) => {
            let mut own = Map::new();
            for (name, member) in members {
                let name = match of_text(scope, name)? {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                own.insert(name, evaluate(scope, member)?);
            }
            Ok(Value::Object(own))
        }
        other => Ok(other.clone()),
    }
}

fn of_text(scope: &Scope<'_>, text: &str) -> Result<Value, Problem> {
    scope.budget.bytes(text.len())?;
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Ok(Value::from(text));
    };
    if let Some(literal) = text.strip_prefix("[[") {
        return Ok(Value::from(format!("[{literal}")));
    }
    if inner.chars().count() as u64 > scope.characters {
        return Err(Problem::wrong(format!(
            "The template language expression is longer than {} characters, which is Azure's limit.",
            scope.characters
        )));
    }
    let expression = parse(inner)
        .map_err(|why| Problem::wrong(format!("Unable to parse language expression '{inner}': {why}.")))?;
    of(scope, &expression)
}

pub(super) fn of(scope: &Scope<'_>, expression: &Expression) -> Result<Value, Problem> {
    let _deeper = scope.budget.deeper()?;
    let value = value_of(scope, expression)?;
    scope.budget.value(&value)?;
    Ok(value)
}

fn value_of(scope: &Scope<'_>, expression: &Expression) -> Result<Value, Problem> {
    match expression {
        Expression::Text(text) => Ok(Value::from(text.as_str())),
        Expression::Number(number) => Ok(Value::from(*number)),
        Expression::Call { function, arguments } => functions::call(scope, function, arguments),
        Expression::Member(whole, name) => member(scope, of(scope, whole)?, name),
        Expression::Element(whole, index) => {
            let whole = of(scope, whole)?;
            match of(scope, index)? {
                Value::String(name) => member(scope, whole, &name),
                index => {
                    let at = index.as_u64().and_then(|at| usize::try_from(at).ok());
                    let found = at.and_then(|at| whole.as_array()?.get(at));
                    found.cloned().ok_or_else(|| {
                        Problem::wrong(format!("The language expression property '{index}' can't be evaluated: there is no such element."))
                    })
                }
            }
        }
    }
}

fn member(scope: &Scope<'_>, whole: Value, name: &str) -> Result<Value, Problem> {
    scope.budget.steps(whole.as_object().map_or(0, Map::len))?;
    let there = whole
        .as_object()
        .is_some_and(|members| members.keys().any(|key| key.eq_ignore_ascii_case(name)));
    if there {
        return Ok(field(&whole, name).clone());
    }
    if scope.blind {
        // Below something that is only known once it has been deployed.
        return Ok(Value::Object(Map::new()));
    }
    Err(Problem::wrong(format!(
        "The language expression property '{name}' doesn't exist."
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::services::budget::Bounds;

    fn value(text: &str) -> Result<Value, Problem> {
        let target: ResourceId = "/subscriptions/s/resourceGroups/g".parse().expect("an id");
        let parameters = json!({"name": "Drill", "list": ["a", "b"], "deep": {"One": 1}});
        let variables = json!({"id": "[concat(parameters('name'), '-x')]", "loop": "[variables('loop')]"});
        let empty = Map::new();
        let budget = Budget::new(Bounds {
            depth: 96,
            steps: 1_000_000,
            bytes: 64 << 20,
        });
        let scope = Scope {
            target: &target,
            group: &json!({"name": "g", "location": "uksouth", "id": target}),
            tenant: "t",
            name: "deployment",
            now: Timestamp::UNIX_EPOCH,
            parameters: parameters.as_object().expect("an object"),
            variables: variables.as_object().expect("an object"),
            symbols: &empty,
            references: &empty,
            blind: false,
            budget: &budget,
            characters: 24_576,
        };
        evaluate(&scope, &Value::from(text))
    }

    #[test]
    fn values_come_out_as_documented() {
        for (text, wanted) in [
            ("plain", json!("plain")),
            ("[[not one]", json!("[not one]")),
            ("[parameters('NAME')]", json!("Drill")),
            ("[variables('id')]", json!("Drill-x")),
            ("[parameters('deep').one]", json!(1)),
            ("[parameters('list')[1]]", json!("b")),
            ("[parameters('deep')['one']]", json!(1)),
            ("[resourceGroup().location]", json!("uksouth")),
            ("[subscription().subscriptionId]", json!("s")),
            ("[toLower(concat('A', 'B', string(3)))]", json!("ab3")),
            (
                "[concat(parameters('list'), createArray('c'))]",
                json!(["a", "b", "c"]),
            ),
            ("[if(equals(1, 1), 'yes', 'no')]", json!("yes")),
            ("[format('{0}/{1:D}', 'a', 2)]", json!("a/2")),
            (
                "[resourceId('Microsoft.KeyVault/vaults', 'kv')]",
                json!("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv"),
            ),
            (
                "[resourceId('other', 'Microsoft.DBforPostgreSQL/servers/databases', 'pg', 'db')]",
                json!(
                    "/subscriptions/s/resourceGroups/other/providers/Microsoft.DBforPostgreSQL/servers/pg/databases/db"
                ),
            ),
            (
                "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'x')]",
                json!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/x"),
            ),
            (
                "[extensionResourceId(resourceId('A.B/c', 'd'), 'Microsoft.Authorization/roleAssignments', 'e')]",
                json!(
                    "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/providers/Microsoft.Authorization/roleAssignments/e"
                ),
            ),
        ] {
            assert_eq!(value(text), Ok(wanted), "{text}");
        }
    }

    /// The wanted value was computed by Python's `uuid5` in the namespace ARM uses.
    #[test]
    fn guid_is_the_one_azure_would_make() {
        let wanted = json!("2d796349-8c7e-55ec-9624-54ece82ed031");
        assert_eq!(value("[guid('a', 'b')]"), Ok(wanted));
    }

    #[test]
    fn what_has_no_value_says_why() {
        for (text, said) in [
            ("[parameters('none')]", "'none' is not found"),
            ("[variables('none')]", "'none' is not found"),
            ("[variables('loop')]", "nested"),
            ("[parameters('deep').two]", "'two' doesn't exist"),
            ("[parameters('list')[7]]", "no such element"),
            ("[nothing('x')]", "The template function 'nothing' is not valid"),
            ("[concat(]", "Unable to parse"),
            ("[resourceId('Microsoft.KeyVault/vaults')]", "names"),
        ] {
            match value(text) {
                Err(Problem::Wrong(error)) => assert!(error.contains(said), "{text}: {error}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_reference_says_what_it_needs() {
        let Err(Problem::Needs(needed)) = value("[reference(resourceId('A.B/c', 'd'), '2020-01-01').x]")
        else {
            panic!("it needs something");
        };
        assert_eq!(needed.id.name(), "d");
        assert_eq!(needed.api_version.as_deref(), Some("2020-01-01"));
    }
}
