//! `Microsoft.DataProtection`: Backup vaults, policies, backup instances, jobs, recovery points,
//! restores.
//!
//! What moves data goes through the front door as the vault's identity: the backup asks the server
//! for a long-term-retention backup, the restore writes blobs into the target account. Both may be
//! refused there for the reasons anybody else would be.

mod adhoc_backup;
mod backup;
mod credentials;
mod datasource_truth;
mod datasources;
mod deleted_vaults;
mod duration;
mod encryption;
mod examination;
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::services) mod fuzzing;
mod instance;
mod instances;
mod job;
mod job_run;
mod jobs;
mod lifecycle;
mod listed;
mod location;
mod operations;
mod plugin;
mod policies;
mod policy_checks;
mod protection;
mod recovery_points;
mod refused;
mod restore;
mod restore_request;
mod retention;
mod schedule;
mod task;
mod validation;
mod vault_checks;
mod vault_store;
mod vaults;
mod versions;
mod violation;

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use self::lifecycle::Change;
use super::{Context, Handler, page};
use crate::gateway::{Permit, Refusal, Shape};
use crate::model::{NetworkPath, Origin, PrincipalId, Request, ResourceId, Response, TenantId, Timestamp};
use crate::rules::{code, rule};
use crate::state::{Resource, field};

pub use job::{JobKind, JobOutline};
pub(super) use listed::listed;
pub use recovery_points::RecoveryPoint;
pub use violation::STAGES;

const VAULT: &str = "Microsoft.DataProtection/backupVaults";
const POLICY: &str = "Microsoft.DataProtection/backupVaults/backupPolicies";
const INSTANCE: &str = "Microsoft.DataProtection/backupVaults/backupInstances";

/// What the Backup service knows alone.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct DataProtectionState {
    /// Where recovery points live: Microsoft's own side.
    pub microsoft: Option<MicrosoftSide>,
    vault_guids: BTreeMap<ResourceId, Uuid>,
    jobs: BTreeMap<ResourceId, Vec<job::Job>>,
    recovery_points: BTreeMap<ResourceId, Vec<RecoveryPoint>>,
    deleted: BTreeMap<ResourceId, lifecycle::DeletedInstance>,
    deleted_vaults: BTreeMap<Uuid, deleted_vaults::DeletedVault>,
    /// Since when each instance has had the policy it has.
    policy_since: BTreeMap<ResourceId, Timestamp>,
    /// The instances that may hold a datasource: those that ever did, which are to be looked at.
    holders: BTreeMap<ResourceId, BTreeSet<ResourceId>>,
}

impl DataProtectionState {
    /// The recovery points of an instance, newest first.
    pub fn recovery_points(&self, instance: &ResourceId) -> &[RecoveryPoint] {
        self.recovery_points.get(instance).map_or(&[], Vec::as_slice)
    }

    /// Every recovery point, with the instance it is of.
    pub fn all_recovery_points(&self) -> impl Iterator<Item = (&ResourceId, &RecoveryPoint)> {
        self.recovery_points
            .iter()
            .flat_map(|(instance, points)| points.iter().map(move |point| (instance, point)))
    }

    /// Every job, in order of vault and age.
    pub fn all_jobs(&self) -> impl Iterator<Item = JobOutline<'_>> {
        self.jobs.values().flatten().map(job::Job::outline)
    }
}

/// Refuses a name that no vault, or no policy, can have.
pub(super) fn check_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let names = &context.rules.names;
    let (what, form) = if id.is_type(VAULT) {
        ("a vault", &names.backup_vault)
    } else {
        ("a policy", &names.backup_policy)
    };
    if form.admits(id.name()) {
        return Ok(());
    }
    let why = format!("{what} cannot be called `{}`", id.name());
    Err(refused::by(context, rule::DPP_NAME).because(why))
}

/// The tenant and subscription vault storage lives in, which no customer sees.
#[derive(Clone, Debug)]
pub struct MicrosoftSide {
    /// The tenant.
    pub tenant: TenantId,
    /// The resource group that holds vault storage accounts.
    pub group: ResourceId,
    /// The service's own principal there.
    pub principal: PrincipalId,
}

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "BackupVaults_CheckNameAvailability" => location::check_name,
        "CheckFeatureSupport" => location::check_feature_support,
        "BackupVaults_CreateOrUpdate" => vaults::put,
        "BackupVaults_Update" => vaults::patch,
        "BackupVaults_Get" => vaults::get,
        "BackupVaults_Delete" => vaults::delete,
        "BackupVaults_ListByResourceGroup" | "BackupVaults_List" => vaults::list,
        "DeletedBackupVaults_List" => deleted_vaults::list,
        "DeletedBackupVaults_Get" => deleted_vaults::get,
        "BackupPolicies_CreateOrUpdate" => policies::put,
        "BackupPolicies_Get" => get_inside,
        "BackupPolicies_Delete" => policies::delete,
        "BackupPolicies_List" => |context, permit, request| list_inside(context, permit, request, POLICY),
        "BackupInstances_ValidateForBackup" => validation::validate_for_backup,
        "BackupInstances_CreateOrUpdate" => instances::put,
        "BackupInstances_Get" => get_inside,
        "BackupInstances_Delete" => lifecycle::delete,
        "BackupInstances_List" => |context, permit, request| list_inside(context, permit, request, INSTANCE),
        "BackupInstances_AdhocBackup" => adhoc_backup::adhoc,
        "BackupInstances_ValidateForRestore" => validation::validate_for_restore,
        "BackupInstances_TriggerRestore" => restore::trigger,
        "BackupInstances_StopProtection" => {
            |context, permit, request| lifecycle::change(context, permit, request, Change::Stop)
        }
        "BackupInstances_SuspendBackups" => {
            |context, permit, request| lifecycle::change(context, permit, request, Change::Suspend)
        }
        "BackupInstances_ResumeBackups" | "BackupInstances_ResumeProtection" => {
            |context, permit, request| lifecycle::change(context, permit, request, Change::Resume)
        }
        "RecoveryPoints_List" => recovery_points::list,
        "RecoveryPoints_Get" => recovery_points::get,
        "BackupJobs_List" => jobs::list,
        "BackupJobs_Get" => jobs::get,
        "DeletedBackupInstances_List" => lifecycle::list_deleted,
        "DeletedBackupInstances_Get" => lifecycle::get_deleted,
        "DeletedBackupInstances_Undelete" => lifecycle::undelete,
        "OperationStatus_Vault"
        | "OperationStatus_ResourceGroup"
        | "OperationStatus_ResourceGroupLocation"
        | "OperationStatus_Location" => operations::status,
        "OperationResult_Vault" | "OperationResult_Location" => operations::result,
        "OperationResult_Instance" => operations::instance_result,
        _ => return None,
    })
}

/// The 404 of the Backup service itself, in its plain envelope.
fn not_found_inside(context: &Context<'_>) -> Refusal {
    let mut refusal = Refusal::user_facing(context.rules.error(code::UserErrorGenericResourceNotFound), &[]);
    refusal.shape = Shape::UserFacingPlain;
    refusal
}

/// The vault a request is about; ARM's own 404 if it is not there.
fn vault_of<'a>(context: &'a Context<'_>, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    let mut above = None;
    while let at = above.as_ref().unwrap_or(id)
        && !at.is_type(VAULT)
        && at.segments().count() > 2
    {
        above = Some(at.parent());
    }
    let vault = above.as_ref().unwrap_or(id);
    context
        .state
        .resource(vault)
        .ok_or_else(|| context.not_found(vault))
}

fn get_inside(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    match context.state.resource(&permit.scope) {
        Some(resource) => Ok(Response::json(StatusCode::OK, &resource.body)),
        None => Err(not_found_inside(context)),
    }
}

fn list_inside(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    kind: &str,
) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    let found: Vec<&Value> = context
        .state
        .resources_below(&permit.scope, kind)
        .map(|resource| &*resource.body)
        .collect();
    page::list(context.rules, request, &found)
}

/// Where the Backup service stands when it acts for a vault.
fn path_of(vault: &Resource, tenant: TenantId) -> NetworkPath {
    NetworkPath {
        origin: Origin::AzureService {
            instance: vault.id.clone(),
            tenant,
            region: vault.location().to_owned(),
        },
    }
}

/// The principal a request is carried out as: the vault's system-assigned identity, unless
/// `identityDetails` names a user-assigned one.
fn identity_of(context: &Context<'_>, vault: &Resource, details: &Value) -> Result<PrincipalId, Refusal> {
    let named = field(details, "userAssignedIdentityArmUrl")
        .as_str()
        .unwrap_or_default();
    let system = field(details, "useSystemAssignedIdentity")
        .as_bool()
        .unwrap_or(named.is_empty());
    if system {
        return vault
            .at("/identity/principalId")
            .as_str()
            .and_then(|id| id.parse().ok())
            .map(PrincipalId)
            .ok_or_else(|| {
                Refusal::user_facing(
                    context
                        .rules
                        .error(code::UserErrorSystemIdentityNotEnabledWithVault),
                    &[],
                )
            });
    }
    let missing = || {
        let error = context
            .rules
            .error(code::UserErrorUserIdentityNotFoundOrNotAssociatedWithVault);
        Refusal::user_facing(error, &[]).because(format!("the vault has no user-assigned identity `{named}`"))
    };
    let id: ResourceId = named.parse().map_err(|_| missing())?;
    let associated = vault
        .at("/identity/userAssignedIdentities")
        .as_object()
        .is_some_and(|identities| identities.keys().any(|key| key.eq_ignore_ascii_case(named)));
    let wanted = crate::state::IdentityKind::UserAssigned(id);
    let principal = context
        .state
        .directory
        .iter()
        .find(|principal| principal.identity == wanted);
    principal
        .filter(|_| associated)
        .map(|principal| principal.id)
        .ok_or_else(missing)
}
