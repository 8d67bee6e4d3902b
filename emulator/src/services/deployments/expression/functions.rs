//! The functions of the template language. Those that are not here are refused by name.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Expression;
use super::evaluate::{Problem, Reference, Scope, evaluate, of};
use crate::model::ResourceId;
use crate::state::field;

/// What a part of a text takes as a value of its own, in bytes.
const PART_BYTES: usize = 64;

/// The namespace of `guid()`.
const GUID_NAMESPACE: Uuid = uuid::uuid!("11fb06fb-712d-4ddd-98c7-e71bbd588830");

pub(super) fn call(scope: &Scope<'_>, function: &str, arguments: &[Expression]) -> Result<Value, Problem> {
    let name = function.to_ascii_lowercase();
    // Only the branch that is taken has a value.
    if name == "if" {
        let [condition, yes, no] = arguments else {
            return Err(count(function, "three arguments"));
        };
        let branch = match of(scope, condition)? {
            Value::Bool(true) => yes,
            Value::Bool(false) => no,
            _ if scope.blind => no,
            other => return Err(Problem::wrong(format!("if() takes a truth value, not {other}."))),
        };
        return of(scope, branch);
    }
    let values = arguments
        .iter()
        .map(|argument| of(scope, argument))
        .collect::<Result<Vec<_>, _>>()?;
    let call = Call {
        scope,
        function,
        values: &values,
    };
    call.of_scope(&name)
        .or_else(|| call.of_resources(&name))
        .or_else(|| call.of_texts(&name))
        .or_else(|| call.of_collections(&name))
        .unwrap_or_else(|| {
            Err(Problem::wrong(format!(
                "The template function '{function}' is not valid, or azdrill does not implement it."
            )))
        })
}

fn count(function: &str, wanted: &str) -> Problem {
    Problem::wrong(format!("The template function '{function}' takes {wanted}."))
}

/// A text as `concat` and `string` write a value.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

struct Call<'a> {
    scope: &'a Scope<'a>,
    function: &'a str,
    values: &'a [Value],
}

type Maybe = Option<Result<Value, Problem>>;

impl Call<'_> {
    fn text(&self, at: usize) -> Result<&str, Problem> {
        self.values
            .get(at)
            .and_then(Value::as_str)
            .ok_or_else(|| count(self.function, &format!("a text as argument {}", at + 1)))
    }

    fn any(&self, at: usize) -> Result<&Value, Problem> {
        self.values
            .get(at)
            .ok_or_else(|| count(self.function, &format!("at least {} arguments", at + 1)))
    }

    /// Takes note of so many parts of so many bytes, before they are made.
    fn many(&self, parts: usize, bytes: usize) -> Result<(), Problem> {
        self.scope.budget.steps(parts)?;
        self.scope.budget.bytes(parts.saturating_mul(bytes))?;
        Ok(())
    }

    /// What the deployment itself knows.
    fn of_scope(&self, name: &str) -> Maybe {
        let scope = self.scope;
        Some(match name {
            "parameters" => self.text(0).and_then(|wanted| {
                let known = scope
                    .parameters
                    .keys()
                    .any(|key| key.eq_ignore_ascii_case(wanted));
                match known {
                    true => Ok(member(scope.parameters, wanted)),
                    false => Err(not_found("parameter", wanted)),
                }
            }),
            "variables" => self.text(0).and_then(|wanted| self.variable(wanted)),
            "resourcegroup" => match scope.group {
                Value::Null => Err(Problem::wrong(
                    "The template function 'RESOURCEGROUP' is not expected at this location: the deployment is to a subscription.",
                )),
                group => Ok(group.clone()),
            },
            "subscription" => {
                let id = scope.target.subscription().unwrap_or_default();
                Ok(
                    json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": scope.tenant, "displayName": "azdrill"}),
                )
            }
            "tenant" => Ok(json!({"tenantId": scope.tenant, "id": format!("/tenants/{}", scope.tenant)})),
            "deployment" => Ok(json!({"name": scope.name, "properties": {}})),
            "environment" => Ok(environment()),
            "utcnow" => Ok(Value::from(scope.now.strftime("%Y%m%dT%H%M%SZ").to_string())),
            _ => return None,
        })
    }

    fn variable(&self, wanted: &str) -> Result<Value, Problem> {
        let known = self
            .scope
            .variables
            .keys()
            .any(|key| key.eq_ignore_ascii_case(wanted));
        if !known {
            return Err(not_found("variable", wanted));
        }
        // One that names itself is nested too deep.
        let written = member(self.scope.variables, wanted);
        self.scope.budget.value(&written)?;
        evaluate(self.scope, &written)
    }

    /// Ids of resources, and what is known of them.
    fn of_resources(&self, name: &str) -> Maybe {
        Some(match name {
            "resourceid" => self.resource_id(false),
            "subscriptionresourceid" => self.resource_id(true),
            "tenantresourceid" => self.below("", 0),
            "extensionresourceid" => match self.text(0) {
                Ok(base) => self.below(base, 1),
                Err(problem) => Err(problem),
            },
            "reference" => self.reference(),
            "guid" => {
                let all: Vec<String> = self.values.iter().map(written).collect();
                Ok(json!(
                    Uuid::new_v5(&GUID_NAMESPACE, all.join("-").as_bytes()).to_string()
                ))
            }
            "uniquestring" => {
                // Azure's own hash is not published; ours is as long and as stable.
                let all: Vec<String> = self.values.iter().map(written).collect();
                let digest = Sha256::digest(all.join("-"));
                let letters = b"abcdefghijklmnopqrstuvwxyz234567";
                let text: String = digest
                    .iter()
                    .take(13)
                    .map(|byte| char::from(letters[usize::from(*byte) % letters.len()]))
                    .collect();
                Ok(Value::from(text))
            }
            _ => return None,
        })
    }

    /// `[subscription], [group], type, names…`: the type is the first argument with a slash.
    fn resource_id(&self, at_subscription: bool) -> Result<Value, Problem> {
        let kind = self
            .values
            .iter()
            .position(|value| value.as_str().is_some_and(|text| text.contains('/')))
            .ok_or_else(|| count(self.function, "a resource type and its names"))?;
        let target = self.scope.target;
        let mut subscription = target.subscription().unwrap_or_default().to_owned();
        let mut group = target.resource_group().map(str::to_owned);
        match (kind, at_subscription) {
            (0, _) => {}
            (1, true) => self.text(0)?.clone_into(&mut subscription),
            (1, false) => group = Some(self.text(0)?.to_owned()),
            (2, false) => {
                self.text(0)?.clone_into(&mut subscription);
                group = Some(self.text(1)?.to_owned());
            }
            _ => {
                return Err(count(
                    self.function,
                    "at most a subscription and a group before the type",
                ));
            }
        }
        let base = match group {
            Some(group) if !at_subscription => {
                format!("/subscriptions/{subscription}/resourceGroups/{group}")
            }
            _ => format!("/subscriptions/{subscription}"),
        };
        self.below(&base, kind)
    }

    fn below(&self, base: &str, kind: usize) -> Result<Value, Problem> {
        let names = (kind + 1..self.values.len())
            .map(|at| self.text(at))
            .collect::<Result<Vec<_>, _>>()?;
        crate::services::deployments::template::resource_path(base, self.text(kind)?, &names.join("/"))
            .map(Value::from)
            .ok_or_else(|| count(self.function, "as many names as the type has segments"))
    }

    fn reference(&self) -> Result<Value, Problem> {
        let wanted = self.text(0)?;
        let symbol = member(self.scope.symbols, wanted);
        let path = symbol.as_str().unwrap_or(wanted);
        let id: ResourceId = path.parse().map_err(|_| {
            Problem::wrong(format!(
                "'{wanted}' is neither a resource of the template nor a resource id."
            ))
        })?;
        let full = self
            .values
            .get(2)
            .and_then(Value::as_str)
            .is_some_and(|word| word.eq_ignore_ascii_case("full"));
        match self.scope.references.get(id.key()) {
            Some(found) if full => Ok(found.clone()),
            Some(found) => Ok(field(found, "properties").clone()),
            None if self.scope.blind => Ok(Value::Object(Map::new())),
            None => Err(Problem::Needs(Reference {
                id,
                api_version: self.values.get(1).and_then(Value::as_str).map(str::to_owned),
            })),
        }
    }

    fn of_texts(&self, name: &str) -> Maybe {
        Some(match name {
            "concat" => match self.values.first() {
                Some(Value::Array(_)) => self
                    .values
                    .iter()
                    .map(|value| {
                        value
                            .as_array()
                            .cloned()
                            .ok_or_else(|| count(self.function, "arrays only, or texts only"))
                    })
                    .collect::<Result<Vec<_>, _>>()
                    .map(|arrays| Value::from(arrays.concat())),
                _ => Ok(Value::from(self.values.iter().map(written).collect::<String>())),
            },
            "string" => self.any(0).map(|value| match value {
                Value::String(text) => Value::from(text.as_str()),
                other => Value::from(written(other)),
            }),
            "tolower" => self.text(0).map(|text| Value::from(text.to_lowercase())),
            "toupper" => self.text(0).map(|text| Value::from(text.to_uppercase())),
            "trim" => self.text(0).map(|text| Value::from(text.trim())),
            "format" => self.format(),
            "replace" => (|| {
                let (text, from, to) = (self.text(0)?, self.text(1)?, self.text(2)?);
                self.many(text.matches(from).count(), to.len())?;
                Ok(Value::from(text.replace(from, to)))
            })(),
            "split" => (|| {
                let (text, separator) = (self.text(0)?, self.text(1)?);
                self.many(text.matches(separator).count(), PART_BYTES)?;
                Ok(json!(text.split(separator).collect::<Vec<_>>()))
            })(),
            "startswith" => (|| {
                let (text, part) = (self.text(0)?.to_lowercase(), self.text(1)?.to_lowercase());
                Ok(Value::from(text.starts_with(&part)))
            })(),
            "substring" => (|| {
                self.many(self.text(0)?.len(), size_of::<char>())?;
                let from = self.any(1)?.as_u64().unwrap_or_default();
                let text: Vec<char> = self.text(0)?.chars().collect();
                let from = usize::try_from(from).unwrap_or(usize::MAX).min(text.len());
                let length = self.values.get(2).and_then(Value::as_u64);
                let length =
                    length.map_or(text.len(), |length| usize::try_from(length).unwrap_or(usize::MAX));
                let part: String = text[from..].iter().take(length).collect();
                Ok(Value::from(part))
            })(),
            "int" => self.any(0).and_then(|value| {
                let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
                number
                    .map(Value::from)
                    .ok_or_else(|| count(self.function, "a whole number or its text"))
            }),
            "bool" => self.any(0).map(|value| {
                Value::from(
                    value
                        .as_bool()
                        .unwrap_or_else(|| written(value).eq_ignore_ascii_case("true")),
                )
            }),
            "json" => self.text(0).and_then(|text| {
                // A value takes more than the two letters it can be written with.
                self.many(text.len() / 2, PART_BYTES)?;
                serde_json::from_str(text).map_err(|error| Problem::wrong(format!("json(): {error}.")))
            }),
            _ => return None,
        })
    }

    fn format(&self) -> Result<Value, Problem> {
        let mut text = String::new();
        let mut rest = self.text(0)?;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let doubled = &rest[at..at + 1];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(doubled) {
                text.push_str(doubled);
                rest = after;
                continue;
            }
            let end = rest
                .find('}')
                .ok_or_else(|| Problem::wrong("format(): a `{` has no `}`."))?;
            let number = rest[..end].split([':', ',']).next().unwrap_or_default();
            let at: usize = number
                .trim()
                .parse()
                .map_err(|_| Problem::wrong(format!("format(): `{number}` is no number of an argument.")))?;
            let part = written(self.any(at.saturating_add(1))?);
            self.many(1, part.len())?;
            text.push_str(&part);
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        Ok(Value::from(text))
    }

    fn of_collections(&self, name: &str) -> Maybe {
        Some(match name {
            "createarray" => Ok(Value::from(self.values.to_vec())),
            "array" => self.any(0).map(|value| match value {
                Value::Array(_) => value.clone(),
                other => json!([other]),
            }),
            "createobject" => {
                let mut members = Map::new();
                for pair in self.values.chunks(2) {
                    if let [name, value] = pair {
                        members.insert(written(name), value.clone());
                    }
                }
                Ok(Value::Object(members))
            }
            "union" => self.union(),
            "empty" => self.any(0).map(|value| Value::from(length(value) == 0)),
            "length" => self.any(0).map(|value| Value::from(length(value))),
            "contains" => (|| {
                let whole = self.any(0)?;
                self.many(length(whole), 0)?;
                Ok(Value::from(contains(whole, self.any(1)?)))
            })(),
            "first" => self.any(0).map(|value| ends(value).0),
            "last" => self.any(0).map(|value| ends(value).1),
            "join" => (|| {
                let items = self.any(0)?.as_array().cloned().unwrap_or_default();
                let items: Vec<String> = items.iter().map(written).collect();
                let separator = self.text(1)?;
                self.many(items.len(), separator.len())?;
                Ok(Value::from(items.join(separator)))
            })(),
            "coalesce" => Ok(self
                .values
                .iter()
                .find(|value| !value.is_null())
                .cloned()
                .unwrap_or_default()),
            "equals" => (|| Ok(Value::from(self.any(0)? == self.any(1)?)))(),
            "not" => self
                .any(0)
                .map(|value| Value::from(value.as_bool() != Some(true))),
            "and" => Ok(Value::from(
                self.values.iter().all(|value| value.as_bool() == Some(true)),
            )),
            "or" => Ok(Value::from(
                self.values.iter().any(|value| value.as_bool() == Some(true)),
            )),
            "true" => Ok(Value::from(true)),
            "false" => Ok(Value::from(false)),
            "null" => Ok(Value::Null),
            "add" => self.arithmetic(i64::checked_add),
            "sub" => self.arithmetic(i64::checked_sub),
            "mul" => self.arithmetic(i64::checked_mul),
            _ => return None,
        })
    }

    fn arithmetic(&self, operation: fn(i64, i64) -> Option<i64>) -> Result<Value, Problem> {
        let number = |at| {
            self.any(at)?
                .as_i64()
                .ok_or_else(|| count(self.function, "whole numbers"))
        };
        operation(number(0)?, number(1)?)
            .map(Value::from)
            .ok_or_else(|| Problem::wrong(format!("{}(): the result is too large.", self.function)))
    }

    fn union(&self) -> Result<Value, Problem> {
        if let Some(Value::Array(_)) = self.values.first() {
            let mut all: Vec<Value> = Vec::new();
            for item in self.values.iter().filter_map(Value::as_array).flatten() {
                self.many(all.len(), 0)?;
                if !all.contains(item) {
                    all.push(item.clone());
                }
            }
            return Ok(Value::from(all));
        }
        let mut all = Map::new();
        for object in self.values.iter().filter_map(Value::as_object) {
            all.extend(object.clone());
        }
        Ok(Value::Object(all))
    }
}

fn member(members: &Map<String, Value>, wanted: &str) -> Value {
    members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

fn not_found(kind: &str, name: &str) -> Problem {
    Problem::wrong(format!("The template {kind} '{name}' is not found."))
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match whole {
        Value::String(text) => text.contains(&written(part)),
        Value::Array(items) => items.contains(part),
        Value::Object(members) => members.keys().any(|key| key.eq_ignore_ascii_case(&written(part))),
        _ => false,
    }
}

fn ends(value: &Value) -> (Value, Value) {
    match value {
        Value::String(text) => {
            let one = |sign: Option<char>| Value::from(sign.map(String::from).unwrap_or_default());
            (one(text.chars().next()), one(text.chars().next_back()))
        }
        Value::Array(items) => (
            items.first().cloned().unwrap_or_default(),
            items.last().cloned().unwrap_or_default(),
        ),
        _ => (Value::Null, Value::Null),
    }
}

fn environment() -> Value {
    json!({
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/", "tenant": "common"},
        "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
    })
}
