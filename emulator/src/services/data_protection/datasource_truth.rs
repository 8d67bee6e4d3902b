//! Whether what a request says of a datasource is so: what it is, where it is, and what it belongs to. And
//! whether it is still the same one.

use serde_json::Value;

use super::datasource::Datasource;
use super::{instance, refused};
use crate::gateway::Refusal;
use crate::model::region_name;
use crate::rules::{code, rule, unplayed};
use crate::services::Context;
use crate::state::field;

/// Refuses an instance whose request tells an untruth of its datasource.
pub(super) fn check(context: &Context<'_>, properties: &Value) -> Result<(), Refusal> {
    let requests = field(properties, "resourceGuardOperationRequests").as_array();
    if requests.is_some_and(|requests| !requests.is_empty()) {
        return Err(Refusal::not_played(unplayed::ResourceGuards, &[]));
    }
    let Some(datasource) = Datasource::of(context.rules, properties) else {
        return Ok(());
    };
    let info = field(properties, "dataSourceInfo");
    let kind = &datasource.row(context.rules).name;
    let said = field(info, "resourceType").as_str().unwrap_or_default();
    if !said.is_empty() && !said.eq_ignore_ascii_case(kind) {
        let why = format!("dataSourceInfo.resourceType is `{said}`, and the datasource is a `{kind}`");
        return Err(untrue(context, &why));
    }
    check_location(context, &datasource, info)?;
    let set = field(properties, "dataSourceSetInfo");
    let named = field(set, "resourceID").as_str().unwrap_or_default();
    if !named.is_empty() && instance::resource_id(set) != Some(datasource.server()) {
        let why = format!(
            "dataSourceSetInfo names `{named}`, and the datasource belongs to `{}`",
            datasource.server()
        );
        return Err(untrue(context, &why));
    }
    let credentials = field(properties, "datasourceAuthCredentials");
    if !datasource.played(context.rules).takes_credentials() && !credentials.is_null() {
        let why =
            "a flexible server is backed up as the vault's identity, and takes no datasourceAuthCredentials";
        return Err(untrue(context, why));
    }
    Ok(())
}

fn check_location(context: &Context<'_>, datasource: &Datasource, info: &Value) -> Result<(), Refusal> {
    let said = region_name(field(info, "resourceLocation").as_str().unwrap_or_default());
    let server = context.state.resource(&datasource.server());
    let own = server
        .map(|server| region_name(server.location()))
        .unwrap_or_default();
    if said.is_empty() || own.is_empty() || said == own {
        return Ok(());
    }
    let why = format!("dataSourceInfo.resourceLocation is `{said}`, and the server is in `{own}`");
    Err(untrue(context, &why))
}

/// Refuses to let an instance protect another datasource than before.
pub(super) fn check_same(context: &Context<'_>, existing: &Value, properties: &Value) -> Result<(), Refusal> {
    let (own, wanted) = (
        instance::datasource_id(existing),
        instance::datasource_id(properties),
    );
    match (own, wanted) {
        (Some(own), Some(wanted)) if own != wanted => {
            let why = format!("the instance protects `{own}`, and not `{wanted}`");
            Err(refused::by(context, rule::DPP_DATASOURCE_FIXED).because(why))
        }
        _ => Ok(()),
    }
}

fn untrue(context: &Context<'_>, why: &str) -> Refusal {
    let mut refusal = Refusal::user_facing(
        code::UserErrorInvalidRequestParameter,
        &[("parameter", "BackupInstance")],
    )
    .because(why)
    .by([rule::DPP_DATASOURCE_TRUE]);
    refusal.mark = refusal
        .mark
        .max(context.rules.rule(rule::DPP_DATASOURCE_TRUE).mark());
    refusal
}
