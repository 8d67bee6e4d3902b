//! Arrays and objects.

use serde_json::{Map, Value, json};

use super::{Call, Maybe, PART_BYTES, count, member, written};
use crate::services::deployments::expression::evaluate::{Problem, element, member_of};

impl Call<'_> {
    pub(super) fn of_collections(&self, name: &str) -> Maybe {
        Some(match name {
            "createarray" => Ok(Value::from(self.values.to_vec())),
            "array" => self.any(0).map(|value| match value {
                Value::Array(_) => value.clone(),
                other => json!([other]),
            }),
            "createobject" => self.create_object(),
            "union" => self.union(),
            "intersection" => self.intersection(),
            "shallowmerge" => self.array(0).map(|objects| {
                let mut all = Map::new();
                for object in objects.iter().filter_map(Value::as_object) {
                    all.extend(object.clone());
                }
                Value::Object(all)
            }),
            "items" => self.items(),
            "objectkeys" => self.object(0).map(|members| {
                let mut names: Vec<&String> = members.keys().collect();
                names.sort_unstable_by_key(|name| name.to_lowercase());
                json!(names)
            }),
            "flatten" => self.array(0).map(|arrays| {
                let parts = arrays.iter().map(|part| match part {
                    Value::Array(items) => items.as_slice(),
                    other => std::slice::from_ref(other),
                });
                Value::from(parts.collect::<Vec<_>>().concat())
            }),
            "tryget" => self.try_get(),
            _ => return None,
        })
    }

    pub(super) fn of_parts(&self, name: &str) -> Maybe {
        Some(match name {
            "empty" => self.any(0).map(|value| Value::from(length(value) == 0)),
            "length" => self.any(0).and_then(|value| match value {
                Value::String(_) | Value::Array(_) | Value::Object(_) => Ok(Value::from(length(value))),
                _ => Err(count(self.function, "a text, an array or an object")),
            }),
            "contains" => (|| {
                let whole = self.any(0)?;
                self.many(length(whole), 0)?;
                contains(whole, self.any(1)?)
                    .map(Value::from)
                    .ok_or_else(|| count(self.function, "a text, an array or an object"))
            })(),
            "first" => self.any(0).map(|value| ends(value).0),
            "last" => self.any(0).map(|value| ends(value).1),
            "take" => self.cut(true),
            "skip" => self.cut(false),
            "indexof" => self.index_of(true),
            "lastindexof" => self.index_of(false),
            "indexfromend" | "tryindexfromend" => (|| {
                let items = self.array(0)?;
                let found = items
                    .len()
                    .checked_sub(self.size(1)?)
                    .and_then(|at| items.get(at));
                match found {
                    Some(found) => Ok(found.clone()),
                    None if name.starts_with("try") => Ok(Value::Null),
                    None => Err(count(self.function, "a place in the array")),
                }
            })(),
            _ => return None,
        })
    }

    fn create_object(&self) -> Result<Value, Problem> {
        let mut members = Map::new();
        for pair in self.values.chunks(2) {
            let [name, value] = pair else {
                return Err(count(self.function, "names and values by turns"));
            };
            members.insert(written(name), value.clone());
        }
        Ok(Value::Object(members))
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
        for (at, value) in self.values.iter().enumerate() {
            if !value.is_null() {
                merge(&mut all, self.object(at)?);
            }
        }
        Ok(Value::Object(all))
    }

    fn intersection(&self) -> Result<Value, Problem> {
        let Some(Value::Array(first)) = self.values.first() else {
            let mut common = self.object(0)?.clone();
            for at in 1..self.values.len() {
                let other = self.object(at)?;
                common.retain(|name, value| member(other, name).as_ref() == Some(value));
            }
            return Ok(Value::Object(common));
        };
        let mut common = first.clone();
        for at in 1..self.values.len() {
            let other = self.array(at)?;
            self.many(common.len().saturating_mul(other.len()), 0)?;
            common.retain(|item| other.contains(item));
        }
        Ok(Value::Array(common))
    }

    /// Each member as an object with its `key` and its `value`, in the order of the keys.
    fn items(&self) -> Result<Value, Problem> {
        let members = self.object(0)?;
        self.many(members.len(), PART_BYTES)?;
        let mut all: Vec<(&String, &Value)> = members.iter().collect();
        all.sort_unstable_by_key(|(name, _)| name.to_lowercase());
        Ok(all
            .into_iter()
            .map(|(name, value)| json!({"key": name, "value": value}))
            .collect())
    }

    /// What the way leads to, or nothing.
    fn try_get(&self) -> Result<Value, Problem> {
        let mut found = self.any(0)?;
        for step in &self.values[1..] {
            let next = match step {
                Value::String(name) => member_of(self.scope, found, name)?,
                index => element(found, index),
            };
            match next {
                Some(next) => found = next,
                None => return Ok(Value::Null),
            }
        }
        Ok(found.clone())
    }

    /// So much from the beginning, or what is left without it.
    fn cut(&self, takes: bool) -> Result<Value, Problem> {
        let count_of = self.size(1)?;
        match self.any(0)? {
            Value::Array(items) => {
                let at = count_of.min(items.len());
                let part = if takes { &items[..at] } else { &items[at..] };
                Ok(Value::from(part.to_vec()))
            }
            Value::String(text) => {
                self.many(text.len(), 0)?;
                let part: String = if takes {
                    text.chars().take(count_of).collect()
                } else {
                    text.chars().skip(count_of).collect()
                };
                Ok(Value::from(part))
            }
            _ => Err(count(self.function, "an array or a text")),
        }
    }

    /// The first or the last place of something, from 0; -1 if it is nowhere.
    fn index_of(&self, first: bool) -> Result<Value, Problem> {
        let whole = self.any(0)?;
        self.many(length(whole), 0)?;
        let at = match whole {
            Value::Array(items) => {
                let part = self.any(1)?;
                if first {
                    items.iter().position(|item| item == part)
                } else {
                    items.iter().rposition(|item| item == part)
                }
            }
            Value::String(text) => {
                let (text, part) = (text.to_lowercase(), self.text(1)?.to_lowercase());
                let at = if first {
                    text.find(&part)
                } else {
                    text.rfind(&part)
                };
                at.map(|at| text[..at].chars().count())
            }
            _ => return Err(count(self.function, "an array or a text")),
        };
        let at = at.and_then(|at| i64::try_from(at).ok());
        Ok(Value::from(at.unwrap_or(-1)))
    }
}

/// Objects inside objects are merged as well; whatever else there is, the later one counts.
fn merge(all: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        match (all.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(more)) => merge(inner, more),
            _ => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

fn contains(whole: &Value, part: &Value) -> Option<bool> {
    match whole {
        Value::String(text) => Some(text.contains(&written(part))),
        Value::Array(items) => Some(items.contains(part)),
        Value::Object(members) => Some(member(members, &written(part)).is_some()),
        _ => None,
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
