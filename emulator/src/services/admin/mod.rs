//! What a client on this machine may ask about the emulator itself. No part of Azure.

mod assertion;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "Servers_List" => servers,
        "Assertion_Get" => assertion::assertion,
        _ => return None,
    })
}

/// Where programs on this machine reach the running PostgreSQL servers: the names that Azure's
/// bodies give them resolve nowhere. In front of each stands the gate; where nobody opened it, as
/// in a world without sockets, there is only the server itself.
fn servers(context: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    let found: Vec<Value> = context
        .own
        .postgres
        .running()
        .filter_map(|(id, address)| Some((context.state.resource(id)?, address)))
        .map(|(server, address)| {
            let host = server.text("/properties/fullyQualifiedDomainName");
            let address = context.own.postgres.entrance(host).unwrap_or(address);
            json!({
                "name": server.id.name(),
                "fullyQualifiedDomainName": host,
                "host": address.ip(),
                "port": address.port(),
            })
        })
        .collect();
    Ok(Response::json(StatusCode::OK, &json!(found)))
}
