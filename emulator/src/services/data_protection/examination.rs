//! Examines the prerequisites of a backup or a restore, row by row.
//!
//! A check that is about access asks the front door, as the identity the request names, from where
//! the Backup service stands. The first row that is not met ends the examination with that row's
//! error; which gate said no stays in the log.

use http::{Method, StatusCode};
use serde_json::Value;

use super::violation::{Violation, inner_error, violation};
use super::{identity_of, path_of};
use crate::gateway::Refusal;
use crate::model::{NetworkPath, PrincipalId, Request, ResourceId, Response};
use crate::rules::{Check, Endpoint, Flavour, Gate, Prerequisite, Stage, Subject};
use crate::services::{Context, Input, Next, Outbound};

const ARM: &str = "https://management.azure.com/";
const STORAGE: &str = "https://storage.azure.com/";

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
    /// The vault.
    pub(super) vault: ResourceId,
    /// `identityDetails` of the request.
    pub(super) identity: Value,
    /// The datasource.
    pub(super) server: Option<ResourceId>,
    /// The target of a restore.
    pub(super) target: Option<Target>,
}

/// An examination under way.
pub(super) struct Examination {
    examined: Examined,
    row: usize,
    principal: Option<PrincipalId>,
}

/// What an examination says after a step.
pub(super) enum Verdict {
    /// It needs something first.
    Pending(Box<Next>),
    /// Every row is met; this is who the work is done as.
    Passed(PrincipalId),
    /// A row is not met.
    Violated(Box<Violation>),
}

/// How one row came out.
enum Outcome {
    Met,
    NotMet(Box<Violation>),
    Needs(Box<Next>),
}

impl Examination {
    pub(super) fn new(examined: Examined) -> Self {
        Self {
            examined,
            row: 0,
            principal: None,
        }
    }

    /// Takes the answer to what was needed and goes on to the next thing needed, or to the end.
    pub(super) fn step(&mut self, context: &mut Context<'_>, input: Input) -> Verdict {
        let mut input = Some(input).filter(|input| !matches!(input, Input::Woke));
        let rules = context.rules;
        let wanted = self.examined.stage;
        let rows = || {
            let all = rules.prerequisites.iter();
            all.filter(move |row| row.stage == wanted && row.flavour == Flavour::FlexibleServer)
        };
        while let Some(row) = rows().nth(self.row) {
            let outcome = match input.take() {
                Some(answer) => self.answered(context, row, answer),
                None => self.examine(context, row),
            };
            match outcome {
                Outcome::Met => self.row += 1,
                Outcome::Needs(next) => return Verdict::Pending(next),
                Outcome::NotMet(violation) => return Verdict::Violated(violation),
            }
        }
        match self.principal {
            Some(principal) => Verdict::Passed(principal),
            // No row of this stage looked at the identity; without one nothing can be done.
            None => Verdict::Violated(Box::new(Violation::plain(Refusal::user_facing(
                context.rules.error("UserErrorSystemIdentityNotEnabledWithVault"),
                &[],
            )))),
        }
    }

    fn examine(&mut self, context: &mut Context<'_>, row: &Prerequisite) -> Outcome {
        match &row.check {
            Check::Identity => self.identity(context, row),
            Check::HoldsRole { role, on } => self.holds_role(context, row, role, *on),
            Check::Admitted { operation, on, .. } => self.ask(context, row, operation, *on),
            Check::Setting { on, .. } => self.setting(context, row, *on),
            Check::SameRegion { on } => self.same_region(context, row, *on),
            Check::SameSubscriptionOrAllowed { on } => self.subscription(context, row, *on),
            Check::Exists { on } => self.look(context, *on, Method::GET, ""),
            Check::PrefixFree { on } => self.look(context, *on, Method::GET, "list"),
            Check::Ready { on } => self.server_text(context, row, *on, "/properties/state", "Ready"),
            Check::Primary { on } => {
                self.server_text(context, row, *on, "/properties/replicationRole", "Primary")
            }
            Check::None {} => Outcome::Met,
        }
    }

    fn setting(&self, context: &mut Context<'_>, row: &Prerequisite, on: Subject) -> Outcome {
        let Check::Setting {
            property,
            value,
            only_warns,
            unset_has_it_before,
            ..
        } = &row.check
        else {
            return Outcome::Met;
        };
        let Some(resource) = self.subject(on).and_then(|id| context.state.resource(&id)) else {
            return Outcome::Met;
        };
        let set = resource.at(&format!("/properties/{property}"));
        let has_it = match unset_has_it_before {
            Some(time) if set.is_null() => resource.created < *time,
            _ => set.as_bool() == Some(*value),
        };
        if has_it {
            return Outcome::Met;
        }
        let reason = format!("{property} of {} is not {value}", resource.id.name());
        if !only_warns {
            return Outcome::NotMet(violation(context, row, &reason));
        }
        let text = format!("warning: {reason}; the documents require it, and it is not enforced");
        context.log.note(context.now, stage_name(row.stage), text, None);
        Outcome::Met
    }

    fn answered(&mut self, context: &Context<'_>, row: &Prerequisite, input: Input) -> Outcome {
        match (&row.check, input) {
            (Check::Admitted { gate, .. }, Input::Asked(Err(refusal))) if refusal.gate == *gate => {
                let mut found = violation(context, row, &refusal.reason);
                found.refusal.gate = refusal.gate;
                found.refusal.rules.extend(refusal.rules);
                found.inner = inner_error(&refusal.code, &refusal.message);
                Outcome::NotMet(found)
            }
            (Check::Exists { .. }, Input::Answered(answer)) if answer.status == StatusCode::NOT_FOUND => {
                Outcome::NotMet(violation(context, row, "it does not exist"))
            }
            (Check::PrefixFree { .. }, Input::Answered(answer)) if lists_a_blob(&answer) => {
                let prefix = self
                    .examined
                    .target
                    .as_ref()
                    .map_or("", |target| target.prefix.as_str());
                Outcome::NotMet(violation(
                    context,
                    row,
                    &format!("there are blobs whose names begin with {prefix}_"),
                ))
            }
            _ => Outcome::Met,
        }
    }

    fn identity(&mut self, context: &Context<'_>, row: &Prerequisite) -> Outcome {
        let Some(vault) = context.state.resource(&self.examined.vault) else {
            return Outcome::NotMet(violation(context, row, "the vault does not exist"));
        };
        match identity_of(context, vault, &self.examined.identity) {
            Ok(principal) => {
                self.principal = Some(principal);
                Outcome::Met
            }
            Err(refusal) => Outcome::NotMet(Box::new(Violation::plain(refusal.by([row.id.clone()])))),
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
        }
    }

    fn holds_role(&self, context: &Context<'_>, row: &Prerequisite, role: &str, on: Subject) -> Outcome {
        let (Some(scope), Some(principal), Some(wanted)) = (
            self.subject(on),
            self.principal,
            context.rules.built_in_role(role),
        ) else {
            return Outcome::NotMet(violation(context, row, "there is nothing to hold the role on"));
        };
        let principals = context.state.directory.with_groups(principal);
        if context
            .state
            .access
            .holds_role(context.now, &principals, wanted.id, &scope)
        {
            return Outcome::Met;
        }
        let reason = format!("the vault's identity does not hold {role} at {scope}");
        let mut found = violation(context, row, &reason);
        found.refusal.gate = Gate::Authorization;
        found.inner = inner_error("AuthorizationFailed", &reason);
        Outcome::NotMet(found)
    }

    fn outbound(&self, context: &Context<'_>, request: Request, endpoint: Endpoint) -> Option<Outbound> {
        let vault = context.state.resource(&self.examined.vault)?;
        Some(Outbound {
            principal: self.principal,
            audience: if endpoint == Endpoint::Blob { STORAGE } else { ARM },
            path: service_path(context, vault),
            request,
        })
    }

    /// Asks whether the identity may perform an operation.
    fn ask(&self, context: &Context<'_>, row: &Prerequisite, operation: &str, on: Subject) -> Outcome {
        let Some(wanted) = context.rules.router.operation(operation) else {
            return Outcome::NotMet(violation(context, row, "the rule names no operation"));
        };
        let request = match (wanted.endpoint, &self.examined.target) {
            (Endpoint::Blob, Some(target)) => {
                let path = format!("/{}/{}_probe", target.container, target.prefix);
                Request::new(wanted.method.clone(), &target.host, &path)
            }
            (Endpoint::Blob, None) => return Outcome::NotMet(violation(context, row, "there is no target")),
            _ => {
                let Some(id) = self.subject(on) else {
                    return Outcome::NotMet(violation(context, row, "there is nothing to ask about"));
                };
                Request::new(
                    wanted.method.clone(),
                    "management.azure.com",
                    &format!("{id}/{}", wanted.suffix()),
                )
            }
        };
        self.outbound(context, request, wanted.endpoint)
            .map_or(Outcome::Met, |outbound| {
                Outcome::Needs(Box::new(Next::Ask(outbound)))
            })
    }

    /// Looks at a resource or a container, as the identity.
    fn look(&self, context: &Context<'_>, on: Subject, method: Method, list: &str) -> Outcome {
        let (request, endpoint) = match (on, &self.examined.target) {
            (Subject::Container, Some(target)) => {
                let query = match list {
                    "" => "restype=container".to_owned(),
                    _ => format!(
                        "restype=container&comp=list&maxresults=1&prefix={}_",
                        target.prefix
                    ),
                };
                let path = format!("/{}?{query}", target.container);
                (Request::new(method, &target.host, &path), Endpoint::Blob)
            }
            _ => match self.subject(on) {
                Some(id) => (
                    Request::new(method, "management.azure.com", id.as_str()),
                    Endpoint::Arm,
                ),
                None => return Outcome::Met,
            },
        };
        self.outbound(context, request, endpoint)
            .map_or(Outcome::Met, |outbound| {
                Outcome::Needs(Box::new(Next::Call(outbound)))
            })
    }

    fn same_region(&self, context: &Context<'_>, row: &Prerequisite, on: Subject) -> Outcome {
        let vault = context
            .state
            .resource(&self.examined.vault)
            .map(|vault| vault.location().to_owned());
        let other = self
            .subject(on)
            .and_then(|id| context.state.resource(&id))
            .map(|own| own.location().to_owned());
        match (vault, other) {
            (Some(vault), Some(other)) if vault != other => Outcome::NotMet(violation(
                context,
                row,
                &format!("the vault is in {vault}, the resource in {other}"),
            )),
            // A resource that is not there is another row's business.
            _ => Outcome::Met,
        }
    }

    fn subscription(&self, context: &Context<'_>, row: &Prerequisite, on: Subject) -> Outcome {
        let Some(vault) = context.state.resource(&self.examined.vault) else {
            return Outcome::Met;
        };
        let state = vault.text("/properties/featureSettings/crossSubscriptionRestoreSettings/state");
        let own = vault.id.subscription().map(str::to_ascii_lowercase);
        let other = self
            .subject(on)
            .and_then(|id| id.subscription().map(str::to_ascii_lowercase));
        if matches!(state, "Disabled" | "PermanentlyDisabled") && other.is_some() && own != other {
            return Outcome::NotMet(violation(
                context,
                row,
                &format!("cross-subscription restore is {state} on the vault"),
            ));
        }
        Outcome::Met
    }

    fn server_text(
        &self,
        context: &Context<'_>,
        row: &Prerequisite,
        on: Subject,
        at: &str,
        wanted: &str,
    ) -> Outcome {
        match self.subject(on).and_then(|id| context.state.resource(&id)) {
            Some(server) if server.text(at) != wanted => {
                Outcome::NotMet(violation(context, row, &format!("it is {}", server.text(at))))
            }
            _ => Outcome::Met,
        }
    }
}

/// Where the Backup service stands when it acts for a vault.
pub(super) fn service_path(context: &Context<'_>, vault: &crate::state::Resource) -> NetworkPath {
    match context.state.tenant_of(&vault.id) {
        Some(tenant) => path_of(vault, tenant),
        None => NetworkPath::internet(),
    }
}

/// The word for a stage in the log.
pub(super) fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::ValidateBackup => "validate_backup",
        Stage::ValidateRestore => "validate_restore",
    }
}

fn lists_a_blob(answer: &Response) -> bool {
    answer.status == StatusCode::OK && String::from_utf8_lossy(answer.body.bytes()).contains("<Blob>")
}
