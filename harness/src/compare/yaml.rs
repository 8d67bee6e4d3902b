//! YAML as the recorders write it, into JSON: bounded, so that a small file cannot become a large one.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

/// The most values a file may hold, those that stand for others included.
const VALUES_MAX: usize = 2_000_000;
/// The deepest a value may lie.
const DEPTH_MAX: usize = 64;

/// What is wrong, at which line and column, from 1.
#[derive(Debug)]
pub(super) struct BadYaml {
    pub(super) position: (usize, usize),
    pub(super) what: String,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathStep {
    /// A member of an object.
    Member(String),
    /// An item of an array, from 0.
    Item(usize),
}

/// Something that is being put together.
enum OpenNode {
    Object {
        members: Map<String, Value>,
        key: Option<String>,
        anchor: usize,
    },
    Array {
        items: Vec<Value>,
        anchor: usize,
    },
}

#[derive(Default)]
struct Builder {
    open: Vec<OpenNode>,
    /// Values others may stand for, with how many values each holds.
    anchored: std::collections::BTreeMap<usize, (Value, usize)>,
    count: usize,
    whole: Option<Value>,
}

/// Reads the first document.
pub(super) fn read(text: &str) -> Result<Value, BadYaml> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| BadYaml {
            position: (error.marker().line(), error.marker().col() + 1),
            what: format!("this is no YAML: {}", error.info()),
        })?;
        builder.take(event, span)?;
        if let Some(whole) = builder.whole.take() {
            return Ok(whole);
        }
    }
    Err(BadYaml {
        position: (1, 1),
        what: "the file is empty; a recording was expected".to_owned(),
    })
}

/// Where a value stands in a text: YAML, or JSON as far as that is YAML.
pub(super) fn locate(text: &str, path: &[PathStep]) -> Option<(usize, usize)> {
    /// Where we are in an open value: the next item, or the key whose value comes next.
    enum At {
        Object(Option<String>),
        Array(usize),
    }
    let mut stack: Vec<At> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let here = (span.start.line(), span.start.col() + 1);
        let begins = matches!(
            event,
            Event::Scalar(..) | Event::MappingStart(..) | Event::SequenceStart(..) | Event::Alias(_)
        );
        if begins {
            if let (Some(At::Object(key @ None)), Event::Scalar(text, ..)) = (stack.last_mut(), &event) {
                *key = Some(text.to_string());
                continue;
            }
            let steps: Vec<PathStep> = stack
                .iter()
                .map(|at| match at {
                    At::Object(key) => PathStep::Member(key.clone().unwrap_or_default()),
                    At::Array(number) => PathStep::Item(*number),
                })
                .collect();
            if steps == path {
                return Some(here);
            }
        }
        match event {
            Event::MappingStart(..) => stack.push(At::Object(None)),
            Event::SequenceStart(..) => stack.push(At::Array(0)),
            Event::MappingEnd | Event::SequenceEnd => {
                stack.pop();
            }
            Event::Scalar(..) | Event::Alias(_) => {}
            _ => continue,
        }
        if matches!(event, Event::MappingStart(..) | Event::SequenceStart(..)) {
            continue;
        }
        match stack.last_mut() {
            Some(At::Object(key)) => *key = None,
            Some(At::Array(number)) => *number += 1,
            None => {}
        }
    }
    None
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), BadYaml> {
        let bad = |what: &str| BadYaml {
            position: (span.start.line(), span.start.col() + 1),
            what: what.to_owned(),
        };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if let Some(OpenNode::Object { key: key @ None, .. }) = self.open.last_mut() {
                    *key = Some(text.into_owned());
                    return Ok(());
                }
                let value = scalar(&text, style, tag.as_deref());
                self.put(value, 1, anchor, &bad)
            }
            Event::Alias(anchor) => {
                let Some((value, count)) = self.anchored.get(&anchor).cloned() else {
                    return Err(bad("this stands for a value that is not complete before it"));
                };
                if self.count.saturating_add(count) > VALUES_MAX {
                    return Err(bad("with what stands for other values the file holds too many"));
                }
                if matches!(self.open.last(), Some(OpenNode::Object { key: None, .. })) {
                    return Err(bad("a key that stands for another value is not read"));
                }
                self.put(value, count, 0, &bad)
            }
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _)
                if matches!(self.open.last(), Some(OpenNode::Object { key: None, .. })) =>
            {
                let _ = anchor;
                Err(bad("a key that is no text is not read"))
            }
            Event::MappingStart(anchor, _) => {
                let members = Map::new();
                let key = None;
                self.begin(OpenNode::Object { members, key, anchor }, &bad)
            }
            Event::SequenceStart(anchor, _) => {
                let items = Vec::new();
                self.begin(OpenNode::Array { items, anchor }, &bad)
            }
            Event::MappingEnd | Event::SequenceEnd => match self.open.pop() {
                Some(OpenNode::Object { members, anchor, .. }) => {
                    self.put(Value::Object(members), 1, anchor, &bad)
                }
                Some(OpenNode::Array { items, anchor }) => self.put(Value::Array(items), 1, anchor, &bad),
                None => Ok(()),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, open: OpenNode, bad: &dyn Fn(&str) -> BadYaml) -> Result<(), BadYaml> {
        if self.open.len() == DEPTH_MAX {
            return Err(bad("values lie too deep in each other"));
        }
        self.open.push(open);
        Ok(())
    }

    fn put(
        &mut self,
        value: Value,
        count: usize,
        anchor: usize,
        bad: &dyn Fn(&str) -> BadYaml,
    ) -> Result<(), BadYaml> {
        self.count += count;
        if self.count > VALUES_MAX {
            return Err(bad("the file holds too many values"));
        }
        if anchor != 0 {
            // It is held twice.
            let size = size_of(&value);
            self.count += size;
            self.anchored.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            Some(OpenNode::Array { items, .. }) => items.push(value),
            Some(OpenNode::Object { members, key, .. }) => {
                members.insert(key.take().unwrap_or_default(), value);
            }
            None => self.whole = Some(value),
        }
        Ok(())
    }
}

fn size_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size_of).sum::<usize>(),
        _ => 1,
    }
}

/// A plain scalar is what it looks like; a quoted one is text.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    if style != ScalarStyle::Plain || tag.is_some() {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => serde_json::from_str::<serde_json::Number>(text)
            .map_or_else(|_| Value::String(text.to_owned()), Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_cassette_holds_is_read() {
        let text = "interactions:\n- request:\n    body: '{\"a\": 1}'\n    headers: {Accept: [application/json]}\n    method: PUT\n  response:\n    body:\n      string: \"{\\\"b\\\": \\\n        2}\"\n    status: {code: 201, message: Created}\nversion: 1\n";
        let read = read(text).expect("YAML");
        assert_eq!(read["interactions"][0]["request"]["body"], "{\"a\": 1}");
        assert_eq!(
            read["interactions"][0]["response"]["body"]["string"],
            "{\"b\": 2}"
        );
        assert_eq!(read["interactions"][0]["response"]["status"]["code"], 201);
        let path = [
            PathStep::Member("interactions".to_owned()),
            PathStep::Item(0),
            PathStep::Member("request".to_owned()),
            PathStep::Member("method".to_owned()),
        ];
        assert_eq!(locate(text, &path), Some((5, 13)));
    }

    #[test]
    fn aliases_are_values_again_and_no_bomb() {
        assert_eq!(
            read("a: &x [1, 2]\nb: *x\n").expect("YAML"),
            json!({"a": [1, 2], "b": [1, 2]})
        );
        let mut bomb = String::from("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(","));
        }
        let error = read(&bomb).expect_err("a bomb");
        assert!(error.what.contains("too many"), "{error:?}");
        let deep = "[".repeat(5000);
        assert!(read(&deep).is_err());
    }
}
