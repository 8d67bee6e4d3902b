//! Long-term-retention backups: what Azure Backup asks a flexible server to do, with the vault's
//! identity, and a shared access signature to write to.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::bad;
use super::changes::accept_beside;
use super::resource_types::SERVER;
use super::server_state::require_server;
use crate::gateway::{Permit, Refusal};
use crate::jobs::DumpKind;
use crate::jobs::{DumpWork, DumpedFile, EffectFailure, EffectResult, Work};
use crate::model::{NetworkPath, Origin, Request, ResourceId, Response, Timestamp, wire_hundred_nanoseconds};
use crate::rules::{code, rule};
use crate::services::{Context, Input, Next, Workflow, json_body};
use crate::state::{OperationOutcome, field};

/// One long-term-retention backup.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct LtrBackup {
    started: Timestamp,
    ended: Option<Timestamp>,
    outcome: LtrOutcome,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
enum LtrOutcome {
    Running,
    Succeeded {
        files: Vec<DumpedFile>,
        datasource_size_bytes: u64,
    },
    Failed {
        code: String,
        message: String,
    },
}

fn describe(server: &ResourceId, name: &str, backup: &LtrBackup) -> Value {
    let mut properties = json!({
        "backupName": name,
        "startTime": wire_hundred_nanoseconds(backup.started),
        "endTime": backup.ended.map(wire_hundred_nanoseconds),
        "percentComplete": 0,
    });
    match &backup.outcome {
        LtrOutcome::Running => properties["status"] = json!("Running"),
        LtrOutcome::Succeeded {
            files,
            datasource_size_bytes,
        } => {
            properties["status"] = json!("Succeeded");
            properties["percentComplete"] = json!(100);
            properties["datasourceSizeInBytes"] = json!(datasource_size_bytes);
            properties["dataTransferredInBytes"] = json!(files.iter().map(|file| file.length).sum::<u64>());
            let files: Vec<Value> = files
                .iter()
                .map(|file| {
                    let (kind, database) = match &file.kind {
                        DumpKind::Database(name) => ("database", Some(name)),
                        DumpKind::Roles => ("roles", None),
                        DumpKind::Tablespaces => ("tablespace", None),
                        DumpKind::Schema => ("schema", None),
                    };
                    json!({"blob": file.blob, "kind": kind, "database": database, "length": file.length})
                })
                .collect();
            properties["backupMetadata"] = json!(json!({"files": files}).to_string());
        }
        LtrOutcome::Failed { code, message } => {
            properties["status"] = json!("Failed");
            properties["errorCode"] = json!(code);
            properties["errorMessage"] = json!(message);
        }
    }
    json!({
        "id": server.child(["ltrBackupOperations", name]),
        "name": name,
        "type": format!("{SERVER}/ltrBackupOperations"),
        "properties": properties,
    })
}

/// A server that is not Ready takes no backup.
fn require_ready(context: &Context<'_>, server: &ResourceId) -> Result<(), Refusal> {
    require_server(context, server)?;
    let state = context
        .state
        .resource(server)
        .map_or("", |resource| resource.text("/properties/state"));
    if state == "Ready" {
        return Ok(());
    }
    let mut refusal = Refusal::user_facing(code::ServerNotReadyForLongTermBackup, &[])
        .because(format!("the server's state is {state}"));
    refusal.shape = crate::gateway::Shape::Arm;
    Err(refusal.by([rule::FX_B_04]))
}

fn backup_name(sent: &Value) -> Result<String, Refusal> {
    match field(field(sent, "backupSettings"), "backupName").as_str() {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(bad("backupSettings.backupName is required.")),
    }
}

pub(super) fn pre_backup(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    require_ready(context, &permit.scope)?;
    backup_name(&*json_body(request)?)?;
    Ok(Response::json(
        StatusCode::OK,
        &json!({"properties": {"numberOfContainers": 1}}),
    ))
}

pub(super) fn start(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let server = permit.scope.clone();
    require_ready(context, &server)?;
    let sent = json_body(request)?;
    let name = backup_name(&sent)?;
    let address = field(field(&sent, "targetDetails"), "sasUriList")[0]
        .as_str()
        .unwrap_or_default();
    let (host, container, sas) = split_sas(address).ok_or_else(|| {
        bad("targetDetails.sasUriList must hold the address of a container with a shared access signature.")
    })?;
    let resource = context.state.resource(&server);
    let region = resource
        .map(|resource| resource.location().to_owned())
        .unwrap_or_default();
    let work = DumpWork {
        key: context.own.postgres.key(&server).unwrap_or_default().to_owned(),
        excluded_databases: if context.rules.takes(rule::FX_B_14, "excluded") {
            context.rules.servers.own_databases.names.clone()
        } else {
            Vec::new()
        },
        host,
        container,
        blob_prefix: format!("{name}/"),
        sas,
        path: NetworkPath {
            origin: Origin::AzureService {
                instance: server.clone(),
                tenant: context.tenant_of(&server)?,
                region,
            },
        },
        fault: None,
    };
    let backup = LtrBackup {
        started: context.now,
        ended: None,
        outcome: LtrOutcome::Running,
    };
    context
        .own
        .postgres
        .backups
        .insert((server.clone(), name.clone()), backup);
    let (operation, response) = accept_beside(context, permit, request, &server);
    context.start(LtrDump {
        server,
        name,
        operation,
        work: Some(work),
    });
    Ok(response)
}

fn split_sas(address: &str) -> Option<(String, String, String)> {
    let rest = address.strip_prefix("https://")?;
    let (place, sas) = rest.split_once('?')?;
    let (host, container) = place.split_once('/')?;
    Some((
        host.to_owned(),
        container.trim_end_matches('/').to_owned(),
        sas.to_owned(),
    ))
}

#[derive(Clone)]
struct LtrDump {
    server: ResourceId,
    name: String,
    operation: String,
    work: Option<DumpWork>,
}

impl Workflow for LtrDump {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let (Input::Woke, Some(mut work)) = (&input, self.work.take()) {
            work.fault = context.strike_own_dump(&self.server);
            return Next::Work(Work::Dump(work));
        }
        let outcome = match input {
            Input::Worked(EffectResult::Dumped {
                files,
                datasource_size_bytes,
            }) => LtrOutcome::Succeeded {
                files,
                datasource_size_bytes,
            },
            Input::Worked(EffectResult::Failed(EffectFailure::Refused { code, message, .. })) => {
                LtrOutcome::Failed { code, message }
            }
            Input::Worked(EffectResult::Failed(
                EffectFailure::Engine(message)
                | EffectFailure::Store(message)
                | EffectFailure::Session { message, .. },
            )) => LtrOutcome::Failed {
                code: "InternalServerError".to_owned(),
                message,
            },
            _ => LtrOutcome::Failed {
                code: "InternalServerError".to_owned(),
                message: "the dump ended without a result".to_owned(),
            },
        };
        let now = context.now;
        let ended = match &outcome {
            LtrOutcome::Failed { code, message } => {
                OperationOutcome::Failed(json!({"code": code, "message": message}))
            }
            LtrOutcome::Running | LtrOutcome::Succeeded { .. } => OperationOutcome::Succeeded(Value::Null),
        };
        // The server may have been deleted in the meantime, and its backups with it.
        if let Some(backup) = context
            .own
            .postgres
            .backups
            .get_mut(&(self.server.clone(), self.name.clone()))
        {
            backup.ended = Some(now);
            backup.outcome = outcome;
        }
        context.end(&self.operation, ended);
        Next::Done
    }
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    require_server(context, &permit.scope)?;
    let found: Vec<Value> = context
        .own
        .postgres
        .backups
        .iter()
        .filter(|((server, _), _)| *server == permit.scope)
        .map(|((server, name), backup)| describe(server, name, backup))
        .collect();
    Ok(Response::json(StatusCode::OK, &json!({"value": found})))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let server = permit.scope.parent();
    require_server(context, &server)?;
    let name = permit.params.get("name").to_owned();
    match context.own.postgres.backups.get(&(server.clone(), name.clone())) {
        Some(backup) => Ok(Response::json(StatusCode::OK, &describe(&server, &name, backup))),
        None => Err(context.not_found(&permit.scope)),
    }
}
