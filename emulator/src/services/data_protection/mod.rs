//! `Microsoft.DataProtection`: Backup vaults, policies, backup instances, jobs, recovery points,
//! restores.
//!
//! What moves data goes through the front door as the vault's identity: the backup asks the server
//! for a long-term-retention backup, the restore writes blobs into the target account. Both may be
//! refused there for the reasons anybody else would be.

mod adhoc_backup;
mod archive;
mod backup;
mod caller_rights;
mod credentials;
mod cross_region;
mod damage;
mod datasource;
mod datasource_truth;
mod datasources;
mod deleted_instance;
mod deleted_vault;
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
mod names;
mod operations;
mod plugin;
mod point_retention;
mod policies;
mod policy;
mod policy_checks;
mod protection;
mod recovery_point;
mod recovery_points;
mod refused;
mod relocation;
mod replica;
mod resource_guard;
mod restorable_times;
mod restore;
mod restore_request;
mod retention;
mod retention_checks;
mod schedule;
mod shown_jobs;
mod sync;
mod task;
mod validation;
mod vault;
mod vault_checks;
mod vault_key;
mod vault_store;
mod vault_write;
mod vaults;
mod versions;
mod violation;

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use self::instance::INSTANCE;
use self::lifecycle::Change;
use self::policy::POLICY;
use self::vault::{not_found_inside, vault_of};
use super::{Context, Handler, page};
use crate::gateway::{Permit, Refusal};
use crate::model::{PrincipalId, Request, ResourceId, Response, TenantId, Timestamp};

pub use job::{JobKind, JobOutline};
pub(super) use listed::listed;
pub(in crate::services) use names::check_name;
pub use recovery_point::RecoveryPoint;
pub(in crate::services) use relocation::MOVABLE;
pub use violation::STAGES;

/// What the Backup service knows alone.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct DataProtectionState {
    /// Where recovery points live: Microsoft's own side.
    pub microsoft: Option<MicrosoftSide>,
    vault_guids: BTreeMap<ResourceId, Uuid>,
    jobs: BTreeMap<ResourceId, Vec<job::Job>>,
    recovery_points: BTreeMap<ResourceId, Vec<RecoveryPoint>>,
    deleted: BTreeMap<ResourceId, deleted_instance::DeletedInstance>,
    deleted_vaults: BTreeMap<Uuid, deleted_vault::DeletedVault>,
    /// Since when what is in a vault is copied to the paired region to be restored there: it never ends.
    copied_since: BTreeMap<ResourceId, Timestamp>,
    /// Since when each instance has had the policy it has.
    policy_since: BTreeMap<ResourceId, Timestamp>,
    /// The instances whose protection is being stopped, suspended or resumed, and by which operation.
    changing: BTreeMap<ResourceId, String>,
    /// The instances that are being deleted, and by which operations.
    deleting: BTreeMap<ResourceId, BTreeSet<String>>,
    /// The instances that may hold a datasource: those that ever did, which are to be looked at.
    holders: BTreeMap<ResourceId, BTreeSet<ResourceId>>,
    /// How the last move of each vault that was ever moved stands.
    moved: BTreeMap<ResourceId, relocation::MoveShown>,
    /// What may be deleted although a Resource Guard protects it, and until when.
    unlocked: BTreeMap<ResourceId, Timestamp>,
}

impl DataProtectionState {
    /// The recovery points of an instance, newest first.
    pub fn recovery_points(&self, instance: &ResourceId) -> &[RecoveryPoint] {
        self.recovery_points.get(instance).map_or(&[], Vec::as_slice)
    }

    /// A recovery point of an instance, by its name.
    fn recovery_point(&self, instance: &ResourceId, name: &str) -> Option<&RecoveryPoint> {
        let points = self.recovery_points(instance);
        points.iter().find(|point| point.id.eq_ignore_ascii_case(name))
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
        "FetchSecondaryRecoveryPoints_List" => cross_region::recovery_points,
        "BackupInstances_ValidateCrossRegionRestore" => cross_region::validate,
        "BackupInstances_TriggerCrossRegionRestore" => cross_region::trigger,
        "FetchCrossRegionRestoreJob_Get" => cross_region::job,
        "FetchCrossRegionRestoreJobs_List" => cross_region::jobs,
        "BackupInstances_StopProtection" => {
            |context, permit, request| lifecycle::change(context, permit, request, Change::Stop)
        }
        "BackupInstances_SuspendBackups" => {
            |context, permit, request| lifecycle::change(context, permit, request, Change::Suspend)
        }
        "BackupInstances_ResumeBackups" | "BackupInstances_ResumeProtection" => {
            |context, permit, request| lifecycle::change(context, permit, request, Change::Resume)
        }
        "BackupInstances_ValidateForModifyBackup" => validation::validate_for_modify,
        "BackupInstances_SyncBackupInstance" => sync::sync,
        "BackupInstances_TriggerRehydrate" => archive::rehydrate,
        "RestorableTimeRanges_Find" => restorable_times::find,
        "BackupInstancesExtensionRouting_List" => instances::of_resource,
        "ExportJobs_Trigger" => shown_jobs::export,
        "ExportJobsOperationResult_Get" => shown_jobs::exported,
        "RecoveryPoints_List" => recovery_points::list,
        "RecoveryPoints_Get" => recovery_points::get,
        "BackupJobs_List" => shown_jobs::list,
        "BackupJobs_Get" => shown_jobs::get,
        "DeletedBackupInstances_List" => lifecycle::list_deleted,
        "DeletedBackupInstances_Get" => lifecycle::get_deleted,
        "DeletedBackupInstances_Undelete" => lifecycle::undelete,
        "OperationStatus_Vault"
        | "OperationStatus_ResourceGroup"
        | "OperationStatus_ResourceGroupLocation"
        | "OperationStatus_Location" => operations::status,
        "OperationResult_Location" => operations::result,
        "OperationResult_Vault" => operations::vault_result,
        "OperationResult_Instance" => operations::instance_result,
        _ => return resource_guard::handler(operation),
    })
}

fn get_inside(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    match context.state.resource(&permit.scope) {
        Some(resource) => Ok(Response::json(StatusCode::OK, &resource.body)),
        None => Err(not_found_inside()),
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
    page::list(request, &found)
}
