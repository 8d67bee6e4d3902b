//! What a new server is to be: its name, its administrator, its version, and what it has where the
//! request says nothing.

use http::StatusCode;
use serde_json::{Value, json};

use super::SERVER;
use crate::gateway::Refusal;
use crate::jobs::ServerSpec;
use crate::model::ResourceId;
use crate::rules::Rules;
use crate::services::{Context, plain};
use crate::state::field;

pub(super) fn bad(code: &str, text: String) -> Refusal {
    Refusal::arm(StatusCode::BAD_REQUEST, code, text)
}

/// Refuses a name that no server can have.
pub(super) fn check_name(context: &Context<'_>, id: &ResourceId) -> Result<(), Refusal> {
    let (name, form) = (id.name(), &context.rules.names.flexible_server);
    if form.admits(name) {
        return Ok(());
    }
    Err(bad(
        "InvalidParameterValue",
        format!(
            "Invalid value given for parameter serverName. Specify a valid parameter value: `{name}` is not {} to {} lower-case letters, digits and hyphens.",
            form.shortest, form.longest
        ),
    ))
}

/// Refuses the logins Azure keeps for itself.
pub(super) fn check_login(context: &Context<'_>, login: &str) -> Result<(), Refusal> {
    if context.rules.servers.is_reserved_login(login) {
        return Err(bad(
            "InvalidParameterValue",
            format!("The administrator login name '{login}' is reserved."),
        ));
    }
    Ok(())
}

/// What a server has where the request says nothing.
fn fill_defaults(rules: &Rules, own: &mut Value) {
    for row in &rules.servers.defaults {
        if field(own, &row.property).is_null() {
            own[&row.property] = row.value.clone();
        }
    }
    let private = own["network"]
        .get("delegatedSubnetResourceId")
        .is_some_and(Value::is_string);
    if own["network"].get("publicNetworkAccess").is_none() {
        own["network"]["publicNetworkAccess"] = json!(if private { "Disabled" } else { "Enabled" });
    }
}

/// A key nobody has looked at is no encryption.
pub(super) fn refuse_own_key(properties: &Value) -> Result<(), Refusal> {
    let kind = field(field(properties, "dataEncryption"), "type").as_str();
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("AzureKeyVault")) {
        return Err(Refusal::not_played(
            "encryption of a server with a key of one's own",
        ));
    }
    Ok(())
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
    if !["", "Default", "Create"]
        .iter()
        .any(|played| played.eq_ignore_ascii_case(&mode))
    {
        return Err(Refusal::not_played(&format!(
            "flexible servers of the createMode `{mode}`, which hold what another server held"
        )));
    }
    refuse_own_key(properties)?;
    let (login, password) = (text("administratorLogin"), text("administratorLoginPassword"));
    if login.is_empty() || password.is_empty() {
        return Err(bad(
            "InvalidParameterValue",
            "administratorLogin and administratorLoginPassword are required to create a server.".to_owned(),
        ));
    }
    check_login(context, &login)?;
    let major = major(context, &text("version"))?;
    let mut body = plain::resource_body(id, SERVER, sent)?;
    body["location"] = json!(location);
    let own = &mut body["properties"];
    if let Some(own) = own.as_object_mut() {
        own.retain(|key, _| {
            !key.eq_ignore_ascii_case("administratorLoginPassword") && !key.eq_ignore_ascii_case("createMode")
        });
    }
    own["version"] = json!(major.to_string());
    own["state"] = json!("Starting");
    own["fullyQualifiedDomainName"] = json!(format!("{}.postgres.database.azure.com", id.name()));
    own["replicationRole"] = json!("Primary");
    own["privateEndpointConnections"] = json!([]);
    fill_defaults(context.rules, own);
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
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .ok_or_else(|| {
            bad(
                "InvalidParameterValue",
                format!("'{asked}' is not a server version."),
            )
        })?;
    if available.is_empty() || available.contains(&major) {
        return Ok(major);
    }
    let list: Vec<String> = available.iter().map(u32::to_string).collect();
    Err(bad(
        "InvalidParameterValue",
        format!(
            "Version {major} cannot be created: this emulator has PostgreSQL {} at hand.",
            list.join(", ")
        ),
    ))
}
