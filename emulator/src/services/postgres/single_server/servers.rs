//! Creating and changing single servers.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::jobs::ServerSpec;
use crate::model::{Request, ResourceId, Response};
use crate::rules::{RealServer, Rules, cloud, unplayed};
use crate::services::postgres::answer::bad;
use crate::services::postgres::changes::{take_turn, take_turn_of_running};
use crate::services::postgres::resource_types::SINGLE_SERVER;
use crate::services::postgres::settings::{self, ServerProposal};
use crate::services::postgres::shown::in_order;
use crate::services::postgres::wire_time::wire_offset;
use crate::services::postgres::{location, server_spec, servers};
use crate::services::{Context, identity, json_body, plain};
use crate::state::{field, field_mut};

/// The oldest major the engine's modes have, taken where any is at hand.
const OLDEST_MAJOR: u32 = 13;
/// The property that names the real server's major, where the version says another.
const REAL_MAJOR: &str = "x-azdrill-major";
/// The order in which Azure writes a server and its properties.
const ORDER: [&str; 8] = [
    "sku",
    "identity",
    "properties",
    "location",
    "tags",
    "id",
    "name",
    "type",
];
const PROPERTIES_ORDER: [&str; 16] = [
    "administratorLogin",
    "storageProfile",
    "version",
    REAL_MAJOR,
    "sslEnforcement",
    "minimalTlsVersion",
    "userVisibleState",
    "fullyQualifiedDomainName",
    "earliestRestoreDate",
    "replicationRole",
    "masterServerId",
    "replicaCapacity",
    "byokEnforcement",
    "privateEndpointConnections",
    "infrastructureEncryption",
    "publicNetworkAccess",
];
const STORAGE_ORDER: [&str; 4] = [
    "storageMB",
    "backupRetentionDays",
    "geoRedundantBackup",
    "storageAutogrow",
];

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    if context.state.resources.contains_key(&id) {
        return update(context, permit, request, sent.into_owned());
    }
    server_spec::check_name(context, &id)?;
    location::require_free_name(context, &id)?;
    let location = plain::required_location(&sent)?;
    let (spec, mut body) = describe_new(context, &id, &location, &sent)?;
    let turn = take_turn(context, permit, &id)?;
    identity::settle_new(context, &id, &mut body)?;
    Ok(servers::create(context, turn, request, id, spec, body))
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = json_body(request)?;
    update(context, permit, request, sent.into_owned())
}

fn update(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
    mut sent: Value,
) -> Result<Response, Refusal> {
    if !field(&sent, "sku").is_null() {
        complete_sku(context.rules, field_mut(&mut sent, "sku"));
    }
    let turn = take_turn_of_running(context, permit, &permit.scope)?;
    servers::update(context, turn, &permit.scope, request, &sent)
}

fn describe_new(
    context: &mut Context<'_>,
    id: &ResourceId,
    location: &str,
    sent: &Value,
) -> Result<(ServerSpec, Value), Refusal> {
    let properties = field(sent, "properties");
    let text = |name: &str| field(properties, name).as_str().unwrap_or_default().to_owned();
    let mode = text("createMode");
    if !context.rules.single_server.create_modes.plays(&mode) {
        return Err(Refusal::not_played(
            unplayed::SingleServerCreateMode,
            &[("mode", &mode)],
        ));
    }
    let (login, password) = (text("administratorLogin"), text("administratorLoginPassword"));
    if login.is_empty() || password.is_empty() {
        return Err(bad(
            "administratorLogin and administratorLoginPassword are required to create a server.",
        ));
    }
    server_spec::check_login(context, &login)?;
    let version = match text("version") {
        none if none.is_empty() => context.rules.single_server.default_version.name.clone(),
        version => version,
    };
    let major = major(context, &version)?;
    let mut body = plain::resource_body(id, SINGLE_SERVER, sent)?;
    body["location"] = json!(location);
    let sku = field_mut(&mut body, "sku");
    if sku.is_null() {
        *sku = json!({"name": context.rules.single_server.default_sku.name});
    }
    complete_sku(context.rules, sku);
    body["properties"] = describe_properties(context, id, properties, &version, major);
    settings::check(&ServerProposal {
        context,
        id,
        sent,
        wanted: &body,
        existing: None,
    })?;
    let draw = context.draw_uuid("postgres server").simple().to_string();
    let namespace = &context.settings.engine_namespace;
    let spec = ServerSpec {
        key: format!("{namespace}{}-{}", id.name(), &draw[..8]),
        major,
        admin_login: login,
        admin_password: password,
        absent_extensions: context.rules.single_server.extensions.absent.clone(),
        lists_extensions: false,
    };
    Ok((spec, in_order(body, &ORDER)))
}

/// The major of the real server behind a version.
fn major(context: &Context<'_>, version: &str) -> Result<u32, Refusal> {
    let at_hand = &context.settings.postgres_majors;
    let oldest = at_hand.iter().min().copied().unwrap_or(OLDEST_MAJOR);
    let refused = |why: &str| bad(format!("Version {version} cannot be created: {why}."));
    match context.rules.single_server.real_server(version) {
        Some(RealServer::Oldest) => Ok(oldest),
        Some(RealServer::Same) => {
            let major = version.parse().map_err(|_| refused("it is no version"))?;
            if at_hand.is_empty() || at_hand.contains(&major) {
                return Ok(major);
            }
            Err(bad(server_spec::not_at_hand(version, at_hand)))
        }
        None => Err(refused("single servers do not have it")),
    }
}

fn describe_properties(
    context: &Context<'_>,
    id: &ResourceId,
    sent: &Value,
    version: &str,
    major: u32,
) -> Value {
    let facts = &context.rules.single_server;
    let restorable = context.now + SignedDuration::from_mins(facts.earliest_restore.minutes);
    let mut properties = json!({
        "administratorLogin": field(sent, "administratorLogin"),
        "version": version,
        // The schema has no word for a server that is being made.
        "userVisibleState": "Disabled",
        "fullyQualifiedDomainName": cloud().server_host(id.name()),
        "earliestRestoreDate": wire_offset(restorable),
        "privateEndpointConnections": [],
    });
    if major.to_string() != version {
        properties[REAL_MAJOR] = json!(major.to_string());
    }
    for row in &facts.defaults {
        properties[&row.property] = row.value.clone();
        if !row.read_only {
            plain::merge(&mut properties[&row.property], field(sent, &row.property));
        }
    }
    let secret_or_known = ["administratorLoginPassword", "createMode"];
    for (name, value) in sent.as_object().into_iter().flatten() {
        let known = secret_or_known
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        if !known && !value.is_null() && field(&properties, name).is_null() {
            properties[name] = value.clone();
        }
    }
    let storage = properties["storageProfile"].take();
    properties["storageProfile"] = in_order(storage, &STORAGE_ORDER);
    in_order(properties, &PROPERTIES_ORDER)
}

/// Fills in what the name of a SKU says: `GP_Gen5_2` is two cores of Gen5 in the tier GeneralPurpose.
/// What the request says itself is left: it has to agree.
fn complete_sku(rules: &Rules, sku: &mut Value) {
    let name = field(sku, "name").as_str().unwrap_or_default().to_owned();
    let mut parts = name.split('_');
    let (Some(prefix), Some(family), Some(cores), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let tier = rules
        .single_server
        .tiers
        .iter()
        .find(|tier| tier.prefix == prefix);
    if let (Some(tier), Ok(cores)) = (tier, cores.parse::<u32>()) {
        for (member, value) in [
            ("tier", json!(tier.name)),
            ("family", json!(family)),
            ("capacity", json!(cores)),
        ] {
            let current = field_mut(sku, member);
            if current.is_null() {
                *current = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_their_offset() {
        let wire = |text: &str| wire_offset(text.parse().expect("a time"));
        assert_eq!(wire("2021-02-08T18:12:48.68Z"), "2021-02-08T18:12:48.68+00:00");
        assert_eq!(wire("2021-02-08T18:12:48Z"), "2021-02-08T18:12:48+00:00");
        assert_eq!(wire("2021-02-08T18:12:48.0079Z"), "2021-02-08T18:12:48.007+00:00");
    }
}
