//! A scenario as its file says it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use azdrill_emulator::rules::Rules;
use jiff::SignedDuration;
use serde::Deserialize;

use super::{GrantWorld, ProfiledExpect, ScenarioError, Site, World};
use crate::serve::RunExpect;

/// A scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without its ending; filled in by the library.
    #[serde(skip)]
    pub name: String,
    /// The folder it is in; filled in by the library.
    #[serde(skip)]
    pub topic: String,
    /// The folder all scenarios are in; filled in by the library.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Its file, and those it extends, from its own on; filled in by the library.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
    /// What it shows, in a sentence that can be true or false.
    #[serde(default)]
    pub claim: String,
    /// The rules it is about.
    #[serde(default)]
    pub about: Vec<String>,
    /// A file under `scenarios/` it extends.
    pub extends: Option<String>,
    /// The seed of every id and delay, if the file says one.
    pub seed: Option<u64>,
    /// Alternatives to take instead of the profile's, by rule.
    #[serde(default)]
    pub assume: BTreeMap<String, String>,
    /// What it begins with.
    #[serde(default)]
    pub world: World,
    /// What is done, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// What must come of a command that `azdrill run` is given, with this world or where this
    /// scenario begins. `azdrill scenario` does not look at it.
    #[serde(default)]
    pub expect: RunExpect,
}

impl Scenario {
    /// The seed it is played with: the same at every time, so that it comes to the same.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// Checks what must come of a command.
    ///
    /// # Errors
    ///
    /// What cannot be, where it stands in the file or in one it extends.
    pub(super) fn check_expect(&self, rules: &Rules) -> Result<(), ScenarioError> {
        let checked = self.expect.check(rules);
        checked.map_err(|wrong| wrong.at("expect").in_one_of(&self.files))
    }

    /// The major versions of PostgreSQL it asks for.
    pub fn majors(&self) -> impl Iterator<Item = u32> {
        let target = self.world.target.as_ref().and_then(|target| target.version);
        self.world.server.version.into_iter().chain(target)
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    #[serde(rename = "do")]
    pub kind: StepKind,
    /// Why, in a few words; printed as the step's heading.
    pub title: Option<String>,
    /// `on`: what a grant, a revocation or a setting is about.
    pub on: Option<Site>,
    /// The grant to give or take back: the name of one of the world's.
    pub grant: Option<String>,
    /// A grant that is not the world's.
    pub give: Option<GrantWorld>,
    /// Properties to set, as ARM spells them.
    pub properties: Option<toml::Table>,
    /// Who carries a restore or a protection out: `system` or `user`.
    pub identity: Option<String>,
    /// Whether the request says so; `false` leaves `identityDetails` out.
    #[serde(default = "yes")]
    pub identity_details: bool,
    /// The file prefix of a restore.
    pub prefix: Option<String>,
    /// How far to move the clock.
    pub by: Option<SignedDuration>,
    /// What to do with the server: `stop`, `start`, `delete`.
    pub action: Option<String>,
    /// SQL to run in the server's database.
    pub sql: Option<String>,
    /// Who does it: a persona of the world's. The operator if left out.
    #[serde(rename = "as")]
    pub by_whom: Option<String>,
    /// Where a restore goes to: `files` or `database`.
    pub to: Option<String>,
    /// The database a restore creates.
    pub database: Option<String>,
    /// What a rotation changes: `database`, `secret`, or both.
    pub rotate: Option<Vec<String>>,
    /// What is asked of ARM, as `METHOD path`; `{server}`, `{vault}`, `{key_vault}`, `{storage}`,
    /// `{container}`, `{target}`, `{group}` and `{subscription}` are filled in.
    pub request: Option<String>,
    /// The body of it.
    pub body: Option<toml::Value>,
    /// The role that SQL is run as; the server's own superuser if left out.
    pub role: Option<String>,
    /// What happens to the next connection to the server: `refuse`, `close`, `reset:BYTES`.
    pub connection: Option<String>,
    /// Which of the connections to come is meant, from 1.
    pub count: Option<u64>,
    /// A deployment template, a file under `scenarios/`.
    pub template: Option<String>,
    /// Storage properties to set while a restore is copying, after its first block.
    pub midway: Option<toml::Table>,
    /// What must come of it.
    #[serde(default)]
    pub expect: ProfiledExpect,
}

fn yes() -> bool {
    true
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Ask the vault whether the server can be protected.
    ValidateBackup,
    /// Create the backup instance, and wait until protection is configured or has failed.
    Protect,
    /// Take a backup now, and wait for the job.
    Backup,
    /// Ask the vault whether the newest recovery point can be restored as files.
    ValidateRestore,
    /// Restore the newest recovery point as files, and wait for the job.
    Restore,
    /// Load a restored dump into a new server and compare it, row by row, with the source.
    Compare,
    /// Give a role.
    Grant,
    /// Take a role back.
    Revoke,
    /// Change properties of the storage account or the server.
    Set,
    /// Switch the vault's system-assigned identity off and on again.
    RecycleIdentity,
    /// Move the clock.
    Advance,
    /// Stop, start or delete the server.
    Server,
    /// Delete the target container.
    DeleteContainer,
    /// Run SQL in the server's database.
    Sql,
    /// List recovery points.
    RecoveryPoints,
    /// List the target container's blobs.
    Blobs,
    /// Give the secret of the credentials a new value, or disable, expire, enable or delete it.
    Secret,
    /// Change the password of the database user, in the database, in the secret, or in both.
    Rotate,
    /// Grant the database user what a backup needs, with the text of `azdrill grants`.
    Grants,
    /// Grant what can be granted in one step while configuring: what the vault's identity needs.
    GrantInline,
    /// Let Azure services into the server, or keep them out.
    AzureServices,
    /// Have something happen to the next connection to the server.
    Connection,
    /// Ask something of ARM.
    Request,
    /// Deploy a template.
    Deploy,
}

impl StepKind {
    /// The word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ValidateBackup => "validate_backup",
            Self::Protect => "protect",
            Self::Backup => "backup",
            Self::ValidateRestore => "validate_restore",
            Self::Restore => "restore",
            Self::Compare => "compare",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Set => "set",
            Self::RecycleIdentity => "recycle_identity",
            Self::Advance => "advance",
            Self::Server => "server",
            Self::DeleteContainer => "delete_container",
            Self::Sql => "sql",
            Self::RecoveryPoints => "recovery_points",
            Self::Blobs => "blobs",
            Self::Secret => "secret",
            Self::Rotate => "rotate",
            Self::Grants => "grants",
            Self::GrantInline => "grant_inline",
            Self::AzureServices => "azure_services",
            Self::Connection => "connection",
            Self::Request => "request",
            Self::Deploy => "deploy",
        }
    }
}
