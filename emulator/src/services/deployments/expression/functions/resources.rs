//! Ids of resources, and what is known of them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Call, Maybe, count, written};
use crate::model::ResourceId;
use crate::services::deployments::expression::evaluate::{Problem, Reference};
use crate::services::deployments::template::{Symbol, resource_path};
use crate::state::field;

/// The namespace of `guid()`.
const GUID_NAMESPACE: Uuid = uuid::uuid!("11fb06fb-712d-4ddd-98c7-e71bbd588830");

impl Call<'_> {
    pub(super) fn of_resources(&self, name: &str) -> Maybe {
        Some(match name {
            "resourceid" => self.resource_id(false),
            "subscriptionresourceid" => self.resource_id(true),
            "tenantresourceid" => self.below("", 0),
            "managementgroupresourceid" => self.text(0).and_then(|first| {
                // With a type first it is the group deployed to, and there is none.
                if first.contains('/') {
                    return Err(count(self.function, "a management group first"));
                }
                self.below(
                    &format!("/providers/Microsoft.Management/managementGroups/{first}"),
                    1,
                )
            }),
            "extensionresourceid" => self.text(0).and_then(|base| self.below(base, 1)),
            "reference" => self.reference(),
            "references" => self.references(),
            "resourceinfo" => self.resource_info(),
            "guid" => {
                let all: Vec<String> = self.values.iter().map(written).collect();
                let guid = Uuid::new_v5(&GUID_NAMESPACE, all.join("-").as_bytes());
                Ok(json!(guid.to_string()))
            }
            "uniquestring" => self.any(0).map(|_| self.unique_string()),
            // `listKeys`, `listAccountSas` and whatever else a resource can be asked for by such a name.
            list if list.starts_with("list") => self.list(),
            _ => return None,
        })
    }

    /// Azure's own hash is not published; ours is as long and as stable.
    fn unique_string(&self) -> Value {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let all: Vec<String> = self.values.iter().map(written).collect();
        let digest = Sha256::digest(all.join("-"));
        let text: String = digest
            .iter()
            .take(13)
            .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
            .collect();
        Value::from(text)
    }

    /// `[subscription], [group], type, names…`: the type is the first argument with a slash.
    fn resource_id(&self, at_subscription: bool) -> Result<Value, Problem> {
        let kind = self
            .values
            .iter()
            .position(|value| value.as_str().is_some_and(|text| text.contains('/')))
            .ok_or_else(|| count(self.function, "a resource type and its names"))?;
        let target = &self.scope.place.target;
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
        resource_path(base, self.text(kind)?, &names.join("/"))
            .map(Value::from)
            .ok_or_else(|| count(self.function, "as many names as the type has segments"))
    }

    /// The resource meant by a symbolic name, with its turn if it is one of a loop, or by an id.
    fn meant(&self, wanted: &str) -> Result<Symbol, Problem> {
        if let Some(symbol) = self.scope.symbols.one(wanted) {
            return Ok(symbol.clone());
        }
        if self.scope.symbols.all(wanted).is_some() {
            return Err(Problem::wrong(format!(
                "'{wanted}' is a loop: one of its resources is meant by '{wanted}[0]', all by references()."
            )));
        }
        // A name alone means a resource of the template.
        let id = wanted.parse().map_err(|_| {
            Problem::wrong(format!(
                "'{wanted}' is neither a resource of the template nor a resource id."
            ))
        })?;
        Ok(Symbol {
            id,
            kind: String::new(),
            api_version: None,
        })
    }

    fn reference(&self) -> Result<Value, Problem> {
        let meant = self.meant(self.text(0)?)?;
        self.looked_up(meant, self.is_full(2))
    }

    fn is_full(&self, at: usize) -> bool {
        let words = self.values.get(at..).unwrap_or_default();
        let mut words = words.iter().filter_map(Value::as_str);
        words.any(|word| word.eq_ignore_ascii_case("full"))
    }

    /// Every resource of a loop.
    fn references(&self) -> Result<Value, Problem> {
        let wanted = self.text(0)?;
        let all =
            self.scope.symbols.all(wanted).ok_or_else(|| {
                Problem::wrong(format!("'{wanted}' is no loop of resources of the template."))
            })?;
        let full = self.is_full(1);
        all.iter()
            .map(|symbol| self.looked_up(symbol.clone(), full))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::from)
    }

    fn looked_up(&self, meant: Symbol, full: bool) -> Result<Value, Problem> {
        let api_version = self.values.get(1).and_then(Value::as_str);
        let api_version = api_version.filter(|version| !version.eq_ignore_ascii_case("full"));
        let reference = Reference {
            id: meant.id,
            api_version: api_version.map(str::to_owned).or(meant.api_version),
            action: None,
        };
        match self.scope.references.get(reference.id.key()) {
            Some(found) if full => Ok(whole(found, &reference.id)),
            Some(found) => Ok(field(found, "properties").clone()),
            None => Err(Problem::Needs(Box::new(reference))),
        }
    }

    fn list(&self) -> Result<Value, Problem> {
        let meant = self.meant(self.text(0)?)?;
        let version = self.values.get(1).and_then(Value::as_str).map(str::to_owned);
        let body = self.values.get(2).cloned().unwrap_or_default();
        let reference = Reference {
            id: meant.id,
            api_version: version.or(meant.api_version),
            action: Some((self.function.to_owned(), body)),
        };
        match self.scope.references.get(&reference.key()) {
            Some(found) => Ok(found.clone()),
            None => Err(Problem::Needs(Box::new(reference))),
        }
    }

    /// What is known of a resource without asking for it.
    fn resource_info(&self) -> Result<Value, Problem> {
        let symbol = self.meant(self.text(0)?)?;
        Ok(
            json!({"id": symbol.id, "name": symbol.id.name(), "type": symbol.kind, "apiVersion": symbol.api_version}),
        )
    }
}

/// A resource as `reference(…, 'full')` shows it: with where it is.
fn whole(found: &Value, id: &ResourceId) -> Value {
    let mut shown = found.clone();
    if let Some(members) = shown.as_object_mut() {
        let mut add = |name: &str, value: Value| {
            members.entry(name.to_owned()).or_insert(value);
        };
        add("resourceId", json!(id));
        add("subscriptionId", json!(id.subscription()));
        add("resourceGroupName", json!(id.resource_group()));
    }
    shown
}
