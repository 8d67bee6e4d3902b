//! Creating, changing and deleting servers. Every answer is 202: clients take nothing else.

use http::StatusCode;
use serde_json::{Value, json};

use super::location::require_free_name;
use super::{SERVER, SERVER_GROUP, accept, child_type, set_state, state_of};
use crate::gateway::{Permit, Refusal};
use crate::jobs::ServerSpec;
use crate::jobs::{EffectFailure, EffectResult, ServerWork, Work};
use crate::model::{Request, ResourceId, Response};
use crate::services::{Context, Input, Next, Workflow, json_body, plain};
use crate::state::{OperationOutcome, Resource, field, field_mut};

/// Azure's own databases, there from the start.
const OWN_DATABASES: [&str; 3] = ["azure_maintenance", "azure_sys", "postgres"];
/// What an update of a server, of either flavour, leaves as it is.
const READ_ONLY: [&str; 11] = [
    "administratorLogin",
    "byokEnforcement",
    "createMode",
    "earliestRestoreDate",
    "fullyQualifiedDomainName",
    "masterServerId",
    "privateEndpointConnections",
    "replicaCapacity",
    "state",
    "userVisibleState",
    "version",
];
/// What a server is created with where the request says nothing.
const DEFAULT_MAJOR: u32 = 17;

pub(super) fn bad(code: &str, text: String) -> Refusal {
    Refusal::arm(StatusCode::BAD_REQUEST, code, text)
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    if context.state.resources.contains_key(&id) {
        return update(context, &id, request, &sent);
    }
    check_name(&id)?;
    require_free_name(context, &id)?;
    let location = plain::required_location(&sent)?;
    let (spec, body) = describe_new(context, &id, &location, &sent)?;
    Ok(create(context, request, id, spec, body))
}

/// Puts a new server, and has it started.
pub(super) fn create(
    context: &mut Context<'_>,
    request: &Request,
    id: ResourceId,
    spec: ServerSpec,
    body: Value,
) -> Response {
    let now = context.now;
    context
        .state
        .resources
        .insert(id.clone(), Resource::new(id.clone(), body, now));
    let (operation, response) = accept(context, request, &id);
    context.own.postgres.specs.insert(id.clone(), spec.clone());
    context.start(CreateServer { id, operation, spec });
    response
}

pub(super) fn check_name(id: &ResourceId) -> Result<(), Refusal> {
    let name = id.name();
    let fits = (3..=63).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fits {
        return Ok(());
    }
    Err(bad(
        "InvalidParameterValue",
        format!(
            "Invalid value given for parameter serverName. Specify a valid parameter value: `{name}` is not 3 to 63 lower-case letters, digits and hyphens."
        ),
    ))
}

/// Refuses the logins Azure keeps for itself.
pub(super) fn check_login(login: &str) -> Result<(), Refusal> {
    let reserved = [
        "azure_superuser",
        "azuresu",
        "azure_pg_admin",
        "admin",
        "administrator",
        "root",
        "guest",
        "public",
        "postgres",
        "replication",
    ];
    if reserved.contains(&login.to_ascii_lowercase().as_str()) || login.starts_with("pg_") {
        return Err(bad(
            "InvalidParameterValue",
            format!("The administrator login name '{login}' is reserved."),
        ));
    }
    Ok(())
}

/// What a server has where the request says nothing.
fn fill_defaults(own: &mut Value) {
    for (name, default) in [
        (
            "storage",
            json!({"storageSizeGB": 32, "autoGrow": "Disabled", "iops": 120, "tier": "P4"}),
        ),
        (
            "backup",
            json!({"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"}),
        ),
        (
            "highAvailability",
            json!({"mode": "Disabled", "state": "NotEnabled"}),
        ),
        (
            "authConfig",
            json!({"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"}),
        ),
        ("availabilityZone", json!("1")),
        ("network", json!({"publicNetworkAccess": "Enabled"})),
        (
            "maintenanceWindow",
            json!({"customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0}),
        ),
    ] {
        if field(own, name).is_null() {
            own[name] = default;
        }
    }
    let private = own["network"]
        .get("delegatedSubnetResourceId")
        .is_some_and(Value::is_string);
    if own["network"].get("publicNetworkAccess").is_none() {
        own["network"]["publicNetworkAccess"] = json!(if private { "Disabled" } else { "Enabled" });
    }
}

fn describe_new(
    context: &mut Context<'_>,
    id: &ResourceId,
    location: &str,
    sent: &Value,
) -> Result<(ServerSpec, Value), Refusal> {
    let properties = field(sent, "properties");
    let text = |name: &str| field(properties, name).as_str().unwrap_or_default().to_owned();
    let (login, password) = (text("administratorLogin"), text("administratorLoginPassword"));
    if login.is_empty() || password.is_empty() {
        return Err(bad(
            "InvalidParameterValue",
            "administratorLogin and administratorLoginPassword are required to create a server.".to_owned(),
        ));
    }
    check_login(&login)?;
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
    fill_defaults(own);
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
    };
    Ok((spec, body))
}

/// The major version asked for, if servers of that version can be created.
fn major(context: &Context<'_>, asked: &str) -> Result<u32, Refusal> {
    let available = &context.settings.postgres_majors;
    if asked.is_empty() {
        return Ok(available.first().copied().unwrap_or(DEFAULT_MAJOR));
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

/// The operation's error for outside work that failed.
pub(super) fn failure(result: &EffectResult) -> Option<Value> {
    let text = match result {
        EffectResult::Failed(
            EffectFailure::Engine(text)
            | EffectFailure::Store(text)
            | EffectFailure::Session { message: text, .. },
        ) => text.clone(),
        EffectResult::Failed(EffectFailure::Refused {
            status,
            code,
            message,
        }) => format!("{status} {code}: {message}"),
        _ => return None,
    };
    Some(
        json!({"code": "InternalServerError", "message": format!("An unexpected error occured while processing the request: {text}")}),
    )
}

struct CreateServer {
    id: ResourceId,
    operation: String,
    spec: ServerSpec,
}

impl CreateServer {
    fn ready(&self, context: &mut Context<'_>) -> Next {
        set_state(context, &self.id, "Ready");
        let now = context.now;
        let kind = child_type(context, &self.id, "databases");
        for name in OWN_DATABASES {
            let id = self.id.child(["databases", name]);
            let body = json!({
                "id": id, "name": name, "type": kind,
                "properties": {"charset": "UTF8", "collation": "en_US.utf8"},
            });
            context
                .state
                .resources
                .insert(id.clone(), Resource::new(id, body, now));
        }
        let body = context
            .state
            .resource(&self.id)
            .map(|server| server.body.clone())
            .unwrap_or_default();
        context
            .state
            .operations
            .end(&self.operation, now, OperationOutcome::Succeeded(body));
        Next::Done
    }
}

impl Workflow for CreateServer {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match input {
            Input::Woke if context.settings.has_postgres => {
                Next::Work(Work::Server(ServerWork::Start(self.spec.clone())))
            }
            Input::Woke => self.ready(context),
            Input::Worked(EffectResult::ServerStarted(address)) => {
                context.own.postgres.addresses.insert(self.id.clone(), address);
                self.ready(context)
            }
            Input::Worked(result) => {
                // A server that could not be started is not left behind half-made.
                context.state.resources.remove(&self.id);
                context.own.postgres.specs.remove(&self.id);
                let error = failure(&result).unwrap_or_default();
                context
                    .state
                    .operations
                    .end(&self.operation, context.now, OperationOutcome::Failed(error));
                Next::Done
            }
            Input::Answered(_) | Input::Asked(_) => Next::Done,
        }
    }
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    super::require_server(context, &permit.scope)?;
    let sent = json_body(request)?;
    update(context, &permit.scope.clone(), request, &sent)
}

pub(super) fn update(
    context: &mut Context<'_>,
    id: &ResourceId,
    request: &Request,
    sent: &Value,
) -> Result<Response, Refusal> {
    let mut sent = sent.clone();
    let mut password = None;
    let properties = sent.is_object().then(|| field_mut(&mut sent, "properties"));
    if let Some(properties) = properties.and_then(Value::as_object_mut) {
        // Without regard to case, like every reader of the body: a password must not slip through.
        properties.retain(|name, value| {
            if name.eq_ignore_ascii_case("administratorLoginPassword") {
                password = value.as_str().map(str::to_owned);
                return false;
            }
            !READ_ONLY.iter().any(|own| name.eq_ignore_ascii_case(own))
        });
    }
    if let Some(sent) = sent.as_object_mut() {
        for read_only in ["id", "name", "type", "systemData", "location"] {
            sent.remove(read_only);
        }
    }
    if let Some(server) = context.state.resources.get_mut(id) {
        plain::merge(&mut server.body, &sent);
    }
    let was = state_of(context, id);
    set_state(context, id, "Updating");
    let (operation, response) = accept(context, request, id);
    let mut work = None;
    if let (Some(password), Some(spec)) = (password, context.own.postgres.specs.get_mut(id)) {
        spec.admin_password.clone_from(&password);
        work = Some(Work::Server(ServerWork::SetAdminPassword {
            key: spec.key.clone(),
            password,
        }));
    }
    let work = work.filter(|_| context.settings.has_postgres);
    context.start(ServerChange {
        id: id.clone(),
        operation,
        work,
        then: was,
    });
    Ok(response)
}

/// Outside work on a server, and the state it is in afterwards.
pub(super) struct ServerChange {
    pub(super) id: ResourceId,
    pub(super) operation: String,
    pub(super) work: Option<Work>,
    pub(super) then: String,
}

impl Workflow for ServerChange {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let (Input::Woke, Some(work)) = (&input, self.work.take()) {
            return Next::Work(work);
        }
        let error = match &input {
            Input::Worked(EffectResult::ServerStarted(address)) => {
                context.own.postgres.addresses.insert(self.id.clone(), *address);
                None
            }
            Input::Worked(result) => failure(result),
            _ => None,
        };
        if self.then == "Stopped" {
            context.own.postgres.addresses.remove(&self.id);
        }
        let then = self.then.clone();
        set_state(context, &self.id, &then);
        let body = context
            .state
            .resource(&self.id)
            .map(|server| server.body.clone())
            .unwrap_or_default();
        let outcome = match error {
            None => OperationOutcome::Succeeded(body),
            Some(error) => OperationOutcome::Failed(error),
        };
        context
            .state
            .operations
            .end(&self.operation, context.now, outcome);
        Next::Done
    }
}

pub(super) fn delete(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    if !context.state.resources.contains_key(&id) {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    }
    set_state(context, &id, "Dropping");
    let (operation, response) = accept(context, request, &id);
    context.start(DeleteServer { id, operation });
    Ok(response)
}

struct DeleteServer {
    id: ResourceId,
    operation: String,
}

impl Workflow for DeleteServer {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        let spec = context.own.postgres.specs.get(&self.id);
        if let (Input::Woke, Some(spec), true) = (&input, spec, context.settings.has_postgres) {
            return Next::Work(Work::Server(ServerWork::Remove(spec.key.clone())));
        }
        context.own.postgres.specs.remove(&self.id);
        context.own.postgres.addresses.remove(&self.id);
        context
            .own
            .postgres
            .backups
            .retain(|(server, _), _| *server != self.id);
        context.state.access.remove_below(&self.id);
        context.state.resources.retain(|id, _| !self.id.contains(id));
        let outcome = OperationOutcome::Succeeded(Value::Null);
        context
            .state
            .operations
            .end(&self.operation, context.now, outcome);
        Next::Done
    }
}

/// Cosmos DB for PostgreSQL: a resource that exists, and that Backup does not take.
pub(super) fn put_server_group(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    let sent = json_body(request)?;
    let location = plain::required_location(&sent)?;
    let mut body = plain::resource_body(&id, SERVER_GROUP, &sent)?;
    body["location"] = json!(location);
    if !body["properties"].is_object() {
        body["properties"] = json!({});
    }
    if let Some(own) = body["properties"].as_object_mut() {
        own.retain(|key, _| !key.eq_ignore_ascii_case("administratorLoginPassword"));
    }
    body["properties"]["provisioningState"] = json!("Succeeded");
    Ok(plain::put(context, id, body))
}

pub(super) fn delete_server_group(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    context.state.access.remove_below(&permit.scope);
    let removed = context.state.resources.remove(&permit.scope).is_some();
    Ok(Response::new(if removed {
        StatusCode::OK
    } else {
        StatusCode::NO_CONTENT
    }))
}
