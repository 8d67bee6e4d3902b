//! The restore job. As files, the recovery point's files are written into the target container, as
//! the identity the request names, through the same front door as anybody's writes. To a database,
//! the one file is loaded as the user of the credentials, through the gate of the server.

use http::Method;
use serde_json::Value;

use super::examination::{Examination, Target, Verdict, service_path};
use super::job::{Job, JobKind};
use super::job_failure::{end_failed, failed_info};
use super::jobs;
use super::operations::{self, Addresses, First};
use super::recovery_points::RecoveryPoint;
use super::restore_request::{self, Destination, RestoreRequest, rule_of_blob_error};
use super::violation::{Violation, inner_error};
use super::{plugin, vault_of, vault_store};
use crate::gateway::{Permit, Refusal};
use crate::jobs::{CopyWork, EffectFailure, EffectResult, FileToCopy, Work};
use crate::model::{Body, NetworkPath, PrincipalId, Request, ResourceId, Response, StoredBody, Timestamp};
use crate::rules::{Flavour, Gate, Stage, rule};
use crate::services::{Context, Input, Next, Outbound, Workflow, json_body};

/// What is percent-encoded in a blob's path: everything but unreserved characters and slashes.
const ENCODED: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');
const STORAGE: &str = "https://storage.azure.com/";

pub(super) fn trigger(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.clone();
    let wanted = restore_request::parse(context, &id, &*json_body(request)?)?;
    let point = context
        .own
        .data_protection
        .recovery_points(&id)
        .iter()
        .find(|point| point.id.eq_ignore_ascii_case(&wanted.point))
        .cloned()
        .ok_or_else(|| super::not_found_inside(context))?;
    let operation = operations::begin(context, &vault.id);
    let job_id = context.draw_uuid("restore job").to_string();
    let activity = operations::activity(context, request);
    let properties = context
        .state
        .resource(&id)
        .map(|own| own.at("/properties").clone())
        .unwrap_or_default();
    let now = context.now;
    jobs::begin(
        context,
        &vault.id,
        Job {
            id: job_id.clone(),
            kind: JobKind::Restore,
            instance: id,
            activity: activity.clone(),
            started: now,
            ended: None,
            changed: now,
            due: None,
            status: "InProgress",
            error: Value::Null,
            properties,
            label: wanted.prefix().to_owned(),
            recovery_point: Some((point.id.clone(), point.time)),
            destination: Some(wanted.address()),
            transferred_bytes: None,
            source_bytes: None,
        },
    );
    context.start(RestoreJob {
        examination: Examination::new(wanted.examined(&vault.id)),
        vault: vault.id.clone(),
        wanted,
        point,
        job: job_id,
        operation: operation.clone(),
        activity,
        started: now,
        step: Step::Trigger,
        principal: None,
        signature: String::new(),
        sources: Vec::new(),
        moved_bytes: 0,
    });
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        Addresses::Both,
        First::accepted("restore"),
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Trigger,
    Begin,
    Examine,
    Keys,
    Load,
    Deliver,
    Finish,
}

#[derive(Clone)]
struct RestoreJob {
    examination: Examination,
    vault: ResourceId,
    wanted: RestoreRequest,
    point: RecoveryPoint,
    job: String,
    operation: String,
    activity: String,
    started: Timestamp,
    step: Step,
    principal: Option<PrincipalId>,
    signature: String,
    sources: Vec<StoredBody>,
    moved_bytes: u64,
}

impl Workflow for RestoreJob {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match self.step {
            Step::Trigger => {
                self.step = Step::Begin;
                Next::Sleep(context.phase("restore_trigger"))
            }
            Step::Begin => {
                let outcome = operations::job_started(&self.vault, &self.job);
                context.end(&self.operation, outcome);
                self.step = Step::Examine;
                self.examine(context, input)
            }
            Step::Examine => self.examine(context, input),
            Step::Keys => match input {
                Input::Answered(answer) => {
                    let signature = vault_store::signature(context, &self.point.place, &answer, "r");
                    self.signature = signature.unwrap_or_default();
                    self.step = Step::Load;
                    self.load()
                }
                _ => Next::Done,
            },
            Step::Load => match input {
                Input::Answered(answer) => self.loaded(context, &answer),
                _ => Next::Done,
            },
            Step::Deliver => match input {
                Input::Worked(result) => self.delivered(context, result),
                _ => Next::Done,
            },
            Step::Finish => self.finish(context),
        }
    }
}

impl RestoreJob {
    /// A restore finds out for itself what a validation would have found out, at its own time.
    fn examine(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match self.examination.step(context, input) {
            Verdict::Pending(next) => *next,
            Verdict::Violated(violation) => self.fail(context, &violation),
            Verdict::Passed(principal) => {
                self.principal = Some(principal);
                self.step = Step::Keys;
                vault_store::list_keys(context, &self.point.place)
            }
        }
    }

    /// Asks vault storage for the next file. What comes back is where its bytes are.
    fn load(&self) -> Next {
        let Some(file) = self.point.files.get(self.sources.len()) else {
            return Next::Sleep(jiff::SignedDuration::ZERO);
        };
        let blob = percent_encoding::utf8_percent_encode(&file.blob, &ENCODED);
        let target = format!("/{}/{blob}?{}", self.point.place.container, self.signature);
        Next::Call(Outbound {
            principal: None,
            audience: STORAGE,
            path: NetworkPath::internet(),
            request: Request::new(Method::GET, &self.point.place.host(), &target)
                .with_header("x-ms-version", "2024-11-04"),
        })
    }

    fn loaded(&mut self, context: &mut Context<'_>, answer: &Response) -> Next {
        if !answer.status.is_success() {
            let reason = format!(
                "vault storage answered {} for a file of the recovery point",
                answer.status
            );
            return self.fail_moving(context, &reason);
        }
        self.sources.push(match &answer.body {
            Body::Stored(stored) => stored.clone(),
            Body::Empty | Body::Bytes(_) => StoredBody::default(),
        });
        if self.sources.len() < self.point.files.len() {
            return self.load();
        }
        self.deliver(context)
    }

    /// Everything is at hand: writes it where it is to go.
    fn deliver(&mut self, context: &mut Context<'_>) -> Next {
        match &self.wanted.destination {
            Destination::Files { target, .. } => {
                let target = target.clone();
                self.copy(context, &target)
            }
            Destination::Database { id, .. } => {
                let database = id.name().to_owned();
                match (self.examination.sign_in(context), self.sources.pop()) {
                    (Some(sign_in), Some(source)) => {
                        self.step = Step::Deliver;
                        plugin::load(sign_in, &database, source)
                    }
                    _ => self.fail_moving(context, "there is nothing to load, or no way to sign in"),
                }
            }
        }
    }

    fn copy(&mut self, context: &mut Context<'_>, target: &Target) -> Next {
        let vault = context.state.resource(&self.vault).cloned();
        let principal = self
            .principal
            .and_then(|id| context.state.directory.get(id))
            .cloned();
        let (Some(vault), Some(principal)) = (vault, principal) else {
            return self.fail_moving(context, "the vault or its identity is gone");
        };
        let flavour = self.wanted.source.flavour;
        let by_guid = context.rules.takes(rule::FX_RF_FILES, "named_by_guid");
        let guid = by_guid.then(|| context.draw_uuid("restored files"));
        let files = self
            .point
            .files
            .iter()
            .zip(&self.sources)
            .map(|(file, source)| FileToCopy {
                blob: file.restored_name(flavour, &target.prefix, guid),
                source: source.clone(),
            })
            .collect();
        let (bearer, _) = context.tokens.issue(context.now, &principal, STORAGE);
        self.step = Step::Deliver;
        Next::Work(Work::Copy(CopyWork {
            files,
            host: target.host.clone(),
            container: target.container.clone(),
            bearer,
            path: service_path(context, &vault),
        }))
    }

    fn delivered(&mut self, context: &mut Context<'_>, result: EffectResult) -> Next {
        match result {
            EffectResult::Copied { files } => {
                self.moved_bytes = files.iter().map(|file| file.length).sum();
                self.rest(context)
            }
            EffectResult::Loaded { bytes } => {
                let text = "what was restored belongs to the user of the target's secret".to_owned();
                context.log.applied(context.now, "restore", text, rule::SS_RD_09);
                self.moved_bytes = bytes;
                self.rest(context)
            }
            EffectResult::Failed(failure @ EffectFailure::Session { .. }) => {
                let about = match &self.wanted.destination {
                    Destination::Database { id, .. } => (id.name().to_owned(), id.parent().name().to_owned()),
                    Destination::Files { .. } => (String::new(), String::new()),
                };
                let stage = Stage::RestoreJob;
                let violation = plugin::failed(context, stage, (&about.0, &about.1), failure);
                self.fail(context, &violation)
            }
            EffectResult::Failed(EffectFailure::Refused {
                status,
                code,
                message,
            }) => {
                let (row, rule) = rule_of_blob_error(self.wanted.source.flavour, &code);
                let mut refusal = Refusal::user_facing(context.rules.error(row), &[])
                    .because(format!("a write to the target was refused with {status} {code}"))
                    .by([rule]);
                refusal.mark = crate::rules::Mark::Inferred;
                refusal.gate = match code.as_str() {
                    "AuthorizationFailure" => Gate::Network,
                    "AuthorizationPermissionMismatch" => Gate::Authorization,
                    _ => Gate::Service,
                };
                self.fail(
                    context,
                    &Violation {
                        refusal,
                        inner: inner_error(&code, &message),
                    },
                )
            }
            EffectResult::Failed(EffectFailure::Engine(text) | EffectFailure::Store(text)) => {
                self.fail_moving(context, &text)
            }
            EffectResult::ServerStarted(_)
            | EffectResult::Described(_)
            | EffectResult::ServerDone
            | EffectResult::Dumped { .. }
            | EffectResult::Examined(_)
            | EffectResult::WorkedOut(_) => self.fail_moving(context, "the restore ended without a result"),
        }
    }

    /// The bytes are there; on Azure the job goes on for a while.
    fn rest(&mut self, context: &Context<'_>) -> Next {
        self.step = Step::Finish;
        let phase = match self.wanted.source.flavour {
            Flavour::FlexibleServer => "restore_job",
            Flavour::SingleServer => "single_server_restore_job",
        };
        let until = self.started + context.phase(phase);
        Next::Sleep(until.duration_since(context.now).max(jiff::SignedDuration::ZERO))
    }

    fn fail_moving(&mut self, context: &mut Context<'_>, reason: &str) -> Next {
        let violation = Violation::moving(context, reason);
        self.fail(context, &violation)
    }

    fn fail(&mut self, context: &mut Context<'_>, violation: &Violation) -> Next {
        violation.note(context, "restore");
        end_failed(
            context,
            &self.vault,
            &self.job,
            failed_info(violation, &self.activity),
        );
        Next::Done
    }

    fn finish(&mut self, context: &mut Context<'_>) -> Next {
        let now = context.now;
        let bytes = self.moved_bytes;
        jobs::change(context, &self.vault, &self.job, |job| {
            job.status = "Completed";
            job.ended = Some(now);
            job.transferred_bytes = Some(bytes);
        });
        Next::Done
    }
}
