//! Server parameters, `configurations` in ARM. They are shown, and do not reach the real server.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, SERVER, all, require_listed};
use crate::gateway::Permit;
use crate::model::{Request, ResourceId, Response};
use crate::rules::SingleServerParameter;
use crate::services::postgres::{children, require_server};
use crate::services::{Context, json_body};
use crate::state::field;

const KIND: &str = "configurations";

fn properties(row: Option<&SingleServerParameter>, value: Option<&Value>) -> Value {
    let default = row.map(|row| json!(row.value));
    let mut own = json!({
        "value": value.cloned().or_else(|| default.clone()),
        "source": if value.is_some() { "user-override" } else { "system-default" },
    });
    if let Some(row) = row {
        own["description"] = json!(row.description);
        own["defaultValue"] = json!(row.value);
        own["dataType"] = json!(row.data_type);
        own["allowedValues"] = json!(row.allowed_values);
    }
    own
}

fn row_of<'a>(context: &Context<'a>, name: &str) -> Option<&'a SingleServerParameter> {
    let rows = &context.rules.single_server.parameters;
    rows.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// A parameter that has not been set.
fn untouched(server: &ResourceId, row: &SingleServerParameter) -> Value {
    json!({
        "id": server.child([KIND, &row.name]),
        "name": row.name,
        "type": format!("{SERVER}/{KIND}"),
        "properties": properties(Some(row), None),
    })
}

pub(super) fn put(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Answer {
    require_server(context, &permit.scope.parent())?;
    let sent = json_body(request)?;
    let value = field(field(&sent, "properties"), "value").clone();
    let row = row_of(context, permit.scope.name());
    let own = properties(row, (!value.is_null()).then_some(&value));
    children::put_child(context, permit, request, KIND, own, None)
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_server(context, &permit.scope.parent())?;
    let set = context.state.resource(&permit.scope);
    let row = row_of(context, permit.scope.name());
    match (set, row) {
        (Some(set), _) => Ok(Response::json(StatusCode::OK, &set.body)),
        (None, Some(row)) => Ok(Response::json(
            StatusCode::OK,
            &untouched(&permit.scope.parent(), row),
        )),
        (None, None) => Err(context.not_found(&permit.scope)),
    }
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Answer {
    require_listed(context, permit)?;
    let kind = format!("{SERVER}/{KIND}");
    let set = context.state.resources_below(&permit.scope, &kind);
    let mut found: Vec<Value> = set.map(|parameter| parameter.body.clone()).collect();
    for row in &context.rules.single_server.parameters {
        let id = permit.scope.child([KIND, &row.name]);
        if context.state.resource(&id).is_none() {
            found.push(untouched(&permit.scope, row));
        }
    }
    Ok(all(&found))
}
