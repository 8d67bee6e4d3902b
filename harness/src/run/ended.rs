//! How an operation ended, by the answer that tells it.

use azdrill_emulator::model::Response;
use serde_json::Value;

use super::error::RunError;

/// How an operation ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// The end state, or the HTTP status of a request that was refused at once.
    pub(super) status: String,
    /// The error object, if there is one.
    pub(super) error: Value,
    /// What it ended with: the resource of a PUT, the properties of an operation.
    pub(super) value: Value,
    /// Headers of ours on the answer that told the end.
    pub(super) marks: Vec<(String, String)>,
    /// Why it was refused, in the log's words; empty where it was not, or nothing is known.
    pub(super) why: String,
}

pub(super) fn succeeded(response: &Response) -> Ended {
    Ended {
        status: "Succeeded".to_owned(),
        value: response.json_body(),
        ..Ended::default()
    }
}

pub(super) fn refused(response: &Response) -> Ended {
    Ended {
        status: response.status.as_u16().to_string(),
        error: response.json_body()["error"].clone(),
        value: Value::Null,
        marks: marks(response),
        why: String::new(),
    }
}

pub(super) fn marks(response: &Response) -> Vec<(String, String)> {
    response
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-azdrill-"))
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

/// Path and query of an absolute address.
pub(super) fn target_of(address: Option<&str>) -> Option<String> {
    let rest = address?.split_once("://")?.1;
    Some(format!("/{}", rest.split_once('/')?.1))
}

/// A step of building that must succeed.
pub(super) fn must(ended: Ended, what: &str) -> Result<Value, RunError> {
    if ended.status == "Succeeded" || ended.status == "Completed" {
        return Ok(ended.value);
    }
    let name = what.rsplit('/').next().unwrap_or(what);
    let text = |key: &str| ended.error[key].as_str().unwrap_or_default().to_owned();
    let mut message = text("message");
    // Azure's words do not always say what is wrong.
    if !message.contains(&ended.why) {
        message = format!("{} ({})", message.trim_end_matches('.'), ended.why);
    }
    Err(RunError::World {
        what: name.to_owned(),
        code: text("code"),
        message,
        status: ended.status,
    })
}
