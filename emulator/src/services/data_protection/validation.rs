//! `validateForBackup` and `validateRestore`: the examination, and nothing else.

use http::StatusCode;
use serde_json::Value;

use super::caller_rights;
use super::credentials::Credentials;
use super::datasource::Datasource;
use super::datasource_truth;
use super::examination::{Examination, Examined, Verdict};
use super::operations::{self, Addresses, First};
use super::task::{self, Over, Step, Task};
use super::vault::{not_found_inside, vault_of};
use super::violation::Violation;
use super::{instance, lifecycle, refused, restore_request};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{code, rule, unplayed};
use crate::services::{Context, Input, json_body};
use crate::state::field;

pub(super) fn validate_for_backup(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, &permit.scope)?.clone();
    let sent = json_body(request)?;
    let properties = field(&sent, "backupInstance");
    require_supported(context, properties)?;
    datasource_truth::check(context, properties)?;
    if let Some(datasource) = &instance::datasource_id(properties) {
        let nobody = vault.id.child(["backupInstances", "-"]);
        if let Some(holder) = instance::holder(context, datasource, &nobody) {
            if holder.is_soft_deleted() {
                return Err(holder.refuses());
            }
            let fill = [
                ("vault", holder.vault.as_str()),
                ("instance", holder.name.as_str()),
            ];
            return Err(
                Refusal::user_facing(code::UserErrorDppDatasourceAlreadyProtected, &fill).by([holder.rule()]),
            );
        }
    }
    let examined =
        Examined::of_instance(context.rules, &vault.id, properties).ok_or_else(not_found_inside)?;
    Ok(begin(context, request, &vault.id, examined, "validate_backup"))
}

/// What a PUT of the instance as it is to become would be told.
pub(super) fn validate_for_modify(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, &permit.scope)?.id.clone();
    let sent = json_body(request)?;
    let wanted = field(&sent, "backupInstance");
    let existing = context.state.resource(&permit.scope).cloned();
    let existing = existing.ok_or_else(not_found_inside)?;
    require_supported(context, wanted)?;
    datasource_truth::check(context, wanted)?;
    instance::require_policy(context, &vault, wanted)?;
    datasource_truth::check_same(context, existing.at("/properties"), wanted)?;
    lifecycle::require_idle(context, &existing)?;
    let examined = Examined::of_instance(context.rules, &vault, wanted).ok_or_else(not_found_inside)?;
    Ok(begin(context, request, &vault, examined, "validate_backup"))
}

/// Datasource types this service does not take, and credentials that make no sense, are refused at
/// once.
pub(super) fn require_supported(context: &Context<'_>, properties: &Value) -> Result<(), Refusal> {
    if let Some(datasource) = Datasource::of(context.rules, properties) {
        let parameters = field(field(properties, "policyInfo"), "policyParameters");
        for name in ["backupDatasourceParametersList", "dataStoreParametersList"] {
            if let Some(first) = field(parameters, name).as_array().and_then(|own| own.first()) {
                let kind = field(first, "objectType").as_str().unwrap_or_default();
                return Err(Refusal::not_played(
                    unplayed::PartOfBackup,
                    &[("name", name), ("kind", kind)],
                ));
            }
        }
        if datasource.played(context.rules).takes_credentials() {
            Credentials::of(properties)
                .map_err(|why| refused::by(context, rule::DPP_CREDENTIALS).because(why))?;
        }
        return Ok(());
    }
    let info = field(properties, "dataSourceInfo");
    let kind = field(info, "datasourceType").as_str().unwrap_or_default();
    let id = field(info, "resourceID").as_str().unwrap_or_default();
    match context.rules.datasources.of_type(kind) {
        Some(own) if own.played.is_none() => {
            return Err(Refusal::not_played(
                unplayed::BackupsOf,
                &[("title", &own.title), ("kind", kind)],
            ));
        }
        _ => {}
    }
    Err(Refusal::user_facing(
        code::UserErrorInvalidRequestParameter,
        &[("parameter", "BackupInstance")],
    )
    .because(format!(
        "`{kind}` with the resource `{id}` is no datasource of Azure Backup"
    ))
    .by([rule::FX_B_DATASOURCE]))
}

pub(super) fn validate_for_restore(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, &permit.scope)?.id.clone();
    let sent = json_body(request)?;
    let wanted = restore_request::parse(context, &permit.scope, None, field(&sent, "restoreRequestObject"))?;
    caller_rights::require_for_restore(context, permit, &wanted)?;
    let examined = wanted.examined(&vault);
    Ok(begin(context, request, &vault, examined, "validate_restore"))
}

/// Begins an examination, in the region it is one for.
pub(super) fn begin(
    context: &mut Context<'_>,
    request: &Request,
    vault: &ResourceId,
    examined: Examined,
    phase: &'static str,
) -> Response {
    let operation = operations::begin(context, vault);
    let activity = request
        .header("x-ms-client-request-id")
        .unwrap_or_default()
        .to_owned();
    let across = examined.across.clone();
    let validate = Validate {
        examination: Examination::new(examined),
        operation: operation.clone(),
        activity,
        phase,
    };
    task::start(context, validate);
    let Some(vault) = context.state.resource(vault) else {
        return Response::new(StatusCode::NOT_FOUND);
    };
    operations::accepted(
        context,
        request,
        vault,
        &operation,
        across.as_deref().map_or(Addresses::Both, Addresses::BothInRegion),
        First::accepted(phase),
    )
}

#[derive(Clone)]
struct Validate {
    examination: Examination,
    operation: String,
    activity: String,
    phase: &'static str,
}

impl Task for Validate {
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self> {
        Step::sleep(context.phase(self.phase), |own, context| {
            own.examine(context, Input::Woke)
        })
    }

    fn interrupted(&mut self, context: &mut Context<'_>) -> Over {
        let violation = Violation::interrupted();
        self.refuse(context, &violation)
    }
}

impl Validate {
    fn examine(&mut self, context: &mut Context<'_>, input: Input) -> Step<Self> {
        match self.examination.step(context, input) {
            Verdict::Pending(need) => Step::need(*need, Self::examine),
            Verdict::Passed(_) => Over::operation(context, &self.operation, operations::ended_well()).into(),
            Verdict::Violated(violation) => self.refuse(context, &violation).into(),
        }
    }

    fn refuse(&self, context: &mut Context<'_>, violation: &Violation) -> Over {
        violation.note(context, self.examination.stage_name());
        mark(context, &self.operation, violation);
        let outcome = operations::refused(&violation.refusal, &violation.info(&self.activity));
        Over::operation(context, &self.operation, outcome)
    }
}

/// Says on an operation's status which rules decided its error.
pub(super) fn mark(context: &mut Context<'_>, operation: &str, violation: &Violation) {
    for (header, value) in violation.refusal.marks() {
        context.state.operations.mark(operation, header, value);
    }
}
