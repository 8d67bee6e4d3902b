//! What must be true before a backup or a restore goes through.

use serde::Deserialize;

use super::{Code, DatasourceName, Gate, Mark, RuleId};
use crate::model::Timestamp;

/// Where something of a backup or a restore is found out, in the order things happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// `validateForBackup`.
    ValidateBackup,
    /// The PUT of a backup instance.
    Put,
    /// Configuring protection, once the instance has been put.
    Protect,
    /// The job of a backup.
    BackupJob,
    /// `validateRestore`.
    ValidateRestore,
    /// The job of a restore.
    RestoreJob,
    /// What a client does with restored files.
    Client,
    /// The programs that dump and load.
    Tool,
}

impl Stage {
    /// All, in the order things happen.
    pub const ALL: [Self; 8] = [
        Self::ValidateBackup,
        Self::Put,
        Self::Protect,
        Self::BackupJob,
        Self::ValidateRestore,
        Self::RestoreJob,
        Self::Client,
        Self::Tool,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ValidateBackup => "validate_backup",
            Self::Put => "put",
            Self::Protect => "protect",
            Self::BackupJob => "backup_job",
            Self::ValidateRestore => "validate_restore",
            Self::RestoreJob => "restore_job",
            Self::Client => "client",
            Self::Tool => "tool",
        }
    }
}

/// What a recovery point is restored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoredAs {
    /// As files in a container.
    Files,
    /// As a database on a server.
    Database,
}

/// Where a recovery point is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoredIn {
    /// In the vault's own region.
    OwnRegion,
    /// In the region the vault's is paired with.
    PairedRegion,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The datasource.
    Server,
    /// The datasource's resource group.
    ServerGroup,
    /// The target storage account.
    Account,
    /// The target container.
    Container,
    /// The secret that holds the credentials.
    Secret,
}

/// What can be wrong with the secret that holds the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretFault {
    /// There is no key vault of that name.
    NoStore,
    /// The key vault's network settings keep the identity out.
    Network,
    /// The identity may not read secrets.
    Access,
    /// There is no secret of that name or version.
    Missing,
    /// The secret is disabled, expired or not yet valid.
    Unusable,
    /// Its value is no connection string.
    Format,
    /// It is a connection string for another server.
    OtherServer,
}

/// What a server is taken for where nobody has one like it: a made-up size, which a tag of the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenFor {
    /// How large its databases are together.
    Size,
    /// How large the largest value in a column of type `bytea` is.
    Bytea,
}

impl TakenFor {
    /// The tag that says it, in MiB.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Size => "azdrill-taken-size-mib",
            Self::Bytea => "azdrill-taken-bytea-mib",
        }
    }
}

/// What can be wrong with signing in to the database, or with what the user may do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInFault {
    /// The server's network settings keep the identity out.
    Network,
    /// User or password are wrong, or the user may not sign in.
    Credentials,
    /// The server takes no sign-in of the vault's identity with Microsoft Entra ID.
    EntraIdentity,
    /// There is no such server or database.
    Database,
    /// The user lacks a privilege.
    Rights,
    /// A database of the name to restore to is there already.
    DatabaseExists,
    /// The server ended the connection.
    Closed,
    /// The programs at hand are older than the server.
    ClientTooOld,
}

/// How a prerequisite is checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// The identity the request names exists on the vault.
    Identity,
    /// The identity holds this very role at (or above) the scope.
    HoldsRole {
        /// The role's display name.
        role: String,
        /// The scope.
        on: Subject,
    },
    /// The front door would let the identity perform the operation.
    Admitted {
        /// The operation's id.
        operation: String,
        /// On what.
        on: Subject,
        /// Only a refusal at this gate counts against the row.
        gate: Gate,
    },
    /// A property of the resource has a value.
    Setting {
        /// The resource.
        on: Subject,
        /// Its place under `properties`.
        property: String,
        /// The value it must have.
        value: serde_json::Value,
        /// Another value is worth a note in the log and nothing more.
        #[serde(default)]
        only_warns: bool,
        /// A resource created before this time has the value while the property is not set.
        #[serde(default)]
        unset_has_it_before: Option<Timestamp>,
        /// Whatever has nothing said of the property has the value.
        #[serde(default)]
        unset_has_it: bool,
    },
    /// No read-only lock is on the resource or above it.
    NotLocked {
        /// The resource.
        on: Subject,
        /// A lock is worth a note in the log and nothing more.
        #[serde(default)]
        only_warns: bool,
    },
    /// Nothing is lacking where the resource is not there any more, of which a note tells.
    MayBeGone {
        /// The resource.
        on: Subject,
    },
    /// The server is not taken for more than this.
    TakenFor {
        /// Which of its measures.
        what: TakenFor,
        /// The most, in MiB.
        most_mib: u64,
        /// More is worth a note in the log and nothing else.
        #[serde(default)]
        only_warns: bool,
    },
    /// The server is of one of these versions.
    Version {
        /// The server.
        on: Subject,
        /// The versions.
        any_of: Vec<String>,
        /// Another one is worth a note in the log and nothing more.
        #[serde(default)]
        only_warns: bool,
    },
    /// Nothing ends at this time, of which a note tells afterwards.
    GoesOn {
        /// When something else ended.
        after: Timestamp,
    },
    /// The resource lies in the vault's region, or in the other one where a restore is done there.
    SameRegion {
        /// The resource.
        on: Subject,
    },
    /// The resource is in a subscription of the vault's tenant.
    SameTenant {
        /// The resource.
        on: Subject,
    },
    /// Cross-subscription restore is allowed, or not needed.
    SameSubscriptionOrAllowed {
        /// The resource.
        on: Subject,
    },
    /// The resource is there.
    Exists {
        /// The resource.
        on: Subject,
    },
    /// No blob begins with the file prefix.
    PrefixFree {
        /// The container.
        on: Subject,
    },
    /// The server's state is Ready.
    Ready {
        /// The server.
        on: Subject,
    },
    /// The server is not a replica.
    Primary {
        /// The server.
        on: Subject,
    },
    /// No blob has the name the restored file is to have.
    NameFree {
        /// The container.
        on: Subject,
    },
    /// It is earlier than this.
    Before {
        /// The first moment at which the row is not met.
        time: Timestamp,
    },
    /// The credentials are kept in a key vault. An instance from before there was that model keeps
    /// what it was configured with.
    KeyVaultCredentials {},
    /// The database is the customer's, not one of Azure's own.
    CustomerDatabase {
        /// Azure's own.
        azures_own: Vec<String>,
    },
    /// The target of a restore is not the datasource itself.
    OtherThanSource {},
    /// The secret with the credentials has been fetched as the identity, and this is not wrong.
    Secret {
        /// What would be wrong.
        fault: SecretFault,
    },
    /// The user of the credentials has signed in, and this is not wrong.
    SignIn {
        /// What would be wrong.
        fault: SignInFault,
    },
    /// The identity of the vault's encryption settings can use the key, where the vault has one of its owner's.
    VaultKey {},
    /// Nothing is checked.
    None {},
}

/// One prerequisite under one profile.
#[derive(Clone, Debug)]
pub struct Prerequisite {
    /// Its name.
    pub id: RuleId,
    /// The type of datasource.
    pub datasource: DatasourceName,
    /// Where it is found out.
    pub stage: Stage,
    /// What a restore must be for the row to apply; `None`: whatever it is.
    pub restored_as: Option<RestoredAs>,
    /// Where a restore must be done for the row to apply; `None`: wherever it is.
    pub restored_in: Option<RestoredIn>,
    /// A word to group by.
    pub topic: String,
    /// What the documents state, in our words.
    pub statement: String,
    /// The error where it is not met.
    pub code: Code,
    /// How sure we are that Azure answers with this code.
    pub code_mark: Option<Mark>,
    /// Rules that say so as well.
    pub also: Vec<RuleId>,
    /// How it is checked under the profile.
    pub check: Check,
    /// How sure we are of that.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl Prerequisite {
    /// Whether the row is examined there, of what is done in the vault's own region or in the other.
    pub fn is_for(
        &self,
        datasource: DatasourceName,
        stage: Stage,
        restored_as: Option<RestoredAs>,
        done_in: RestoredIn,
    ) -> bool {
        let fits = restored_as.is_none() || self.restored_as.is_none() || self.restored_as == restored_as;
        let here = self.restored_in.is_none_or(|own| own == done_in);
        self.datasource == datasource && self.stage == stage && fits && here
    }
}
