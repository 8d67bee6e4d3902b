//! Examines the prerequisites of a backup or a restore, row by row.
//!
//! A check that is about access asks the front door, as the identity the request names, from where
//! the Backup service stands. The first row that is not met ends the examination with that row's
//! error; which gate said no stays in the log.

mod access;
mod facts;
mod limits;
mod looks;
mod secret;
mod sign_in;

use http::StatusCode;
use serde_json::Value;

use self::looks::{Look, SecretLook, SignInLook};
use super::credentials::Credentials;
use super::datasource::Datasource;
use super::task::Need;
use super::vault::{identity_of, service_path_in};
use super::vault_key::{KeyLook, KeyVerdict};
use super::violation::{Violation, inner_error, violation};
use crate::model::{NetworkPath, PrincipalId, ResourceId};
use crate::rules::{
    Check, DatasourceName, Gate, Prerequisite, RestoredAs, RestoredIn, Rules, Stage, Subject, code,
};
use crate::services::{Context, Input};
use crate::state::{Resource, field};

/// Where files are to be restored to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The blob host, e.g. `x.blob.core.windows.net`.
    pub(super) host: String,
    /// The storage account, if there is one of that name.
    pub(super) account: Option<ResourceId>,
    /// The container.
    pub(super) container: String,
    /// What every file's name begins with.
    pub(super) prefix: String,
}

/// What is examined.
#[derive(Clone, Debug)]
pub(super) struct Examined {
    /// At which stage.
    pub(super) stage: Stage,
    /// What a recovery point is to be restored as, if one is.
    pub(super) restored_as: Option<RestoredAs>,
    /// The vault.
    pub(super) vault: ResourceId,
    /// The region the vault's is paired with, where it is done there.
    pub(super) across: Option<String>,
    /// The kind of datasource.
    pub(super) datasource: DatasourceName,
    /// `identityDetails` of the request.
    pub(super) identity: Value,
    /// The datasource's server, or the one to restore to.
    pub(super) server: Option<ResourceId>,
    /// The database on it; empty where the datasource is the whole server.
    pub(super) database: String,
    /// How to sign in to it, where that is done by signing in.
    pub(super) credentials: Option<Credentials>,
    /// The database that was backed up, for a restore to another.
    pub(super) source: Option<ResourceId>,
    /// Whether the instance has been configured already, so that what it was configured with stays.
    pub(super) configured: bool,
    /// The target of a restore as files.
    pub(super) target: Option<Target>,
}

impl Examined {
    /// What is examined before the datasource of an instance is backed up. `None` if the instance
    /// names no datasource that is taken, or no credentials that make sense.
    pub(super) fn of_instance(rules: &Rules, vault: &ResourceId, properties: &Value) -> Option<Self> {
        let datasource = Datasource::of(rules, properties)?;
        Some(Self {
            stage: Stage::ValidateBackup,
            restored_as: None,
            across: None,
            vault: vault.clone(),
            identity: field(properties, "identityDetails").clone(),
            server: Some(datasource.server()),
            database: datasource.database().to_owned(),
            credentials: match datasource.played(rules).takes_credentials() {
                false => None,
                true => Some(Credentials::of(properties).ok()?),
            },
            datasource: datasource.name,
            source: None,
            configured: false,
            target: None,
        })
    }

    /// The same, once the instance is there and protection is being configured.
    pub(super) fn of_protection(rules: &Rules, vault: &ResourceId, properties: &Value) -> Option<Self> {
        let examined = Self::of_instance(rules, vault, properties)?;
        Some(Self {
            stage: Stage::Protect,
            ..examined
        })
    }

    /// The same, at the beginning of a backup job. What the instance was configured with stays.
    pub(super) fn of_backup_job(rules: &Rules, vault: &ResourceId, properties: &Value) -> Option<Self> {
        let examined = Self::of_instance(rules, vault, properties)?;
        Some(Self {
            stage: Stage::BackupJob,
            configured: true,
            ..examined
        })
    }

    /// Whether a row is looked at.
    fn takes(&self, row: &Prerequisite) -> bool {
        let done_in = match self.across {
            Some(_) => RestoredIn::PairedRegion,
            None => RestoredIn::OwnRegion,
        };
        row.is_for(self.datasource, self.stage, self.restored_as, done_in)
    }

    /// The region it is done in.
    fn region<'a>(&'a self, vault: &'a Resource) -> &'a str {
        self.across.as_deref().unwrap_or_else(|| vault.location())
    }

    /// Where the Backup service stands for it.
    fn service_path(&self, context: &Context<'_>, vault: &Resource) -> NetworkPath {
        service_path_in(context, vault, self.region(vault))
    }

    fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

/// An examination under way.
#[derive(Clone)]
pub(super) struct Examination {
    examined: Examined,
    row: usize,
    principal: Option<PrincipalId>,
    secret: SecretLook,
    signed_in: SignInLook,
    key: Option<KeyLook>,
}

/// What an examination says after a step.
pub(super) enum Verdict {
    /// It needs something first.
    Pending(Box<Need>),
    /// Every row is met; this is who the work is done as.
    Passed(PrincipalId),
    /// A row is not met.
    Violated(Box<Violation>),
}

/// How one row came out.
enum RowResult {
    Met,
    NotMet(Box<Violation>),
    Needs(Box<Need>),
}

impl Examination {
    pub(super) fn new(examined: Examined) -> Self {
        Self {
            examined,
            row: 0,
            principal: None,
            secret: SecretLook::default(),
            signed_in: SignInLook::default(),
            key: None,
        }
    }

    /// Where the Backup service stands for what is examined.
    pub(super) fn service_path(&self, context: &Context<'_>, vault: &Resource) -> NetworkPath {
        self.examined.service_path(context, vault)
    }

    /// The word for its stage in the log.
    pub(super) fn stage_name(&self) -> &'static str {
        stage_name(self.examined.stage)
    }

    /// Takes the answer to what was needed and goes on to the next thing needed, or to the end.
    pub(super) fn step(&mut self, context: &mut Context<'_>, input: Input) -> Verdict {
        let mut input = Some(input).filter(|input| !matches!(input, Input::Woke));
        let rules = context.rules;
        while let Some(row) = rules.prerequisites.get(self.row) {
            if !self.examined.takes(row) {
                self.row += 1;
                continue;
            }
            let outcome = match input.take() {
                Some(answer) => self.answered(context, row, answer),
                None => self.examine(context, row),
            };
            match outcome {
                RowResult::Met => self.row += 1,
                RowResult::Needs(need) => return Verdict::Pending(need),
                RowResult::NotMet(violation) => return Verdict::Violated(violation),
            }
        }
        match self.principal {
            Some(principal) => Verdict::Passed(principal),
            // No row of this stage looked at the identity; without one nothing can be done.
            None => Verdict::Violated(Box::new(Violation::moving("nobody is named to do it as"))),
        }
    }

    fn examine(&mut self, context: &mut Context<'_>, row: &Prerequisite) -> RowResult {
        match &row.check {
            Check::Identity => self.identity(context, row),
            Check::HoldsRole { role, on } => self.holds_role(context, row, role, *on),
            Check::Admitted { operation, on, .. } => self.ask(context, row, operation, *on),
            Check::Setting { on, .. } => self.setting(context, row, *on),
            Check::SameRegion { on } => self.same_region(context, row, *on),
            Check::SameTenant { on } => self.same_tenant(context, row, *on),
            Check::SameSubscriptionOrAllowed { on } => self.subscription(context, row, *on),
            Check::Exists { on } => self.look(context, row, *on, Look::Itself),
            Check::PrefixFree { on } => self.look(context, row, *on, Look::FirstBlob { ending: "_" }),
            Check::Ready { on } => self.server_text(context, row, *on, "/properties/state", "Ready"),
            Check::Primary { on } => {
                self.server_text(context, row, *on, "/properties/replicationRole", "Primary")
            }
            Check::NameFree { on } => self.look(context, row, *on, Look::FirstBlob { ending: "" }),
            Check::Before { time } => self.before(context, row, *time),
            Check::NotLocked { on, only_warns } => self.not_locked(context, row, *on, *only_warns),
            Check::MayBeGone { on } => self.may_be_gone(context, row, *on),
            Check::TakenFor {
                what,
                most_mib,
                only_warns,
            } => self.taken_for(context, row, *what, *most_mib, *only_warns),
            Check::Version {
                on,
                any_of,
                only_warns,
            } => self.version(context, row, *on, any_of, *only_warns),
            Check::GoesOn { after } => self.goes_on(context, row, *after),
            Check::KeyVaultCredentials {} => self.key_vault_credentials(context, row),
            Check::CustomerDatabase { azures_own } => self.customer_database(context, row, azures_own),
            Check::OtherThanSource {} => self.other_than_source(context, row),
            Check::Secret { fault } => self.secret(context, row, *fault),
            Check::SignIn { fault } => self.sign_in_check(context, row, *fault),
            Check::VaultKey {} => self.vault_key(context, row, Input::Woke),
            Check::None {} => RowResult::Met,
        }
    }

    fn answered(&mut self, context: &mut Context<'_>, row: &Prerequisite, input: Input) -> RowResult {
        match (&row.check, input) {
            (Check::Secret { .. }, input @ (Input::Asked(_) | Input::Answered(_))) => {
                self.secret = Self::secret_looked_at(input);
                self.examine(context, row)
            }
            (Check::SignIn { .. }, input @ Input::Worked(_)) => {
                self.signed_in = self.signed_in(input);
                self.examine(context, row)
            }
            (Check::VaultKey {}, input) => self.vault_key(context, row, input),
            (Check::Admitted { gate, .. }, Input::Asked(Err(refusal))) if refusal.gate == *gate => {
                let mut found = violation(context, row, &refusal.reason);
                found.refusal.gate = refusal.gate;
                found.refusal.name(refusal.stated());
                found.inner = inner_error(&refusal.code, &refusal.message);
                RowResult::NotMet(found)
            }
            (Check::Exists { on }, Input::Answered(answer)) if self.is_missing(context, *on, &answer) => {
                RowResult::NotMet(violation(context, row, "it does not exist"))
            }
            (Check::NameFree { .. }, Input::Answered(answer)) if self.lists_the_file(&answer) => {
                let name = self.examined.target.as_ref().map_or("", |target| &target.prefix);
                RowResult::NotMet(violation(context, row, &format!("there is a blob {name}")))
            }
            (Check::PrefixFree { .. }, Input::Answered(answer)) if Self::lists_a_blob(&answer) => {
                let prefix = self
                    .examined
                    .target
                    .as_ref()
                    .map_or("", |target| target.prefix.as_str());
                RowResult::NotMet(violation(
                    context,
                    row,
                    &format!("there are blobs whose names begin with {prefix}_"),
                ))
            }
            // Whoever is not known there has been told nothing, least of all that it is so.
            (Check::Admitted { .. }, Input::Asked(asked))
                if !asked.as_ref().is_err_and(|no| no.gate == Gate::Authentication) =>
            {
                RowResult::Met
            }
            (
                Check::Exists { .. } | Check::NameFree { .. } | Check::PrefixFree { .. },
                Input::Answered(answer),
            ) if answer.status != StatusCode::UNAUTHORIZED => RowResult::Met,
            // Nothing is met by an answer to something else.
            _ => RowResult::NotMet(Box::new(Violation::interrupted())),
        }
    }

    fn identity(&mut self, context: &Context<'_>, row: &Prerequisite) -> RowResult {
        let Some(vault) = context.state.resource(&self.examined.vault) else {
            return RowResult::NotMet(violation(context, row, "the vault does not exist"));
        };
        match identity_of(context, vault, &self.examined.identity) {
            Ok(principal) => {
                self.principal = Some(principal);
                RowResult::Met
            }
            Err(refusal) => {
                let refusal = refusal.by([row.id]).by(row.also.iter().copied());
                RowResult::NotMet(Box::new(Violation::plain(refusal)))
            }
        }
    }

    fn vault_key(&mut self, context: &Context<'_>, row: &Prerequisite, input: Input) -> RowResult {
        if self.key.is_none() {
            let vault = context.state.resource(&self.examined.vault);
            self.key = vault.and_then(KeyLook::of);
        }
        let Some(look) = &mut self.key else {
            return RowResult::Met;
        };
        match look.step(context, input) {
            KeyVerdict::Pending(need) => RowResult::Needs(need),
            KeyVerdict::Usable => RowResult::Met,
            KeyVerdict::Refused(why) => {
                let mut found = violation(context, row, &why.refusal.reason);
                found.refusal.gate = why.refusal.gate;
                found.refusal.name(why.refusal.stated());
                // An internal error tells nobody what is wrong; the log does.
                found.inner = if row.code == code::CloudInternalError {
                    inner_error("InternalServerError", "Internal Server Error")
                } else {
                    why.inner
                };
                RowResult::NotMet(found)
            }
        }
    }

    fn subject(&self, subject: Subject) -> Option<ResourceId> {
        match subject {
            Subject::Server => self.examined.server.clone(),
            Subject::ServerGroup => self.examined.server.as_ref()?.resource_group_id(),
            Subject::Account => self.examined.target.as_ref()?.account.clone(),
            Subject::Container => {
                let target = self.examined.target.as_ref()?;
                let account = target.account.as_ref()?;
                Some(account.child(["blobServices", "default", "containers", &target.container]))
            }
            Subject::Secret => None,
        }
    }
}

/// The word for a stage in the log.
pub(super) fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::BackupJob => "backup",
        Stage::RestoreJob => "restore",
        other => other.as_str(),
    }
}
