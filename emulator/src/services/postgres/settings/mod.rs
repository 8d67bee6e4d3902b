//! Settings that no server can have, and changes that none can be given: refused before anything changes.
//! What cannot be, and how it is refused, stands in `server_settings.toml`.

mod flexible;
mod network;
mod single;

use serde_json::Value;

use super::{SERVER, server_spec};
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::{Mark, RuleId, ServerFlavour, code, rule};
use crate::services::Context;
use crate::state::field;

/// What a server is asked to be.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) id: &'a ResourceId,
    /// What the request says.
    pub(super) sent: &'a Value,
    /// The whole server as it would be.
    pub(super) wanted: &'a Value,
    /// As it is, if it is there.
    pub(super) own: Option<&'a Value>,
}

/// By which rule a server cannot be as it is asked to.
type Found = Result<(), RuleId>;

/// A member of `properties`, by the names on the way to it.
fn property<'a>(body: &'a Value, path: &[&str]) -> &'a Value {
    path.iter()
        .fold(field(body, "properties"), |value, name| field(value, name))
}

fn text<'a>(body: &'a Value, path: &[&str]) -> &'a str {
    property(body, path).as_str().unwrap_or_default()
}

/// Whether a request says something of a setting: an empty value is none.
fn says(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn unless(fits: bool, rule: RuleId) -> Found {
    if fits { Ok(()) } else { Err(rule) }
}

impl Asked<'_> {
    fn flavour(&self) -> ServerFlavour {
        if self.id.is_type(SERVER) {
            ServerFlavour::Flexible
        } else {
            ServerFlavour::Single
        }
    }

    /// What is said of a setting.
    fn sent(&self, path: &[&str]) -> &Value {
        property(self.sent, path)
    }

    /// Whether what is said of a setting is what it is already.
    fn is_already(&self, path: &[&str]) -> bool {
        let is = |own: &Value| match (own.as_str(), self.sent(path).as_str()) {
            (Some(own), Some(sent)) => own.eq_ignore_ascii_case(sent),
            _ => own == self.sent(path),
        };
        self.own.is_some_and(|own| is(property(own, path)))
    }
}

/// Refuses what a server cannot be.
///
/// # Errors
///
/// 400 with the provider's code; 501 for what could be on Azure and is not played.
pub(super) fn check(asked: &Asked<'_>) -> Result<(), Refusal> {
    stays(asked)?;
    let found = match asked.flavour() {
        ServerFlavour::Flexible => {
            flexible::check_played(asked)?;
            flexible::check(asked).and_then(|()| network::check(asked))
        }
        ServerFlavour::Single => {
            single::check_played(asked)?;
            single::check(asked)
        }
    };
    found
        .and_then(|()| password(asked))
        .map_err(|rule| refuse(asked.context, rule))
}

/// Refuses to change what stays as it was when the server was made.
fn stays(asked: &Asked<'_>) -> Result<(), Refusal> {
    if asked.own.is_none() {
        return Ok(());
    }
    let rows = &asked.context.rules.server_settings.fixed;
    for row in rows.iter().filter(|row| row.of == asked.flavour()) {
        let path: Vec<&str> = row.setting.split('.').collect();
        if !says(asked.sent(&path)) || asked.is_already(&path) {
            continue;
        }
        let name = path.last().copied().unwrap_or_default();
        let why = format!("`{}` stays what it was when the server was made", row.setting);
        let mut refusal = Refusal::of(code::BodyOfPostgreSQL, &[("name", name)])
            .because(why)
            .by([rule::PG_FIXED]);
        refusal.mark = refusal.mark.max(row.mark).max(Mark::Inferred);
        return Err(refusal);
    }
    Ok(())
}

/// How something that cannot be is refused: by its rule, whose row says how.
pub(super) fn refuse(context: &Context<'_>, rule: RuleId) -> Refusal {
    let row = context.rules.server_settings.row(rule);
    let (parameter, code) = row.map_or(("", None), |row| (row.parameter.as_str(), row.code));
    let stated = context.rules.rule(rule);
    let mut refusal = Refusal::of(code.unwrap_or(code::BodyOfPostgreSQL), &[("name", parameter)])
        .because(stated.statement.clone())
        .by([rule]);
    // Reports show that this code names parameters; that it names this one, only some of them.
    let is_known = code.is_some() || stated.mark() == Mark::Reported;
    let least = if is_known { stated.mark() } else { Mark::Inferred };
    refusal.mark = refusal.mark.max(stated.mark()).max(least);
    refusal
}

/// The administrator's password, where one is said.
fn password(asked: &Asked<'_>) -> Found {
    let password = text(asked.sent, &["administratorLoginPassword"]);
    let login = text(asked.wanted, &["administratorLogin"]);
    let wanted = &asked.context.rules.server_settings.password;
    unless(
        password.is_empty() || wanted.admits(password, login),
        rule::PG_PASSWORD,
    )
}

/// The word of `createMode` that a change may have.
fn create_mode(asked: &Asked<'_>) -> Found {
    let rules = asked.context.rules;
    let modes = match asked.flavour() {
        ServerFlavour::Flexible => &rules.servers.create_modes,
        ServerFlavour::Single => &rules.single_server.create_modes,
    };
    let mode = text(asked.sent, &["createMode"]);
    unless(
        asked.own.is_none() || modes.takes_for_change(mode),
        rule::PG_CREATE_MODE_OF_CHANGE,
    )
}
