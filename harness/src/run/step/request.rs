//! What has no step of its own.

use http::Method;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};

/// Asks something of Azure Resource Manager that has no step of its own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What is asked, as `METHOD path`; `{server}`, `{server_group}`, `{vault}`, `{vault_group}`, `{instance}`,
    /// `{policy}`, `{key_vault}`, `{storage}`, `{container}`, `{target}` and `{subscription}` are filled in.
    request: Asked,
    /// The body of it.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    body: Option<toml::Value>,
}

/// A method and a path.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String"))]
#[serde(try_from = "String")]
struct Asked {
    method: Method,
    path: String,
}

impl TryFrom<String> for Asked {
    type Error = String;

    fn try_from(said: String) -> Result<Self, String> {
        let wrong = || format!("\"{said}\": a method, a space, and a path were expected");
        let (method, path) = said.split_once(' ').ok_or_else(wrong)?;
        Ok(Self {
            method: method.parse().map_err(|_| wrong())?,
            path: path.to_owned(),
        })
    }
}

impl Take for Request {
    const DURING: bool = true;

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.fill(&self.request.path);
        let body = self
            .body
            .as_ref()
            .map(|body| serde_json::to_string(body).unwrap_or_default())
            .map(|text| serde_json::from_str(&play.fill(&text)).unwrap_or_default());
        let method = self.request.method.clone();
        let ended = play.client.operate(method, &path, body.as_ref()).await?;
        let mut outcome = Outcome::of(&ended);
        if outcome.message.is_empty() && !ended.value.is_null() {
            outcome.message = ended.value.to_string();
        }
        Ok(outcome)
    }
}

impl Play<'_> {
    /// The names of the world's things, filled in.
    fn fill(&self, text: &str) -> String {
        let names = &self.names;
        [
            ("{server}", &names.server),
            ("{server_group}", &names.server_group),
            ("{vault}", &names.vault),
            ("{vault_group}", &names.vault_group),
            ("{instance}", &names.instance),
            ("{policy}", &names.policy),
            ("{key_vault}", &names.key_vault),
            ("{storage}", &names.account),
            ("{container}", &names.container),
            ("{target}", &names.target),
            ("{subscription}", &names.subscription),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}
