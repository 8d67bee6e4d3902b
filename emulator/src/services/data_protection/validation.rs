//! `validateForBackup` and `validateRestore`: the examination, and nothing else.

use http::StatusCode;
use serde_json::Value;

use super::credentials::Credentials;
use super::datasource::Datasource;
use super::datasource_truth;
use super::examination::{Examination, Examined, Verdict};
use super::operations::{self, Addresses, First};
use super::violation::{Violation, marks};
use super::{instance, restore_request, vault_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Flavour, Stage, code, rule};
use crate::services::{Context, Input, Next, Workflow, json_body};
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
            let error = context.rules.error(code::UserErrorDppDatasourceAlreadyProtected);
            let fill = [
                ("vault", holder.vault.as_str()),
                ("instance", holder.name.as_str()),
            ];
            return Err(Refusal::user_facing(error, &fill).by([rule::FX_B_19]));
        }
    }
    let examined =
        Examined::of_instance(&vault.id, properties).ok_or_else(|| super::not_found_inside(context))?;
    Ok(begin(context, request, &vault.id, examined, "validate_backup"))
}

/// Datasource types this service does not take, and credentials that make no sense, are refused at
/// once.
pub(super) fn require_supported(context: &Context<'_>, properties: &Value) -> Result<(), Refusal> {
    if let Some(datasource) = Datasource::of(properties) {
        let parameters = field(field(properties, "policyInfo"), "policyParameters");
        for name in ["backupDatasourceParametersList", "dataStoreParametersList"] {
            if let Some(first) = field(parameters, name).as_array().and_then(|own| own.first()) {
                let kind = field(first, "objectType").as_str().unwrap_or_default();
                return Err(Refusal::not_played(&format!(
                    "{name} of a backup of PostgreSQL (`{kind}`)"
                )));
            }
        }
        if datasource.flavour == Flavour::SingleServer {
            Credentials::of(properties).map_err(|why| {
                Refusal::user_facing(context.rules.error(code::BMSUserErrorInvalidInput), &[]).because(why)
            })?;
        }
        return Ok(());
    }
    let info = field(properties, "dataSourceInfo");
    let kind = field(info, "datasourceType").as_str().unwrap_or_default();
    let id = field(info, "resourceID").as_str().unwrap_or_default();
    match context.rules.vaults.datasource_type(kind) {
        Some(own) if !own.played => {
            return Err(Refusal::not_played(&format!("backups of {} ({kind})", own.title)));
        }
        _ => {}
    }
    let error = context.rules.error(code::UserErrorInvalidRequestParameter);
    Err(Refusal::user_facing(error, &[("parameter", "BackupInstance")])
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
    let wanted = restore_request::parse(context, &permit.scope, field(&sent, "restoreRequestObject"))?;
    let examined = wanted.examined(&vault);
    Ok(begin(context, request, &vault, examined, "validate_restore"))
}

fn begin(
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
    context.start(Validate {
        examination: Examination::new(examined.clone()),
        stage: examined.stage,
        operation: operation.clone(),
        activity,
        phase,
        slept: false,
    });
    let Some(vault) = context.state.resource(vault) else {
        return Response::new(StatusCode::NOT_FOUND);
    };
    operations::accepted(
        context,
        request,
        vault,
        &operation,
        Addresses::Both,
        First::accepted(phase),
    )
}

#[derive(Clone)]
struct Validate {
    examination: Examination,
    stage: Stage,
    operation: String,
    activity: String,
    phase: &'static str,
    slept: bool,
}

impl Workflow for Validate {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if !std::mem::replace(&mut self.slept, true) {
            return Next::Sleep(context.phase(self.phase));
        }
        let outcome = match self.examination.step(context, input) {
            Verdict::Pending(next) => return *next,
            Verdict::Passed(_) => operations::ended_well(),
            Verdict::Violated(violation) => {
                violation.note(context, self.stage.as_str());
                mark(context, &self.operation, &violation);
                operations::refused(&violation.refusal, &violation.info(&self.activity))
            }
        };
        context.end(&self.operation, outcome);
        Next::Done
    }
}

/// Says on an operation's status which rules decided its error.
pub(super) fn mark(context: &mut Context<'_>, operation: &str, violation: &Violation) {
    for (header, value) in marks(&violation.refusal) {
        context.state.operations.mark(operation, header, value);
    }
}
