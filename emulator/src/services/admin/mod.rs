//! What a client on this machine may ask about the emulator itself. No part of Azure.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Servers_List" => servers,
        _ => return None,
    })
}

/// Where the running PostgreSQL servers listen: the names that Azure's bodies give them resolve
/// nowhere.
fn servers(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found: Vec<Value> = context
        .own
        .postgres
        .running()
        .filter_map(|(id, address)| Some((context.state.resource(id)?, address)))
        .map(|(server, address)| {
            json!({
                "name": server.id.name(),
                "fullyQualifiedDomainName": server.text("/properties/fullyQualifiedDomainName"),
                "host": address.ip(),
                "port": address.port(),
            })
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!(found)))
}
