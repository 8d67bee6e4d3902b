//! What a new server is to be: its name, its administrator, its version, and what it has where the
//! request says nothing.

use serde_json::{Value, json};

use super::answer::bad;
use super::resource_types::SERVER;
use super::settings::{self, ServerProposal};
use super::sizes;
use crate::gateway::Refusal;
use crate::jobs::ServerSpec;
use crate::model::{ResourceId, wire_hundred_nanoseconds};
use crate::rules::{Rules, cloud, rule, unplayed};
use crate::services::{Context, plain};
use crate::state::field;

/// Refuses a name that no server can have.
pub(in crate::services) fn check_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let (name, form) = (id.name(), &context.rules.names.flexible_server);
    if form.admits(name) {
        return Ok(());
    }
    Err(bad(format!(
        "Invalid value given for parameter serverName. Specify a valid parameter value: `{name}` is not {} to {} lower-case letters, digits and hyphens.",
        form.shortest, form.longest
    )))
}

/// Refuses the logins Azure keeps for itself.
pub(super) fn check_login(context: &Context<'_>, login: &str) -> Result<(), Refusal> {
    if context.rules.servers.is_reserved_login(login) {
        return Err(bad(format!(
            "The administrator login name '{login}' is reserved."
        )));
    }
    Ok(())
}

/// What a server has where the request says nothing.
fn fill_defaults(rules: &Rules, properties: &mut Value) {
    for row in &rules.servers.defaults {
        let sent = field(properties, &row.property).clone();
        properties[&row.property] = row.value.clone();
        if !row.read_only {
            plain::merge(&mut properties[&row.property], &sent);
        }
    }
    let private = properties["network"]
        .get("delegatedSubnetResourceId")
        .is_some_and(Value::is_string);
    if private {
        properties["network"]["publicNetworkAccess"] = json!("Disabled");
    }
}

/// How the server is started, and its body.
pub(super) fn describe_new(
    context: &mut Context<'_>,
    id: &ResourceId,
    location: &str,
    sent: &Value,
) -> Result<(ServerSpec, Value), Refusal> {
    let properties = field(sent, "properties");
    let text = |name: &str| field(properties, name).as_str().unwrap_or_default().to_owned();
    let mode = text("createMode");
    if !context.rules.servers.create_modes.plays(&mode) {
        return Err(Refusal::not_played(
            unplayed::FlexibleServerCreateMode,
            &[("mode", &mode)],
        ));
    }
    let (login, password) = (text("administratorLogin"), text("administratorLoginPassword"));
    if login.is_empty() || password.is_empty() {
        return Err(bad(
            "administratorLogin and administratorLoginPassword are required to create a server.",
        ));
    }
    check_login(context, &login)?;
    let major = major(context, &text("version"))?;
    let mut body = plain::resource_body(id, SERVER, sent)?;
    body["location"] = json!(location);
    let shown = &mut body["properties"];
    if let Some(members) = shown.as_object_mut() {
        members.retain(|key, _| {
            !key.eq_ignore_ascii_case("administratorLoginPassword") && !key.eq_ignore_ascii_case("createMode")
        });
    }
    shown["version"] = json!(major.to_string());
    shown["state"] = json!("Starting");
    shown["fullyQualifiedDomainName"] = json!(cloud().server_host(id.name()));
    let minors = &context.rules.servers.minors;
    if let Some(row) = minors.iter().find(|row| row.major == major) {
        shown["minorVersion"] = json!(row.minor);
    }
    fill_defaults(context.rules, shown);
    if field(field(sent, "properties"), "availabilityZone").is_null()
        && context.rules.zones_of(location).is_empty()
        && let Some(members) = shown.as_object_mut()
    {
        members.shift_remove("availabilityZone");
    }
    settings::check(&ServerProposal {
        context,
        id,
        sent,
        wanted: &body,
        existing: None,
    })?;
    let shown = &mut body["properties"];
    sizes::complete(context, shown);
    if shown["authConfig"]["activeDirectoryAuth"] == "Enabled" && shown["authConfig"]["tenantId"].is_null() {
        shown["authConfig"]["tenantId"] = json!(context.tenant_of(id)?);
    }
    body["systemData"] = json!({"createdAt": wire_hundred_nanoseconds(context.now)});
    let draw = context.draw_uuid("postgres server").simple().to_string();
    let key = format!(
        "{}{}-{}",
        context.settings.engine_namespace,
        id.name(),
        &draw[..8]
    );
    let spec = ServerSpec {
        key,
        major,
        admin_login: login,
        admin_password: password,
        absent_extensions: Vec::new(),
        lists_extensions: true,
    };
    Ok((spec, body))
}

/// The major version asked for, if servers of that version can be created.
fn major(context: &Context<'_>, asked: &str) -> Result<u32, Refusal> {
    let available = &context.settings.postgres_majors;
    if asked.is_empty() {
        let newest = available.first().copied();
        return Ok(newest.unwrap_or_else(|| context.rules.servers.default_major()));
    }
    let major: u32 = asked
        .parse()
        .map_err(|_| bad(format!("'{asked}' is not a server version.")))?;
    if available.is_empty() || available.contains(&major) {
        return Ok(major);
    }
    // What Azure does not offer any more, no other PostgreSQL at hand would change.
    let offered = &context.rules.servers.majors.available;
    if offered.iter().all(|own| *own > major) {
        return Err(settings::refuse(context, rule::PG_VERSION_UNKNOWN));
    }
    Err(bad(not_at_hand(&major.to_string(), available)))
}

/// What is said of a version that no real server is at hand for.
pub(super) fn not_at_hand(version: &str, at_hand: &[u32]) -> String {
    let list: Vec<String> = at_hand.iter().map(u32::to_string).collect();
    format!(
        "Version {version} cannot be created: this emulator has PostgreSQL {} at hand. \
         AZDRILL_POSTGRES=container or AZDRILL_POSTGRES=download may have it.",
        list.join(", ")
    )
}
