//! What a restore request asks for.

use serde_json::Value;
use uuid::Uuid;

use super::archive::{self, WITH_REHYDRATION};
use super::credentials::Credentials;
use super::datasource::Datasource;
use super::examination::{Examined, Target};
use super::recovery_point::RecoveryPoint;
use super::refused;
use super::replica::Replica;
use super::vault::not_found_inside;
use crate::gateway::Refusal;
use crate::model::{ResourceId, region_name};
use crate::rules::{Endpoint, Mark, PlayedDatasource, RestoredAs, Stage, cloud, rule};
use crate::services::Context;
use crate::state::field;

/// A restore, understood.
#[derive(Clone, Debug)]
pub(super) struct RestoreRequest {
    /// The recovery point.
    pub(super) point: RecoveryPoint,
    /// How it is rehydrated first, where it is restored from the archive.
    pub(super) rehydration: Option<archive::Asked>,
    /// The region the vault's is paired with, where it is restored there.
    pub(super) across: Option<String>,
    /// `identityDetails`.
    identity: Value,
    /// What was backed up. It need not exist any more.
    pub(super) source: Datasource,
    /// Where to.
    pub(super) destination: Destination,
}

/// Where a restore goes to.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    /// Into a container, as files.
    Files {
        /// The container and the file prefix.
        target: Target,
        /// The container's address, as written.
        url: String,
    },
    /// Into a database that is created for it.
    Database {
        /// The database.
        id: ResourceId,
        /// How to sign in to its server.
        credentials: Credentials,
    },
}

impl RestoreRequest {
    /// What is to be examined before it.
    pub(super) fn examined(&self, vault: &ResourceId) -> Examined {
        let examined = Examined {
            stage: Stage::ValidateRestore,
            restored_as: Some(RestoredAs::Files),
            across: self.across.clone(),
            vault: vault.clone(),
            datasource: self.source.name,
            identity: self.identity.clone(),
            server: Some(self.source.server()),
            database: self.source.database().to_owned(),
            credentials: None,
            source: Some(self.source.id.clone()),
            configured: false,
            target: None,
        };
        match &self.destination {
            Destination::Files { target, .. } => Examined {
                target: Some(target.clone()),
                ..examined
            },
            Destination::Database { id, credentials } => Examined {
                restored_as: Some(RestoredAs::Database),
                server: Some(id.parent()),
                database: id.name().to_owned(),
                credentials: Some(credentials.clone()),
                // Whatever the older model protected is restored by it.
                configured: true,
                ..examined
            },
        }
    }

    /// What is to be examined once more when the job begins.
    pub(super) fn examined_by_job(&self, vault: &ResourceId) -> Examined {
        Examined {
            stage: Stage::RestoreJob,
            ..self.examined(vault)
        }
    }

    /// The address a job shows as its destination.
    pub(super) fn address(&self) -> String {
        match &self.destination {
            Destination::Files { url, .. } => url.clone(),
            Destination::Database { id, .. } => id.to_string(),
        }
    }

    /// The file prefix; empty where it goes to a database.
    pub(super) fn prefix(&self) -> &str {
        match &self.destination {
            Destination::Files { target, .. } => &target.prefix,
            Destination::Database { .. } => "",
        }
    }
}

fn invalid(context: &Context<'_>, why: impl Into<String>) -> Refusal {
    refused::by(context, rule::DPP_RESTORE_REQUEST).because(why)
}

/// The same, where how Azure answers is not known.
fn not_sure(mut refusal: Refusal) -> Refusal {
    refusal.mark = Mark::Unverified;
    refusal
}

/// What asks for something else than files of a type that is restored as files only: for what a newer version of its
/// backups does, or for nothing that makes sense.
fn files_only(context: &Context<'_>, source: &Datasource, asked: Option<&str>) -> Refusal {
    let title = &source.row(context.rules).title;
    let why =
        format!("{title} are restored as files only: restoreTargetInfo must be a RestoreFilesTargetInfo");
    let newer = source.played(context.rules).newer.as_ref();
    match newer.filter(|_| asked == Some("RestoreTargetInfo")) {
        Some(newer) => {
            let why = format!("{why}; the version that restores to a server is not played");
            refused::by(context, newer.restore).because(why)
        }
        None => invalid(context, why),
    }
}

/// Reads a request about an instance, of what its vault's region has, or the other one.
///
/// # Errors
///
/// The Backup service's 404 if there is no such instance, its 400s if the request makes no sense or
/// names no recovery point of the instance.
pub(super) fn parse(
    context: &Context<'_>,
    id: &ResourceId,
    across: Option<&Replica>,
    sent: &Value,
) -> Result<RestoreRequest, Refusal> {
    let resource = context.state.resource(id).ok_or_else(not_found_inside)?;
    let source = Datasource::of(context.rules, resource.at("/properties"))
        .ok_or_else(|| invalid(context, "the instance names no datasource"))?;
    let played = source.played(context.rules);
    let rehydration = archive::asked(context, sent, &played.policy, across.is_some())?;
    require_known(context, sent, &played.policy.store)?;
    let named = field(sent, "sourceResourceId").as_str().unwrap_or_default();
    if !named.is_empty() && named.parse() != Ok(source.id.clone()) {
        let why = format!(
            "sourceResourceId names `{named}`, and the instance protects `{}`",
            source.id
        );
        return Err(not_sure(invalid(context, why)));
    }
    let info = field(sent, "restoreTargetInfo");
    check_region(context, across, field(info, "restoreLocation"))?;
    let to_database = played.restored_as.contains(&RestoredAs::Database);
    let destination = match field(info, "objectType").as_str() {
        Some("RestoreFilesTargetInfo") => files(context, field(info, "targetDetails"))?,
        Some("RestoreTargetInfo") if to_database => {
            database(context, info, &source, resource.at("/properties"))?
        }
        _ if to_database => {
            return Err(invalid(
                context,
                "restoreTargetInfo must be a RestoreTargetInfo or a RestoreFilesTargetInfo",
            ));
        }
        asked => return Err(files_only(context, &source, asked)),
    };
    let found = point(context, id, played, across, sent)?;
    archive::require_there(context, found, rehydration.as_ref())?;
    if let Destination::Files { target, .. } = &destination {
        check_names(context, found, played, target)?;
    }
    Ok(RestoreRequest {
        point: found.clone(),
        rehydration,
        across: across.map(|replica| replica.region().to_owned()),
        identity: field(sent, "identityDetails").clone(),
        source,
        destination,
    })
}

/// The recovery point a request names, as far as it is where it is to be restored.
fn point<'a>(
    context: &'a Context<'_>,
    id: &ResourceId,
    played: &PlayedDatasource,
    across: Option<&Replica>,
    sent: &Value,
) -> Result<&'a RecoveryPoint, Refusal> {
    let named = field(sent, "recoveryPointId").as_str().unwrap_or_default();
    let Some(found) = context.own.data_protection.recovery_point(id, named) else {
        let why = format!("the instance has no recovery point `{named}`");
        return Err(refused::by(context, rule::DPP_POINT).because(why));
    };
    if let Some(replica) = across
        && let Some(awaited) = replica.lacks(context, played, found)
    {
        let mut refusal = refused::by(context, rule::DPP_POINT);
        refusal.name([awaited.rule]);
        return Err(refusal.because(format!(
            "the recovery point is in {} from {} on",
            replica.region(),
            awaited.from
        )));
    }
    Ok(found)
}

/// A restore in the other region says so, if it says where.
fn check_region(context: &Context<'_>, across: Option<&Replica>, said: &Value) -> Result<(), Refusal> {
    let said = region_name(said.as_str().unwrap_or_default());
    match across {
        Some(replica) if !said.is_empty() && said != replica.region() => {
            let why = format!(
                "restoreLocation is {said}, and the restore is one in {}",
                replica.region()
            );
            Err(not_sure(invalid(context, why)))
        }
        _ => Ok(()),
    }
}

/// Files have names that blobs may have.
fn check_names(
    context: &Context<'_>,
    found: &RecoveryPoint,
    played: &PlayedDatasource,
    target: &Target,
) -> Result<(), Refusal> {
    let form = &context.rules.names.blob;
    let guid = Uuid::nil().to_string();
    let names = found
        .files
        .iter()
        .map(|file| file.restored_name(played, &target.prefix, &guid));
    if let Some(name) = names.into_iter().find(|name| !form.admits(name)) {
        let (length, most) = (name.chars().count(), form.longest);
        let why = format!(
            "with this filePrefix a file has a name of {length} characters; a blob's has {most} at the most, and no control characters"
        );
        return Err(not_sure(invalid(context, why).by([played.files_by])));
    }
    Ok(())
}

/// Backups of PostgreSQL are points in their type's one store, and in its archive.
fn require_known(context: &Context<'_>, sent: &Value, own: &str) -> Result<(), Refusal> {
    let kind = field(sent, "objectType").as_str().unwrap_or_default();
    let store = field(sent, "sourceDataStoreType").as_str().unwrap_or_default();
    if kind == WITH_REHYDRATION {
        return Ok(());
    }
    if !["", "AzureBackupRecoveryPointBasedRestoreRequest"].contains(&kind) {
        let why = format!("a restore of PostgreSQL begins with a recovery point, not with a `{kind}`");
        return Err(invalid(context, why));
    }
    if !store.is_empty() && !store.eq_ignore_ascii_case(own) {
        return Err(invalid(
            context,
            format!("there are no backups in a store `{store}`"),
        ));
    }
    Ok(())
}

fn files(context: &Context<'_>, details: &Value) -> Result<Destination, Refusal> {
    if field(details, "restoreTargetLocationType").as_str() != Some("AzureBlobs") {
        return Err(invalid(context, "restoreTargetLocationType must be AzureBlobs"));
    }
    let prefix = field(details, "filePrefix").as_str().unwrap_or_default();
    let url = field(details, "url").as_str().unwrap_or_default();
    let (host, container) = url
        .strip_prefix("https://")
        .and_then(|rest| rest.trim_end_matches('/').split_once('/'))
        .filter(|(host, container)| {
            // What is behind a container, a signature among it, is none of its name.
            cloud().endpoint_at(&host.to_ascii_lowercase()) == Some(Endpoint::Blob)
                && context.rules.names.container.admits(container)
        })
        .ok_or_else(|| {
            let host = cloud().blob_host("{account}");
            let why = format!("url must be the address of a container, https://{host}/{{container}}");
            invalid(context, why)
        })?;
    if prefix.is_empty() {
        return Err(invalid(context, "filePrefix is empty"));
    }
    let host = host.to_ascii_lowercase();
    let account = host
        .split('.')
        .next()
        .and_then(|name| context.state.storage_accounts.get(name))
        .cloned();
    check_target(context, details, &host, container)?;
    Ok(Destination::Files {
        target: Target {
            account,
            container: container.to_owned(),
            prefix: prefix.to_owned(),
            host,
        },
        url: url.to_owned(),
    })
}

/// The id of the container beside its address, which a request need not have, is of that container.
fn check_target(context: &Context<'_>, details: &Value, host: &str, container: &str) -> Result<(), Refusal> {
    let named = field(details, "targetResourceArmId").as_str().unwrap_or_default();
    if named.is_empty() {
        return Ok(());
    }
    let label = host.split('.').next().unwrap_or_default();
    let own = context.state.storage_accounts.get(label);
    let id: Option<ResourceId> = named.parse().ok();
    let fits = id.is_some_and(|id| {
        let account = id.parent().parent();
        id.is_type("Microsoft.Storage/storageAccounts/blobServices/containers")
            && id.name().eq_ignore_ascii_case(container)
            && account.name().eq_ignore_ascii_case(label)
            && own.is_none_or(|own| *own == account)
    });
    if fits {
        return Ok(());
    }
    let why =
        format!("targetResourceArmId names `{named}`, which is not the container `{container}` at {host}");
    Err(not_sure(invalid(context, why)))
}

/// A restore to a database names the database to make, its server, and the credentials for it.
fn database(
    context: &Context<'_>,
    info: &Value,
    source: &Datasource,
    instance: &Value,
) -> Result<Destination, Refusal> {
    let named = field(info, "datasourceInfo");
    let target = Datasource::of_info(context.rules, named)
        .filter(|target| target.name == source.name)
        .ok_or_else(|| {
            let own = source.row(context.rules);
            let kind = field(named, "datasourceType").as_str().unwrap_or_default();
            let why = match context.rules.datasources.of_type(kind) {
                Some(other) if other.name != own.name => {
                    format!(
                        "what was backed up of {} is not restored as {}",
                        own.title, other.title
                    )
                }
                _ => format!("datasourceInfo must name one of the {} ({})", own.title, own.name),
            };
            invalid(context, why)
        })?;
    let mut credentials =
        Credentials::of(info).map_err(|why| refused::by(context, rule::DPP_CREDENTIALS).because(why))?;
    let own = Credentials::of(instance).ok();
    if credentials == Credentials::EntraIdentity && own != Some(Credentials::EntraIdentity) {
        return Err(invalid(context, "datasourceAuthCredentials is missing"));
    }
    if own == Some(Credentials::EntraIdentity) {
        // What was backed up by the older model is restored by it.
        credentials = Credentials::EntraIdentity;
    }
    Ok(Destination::Database {
        id: target.id,
        credentials,
    })
}
