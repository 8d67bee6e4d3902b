//! How a no looks on the wire: in the envelope of its endpoint, with headers of our own that say why.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::refusal::{Refusal, Shape};
use crate::model::{Request, Response};
use crate::rules::Mark;

impl Refusal {
    /// Headers of our own for an operation that ends with it: which rules decided, and how sure we are.
    pub(crate) fn marks(&self) -> Vec<(&'static str, String)> {
        let ids: Vec<&str> = self.rules.iter().map(|id| id.as_str()).collect();
        let mut marks = vec![
            ("x-azdrill-gate", self.gate.as_str().to_owned()),
            ("x-azdrill-rules", ids.join(",")),
            ("x-azdrill-mark", self.mark.as_str().to_owned()),
        ];
        if self.code.starts_with("Synthetic") {
            marks.push(("x-azdrill-synthetic", "true".to_owned()));
        }
        marks
    }

    /// The answer on the wire.
    pub fn respond(&self, request: &Request) -> Response {
        let mut response = Response::new(self.status);
        let silent = request.method == Method::HEAD && self.shape == Shape::Blob
            || self.status == StatusCode::NOT_MODIFIED;
        if !silent {
            let (kind, body) = match self.shape {
                Shape::Blob => ("application/xml", self.xml()),
                _ => ("application/json; charset=utf-8", self.json(request).to_string()),
            };
            response = response
                .with_header("content-type", kind)
                .with_body(Bytes::from(body));
        }
        if matches!(self.shape, Shape::Blob | Shape::UserFacingPlain) {
            response = response.with_header("x-ms-error-code", &self.code);
        }
        for (name, value) in &self.headers {
            response = response.with_header(name, value);
        }
        self.stamp(response)
    }

    /// Says in headers of our own which rule decided, and whether Azure's own answer is certain.
    pub(crate) fn stamp(&self, response: Response) -> Response {
        let mut response = response.with_header("x-azdrill-gate", self.gate.as_str());
        if !self.rules.is_empty() {
            let ids: Vec<&str> = self.rules.iter().map(|id| id.as_str()).collect();
            response = response.with_header("x-azdrill-rules", &ids.join(","));
        }
        if matches!(self.mark, Mark::Inferred | Mark::Unverified) {
            response = response.with_header("x-azdrill-mark", self.mark.as_str());
        }
        if self.code.starts_with("Synthetic") {
            response = response.with_header("x-azdrill-synthetic", "true");
        }
        response
    }

    fn json(&self, request: &Request) -> Value {
        match self.shape {
            Shape::Arm | Shape::Blob => json!({"error": self.arm_error()}),
            Shape::UserFacingPlain => {
                json!({"error": {"code": self.code, "message": self.message, "target": null, "details": null}})
            }
            Shape::UserFacing => {
                let activity = request.header("x-ms-client-request-id").unwrap_or_default();
                json!({"error": {
                    "additionalInfo": [{"type": "UserFacingError", "info": self.user_facing_error(activity)}],
                    "code": self.code,
                    "message": self.message,
                    "target": null,
                    "details": null,
                }})
            }
            Shape::KeyVault => match &self.within {
                Some(outer) => {
                    json!({"error": {"code": outer, "message": self.message, "innererror": {"code": self.code}}})
                }
                None => json!({"error": {"code": self.code, "message": self.message}}),
            },
            Shape::Entra => json!({"error": self.code, "error_description": self.message}),
        }
    }

    /// ARM's error object, as a direct answer carries it and as it stands in the details of another.
    pub(crate) fn arm_error(&self) -> Value {
        let mut error = json!({"code": self.code});
        if let Some(disallowed) = &self.disallowed {
            error["target"] = json!(disallowed.target);
        }
        error["message"] = json!(self.message);
        if !self.details.is_empty() {
            error["details"] = json!(self.details);
        }
        if let Some(disallowed) = &self.disallowed {
            error["additionalInfo"] = json!(disallowed.violations);
        }
        error
    }

    /// The Backup service's error object, as a direct answer carries it.
    pub fn user_facing_error(&self, activity: &str) -> Value {
        json!({
            "message": self.message,
            "recommendedAction": [self.action],
            "details": null,
            "code": self.code,
            "target": "",
            "innerError": null,
            "isRetryable": false,
            "isUserError": false,
            "properties": {"ActivityId": activity},
        })
    }

    fn xml(&self) -> String {
        let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
        let details = self.details.iter().filter_map(Value::as_object).flatten();
        let details: String = details
            .map(|(name, value)| format!("<{name}>{}</{name}>", escape(value.as_str().unwrap_or_default())))
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{}</Code><Message>{}</Message>{details}</Error>",
            escape(&self.code),
            escape(&self.message)
        )
    }
}
