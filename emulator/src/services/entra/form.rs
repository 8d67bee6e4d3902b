//! What is sent to the token endpoint.

use std::collections::BTreeMap;

use crate::model::{Query, Request};

/// The fields of a form. Holds secrets.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn of(request: &Request) -> Self {
        let text = String::from_utf8_lossy(request.body.bytes()).into_owned();
        let sent = Query::from(text);
        // A field that is given two values has none: which one was meant cannot be told.
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut contradicted = Vec::new();
        for (name, value) in sent.pairs() {
            let (name, value) = (name.to_owned(), value.to_owned());
            match fields.insert(name.clone(), value) {
                Some(other) if fields[&name] != other => contradicted.push(name),
                _ => {}
            }
        }
        fields.retain(|name, _| !contradicted.contains(name));
        Self(fields)
    }

    /// A field; empty if there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}
