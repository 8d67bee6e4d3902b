//! Which parameters a server has: the list that was recorded of its version, or else the nearest one and
//! what the real server knows.

use std::collections::BTreeMap;

use crate::jobs::RealParameter;
use crate::model::ResourceId;
use crate::rules::{Mark, ParameterRow};
use crate::services::Context;
use crate::services::postgres::resource_types::SINGLE_SERVER;

/// A server's parameters, in the order of their names.
pub(super) struct ServerParameters {
    pub(super) parameters: Vec<Parameter>,
    pub(super) mark: Mark,
}

/// One of them.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) data_type: &'static str,
    pub(super) default: String,
    pub(super) value: String,
    pub(super) allowed: String,
    pub(super) unit: String,
    pub(super) description: String,
    pub(super) documentation: Option<String>,
    pub(super) dynamic: bool,
    pub(super) read_only: bool,
    overridden: bool,
    /// What it is by default on the real server, which knows it as well.
    pub(super) on_server: Option<String>,
}

impl ServerParameters {
    pub(super) fn of(context: &Context<'_>, server: &ResourceId) -> Self {
        let none = BTreeMap::new();
        let spec = context.own.postgres.specs.get(server);
        let real = spec.and_then(|spec| context.own.postgres.real.get(&spec.major));
        let real = real.map_or(&none, |known| &**known);
        let resource = context.state.resource(server);
        let version = resource.map_or("", |server| server.text("/properties/version"));
        let major = version.split('.').next().and_then(|major| major.parse().ok());
        let single = server.is_type(SINGLE_SERVER);
        let flavour = if single { "single" } else { "flexible" };
        let major: u32 = major.unwrap_or_default();
        let list = context.rules.parameters.list(flavour, major);
        // A single server's real one is of another version than it shows.
        let derived = list.major != major && !single && !real.is_empty();
        let is_there = |row: &&ParameterRow| !(derived && row.own && !real.contains_key(row.name));
        let rows = list.rows.iter().filter(is_there);
        let mut parameters: Vec<Parameter> = rows
            .map(|row| Parameter::recorded(row, major, real.get(row.name)))
            .collect();
        if derived {
            let more = real.iter().filter(|(name, _)| {
                let named = |row: &ParameterRow| row.name.cmp(name.as_str());
                list.rows.binary_search_by(named).is_err()
            });
            parameters.extend(more.map(|(name, parameter)| Parameter::derived(name, parameter)));
            parameters.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let mark = if list.major == major {
            list.mark
        } else {
            Mark::Inferred
        };
        Self { parameters, mark }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Parameter> {
        let is = |parameter: &&Parameter| parameter.name.eq_ignore_ascii_case(name);
        self.parameters.iter().find(is)
    }
}

impl Parameter {
    pub(super) fn source(&self) -> &'static str {
        if self.overridden {
            "user-override"
        } else {
            "system-default"
        }
    }

    fn recorded(row: &ParameterRow, major: u32, real: Option<&RealParameter>) -> Self {
        Self {
            name: row.name.to_owned(),
            data_type: row.data_type,
            default: row.default.to_owned(),
            value: row.value.to_owned(),
            allowed: row.allowed.to_owned(),
            unit: row.unit.to_owned(),
            description: real.map(|real| real.description.clone()).unwrap_or_default(),
            documentation: row.documentation(major),
            dynamic: row.dynamic,
            read_only: row.read_only,
            overridden: row.overridden,
            on_server: real.map(|real| real.default.clone()),
        }
    }

    /// As PostgreSQL describes it. What sessions may set for themselves can be set; whether the rest can,
    /// nobody has seen, and it cannot.
    fn derived(name: &str, real: &RealParameter) -> Self {
        let (data_type, allowed) = match real.kind.as_str() {
            "bool" => ("Boolean", "on,off".to_owned()),
            "enum" => ("Enumeration", real.words.join(",")),
            "integer" => ("Integer", format!("{}-{}", real.least, real.most)),
            "real" => ("Numeric", format!("{}-{}", real.least, real.most)),
            _ => ("String", ".*".to_owned()),
        };
        let settable = matches!(real.context.as_str(), "user" | "superuser");
        Self {
            name: name.to_owned(),
            data_type,
            default: real.default.clone(),
            value: real.default.clone(),
            allowed,
            unit: real.unit.clone(),
            description: real.description.clone(),
            documentation: None,
            dynamic: !matches!(real.context.as_str(), "postmaster" | "internal"),
            read_only: !settable,
            overridden: false,
            on_server: Some(real.default.clone()),
        }
    }
}
