//! What a backup instance protects. Facts about a datasource type stand in its row of `datasources.toml`.

use serde_json::Value;

use super::instance;
use crate::model::ResourceId;
use crate::rules::{Check, DatasourceKind, DatasourceName, DatasourceType, PlayedDatasource, Rules, Stage};
use crate::services::Context;
use crate::state::{Resource, field};

/// A datasource whose backups are played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Datasource {
    /// Its resource id: a server's or a database's.
    pub(super) id: ResourceId,
    /// Its type, as its row is called.
    pub(super) name: DatasourceName,
    is: DatasourceKind,
}

impl Datasource {
    /// The datasource of an instance's properties or of a restore's target. `None`: not one that is
    /// played.
    pub(super) fn of(rules: &Rules, properties: &Value) -> Option<Self> {
        Self::of_info(rules, field(properties, "dataSourceInfo"))
    }

    /// The same, of a `datasourceInfo` alone.
    pub(super) fn of_info(rules: &Rules, info: &Value) -> Option<Self> {
        let kind = rules
            .datasources
            .of_type(field(info, "datasourceType").as_str()?)?;
        let id = instance::resource_id(info)?;
        let played = kind.played.as_ref().filter(|_| id.is_type(&kind.name))?;
        Some(Self {
            id,
            name: played.name,
            is: played.is,
        })
    }

    /// The row of its type.
    pub(super) fn row<'a>(&self, rules: &'a Rules) -> &'a DatasourceType {
        rules.datasources.named(self.name).0
    }

    /// How it is played.
    pub(super) fn played<'a>(&self, rules: &'a Rules) -> &'a PlayedDatasource {
        rules.datasources.named(self.name).1
    }

    /// The server: the datasource itself, or what the database is on.
    pub(super) fn server(&self) -> ResourceId {
        match self.is {
            DatasourceKind::Server => self.id.clone(),
            DatasourceKind::Database => self.id.parent(),
        }
    }

    /// The name of the database, where it is one.
    pub(super) fn database(&self) -> &str {
        match self.is {
            DatasourceKind::Server => "",
            DatasourceKind::Database => self.id.name(),
        }
    }

    /// What it is called for short: `server\database`, or the server's name.
    pub(super) fn short_name(&self) -> String {
        let server = self.server();
        match self.database() {
            "" => server.name().to_owned(),
            database => format!("{}\\{database}", server.name()),
        }
    }

    /// Whether backup of its type has ended with its product, by now.
    pub(super) fn is_retired(&self, context: &Context<'_>) -> bool {
        is_retired(context, self.name)
    }
}

/// Whether backup of such datasources has ended with their product, by now.
pub(super) fn is_retired(context: &Context<'_>, name: DatasourceName) -> bool {
    context.rules.prerequisites.iter().any(|row| {
        row.datasource == name
            && row.stage == Stage::ValidateBackup
            && matches!(row.check, Check::Before { time } if context.now >= time)
    })
}

/// What the datasource of an instance is called for short.
pub(super) fn short_name(rules: &Rules, own: &Resource) -> Option<String> {
    Datasource::of(rules, own.at("/properties")).map(|own| own.short_name())
}
