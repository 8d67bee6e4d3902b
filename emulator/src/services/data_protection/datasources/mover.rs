//! How the data of a datasource gets into vault storage: what every type of datasource says of it.

use dyn_clone::DynClone;

use crate::jobs::SignIn;
use crate::model::{PrincipalId, ResourceId};
use crate::rules::DatasourceName;
use crate::services::data_protection::datasource::Datasource;
use crate::services::data_protection::recovery_point::VaultFile;
use crate::services::data_protection::task::Need;
use crate::services::data_protection::vault_store::VaultContainer;
use crate::services::data_protection::violation::Violation;
use crate::services::{Context, Input};

/// A datasource type whose backups are played.
pub(in crate::services::data_protection) trait PlayedType: Sync {
    /// What its row is called.
    fn name(&self) -> DatasourceName;

    /// What moves its data.
    fn mover(&self) -> Box<dyn Mover>;
}

/// Moves the data of a backup into vault storage.
pub(in crate::services::data_protection) trait Mover:
    DynClone + Send
{
    /// Begins, once there is a place for the data.
    fn begin(&mut self, context: &mut Context<'_>, site: &mut Site) -> Progress;

    /// Goes on with what was needed.
    fn go_on(&mut self, context: &mut Context<'_>, site: &mut Site, input: Input) -> Progress;
}

dyn_clone::clone_trait_object!(Mover);

/// What a backup works with.
#[derive(Clone)]
pub(in crate::services::data_protection) struct Site {
    /// The vault.
    pub(in crate::services::data_protection) vault: ResourceId,
    /// What is backed up.
    pub(in crate::services::data_protection) datasource: Datasource,
    /// Who it is done as.
    pub(in crate::services::data_protection) principal: PrincipalId,
    /// The recovery point to be.
    pub(in crate::services::data_protection) point: String,
    /// Where its files go.
    pub(in crate::services::data_protection) place: VaultContainer,
    /// A signature for that place. A secret.
    pub(in crate::services::data_protection) signature: String,
    /// How to sign in to the datasource, where that is done. A secret, held until the data begins to move.
    pub(in crate::services::data_protection) sign_in: Option<SignIn>,
}

/// How far the data has come.
pub(in crate::services::data_protection) enum Progress {
    /// Something is needed first.
    Needs(Box<Need>),
    /// It is there.
    Moved(Moved),
    /// It cannot be moved.
    Failed(Box<Violation>),
}

/// What has been written into vault storage.
#[derive(Clone)]
pub(in crate::services::data_protection) struct Moved {
    pub(in crate::services::data_protection) files: Vec<VaultFile>,
    pub(in crate::services::data_protection) transferred_bytes: Option<u64>,
    pub(in crate::services::data_protection) source_bytes: Option<u64>,
}
