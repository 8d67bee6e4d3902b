//! The one reader of JSON that Resource Manager, its providers, Microsoft Graph and Key Vault are sent.
//!
//! An object may have a name twice, and one reader would take the first and another the last: what had
//! been checked would not be what is kept. Azure's readers take the last, and know members whatever the
//! case of their names. So does this one, before anybody has seen the body: of members that are called
//! the same, letter case aside, the last is there, where it stood and as it was spelled, and no other. What
//! Key Vault keeps as tags are a customer's names, which are as they are spelled.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Objects of so many members are searched one by one; larger ones have an index.
const SMALL: usize = 16;

/// What such a text holds.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    read_with(bytes, Reader::default())
}

/// The same, where names inside the member `but` are as they are spelled.
pub(crate) fn read_but(bytes: &[u8], but: &'static str) -> Result<Value, serde_json::Error> {
    let but = Some(but);
    read_with(bytes, Reader { but, exact: false })
}

fn read_with(bytes: &[u8], reader: Reader) -> Result<Value, serde_json::Error> {
    // Looked at once as a whole, the bytes are known to be text, which else is asked of every string.
    match std::str::from_utf8(bytes) {
        Ok(text) => read_all(serde_json::Deserializer::from_str(text), reader),
        Err(_) => read_all(serde_json::Deserializer::from_slice(bytes), reader),
    }
}

fn read_all<'a, R: serde_json::de::Read<'a>>(
    mut deserializer: serde_json::Deserializer<R>,
    reader: Reader,
) -> Result<Value, serde_json::Error> {
    let value = reader.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Leaves of members that are called the same the last, in a value that another reader has read.
pub(super) fn keep_last(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let mut kept = Members::default();
            for (name, mut value) in std::mem::take(object) {
                keep_last(&mut value);
                kept.put(name, value);
            }
            *object = kept.object;
        }
        Value::Array(items) => items.iter_mut().for_each(keep_last),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An object that is being read.
#[derive(Default)]
struct Members {
    object: Map<String, Value>,
    /// How a name is spelled, by its small letters, once there are many.
    spelled: Option<BTreeMap<String, String>>,
    /// Names are as they are spelled.
    exact: bool,
}

impl Members {
    fn put(&mut self, name: String, value: Value) {
        if let Some(earlier) = self.earlier(&name) {
            self.object.shift_remove(&earlier);
        }
        if let Some(spelled) = &mut self.spelled {
            spelled.insert(name.to_ascii_lowercase(), name.clone());
        }
        self.object.insert(name, value);
        if !self.exact && self.spelled.is_none() && self.object.len() > SMALL {
            let names = self.object.keys();
            let names = names.map(|name| (name.to_ascii_lowercase(), name.clone()));
            self.spelled = Some(names.collect());
        }
    }

    /// The member that is called the same.
    fn earlier(&self, name: &str) -> Option<String> {
        if self.exact {
            return self.object.contains_key(name).then(|| name.to_owned());
        }
        match &self.spelled {
            Some(spelled) => spelled.get(&name.to_ascii_lowercase()).cloned(),
            None => {
                let mut names = self.object.keys();
                names.find(|own| own.eq_ignore_ascii_case(name)).cloned()
            }
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Reader {
    but: Option<&'static str>,
    exact: bool,
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Members {
            // Most objects have so many members; growing to them one by one takes longer.
            object: Map::with_capacity(4),
            exact: self.exact,
            ..Members::default()
        };
        while let Some(name) = members.next_key::<String>()? {
            let own = self.but.is_some_and(|but| but.eq_ignore_ascii_case(&name));
            let exact = self.exact || own;
            let value = members.next_value_seed(Self { exact, ..self })?;
            read.put(name, value);
        }
        Ok(Value::Object(read.object))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use serde_json::json;

    use super::*;

    fn shown(text: &str) -> String {
        read(text.as_bytes()).expect("it is JSON").to_string()
    }

    #[test]
    fn the_last_of_members_that_are_called_the_same_is_there_alone() {
        assert_eq!(shown(r#"{"a":1,"b":2,"a":3}"#), r#"{"b":2,"a":3}"#);
        assert_eq!(shown(r#"{"a":1,"A":2,"b":3}"#), r#"{"A":2,"b":3}"#);
        // The last is the last, however often it is spelled otherwise in between.
        assert_eq!(shown(r#"{"a":1,"A":2,"a":3}"#), r#"{"a":3}"#);
        assert_eq!(
            shown(r#"[{"x":{"y":1,"Y":{"z":1,"Z":2}}}]"#),
            r#"[{"x":{"Y":{"Z":2}}}]"#
        );
        let mut text = String::from("{");
        for number in 0..100 {
            write!(text, "\"n{number}\":0,\"N{number}\":{number},").expect("text takes anything");
        }
        let many = read(format!("{}}}", text.trim_end_matches(',')).as_bytes()).expect("it is JSON");
        let many = many.as_object().expect("an object");
        assert_eq!((many.len(), &many["N73"]), (100, &json!(73)));
    }

    #[test]
    fn inside_one_member_names_may_be_as_they_are_spelled() {
        let text = br#"{"Value":1,"value":2,"tags":{"a":1,"A":2,"a":3}}"#;
        let read = read_but(text, "tags").expect("it is JSON");
        assert_eq!(read.to_string(), r#"{"value":2,"tags":{"A":2,"a":3}}"#);
    }

    #[test]
    fn everything_else_is_read_as_ever() {
        let text = r#"{"a":[1,-1,1.5,1e300,18446744073709551615,true,null,"é\n"],"b":{},"c":""}"#;
        let usual: Value = serde_json::from_str(text).expect("it is JSON");
        assert_eq!(read(text.as_bytes()).expect("it is JSON"), usual);
        for wrong in ["{", "{\"a\":}", "[1,]", "", "1 2"] {
            let usual = serde_json::from_str::<Value>(wrong).expect_err("it is none");
            let own = read(wrong.as_bytes()).expect_err("it is none");
            assert_eq!(own.to_string(), usual.to_string());
        }
        assert!(read("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn what_another_reader_has_read_is_settled_likewise() {
        let mut value = json!({"a": 1, "b": [{"c": 1, "C": 2}], "A": 3});
        keep_last(&mut value);
        assert_eq!(value, json!({"b": [{"C": 2}], "A": 3}));
    }
}
