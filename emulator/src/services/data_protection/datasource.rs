//! What a backup instance protects: a whole flexible server, or one database of a single server.

use serde_json::Value;

use super::instance;
use crate::model::ResourceId;
use crate::rules::{Check, Flavour, Stage};
use crate::services::Context;
use crate::state::field;

pub(super) const FLEXIBLE_SERVER: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
pub(super) const SINGLE_SERVER_DATABASE: &str = "Microsoft.DBforPostgreSQL/servers/databases";

/// A datasource this service takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Datasource {
    /// Its resource id: a server's or a database's.
    pub(super) id: ResourceId,
    /// The kind.
    pub(super) flavour: Flavour,
}

/// Whether backup of such datasources has ended with their product, by now.
pub(super) fn is_retired(context: &Context<'_>, flavour: Flavour) -> bool {
    context.rules.prerequisites.iter().any(|row| {
        row.flavour == flavour
            && row.stage == Stage::ValidateBackup
            && matches!(row.check, Check::Before { time } if context.now >= time)
    })
}

impl Datasource {
    /// The datasource of an instance's properties or of a restore's target. `None`: not one that is
    /// taken.
    pub(super) fn of(properties: &Value) -> Option<Self> {
        Self::of_info(field(properties, "dataSourceInfo"))
    }

    /// The same, of a `datasourceInfo` alone.
    pub(super) fn of_info(info: &Value) -> Option<Self> {
        let kind = field(info, "datasourceType").as_str()?;
        let id = instance::resource_id(info)?;
        let flavour = if kind.eq_ignore_ascii_case(FLEXIBLE_SERVER) && id.is_type(FLEXIBLE_SERVER) {
            Flavour::FlexibleServer
        } else if kind.eq_ignore_ascii_case(SINGLE_SERVER_DATABASE) && id.is_type(SINGLE_SERVER_DATABASE) {
            Flavour::SingleServer
        } else {
            return None;
        };
        Some(Self { id, flavour })
    }

    /// The server: the datasource itself, or what the database is on.
    pub(super) fn server(&self) -> ResourceId {
        match self.flavour {
            Flavour::FlexibleServer => self.id.clone(),
            Flavour::SingleServer => self.id.parent(),
        }
    }

    /// The name of the database, where it is one.
    pub(super) fn database(&self) -> &str {
        match self.flavour {
            Flavour::FlexibleServer => "",
            Flavour::SingleServer => self.id.name(),
        }
    }
}
