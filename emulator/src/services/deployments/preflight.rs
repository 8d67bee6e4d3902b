//! What is known of a template's resources before the first of them is written: whether there is such a
//! type at that version, and whether its provider would take the name and the body.

use http::Method;
use serde_json::{Value, json};

use super::reading::{self, ReadTemplate};
use super::state::invalid;
use super::template::{DEPLOYMENT, TemplateResource};
use crate::gateway::{Permit, Refusal, check_body, check_policies, planned};
use crate::model::{Request, ResourceId};
use crate::rules::{Code, Gate, Mark, cloud, code};
use crate::services::{Context, check_name};

/// Refuses a deployment that would come to nothing.
///
/// # Errors
///
/// The refusal of Resource Manager; of what providers would refuse, all in one.
pub(super) fn check(context: &mut Context<'_>, id: &ResourceId, read: &ReadTemplate) -> Result<(), Refusal> {
    let mut found = Vec::new();
    look_at(context, read, &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    let tracking = context.draw_uuid("preflight").to_string();
    let fill = [("name", id.name()), ("tracking", tracking.as_str())];
    let row = |code: Code| Refusal::of(code, &fill);
    let (forbidden, wrong): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.refusal.gate == Gate::Policy);
    let mut refusal = row(match (forbidden.is_empty(), wrong.is_empty()) {
        (true, _) => code::InvalidTemplateDeployment,
        (false, true) => code::TemplateDisallowedByPolicy,
        (false, false) => code::TemplateWithErrors,
    });
    if !forbidden.is_empty() {
        refusal.gate = Gate::Policy;
    }
    for one in &found {
        refusal.mark = refusal.mark.max(one.refusal.mark);
        refusal.name(one.refusal.rules.iter().copied());
    }
    let reasons: Vec<String> = found.iter().map(ProviderRefusal::reason).collect();
    refusal.details = forbidden.iter().map(|one| one.refusal.arm_error()).collect();
    if !wrong.is_empty() {
        let inner = row(code::PreflightValidationCheckFailed);
        let details: Vec<Value> = wrong.iter().map(|one| one.shown()).collect();
        let own = json!({"code": inner.code, "message": inner.message, "details": details});
        refusal.details.push(own);
    }
    Err(refusal.because(reasons.join(" ")))
}

/// What a provider would refuse a resource for, or Azure Policy.
struct ProviderRefusal {
    target: ResourceId,
    refusal: Refusal,
}

impl ProviderRefusal {
    fn shown(&self) -> Value {
        let refusal = &self.refusal;
        json!({"code": refusal.code, "target": self.target.name(), "message": refusal.message})
    }

    fn reason(&self) -> String {
        format!("{}: {}", self.target.name(), self.refusal.reason)
    }
}

fn look_at(
    context: &Context<'_>,
    read: &ReadTemplate,
    found: &mut Vec<ProviderRefusal>,
) -> Result<(), Refusal> {
    for (entry, preview) in read.template.resources.iter().zip(&read.previews) {
        if let Some(text) = preview.wrong() {
            return Err(invalid(text));
        }
        if let Err(refusal) = look_at_one(context, entry, preview.known())? {
            found.push(ProviderRefusal {
                target: entry.id.clone(),
                refusal,
            });
        }
    }
    read.nested
        .iter()
        .try_for_each(|nested| look_at(context, nested, found))
}

/// What its provider would say of one resource, as far as its body is known.
///
/// # Errors
///
/// What Resource Manager itself says, and what is not played.
fn look_at_one(
    context: &Context<'_>,
    entry: &TemplateResource,
    body: Option<&Value>,
) -> Result<Result<(), Refusal>, Refusal> {
    let target = format!("{}?api-version={}", entry.id, entry.api_version);
    let mut request = Request::new(Method::PUT, cloud().arm_host(), &target);
    let operation = planned(context.rules, &request)?;
    let is_deployment = entry.kind.eq_ignore_ascii_case(DEPLOYMENT);
    if entry.scoped && !is_deployment && !operation.extends_any() {
        let mut refusal = invalid(&format!(
            "The resource '{}' of type '{}' has a scope, which only resources that extend others and deployments have.",
            entry.id.name(),
            entry.kind
        ));
        refusal.mark = Mark::Inferred;
        return Err(refusal);
    }
    if let Err(refusal) = check_name(context, &entry.kind, &entry.id) {
        return Ok(Err(refusal));
    }
    let Some(body) = body.filter(|_| !is_deployment) else {
        return Ok(Ok(()));
    };
    request = request.with_json(body);
    match check_body(context.rules, operation, &mut request) {
        Ok(_) => Ok(check_policies(&context.gates(), context.now, operation, &request)),
        Err(refusal) if refusal.status == http::StatusCode::NOT_IMPLEMENTED => Err(refusal),
        Err(mut refusal) => {
            // That this provider looks at bodies beforehand.
            refusal.mark = refusal.mark.max(Mark::Inferred);
            Ok(Err(refusal))
        }
    }
}

/// Refuses a name that no deployment can have.
pub(super) fn check_deployment_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let (name, form) = (id.name(), &context.rules.names.deployment);
    if form.admits(name) {
        return Ok(());
    }
    let error = if name.chars().count() > form.longest {
        code::DeploymentNameTooLong
    } else {
        code::SyntheticDeploymentName
    };
    let (length, most) = (name.chars().count().to_string(), form.longest.to_string());
    let fill = [("name", name), ("length", &*length), ("most", &*most)];
    Err(Refusal::of(error, &fill))
}

/// The template of a request, if as much as is known of it could be deployed.
pub(super) fn read(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<ReadTemplate, Refusal> {
    check_deployment_name(context, &permit.scope)?;
    let read = reading::read(context, permit, request)?;
    check(context, &permit.scope, &read)?;
    Ok(read)
}
