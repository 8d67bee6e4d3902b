//! Checks that ask the front door, as the identity, from where the Backup service stands.

use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::violation::{inner_error, violation};
use super::looks::Look;
use super::{Examination, RowResult};
use crate::authz::{HeldRole, Plane};
use crate::model::{Request, Response};
use crate::rules::{Endpoint, Gate, Prerequisite, Subject, cloud, rule};
use crate::services::data_protection::credentials::Credentials;
use crate::services::data_protection::task::Need;
use crate::services::{Context, Outbound};

impl Examination {
    /// ARM asks for access before it looks whether there is anything there, and roles on a server
    /// go with it: a refusal may hide that it is gone.
    pub(super) fn is_missing(&self, context: &Context<'_>, on: Subject, answer: &Response) -> bool {
        let gone = || {
            let server = self.subject(Subject::Server);
            on == Subject::Server && server.is_some_and(|id| !context.state.resources.contains_key(&id))
        };
        answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::FORBIDDEN && gone()
    }

    pub(super) fn lists_the_file(&self, answer: &Response) -> bool {
        let name = self.examined.target.as_ref().map_or("", |target| &target.prefix);
        let wanted = format!("<Name>{}</Name>", quick_xml::escape::escape(name));
        answer.status == StatusCode::OK && String::from_utf8_lossy(answer.body.bytes()).contains(&wanted)
    }

    pub(super) fn lists_a_blob(answer: &Response) -> bool {
        answer.status == StatusCode::OK && String::from_utf8_lossy(answer.body.bytes()).contains("<Blob>")
    }

    pub(super) fn holds_role(
        &self,
        context: &Context<'_>,
        row: &Prerequisite,
        role: &str,
        on: Subject,
    ) -> RowResult {
        let (Some(scope), Some(principal), Some(wanted)) = (
            self.subject(on),
            self.principal,
            context.rules.built_in_role(role),
        ) else {
            return RowResult::NotMet(violation(context, row, "there is nothing to hold the role on"));
        };
        let directory = &context.state.directory;
        let principals = directory.with_seen_groups(principal, context.now);
        let access = &context.state.access;
        let for_data = wanted
            .permissions()
            .iter()
            .any(|own| !own.data_actions.is_empty());
        let plane = if for_data { Plane::Data } else { Plane::Control };
        let as_of = context.now + context.sight().ahead(plane);
        let by_groups = || {
            let all = directory.with_groups(principal);
            access.holds_role(as_of, &all, wanted, &scope) == HeldRole::Seen
        };
        let pending = match access.holds_role(as_of, &principals, wanted, &scope) {
            HeldRole::Seen => return RowResult::Met,
            HeldRole::No if by_groups() => Some(rule::E1_GROUP_TOKENS),
            HeldRole::Pending { data_lags: true } => Some(rule::RBAC_MG_DATA),
            HeldRole::Pending { data_lags: false } => Some(rule::E1_PROPAGATION),
            HeldRole::No => None,
        };
        let mut reason = format!("the vault's identity does not hold {role} at {scope}");
        // A role that was just assigned is not seen at once.
        if pending.is_some() {
            reason += ", where it is assigned and not seen yet";
        }
        let mut found = violation(context, row, &reason);
        found.refusal.name(pending);
        found.refusal.gate = Gate::Authorization;
        found.inner = inner_error("AuthorizationFailed", &reason);
        RowResult::NotMet(found)
    }

    pub(super) fn outbound(
        &self,
        context: &Context<'_>,
        request: Request,
        endpoint: Endpoint,
    ) -> Option<Outbound> {
        let vault = context.state.resource(&self.examined.vault)?;
        Some(Outbound {
            principal: self.principal,
            audience: cloud().audience(endpoint).unwrap_or_default(),
            path: self.examined.service_path(context, vault),
            request,
        })
    }

    /// Asks whether the identity may perform an operation.
    pub(super) fn ask(
        &self,
        context: &Context<'_>,
        row: &Prerequisite,
        operation: &str,
        on: Subject,
    ) -> RowResult {
        let Some(wanted) = context.rules.router.operation(operation) else {
            return RowResult::NotMet(violation(context, row, "the rule names no operation"));
        };
        let request = match (wanted.endpoint, &self.examined.target) {
            (Endpoint::Blob, Some(target)) => {
                let path = format!("/{}/{}_probe", target.container, target.prefix);
                Request::new(wanted.method.clone(), &target.host, &path)
            }
            (Endpoint::Blob, None) => {
                return RowResult::NotMet(violation(context, row, "there is no target"));
            }
            (Endpoint::KeyVault, _) => match self.examined.credentials() {
                Some(Credentials::Secret(address)) => {
                    let version = &context.rules.vaults.speaks.secrets;
                    let target = format!("/secrets?api-version={version}");
                    Request::new(wanted.method.clone(), &address.host, &target)
                }
                _ => return RowResult::Met,
            },
            _ => {
                let Some(id) = self.subject(on) else {
                    return RowResult::NotMet(violation(context, row, "there is nothing to ask about"));
                };
                Request::new(
                    wanted.method.clone(),
                    cloud().arm_host(),
                    format!("{id}/{}", wanted.suffix()).trim_end_matches('/'),
                )
            }
        };
        match self.outbound(context, request, wanted.endpoint) {
            Some(outbound) => RowResult::Needs(Box::new(Need::Ask(outbound))),
            None => RowResult::NotMet(violation(context, row, "the vault does not exist")),
        }
    }

    /// Looks at a resource or a container, as the identity.
    pub(super) fn look(
        &self,
        context: &Context<'_>,
        row: &Prerequisite,
        on: Subject,
        wanted: Look<'_>,
    ) -> RowResult {
        let (request, endpoint) = match (on, &self.examined.target) {
            (Subject::Container, Some(target)) => {
                let query = match wanted {
                    Look::Itself => "restype=container".to_owned(),
                    // In order of name, so that a blob of that very name comes first.
                    Look::FirstBlob { ending } => {
                        let prefix = format!("{}{ending}", target.prefix);
                        let prefix = utf8_percent_encode(&prefix, NON_ALPHANUMERIC);
                        format!("restype=container&comp=list&maxresults=1&prefix={prefix}")
                    }
                };
                let path = format!("/{}?{query}", target.container);
                (Request::new(Method::GET, &target.host, &path), Endpoint::Blob)
            }
            _ => match self.subject(on) {
                Some(id) => {
                    let version = context.rules.usual_version(id.as_str());
                    let target = format!("{id}?api-version={version}");
                    (
                        Request::new(Method::GET, cloud().arm_host(), &target),
                        Endpoint::Arm,
                    )
                }
                None => return RowResult::Met,
            },
        };
        match self.outbound(context, request, endpoint) {
            Some(outbound) => RowResult::Needs(Box::new(Need::Call(outbound))),
            None => RowResult::NotMet(violation(context, row, "the vault does not exist")),
        }
    }
}
