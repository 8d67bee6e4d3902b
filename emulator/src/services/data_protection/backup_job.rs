//! The backup job: vault storage is made ready, the server is asked for a long-term-retention
//! backup as the vault's identity, and what it wrote becomes a recovery point.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::backup_run::{BackupRun, Trigger, Written};
use super::coordinator::Coordinator;
use super::datasource::Datasource;
use super::examination::service_path;
use super::vault_store::{self, Place};
use super::violation::{Violation, inner_error};
use super::{identity_of, instance, recovery_points};
use crate::gateway::Refusal;
use crate::model::{PrincipalId, Request, ResourceId, Response};
use crate::rules::{Flavour, Gate, RuleId, code, rule};
use crate::services::{Context, Input, Next, Outbound, Workflow};
use crate::state::field;

/// Begins a backup job.
pub(super) fn begin(
    context: &mut Context<'_>,
    vault: &ResourceId,
    id: &ResourceId,
    tag: String,
    trigger: Trigger,
) {
    let flavour = context
        .state
        .resource(id)
        .and_then(|own| Datasource::of(own.at("/properties")))
        .map(|datasource| datasource.flavour);
    let run = BackupRun::begin(context, vault, id, tag, trigger);
    match flavour {
        Some(Flavour::SingleServer) => context.start(Coordinator::new(run)),
        Some(Flavour::FlexibleServer) | None => context.start(BackupJob {
            job: run,
            step: Step::Trigger,
            run: None,
        }),
    }
}

/// Takes note of a scheduled backup that fails at once.
pub(super) fn begin_failed(
    context: &mut Context<'_>,
    vault: &ResourceId,
    id: &ResourceId,
    tag: String,
    trigger: Trigger,
    violation: &Violation,
) {
    BackupRun::begin(context, vault, id, tag, trigger).fail(context, violation);
}

/// What a job has found out about where it works.
#[derive(Clone)]
struct Run {
    principal: PrincipalId,
    server: ResourceId,
    name: String,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Trigger,
    Begin,
    Account,
    Container,
    Keys,
    PreBackup,
    Start,
    Poll,
    Polled,
    Finish,
    CleanUp,
}

#[derive(Clone)]
struct BackupJob {
    job: BackupRun,
    step: Step,
    run: Option<(Run, Outcome)>,
}

/// How the server's backup stands.
#[derive(Clone)]
struct Outcome {
    signature: String,
    status: Value,
}

impl Workflow for BackupJob {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match self.step {
            Step::Trigger => {
                self.step = Step::Begin;
                Next::Sleep(context.phase("backup_trigger"))
            }
            Step::Begin => self.begin(context),
            Step::Account | Step::Container | Step::Keys | Step::PreBackup | Step::Start => match input {
                Input::Answered(answer) => self.answered(context, answer),
                _ => Next::Done,
            },
            Step::Poll => self.poll(context),
            Step::Polled => match input {
                Input::Answered(answer) => self.polled(context, &answer),
                _ => Next::Done,
            },
            Step::Finish => self.finish(context),
            Step::CleanUp => Next::Done,
        }
    }
}

impl BackupJob {
    fn begin(&mut self, context: &mut Context<'_>) -> Next {
        self.job.accept(context);
        let vault = context.state.resource(&self.job.vault).cloned();
        let properties = context
            .state
            .resource(&self.job.instance)
            .map(|own| own.at("/properties").clone());
        let (Some(vault), Some(properties)) = (vault, properties) else {
            return Next::Done;
        };
        let principal = match identity_of(context, &vault, field(&properties, "identityDetails")) {
            Ok(principal) => principal,
            Err(refusal) => {
                return self.fail(context, Violation::plain(refusal.by([rule::FX_B_01])));
            }
        };
        let point = context.draw_uuid("recovery point").simple().to_string();
        let place = vault_store::place(context, &self.job.vault, &point);
        let (Some(server), Some(place)) = (instance::datasource_id(&properties), place) else {
            return self.fail_moving(context, "this world has no vault storage");
        };
        let run = Run {
            principal,
            server,
            name: point,
            place,
        };
        let next = vault_store::put_account(context, &run.place, vault.location());
        self.run = Some((
            run,
            Outcome {
                signature: String::new(),
                status: Value::Null,
            },
        ));
        self.step = Step::Account;
        next
    }

    fn run(&self) -> Option<Run> {
        self.run.as_ref().map(|(run, _)| run.clone())
    }

    fn answered(&mut self, context: &mut Context<'_>, answer: Response) -> Next {
        let Some(run) = self.run() else { return Next::Done };
        if !answer.status.is_success() {
            return match self.step {
                Step::PreBackup | Step::Start => self.refused(context, &run, &answer),
                _ => self.fail_moving(context, &format!("vault storage answered {}", answer.status)),
            };
        }
        match self.step {
            Step::Account => {
                self.step = Step::Container;
                vault_store::put_container(context, &run.place)
            }
            Step::Container => {
                self.step = Step::Keys;
                vault_store::list_keys(context, &run.place)
            }
            Step::Keys => {
                let Some(signature) = vault_store::signature(context, &run.place, &answer, "rcw") else {
                    return self.fail_moving(context, "vault storage gave no key");
                };
                if let Some((_, outcome)) = &mut self.run {
                    outcome.signature = signature;
                }
                self.step = Step::PreBackup;
                let body = json!({"backupSettings": {"backupName": run.name}});
                self.to_server(context, &run, Method::POST, "/ltrPreBackup", Some(&body))
            }
            Step::PreBackup => {
                self.step = Step::Start;
                let signature = self
                    .run
                    .as_ref()
                    .map(|(_, outcome)| outcome.signature.clone())
                    .unwrap_or_default();
                let address = format!("https://{}/{}?{signature}", run.place.host(), run.place.container);
                let body = json!({
                    "backupSettings": {"backupName": run.name},
                    "targetDetails": {"sasUriList": [address]},
                });
                self.to_server(context, &run, Method::POST, "/startLtrBackup", Some(&body))
            }
            _ => {
                self.step = Step::Poll;
                Next::Watch
            }
        }
    }

    /// A call to the server's resource, as the vault's identity.
    fn to_server(
        &self,
        context: &Context<'_>,
        run: &Run,
        method: Method,
        action: &str,
        body: Option<&Value>,
    ) -> Next {
        let request = Request::new(
            method,
            "management.azure.com",
            &format!("{}{action}?api-version=2024-08-01", run.server),
        );
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        let Some(vault) = context.state.resource(&self.job.vault) else {
            return Next::Done;
        };
        Next::Call(Outbound {
            principal: Some(run.principal),
            audience: "https://management.azure.com/",
            path: service_path(context, vault),
            request,
        })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Next {
        let Some(run) = self.run() else { return Next::Done };
        self.step = Step::Polled;
        self.to_server(
            context,
            &run,
            Method::GET,
            &format!("/ltrBackupOperations/{}", run.name),
            None,
        )
    }

    fn polled(&mut self, context: &mut Context<'_>, answer: &Response) -> Next {
        let Some(run) = self.run() else { return Next::Done };
        if !answer.status.is_success() {
            return self.refused(context, &run, answer);
        }
        let body = answer.json_body();
        let status = field(&body, "properties").clone();
        match field(&status, "status").as_str() {
            Some("Running") => {
                self.step = Step::Poll;
                Next::Watch
            }
            Some("Succeeded") => {
                if let Some((_, outcome)) = &mut self.run {
                    outcome.status = status;
                }
                self.step = Step::Finish;
                Next::Sleep(self.job.rest(context, "backup_job"))
            }
            _ => {
                let code = field(&status, "errorCode")
                    .as_str()
                    .unwrap_or("InternalServerError")
                    .to_owned();
                let message = field(&status, "errorMessage")
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.server_failed(context, &code, &message, Vec::new())
            }
        }
    }

    /// The server's side said no: to the vault's identity, or because of the server's own state.
    fn refused(&mut self, context: &mut Context<'_>, run: &Run, answer: &Response) -> Next {
        let body = answer.json_body();
        let error = field(&body, "error");
        let message = field(error, "message").as_str().unwrap_or_default().to_owned();
        let mut code = field(error, "code")
            .as_str()
            .unwrap_or("InternalServerError")
            .to_owned();
        // ARM asks for access before it looks whether there is anything there, and the roles went
        // with the resource. The published inner codes for these two cases name what is missing.
        let gone = |id: Option<ResourceId>| id.is_some_and(|id| !context.state.resources.contains_key(&id));
        let rule = if gone(run.server.resource_group_id()) {
            "ResourceGroupNotFound".clone_into(&mut code);
            rule::FX_B_05
        } else if gone(Some(run.server.clone())) {
            "ResourceNotFound".clone_into(&mut code);
            rule::FX_B_05
        } else if answer.status == StatusCode::FORBIDDEN {
            rule::FX_B_02
        } else {
            rule::FX_B_04
        };
        self.server_failed(context, &code, &message, vec![rule])
    }

    fn server_failed(
        &mut self,
        context: &mut Context<'_>,
        code: &str,
        message: &str,
        rules: Vec<RuleId>,
    ) -> Next {
        let error = context.rules.error(code::PostgreSQLFlexOperationFailedUserError);
        let mut refusal = Refusal::user_facing(error, &[])
            .because(format!("{code}: {message}"))
            .by(rules);
        if code == "AuthorizationFailed" {
            refusal = refusal.at(Gate::Authorization);
        }
        self.fail(
            context,
            Violation {
                refusal,
                inner: inner_error(code, message),
            },
        )
    }

    fn fail_moving(&mut self, context: &mut Context<'_>, reason: &str) -> Next {
        let violation = Violation::moving(context, reason);
        self.fail(context, violation)
    }

    /// Ends the job as failed, and removes what it may have put into vault storage.
    fn fail(&mut self, context: &mut Context<'_>, violation: Violation) -> Next {
        self.job.fail(context, &violation);
        self.step = Step::CleanUp;
        match self.run() {
            Some(run) => vault_store::delete_container(context, &run.place),
            None => Next::Done,
        }
    }

    fn finish(&mut self, context: &mut Context<'_>) -> Next {
        let Some((run, outcome)) = self.run.clone() else {
            return Next::Done;
        };
        let metadata = field(&outcome.status, "backupMetadata")
            .as_str()
            .unwrap_or_default();
        let files = recovery_points::files_of(metadata);
        self.job.complete(
            context,
            Written {
                point: run.name,
                place: run.place,
                files,
                transferred_bytes: field(&outcome.status, "dataTransferredInBytes").as_u64(),
                source_bytes: field(&outcome.status, "datasourceSizeInBytes").as_u64(),
            },
        );
        Next::Done
    }
}
