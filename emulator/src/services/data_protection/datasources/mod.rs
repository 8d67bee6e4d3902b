//! What a backup instance protects. Facts about a datasource type stand in its row of `datasources.toml`; what
//! is its own in code, how its data gets into vault storage, stands here, a file a type.

mod flexible_server;
mod single_server;

use dyn_clone::DynClone;
use serde_json::Value;

use super::instance;
use super::recovery_points::VaultFile;
use super::task::Need;
use super::vault_store::VaultContainer;
use super::violation::Violation;
use crate::jobs::SignIn;
use crate::model::{PrincipalId, ResourceId};
use crate::rules::{Check, DatasourceKind, DatasourceName, DatasourceType, PlayedDatasource, Rules, Stage};
use crate::services::{Context, Input};
use crate::state::field;

/// A datasource type whose backups are played.
pub(super) trait PlayedType: Sync {
    /// What its row is called.
    fn name(&self) -> DatasourceName;

    /// What moves its data.
    fn mover(&self) -> Box<dyn Mover>;
}

/// Every type there is code for. A test holds them against the rows.
const PLAYED: [&dyn PlayedType; 2] = [
    &flexible_server::FlexibleServer,
    &single_server::SingleServerDatabase,
];

/// Moves the data of a backup into vault storage.
pub(super) trait Mover: DynClone + Send {
    /// Begins, once there is a place for the data.
    fn begin(&mut self, context: &mut Context<'_>, site: &mut Site) -> Progress;

    /// Goes on with what was needed.
    fn go_on(&mut self, context: &mut Context<'_>, site: &mut Site, input: Input) -> Progress;
}

dyn_clone::clone_trait_object!(Mover);

/// What a backup works with.
#[derive(Clone)]
pub(super) struct Site {
    /// The vault.
    pub(super) vault: ResourceId,
    /// What is backed up.
    pub(super) datasource: Datasource,
    /// Who it is done as.
    pub(super) principal: PrincipalId,
    /// The recovery point to be.
    pub(super) point: String,
    /// Where its files go.
    pub(super) place: VaultContainer,
    /// A signature for that place. A secret.
    pub(super) signature: String,
    /// How to sign in to the datasource, where that is done. A secret, held until the data begins to move.
    pub(super) sign_in: Option<SignIn>,
}

/// How far the data has come.
pub(super) enum Progress {
    /// Something is needed first.
    Needs(Box<Need>),
    /// It is there.
    Moved(Moved),
    /// It cannot be moved.
    Failed(Box<Violation>),
}

/// What has been written into vault storage.
#[derive(Clone)]
pub(super) struct Moved {
    pub(super) files: Vec<VaultFile>,
    pub(super) transferred_bytes: Option<u64>,
    pub(super) source_bytes: Option<u64>,
}

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

    /// What moves its data.
    pub(super) fn mover(&self) -> Option<Box<dyn Mover>> {
        let own = PLAYED.iter().find(|own| own.name() == self.name);
        own.map(|own| own.mover())
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

#[cfg(test)]
mod tests;
