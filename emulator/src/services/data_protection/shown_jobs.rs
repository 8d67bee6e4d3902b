//! Jobs as they are listed and read.

use http::StatusCode;
use serde_json::{Value, json};

use super::jobs::of_vault;
use super::operations::as_addressed;
use super::vault::{not_found_inside, vault_of};
use super::versions;
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::rules::unplayed;
use crate::services::{Context, page};

/// Newest first.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, &permit.scope)?.id.clone();
    let found: Vec<Value> = of_vault(context, &vault)
        .rev()
        .map(|job| versions::shown_job(context, request, job.describe(context.rules, &vault, true)))
        .collect();
    page::list(request, &found)
}

pub(super) fn get(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let vault = vault_of(context, &permit.scope)?.id.clone();
    let wanted = permit.params.get("job");
    of_vault(context, &vault)
        .find(|job| job.id.eq_ignore_ascii_case(wanted))
        .map(|job| {
            let mut body = job.describe(context.rules, &vault, false);
            // The id is what was asked for, as it was spelled.
            body["id"] = json!(format!("{}/backupJobs/{}", as_addressed(request, &vault), job.id));
            Response::json(StatusCode::OK, &versions::shown_job(context, request, body))
        })
        .ok_or_else(not_found_inside)
}

/// What it would write, a workbook and a file beside it, nobody has described.
pub(super) fn export(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    Err(Refusal::not_played(unplayed::ExportOfJobs, &[]))
}

/// No export has been begun.
pub(super) fn exported(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    vault_of(context, &permit.scope)?;
    Err(not_found_inside())
}
