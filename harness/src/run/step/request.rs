//! What has no step of its own.

use std::collections::BTreeSet;

use azdrill_emulator::rules::Rules;
use http::Method;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World, parts_of, placeholders};

/// Asks something of Azure Resource Manager that has no step of its own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What is asked, as `METHOD path`; ids are filled in for `{NAME}` and `{NAME.group}`, and for `{server}`,
    /// `{server_group}`, `{vault}`, `{vault_group}`, `{instance}`, `{policy}`, `{key_vault}`, `{storage}`,
    /// `{storage_group}`, `{container}`, `{target}` and `{subscription}`.
    request: Asked,
    /// The body of it, filled in likewise.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    body: Option<toml::Value>,
    /// Whose token comes beside the caller's, where something named is in another tenant: that tenant, or somebody of
    /// `[world.personas]`.
    beside: Option<String>,
    /// Its `Accept` header, where a client says more than that it takes JSON.
    accept: Option<String>,
    /// How often it is asked, one right behind the other; once if left out. It ends as the last one does.
    times: Option<u32>,
}

/// The most times that something is asked in a step.
const TIMES_MAX: u32 = 10_000;

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
        let wrong = || {
            format!(
                "\"{said}\": a method, a space, and a path that begins with `/` or `{{NAME}}` were expected"
            )
        };
        let (method, path) = said.split_once(' ').ok_or_else(wrong)?;
        // What is filled in at the beginning is an id, which begins so.
        let begins_well = path.starts_with('/') || path.starts_with('{') && path.contains('}');
        if !begins_well {
            return Err(wrong());
        }
        Ok(Self {
            method: method.parse().map_err(|_| wrong())?,
            path: path.to_owned(),
        })
    }
}

impl Request {
    /// The method, the path and all texts of the body, as one value.
    fn texts(&self) -> impl Iterator<Item = String> {
        let body = self.body.as_ref().map(ToString::to_string);
        [self.request.path.clone()].into_iter().chain(body)
    }
}

impl Take for Request {
    const DURING: bool = true;

    fn needs(&self) -> Vec<Part> {
        let texts: Vec<String> = self.texts().collect();
        let names = texts.iter().flat_map(|text| placeholders(text));
        let parts: BTreeSet<Part> = names.flat_map(parts_of).collect();
        parts.into_iter().collect()
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        let path = toml::Value::String(self.request.path.clone());
        world
            .check_filled(&path, true)
            .map_err(|wrong| wrong.at("request"))?;
        let body = self
            .body
            .iter()
            .try_for_each(|body| world.check_filled(body, true));
        body.map_err(|wrong| wrong.at("body"))?;
        if self.times.is_some_and(|times| !(1..=TIMES_MAX).contains(&times)) {
            let wrong = format!("it is asked once at least, and {TIMES_MAX} times at the most");
            return Err(Misstated::new(wrong).at("times"));
        }
        let beside = self.beside.as_ref().map(|name| world.check_persona(name));
        beside.transpose().map_err(|wrong| wrong.at("beside")).map(|_| ())
    }

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.names.fill(&self.request.path);
        if !path.starts_with('/') {
            return Err(RunError::NoPath(path));
        }
        let body = self.body.as_ref().map(|body| {
            let mut body = serde_json::to_value(body).unwrap_or_default();
            play.names.fill_value(&mut body);
            body
        });
        let method = self.request.method.clone();
        let beside = self.beside.as_ref().map(|name| play.somebody(name)).transpose()?;
        play.client.show_beside(beside);
        let accept = self.accept.clone().map(|accept| ("accept", accept));
        play.client.add_header(accept);
        for _ in 1..self.times.unwrap_or(1) {
            let ended = play.client.operate(method.clone(), &path, body.as_ref()).await;
            if ended.is_err() {
                break;
            }
        }
        let ended = play.client.operate(method, &path, body.as_ref()).await;
        play.client.add_header(None);
        play.client.show_beside(None);
        let ended = ended?;
        let mut outcome = Outcome::of(&ended);
        if outcome.message.is_empty() && !ended.value.is_null() {
            outcome.message = ended.value.to_string();
        }
        Ok(outcome)
    }
}
