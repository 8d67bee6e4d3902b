//! Secrets that are known because somebody sent them as such: they may come back where nothing says that they
//! are any, as a deployment's plain output.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use serde_json::Value;

use super::secrets::{HIDDEN, secure_parameters};
use crate::model::{Body, Request};

/// Shorter ones are too likely to be part of something else.
const LEAST: usize = 6;
/// The most that are remembered; the oldest go first.
const KEPT_MAX: usize = 1000;

/// What has been sent as the value of a secure parameter.
#[derive(Default)]
pub(super) struct KnownSecrets {
    order: VecDeque<String>,
    all: BTreeSet<String>,
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.all.len())
    }
}

impl KnownSecrets {
    /// Takes note of the secure parameters of a deployment.
    pub(super) fn learn(&mut self, request: &Request) {
        // Nothing else has parameters that are declared so, and reading a long body takes its time.
        let deploys = request.path.to_ascii_lowercase().contains("/deployments");
        let Body::Bytes(bytes) = &request.body else {
            return;
        };
        let body: Value = match serde_json::from_slice(bytes) {
            Ok(body) if deploys => body,
            _ => return,
        };
        let names = secure_parameters(&body);
        let mut found = Vec::new();
        collect(&body, &names, &mut found);
        for text in found {
            if self.all.insert(text.clone()) {
                self.order.push_back(text);
            }
            if self.order.len() > KEPT_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.all.remove(&oldest);
            }
        }
    }

    /// Hides what is known in every text of a body.
    pub(super) fn hide(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for secret in &self.all {
                    if text.contains(secret.as_str()) {
                        *text = text.replace(secret.as_str(), HIDDEN);
                    }
                }
            }
            Value::Array(items) if !self.all.is_empty() => items.iter_mut().for_each(|item| self.hide(item)),
            Value::Object(members) if !self.all.is_empty() => {
                members.values_mut().for_each(|member| self.hide(member));
            }
            _ => {}
        }
    }
}

/// The texts in the values of parameters of these names.
fn collect(value: &Value, names: &[String], found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if names.contains(&name.to_ascii_lowercase()) {
                    for held in [&member["value"], &member["defaultValue"]] {
                        texts(held, found);
                    }
                }
                collect(member, names, found);
            }
        }
        _ => {}
    }
}

/// Every text in a value, as a secure object has several; an expression is none.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= LEAST && !text.starts_with('[') => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};
    use serde_json::json;

    use super::super::Log;
    use super::*;
    use crate::model::Response;

    #[test]
    fn a_secure_parameter_is_hidden_where_it_comes_back() {
        let mut log = Log::default();
        log.keep_bodies();
        let path = "/subscriptions/s/providers/Microsoft.Resources/deployments/d";
        let mut sent = Request::new(Method::PUT, "management.azure.com", path);
        let body = json!({"properties": {
            "template": {"parameters": {
                "admin": {"type": "secureString"}, "both": {"type": "secureObject"},
                "own": {"type": "securestring", "defaultValue": "by-default-secret"}, "plain": {"type": "string"},
            }},
            "parameters": {
                "admin": {"value": "S3cret-word"}, "both": {"value": {"one": "inner-secret"}},
                "plain": {"value": "plain-word"},
            },
        }});
        sent.body = Body::Bytes(body.to_string().into());
        let told = log.bodies(&sent, &Response::new(StatusCode::CREATED));
        assert!(!format!("{told:?}").contains("S3cret-word"));
        let asked = Request::new(Method::GET, "management.azure.com", path);
        let answer = json!({"outputs": {"a": {"type": "String", "value": "x S3cret-word y"}, "b": ["inner-secret"],
            "c": "by-default-secret", "d": "plain-word"}});
        let told = log.bodies(&asked, &Response::json(StatusCode::OK, &answer));
        let answered = told
            .map(|told| told.answered.unwrap_or_default())
            .unwrap_or_default();
        let wanted = json!({"outputs": {"a": {"type": "String", "value": "x (hidden) y"}, "b": ["(hidden)"],
            "c": "(hidden)", "d": "plain-word"}});
        assert_eq!(answered, wanted);
        assert!(!format!("{log:?}").contains("S3cret"));
    }
}
