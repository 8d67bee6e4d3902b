//! What a server is asked to be, and what can be told of it.

use serde_json::Value;

use crate::model::ResourceId;
use crate::rules::{RuleId, ServerFlavour, rule};
use crate::services::Context;
use crate::services::postgres::resource_types::SERVER;
use crate::state::field;

/// What a server is asked to be.
#[derive(Clone, Copy)]
pub(in crate::services::postgres) struct ServerProposal<'a> {
    pub(in crate::services::postgres) context: &'a Context<'a>,
    pub(in crate::services::postgres) id: &'a ResourceId,
    /// What the request says.
    pub(in crate::services::postgres) sent: &'a Value,
    /// The whole server as it would be.
    pub(in crate::services::postgres) wanted: &'a Value,
    /// As it is, if it is there.
    pub(in crate::services::postgres) existing: Option<&'a Value>,
}

/// By which rule a server cannot be as it is asked to.
pub(super) type SettingResult = Result<(), RuleId>;

/// A member of `properties`, by the names on the way to it.
pub(super) fn property<'a>(body: &'a Value, path: &[&str]) -> &'a Value {
    path.iter()
        .fold(field(body, "properties"), |value, name| field(value, name))
}

pub(super) fn text<'a>(body: &'a Value, path: &[&str]) -> &'a str {
    property(body, path).as_str().unwrap_or_default()
}

/// Whether a request says something of a setting: an empty value is none.
pub(super) fn says(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

pub(super) fn unless(fits: bool, rule: RuleId) -> SettingResult {
    if fits { Ok(()) } else { Err(rule) }
}

impl ServerProposal<'_> {
    pub(super) fn flavour(&self) -> ServerFlavour {
        if self.id.is_type(SERVER) {
            ServerFlavour::Flexible
        } else {
            ServerFlavour::Single
        }
    }

    /// What is said of a setting.
    pub(super) fn sent(&self, path: &[&str]) -> &Value {
        property(self.sent, path)
    }

    /// Whether what is said of a setting is what it is already.
    pub(super) fn is_already(&self, path: &[&str]) -> bool {
        let is = |known: &Value| match (known.as_str(), self.sent(path).as_str()) {
            (Some(known), Some(sent)) => known.eq_ignore_ascii_case(sent),
            _ => known == self.sent(path),
        };
        self.existing.is_some_and(|server| is(property(server, path)))
    }
}

/// The word of `createMode` that a change may have.
pub(super) fn create_mode(asked: &ServerProposal<'_>) -> SettingResult {
    let rules = asked.context.rules;
    let modes = match asked.flavour() {
        ServerFlavour::Flexible => &rules.servers.create_modes,
        ServerFlavour::Single => &rules.single_server.create_modes,
    };
    let mode = text(asked.sent, &["createMode"]);
    unless(
        asked.existing.is_none() || modes.takes_for_change(mode),
        rule::PG_CREATE_MODE_OF_CHANGE,
    )
}
