//! A flexible server. It backs itself up: its long-term retention is asked for over ARM, as the vault's identity,
//! and writes into vault storage by a signature.

use http::Method;
use serde_json::{Value, json};

use super::mover::{Moved, Mover, PlayedType, Progress, Site};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Cause, DatasourceName, Stage, cloud, datasource};
use crate::services::data_protection::recovery_point;
use crate::services::data_protection::task::Need;
use crate::services::data_protection::vault::service_path;
use crate::services::data_protection::violation::{Broken, Violation};
use crate::services::{Context, Input, Outbound};
use crate::state::field;

pub(super) struct FlexibleServer;

impl PlayedType for FlexibleServer {
    fn name(&self) -> DatasourceName {
        datasource::flexible_server
    }

    fn mover(&self) -> Box<dyn Mover> {
        Box::new(LongTermRetention::PreBackup)
    }
}

/// How far asking has come: what is waited for.
#[derive(Clone, Copy)]
enum LongTermRetention {
    PreBackup,
    Start,
    AnyWork,
    Status,
}

impl Mover for LongTermRetention {
    fn begin(&mut self, context: &mut Context<'_>, site: &mut Site) -> Progress {
        *self = Self::PreBackup;
        let body = json!({"backupSettings": {"backupName": site.point}});
        call(context, site, Method::POST, "/ltrPreBackup", Some(&body))
    }

    fn go_on(&mut self, context: &mut Context<'_>, site: &mut Site, input: Input) -> Progress {
        match (*self, input) {
            (Self::AnyWork, Input::Woke) => {
                *self = Self::Status;
                let action = format!("/ltrBackupOperations/{}", site.point);
                call(context, site, Method::GET, &action, None)
            }
            (_, Input::Answered(answer)) if !answer.status.is_success() => refused(context, site, &answer),
            (Self::PreBackup, Input::Answered(_)) => {
                *self = Self::Start;
                let (host, container) = (site.place.host(), &site.place.container);
                let address = format!("https://{host}/{container}?{}", site.signature);
                let body = json!({
                    "backupSettings": {"backupName": site.point},
                    "targetDetails": {"sasUriList": [address]},
                });
                call(context, site, Method::POST, "/startLtrBackup", Some(&body))
            }
            (Self::Start, Input::Answered(_)) => self.watch(),
            (Self::Status, Input::Answered(answer)) => self.judge(context, &answer),
            _ => {
                let violation = Violation::moving("the server's answer did not come");
                Progress::Failed(Box::new(violation))
            }
        }
    }
}

impl LongTermRetention {
    fn watch(&mut self) -> Progress {
        *self = Self::AnyWork;
        Progress::Needs(Box::new(Need::Watch))
    }

    /// What the server says of the backup.
    fn judge(&mut self, context: &Context<'_>, answer: &Response) -> Progress {
        let body = answer.json_body();
        let status = field(&body, "properties");
        let text = |name: &str| field(status, name).as_str().unwrap_or_default();
        match text("status") {
            "Running" => self.watch(),
            "Succeeded" => match recovery_point::files_of(text("backupMetadata")) {
                files if files.is_empty() => {
                    let why = "the server says that it has written a backup, and names no file of it";
                    Progress::Failed(Box::new(Violation::moving(why)))
                }
                files => Progress::Moved(Moved {
                    files,
                    transferred_bytes: field(status, "dataTransferredInBytes").as_u64(),
                    source_bytes: field(status, "datasourceSizeInBytes").as_u64(),
                }),
            },
            _ => {
                let code = Some(text("errorCode")).filter(|code| !code.is_empty());
                let code = code.unwrap_or("InternalServerError");
                failed(context, Cause::Server, code, text("errorMessage"))
            }
        }
    }
}

/// A call to the server's resource, as the vault's identity.
fn call(context: &Context<'_>, site: &Site, method: Method, action: &str, body: Option<&Value>) -> Progress {
    let version = &context.rules.vaults.speaks.long_term_retention;
    let target = format!("{}{action}?api-version={version}", site.datasource.id);
    let request = Request::new(method, cloud().arm_host(), &target);
    let request = match body {
        Some(body) => request.with_json(body),
        None => request,
    };
    let Some(vault) = context.state.resource(&site.vault) else {
        return Progress::Failed(Box::new(Violation::moving("the vault is gone")));
    };
    Progress::Needs(Box::new(Need::Call(Outbound {
        principal: Some(site.principal),
        audience: cloud().arm_audience(),
        path: service_path(context, vault),
        request,
    })))
}

/// The server's side said no: to the vault's identity, or because of the server's own state.
fn refused(context: &Context<'_>, site: &Site, answer: &Response) -> Progress {
    let body = answer.json_body();
    let error = field(&body, "error");
    let message = field(error, "message").as_str().unwrap_or_default();
    let code = field(error, "code").as_str().unwrap_or("InternalServerError");
    // ARM asks for access before it looks whether there is anything there, and the roles went
    // with the resource.
    let server = &site.datasource.id;
    let gone = |id: &ResourceId| !context.state.resources.contains_key(id);
    if server.resource_group_id().is_some_and(|group| gone(&group)) {
        failed(context, Cause::Missing, "group", message)
    } else if gone(server) {
        failed(context, Cause::Missing, "server", message)
    } else {
        failed(context, Cause::Server, code, message)
    }
}

fn failed(context: &Context<'_>, cause: Cause, says: &str, message: &str) -> Progress {
    let broken = Broken {
        of: datasource::flexible_server,
        stage: Stage::BackupJob,
        cause,
        says,
        inner: says,
        message,
        reason: format!("{says}: {message}"),
    };
    Progress::Failed(Box::new(Violation::broken(context, &broken, &[])))
}
