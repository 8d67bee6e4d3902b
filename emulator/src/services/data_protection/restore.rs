//! The restore job. As files, the recovery point's files are written into the target container, as
//! the identity the request names, through the same front door as anybody's writes. To a database,
//! the one file is loaded as the user of the credentials, through the gate of the server.

use http::Method;

use super::examination::{Examination, Target, Verdict};
use super::job::{Job, JobKind};
use super::job_run::JobRun;
use super::jobs::{self, JobEnd};
use super::operations::{self, Addresses, First};
use super::restore_request::{self, Destination, RestoreRequest};
use super::task::{self, Over, Step, Task};
use super::vault::vault_of;
use super::violation::{Broken, Violation};
use super::{archive, caller_rights, damage, plugin, resource_guard, vault_store};
use crate::fault::{BROKEN_OFF, JobFaultKind, JobPhase};
use crate::gateway::{Permit, Refusal};
use crate::jobs::{CopyWork, EffectFailure, EffectResult, FileToCopy, Work};
use crate::model::{Body, NetworkPath, PrincipalId, Request, ResourceId, Response, StoredBody, Timestamp};
use crate::rules::{Cause, CriticalOperation, Endpoint, Stage, cloud, rule};
use crate::services::{Context, Input, Outbound, json_body};

/// What is percent-encoded in a blob's path: everything but unreserved characters and slashes.
const ENCODED: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// What a token for the blob service is for.
fn storage_audience() -> &'static str {
    cloud().audience(Endpoint::Blob).unwrap_or_default()
}

pub(super) fn trigger(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let vault = vault_of(context, &id)?.id.clone();
    let named = resource_guard::named(context, permit, request)?;
    resource_guard::require(context, &vault, CriticalOperation::Restore, &named)?;
    let wanted = restore_request::parse(context, &id, None, &*json_body(request)?)?;
    caller_rights::require_for_restore(context, permit, &wanted)?;
    begin(context, request, &id, wanted)
}

/// Begins the job of a restore.
pub(super) fn begin(
    context: &mut Context<'_>,
    request: &Request,
    id: &ResourceId,
    wanted: RestoreRequest,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, id)?.clone();
    let operation = operations::begin(context, &vault.id);
    let job = context.draw_uuid("restore job").to_string();
    let kind = match wanted.across {
        Some(_) => JobKind::CrossRegionRestore,
        None => JobKind::Restore,
    };
    let activity = operations::activity(context, request);
    let begun = jobs::begun(context, job.clone(), kind, id, &activity);
    let started = begun.started;
    let begun = Job {
        label: wanted.prefix().to_owned(),
        rehydration: wanted.rehydration.as_ref().map(|own| own.priority.clone()),
        recovery_point: Some((wanted.point.id.clone(), wanted.point.time)),
        destination: Some(wanted.address()),
        ..begun
    };
    jobs::begin(context, &vault.id, begun);
    let across = wanted.across.clone();
    let restore = Restore {
        instance: id.clone(),
        examination: Examination::new(wanted.examined_by_job(&vault.id)),
        run: JobRun {
            vault: vault.id.clone(),
            job,
            kind,
            operation: Some(operation.clone()),
            activity,
            started,
            about: "restore",
        },
        wanted,
        principal: None,
        signature: String::new(),
        sources: Vec::new(),
        moved_bytes: 0,
        rehydrating: jiff::SignedDuration::ZERO,
        fault: None,
    };
    task::start(context, restore);
    Ok(operations::accepted(
        context,
        request,
        &vault,
        &operation,
        across.as_deref().map_or(Addresses::Both, Addresses::BothInRegion),
        First::accepted(match across {
            Some(_) => "cross_region_restore",
            None => "restore",
        }),
    ))
}

#[derive(Clone)]
struct Restore {
    run: JobRun,
    instance: ResourceId,
    examination: Examination,
    wanted: RestoreRequest,
    principal: Option<PrincipalId>,
    /// For vault storage. A secret.
    signature: String,
    sources: Vec<StoredBody>,
    moved_bytes: u64,
    /// How long it has waited for the archive.
    rehydrating: jiff::SignedDuration,
    /// What breaks off what it has begun to write.
    fault: Option<JobFaultKind>,
}

impl Task for Restore {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let phase = match self.wanted.across {
            Some(_) => "cross_region_restore_trigger",
            None => "restore_trigger",
        };
        Step::sleep(context.phase(phase), Self::accept)
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::interrupted();
        self.run.fail(context, &violation)
    }
}

impl Restore {
    fn accept(&mut self, context: &mut Context<'_>) -> Step<Self> {
        if let Some(fault) = self.run.accept(context) {
            return self.run.break_off(context, &fault).into();
        }
        match &self.wanted.rehydration {
            Some(asked) => {
                let ready = archive::begin(context, &self.instance, &self.wanted.point.id, asked);
                self.wait_for_the_archive(context, ready)
            }
            None => self.examine(context, Input::Woke),
        }
    }

    /// What is in the archive comes back first. Everything else is found out afterwards: by then it may be otherwise.
    fn wait_for_the_archive(&mut self, context: &mut Context<'_>, ready: Option<Timestamp>) -> Step<Self> {
        match ready {
            Some(ready) => {
                let rest = ready.duration_since(context.now);
                self.rehydrating = rest.max(jiff::SignedDuration::ZERO);
                Step::sleep(self.rehydrating, |own, context| own.examine(context, Input::Woke))
            }
            None => self
                .fail_moving(context, "the recovery point was gone before it was rehydrated")
                .into(),
        }
    }

    /// A restore finds out for itself what a validation would have found out, at its own time.
    fn examine(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        match self.examination.step(context, input) {
            Verdict::Pending(need) => Step::need(*need, Self::examine),
            Verdict::Violated(violation) => self.run.fail(context, &violation).into(),
            Verdict::Passed(principal) => {
                self.principal = Some(principal);
                damage::choose_point(context, &self.run, &self.instance, &mut self.wanted.point);
                Step::call(
                    vault_store::list_keys(context, &self.wanted.point.place),
                    Self::keys_given,
                )
            }
        }
    }

    fn keys_given(&mut self, context: &mut Context<'_>, answer: Response) -> Step<Self> {
        match vault_store::signature(context, &self.wanted.point.place, &answer, "r") {
            Some(signature) => {
                self.signature = signature;
                self.load(context)
            }
            None => {
                let reason = format!("vault storage answered {} when asked for its keys", answer.status);
                self.fail_moving(context, &reason).into()
            }
        }
    }

    /// Asks vault storage for the next file. What comes back is where its bytes are.
    fn load(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let point = &self.wanted.point;
        let Some(file) = point.files.get(self.sources.len()) else {
            return match self.sources.is_empty() {
                true => self
                    .fail_moving(context, "the recovery point holds no files")
                    .into(),
                false => self.deliver(context),
            };
        };
        let blob = percent_encoding::utf8_percent_encode(&file.blob, &ENCODED);
        let target = format!("/{}/{blob}?{}", point.place.container, self.signature);
        // What is restored in the other region is read there.
        let host = match self.wanted.across {
            Some(_) => point.place.secondary_host(),
            None => point.place.host(),
        };
        let call = Outbound {
            principal: None,
            audience: storage_audience(),
            path: NetworkPath::internet(),
            request: Request::new(Method::GET, &host, &target)
                .with_header("x-ms-version", &context.rules.vaults.speaks.blobs),
        };
        Step::call(call, Self::loaded)
    }

    fn loaded(&mut self, context: &mut Context<'_>, answer: Response) -> Step<Self> {
        if !answer.status.is_success() {
            let reason = format!(
                "vault storage answered {} for a file of the recovery point",
                answer.status
            );
            return self.fail_moving(context, &reason).into();
        }
        self.sources.push(match &answer.body {
            Body::Stored(stored) => stored.clone(),
            Body::Empty | Body::Bytes(_) => StoredBody::default(),
        });
        self.load(context)
    }

    /// Everything is at hand: writes it where it is to go.
    fn deliver(&mut self, context: &mut Context<'_>) -> Step<Self> {
        match &self.wanted.destination {
            Destination::Files { target, .. } => {
                let target = target.clone();
                damage::damage(
                    context,
                    &self.run,
                    &mut self.wanted.point.files,
                    &mut self.sources,
                );
                self.copy(context, &target)
            }
            Destination::Database { id, .. } => {
                let database = id.name().to_owned();
                if let Some(fault) = self.run.struck_at(context, JobPhase::Loading) {
                    return self.run.break_off(context, &fault).into();
                }
                match (self.examination.sign_in(context), self.sources.pop()) {
                    (Some(sign_in), Some(source)) => {
                        let load = plugin::load(sign_in, &database, source);
                        Step::work(Work::LoadDatabase(load), Self::delivered)
                    }
                    _ => self
                        .fail_moving(context, "there is nothing to load, or no way to sign in")
                        .into(),
                }
            }
        }
    }

    fn copy(&mut self, context: &mut Context<'_>, target: &Target) -> Step<Self> {
        let vault = context.state.resource(&self.run.vault).cloned();
        let principal = self
            .principal
            .and_then(|id| context.state.directory.get(id))
            .cloned();
        let (Some(vault), Some(principal)) = (vault, principal) else {
            return self
                .fail_moving(context, "the vault or its identity is gone")
                .into();
        };
        let played = self.wanted.source.played(context.rules);
        let guid = if played.names_files_by_guid() {
            context.draw_uuid("restored files").to_string()
        } else {
            String::new()
        };
        let files = self
            .wanted
            .point
            .files
            .iter()
            .zip(&self.sources)
            .map(|(file, source)| FileToCopy {
                blob: file.restored_name(played, &target.prefix, &guid),
                source: source.clone(),
            })
            .collect();
        let (bearer, _) = context.tokens.issue(context.now, &principal, storage_audience());
        self.fault = self.run.struck_at(context, JobPhase::Copying);
        let work = Work::Copy(CopyWork {
            files,
            host: target.host.clone(),
            container: target.container.clone(),
            bearer,
            path: self.examination.service_path(context, &vault),
            breaks_off: self.fault.is_some(),
        });
        Step::work(work, Self::delivered)
    }

    fn delivered(&mut self, context: &mut Context<'_>, result: EffectResult) -> Step<Self> {
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
            EffectResult::Failed(failure) => self.not_delivered(context, failure).into(),
            EffectResult::ServerStarted(_)
            | EffectResult::Described(_)
            | EffectResult::ServerDone
            | EffectResult::Dumped { .. }
            | EffectResult::Examined(_)
            | EffectResult::WorkedOut(_) => self
                .fail_moving(context, "the restore ended without a result")
                .into(),
        }
    }

    fn not_delivered(&mut self, context: &mut Context<'_>, failure: EffectFailure) -> Over {
        let of = self.wanted.source.name;
        let violation = match failure {
            EffectFailure::Engine(text) if text == BROKEN_OFF => match self.fault.take() {
                Some(fault) => return self.run.break_off(context, &fault),
                None => Violation::moving(&text),
            },
            EffectFailure::Session { .. } => {
                let about = match &self.wanted.destination {
                    Destination::Database { id, .. } => (id.name().to_owned(), id.parent().name().to_owned()),
                    Destination::Files { .. } => (String::new(), String::new()),
                };
                plugin::failed(context, of, Stage::RestoreJob, (&about.0, &about.1), failure)
            }
            EffectFailure::Refused {
                status,
                code,
                message,
            } => {
                let broken = Broken {
                    of,
                    stage: Stage::RestoreJob,
                    cause: Cause::Target,
                    says: &code,
                    inner: &code,
                    message: &message,
                    reason: format!("a write to the target was refused with {status} {code}"),
                };
                Violation::broken(context, &broken, &[])
            }
            EffectFailure::Engine(text) | EffectFailure::Store(text) => Violation::moving(&text),
        };
        self.run.fail(context, &violation)
    }

    /// The bytes are there; on Azure the job goes on for a while.
    fn rest(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let phase = &self.wanted.source.played(context.rules).restore_phase;
        let begun = self.run.started + self.rehydrating;
        Step::sleep(JobRun::rest_from(context, begun, phase), Self::finish)
    }

    fn finish(&mut self, context: &mut Context<'_>) -> Step<Self> {
        let transferred_bytes = self.moved_bytes;
        let end = JobEnd::Restored { transferred_bytes };
        Over::job(context, &self.run.vault, &self.run.job, end).into()
    }

    fn fail_moving(&mut self, context: &mut Context<'_>, reason: &str) -> Over {
        let violation = Violation::moving(reason);
        self.run.fail(context, &violation)
    }
}
