//! Builds what a world with a single server has, by the calls anybody would make.

use azdrill_emulator::entropy::Entropy;
use azdrill_emulator::journal::{Application, Given};
use azdrill_emulator::model::{PrincipalId, ResourceId, Timestamp};
use azdrill_emulator::world::Operator;
use http::Method;
use serde_json::{Value, json};

use super::RunError;
use super::build::{ADMIN, firewall, must, private_endpoint};
use super::client::{Client, Service};
use super::ended::refused;
use super::kind::over;
use super::names::Names;
use crate::scenario::{KeyVaultWorld, PermissionModel, ServerNetwork, UserWorld, World};

/// The role that lets the operator put secrets into a key vault with Azure roles.
const OFFICER: &str = "Key Vault Secrets Officer";

/// The scope of a token for Key Vault, percent-encoded.
const KEY_VAULT_SCOPE: &str = "https%3A%2F%2Fvault.azure.net%2F.default";

/// The server with its firewall and its database, and the one to restore to.
pub(super) async fn server(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.server;
    let closed = own.deny_public_access || own.network == ServerNetwork::VirtualNetwork;
    // Rules are refused while public access is denied, so it is denied last.
    let password = own.password.as_str();
    let location = own.location.as_ref().unwrap_or(&world.location);
    let mut body = server_body(names, location, own.version, password, &own.properties);
    body["tags"] = own.taken_for.tags();
    must(
        client.operate(Method::PUT, &names.server, Some(&body)).await?,
        &names.server,
    )?;
    if own.azure_services {
        azure_services(client, &names.server, true).await?;
    }
    firewall(client, &names.server, &own.firewall).await?;
    if own.entra_administrator {
        entra_administrator(client, &names.server).await?;
    }
    let database = format!("{}/databases/{}", names.server, own.database);
    let body = json!({"properties": {"charset": "UTF8", "collation": "en_US.utf8"}});
    must(
        client.operate(Method::PUT, &database, Some(&body)).await?,
        &database,
    )?;
    if own.network == ServerNetwork::PrivateEndpoint {
        private_endpoint(client, names, world, &names.server, "postgresqlServer").await?;
    }
    if closed {
        let body = json!({"properties": {"publicNetworkAccess": "Disabled"}});
        must(
            client.operate(Method::PATCH, &names.server, Some(&body)).await?,
            &names.server,
        )?;
    }
    if let Some(target) = &world.target {
        let location = target.location.as_ref().unwrap_or(&world.location);
        let version = target.version.or(own.version);
        let body = server_body(names, location, version, password, &toml::Table::new());
        must(
            client.operate(Method::PUT, &names.target, Some(&body)).await?,
            &names.target,
        )?;
        if target.azure_services {
            azure_services(client, &names.target, true).await?;
        }
        if target.entra_user {
            entra_administrator(client, &names.target).await?;
        }
    }
    Ok(())
}

async fn entra_administrator(client: &mut Client, server: &str) -> Result<(), RunError> {
    let path = format!("{server}/administrators/activeDirectory");
    let operator = client.owner_of(server);
    let body = json!({"properties": {
        "administratorType": "ActiveDirectory",
        "login": "database-administrators",
        "sid": operator.object_id.to_string(),
        "tenantId": operator.tenant.to_string(),
    }});
    must(client.operate(Method::PUT, &path, Some(&body)).await?, &path).map(|_| ())
}

/// The body a single server is written with.
fn server_body(
    names: &Names,
    location: &str,
    version: Option<u32>,
    password: &str,
    properties: &toml::Table,
) -> Value {
    let mut body = json!({
        "location": location,
        "sku": {"name": "GP_Gen5_2", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 2},
        "properties": {
            "createMode": "Default",
            "administratorLogin": ADMIN,
            "administratorLoginPassword": password,
            "sslEnforcement": "Enabled",
            "minimalTlsVersion": "TLS1_2",
            "publicNetworkAccess": "Enabled",
            "storageProfile": {"storageMB": 51200, "backupRetentionDays": 7, "geoRedundantBackup": "Disabled"},
        },
    });
    if let Some(version) = version {
        body["properties"]["version"] = json!(version.to_string());
    }
    over(&mut body, properties, names);
    body
}

/// Lets Azure services into a server, or keeps them out.
pub(super) async fn azure_services(
    client: &mut Client,
    server: &str,
    allowed: bool,
) -> Result<super::ended::Ended, RunError> {
    let path = format!("{server}/firewallRules/AllowAllWindowsAzureIps");
    if allowed {
        let body = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
        client.operate(Method::PUT, &path, Some(&body)).await
    } else {
        client.operate(Method::DELETE, &path, None).await
    }
}

/// The key vault with the secrets. It is closed only when they are in it, as somebody who works
/// from outside has to do it.
pub(super) async fn credentials(client: &mut Client, names: &Names, world: &World) -> Result<(), RunError> {
    let own = &world.key_vault;
    let owner = client.owner_of(&names.key_vault).clone();
    let (tenant, operator) = (owner.tenant.to_string(), owner.object_id.to_string());
    let vault = client.send(Method::GET, &names.vault, None).await?.json_body();
    let identity = vault["identity"]["principalId"].as_str().unwrap_or_default();
    let policy = |object: &str, secrets: Value| json!({"tenantId": tenant, "objectId": object, "permissions": {"secrets": secrets}});
    let mut policies = vec![policy(&operator, json!(["all"]))];
    if !own.secret_permissions.is_empty() && !identity.is_empty() {
        policies.push(policy(identity, json!(own.secret_permissions)));
    }
    let roles = own.permission_model == PermissionModel::Roles;
    let mut body = json!({
        "location": own.location.as_ref().unwrap_or(&world.location),
        "properties": {
            "tenantId": tenant,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": roles,
            "accessPolicies": if roles { json!([]) } else { json!(policies) },
            "enableSoftDelete": true,
            "publicNetworkAccess": "Enabled",
        },
    });
    must(
        client.operate(Method::PUT, &names.key_vault, Some(&body)).await?,
        &names.key_vault,
    )?;
    if roles {
        let scope = names
            .key_vault
            .parse()
            .map_err(|_| RunError::Scenario(format!("`{}` is no name for a key vault", own.name)))?;
        let now = client.now();
        give_role(client, now, owner.object_id, OFFICER, scope)?;
    }
    let value = connection_string(own, &world.server.name, &world.server.database, &world.user);
    set_secret(client, own, &own.secret, &value).await?;
    if let Some(target) = &world.target {
        let value = connection_string(own, &target.name, "postgres", &target.user);
        set_secret(client, own, &target.secret, &value).await?;
    }
    body["properties"]["publicNetworkAccess"] = json!(own.public_network_access);
    body["properties"]["networkAcls"] = json!({"defaultAction": own.default_action, "bypass": own.bypass, "ipRules": own.address_rules.iter().map(|rule| json!({"value": rule})).collect::<Vec<_>>(), "virtualNetworkRules": []});
    over(&mut body, &own.properties, names);
    must(
        client.operate(Method::PUT, &names.key_vault, Some(&body)).await?,
        &names.key_vault,
    )
    .map(|_| ())
}

/// The value of a secret, filled in.
pub(super) fn connection_string(
    own: &KeyVaultWorld,
    server: &str,
    database: &str,
    user: &UserWorld,
) -> String {
    // A password is quoted as the grammar wants it, whatever is in it.
    let quoted = format!("\"{}\"", user.password.as_str().replace('"', "\"\""));
    own.value
        .replace("{server}", server)
        .replace("{database}", database)
        .replace("{user}", &user.name)
        .replace("{password}", &quoted)
}

/// Puts a value into a secret, as whoever acts.
pub(super) async fn set_secret(
    client: &mut Client,
    own: &KeyVaultWorld,
    name: &str,
    value: &str,
) -> Result<(), RunError> {
    let answer = secret_call(
        client,
        own,
        Method::PUT,
        &format!("/secrets/{name}"),
        &json!({"value": value}),
    )
    .await?;
    if answer.status.is_success() {
        return Ok(());
    }
    let ended = refused(&answer);
    Err(RunError::World {
        what: format!("the secret {name}"),
        code: ended.error["code"].as_str().unwrap_or_default().to_owned(),
        message: ended.error["message"].as_str().unwrap_or_default().to_owned(),
        status: ended.status,
    })
}

/// A call to the key vault's data plane.
pub(super) async fn secret_call(
    client: &mut Client,
    own: &KeyVaultWorld,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<azdrill_emulator::model::Response, RunError> {
    let host = format!("{}.vault.azure.net", own.name);
    let service = Service {
        host: &host,
        scope: KEY_VAULT_SCOPE,
    };
    let path = format!("{path}?api-version=7.4");
    let body = Some(body).filter(|body| !body.is_null());
    client.send_to(service, method, &path, body).await
}

fn of_persona(name: &str) -> Entropy {
    Entropy::from_seed(0).fork("persona").fork(name)
}

/// The object id of a persona.
pub(super) fn persona_id(name: &str) -> PrincipalId {
    PrincipalId(of_persona(name).fork("object").uuid())
}

/// The world's personas as service principals with their roles.
pub(super) fn persona(
    client: &Client,
    names: &Names,
    world: &World,
    name: &str,
) -> Result<Operator, RunError> {
    let own = world.personas.get(name).ok_or_else(|| {
        let known: Vec<&str> = world.personas.keys().map(String::as_str).collect();
        RunError::Scenario(format!(
            "`as = \"{name}\"`: the world has no such persona; it has {}",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        ))
    })?;
    let entropy = of_persona(name);
    let of_its_tenant = own
        .tenant
        .as_ref()
        .and_then(|tenant| client.owners().of_tenant(tenant));
    let operator = Operator {
        client_id: entropy.fork("client").uuid(),
        client_secret: format!("azdrill~{}", own.secret.as_str()),
        object_id: persona_id(name),
        ..of_its_tenant.unwrap_or(client.operator()).clone()
    };
    let now = client.now();
    let mut scopes = Vec::new();
    for role in &own.roles {
        let scope = names.site(&role.on).parse().map_err(|_| {
            RunError::Scenario(format!("persona {name}: this world has no {}", role.on.as_str()))
        })?;
        scopes.push((role.role.clone(), scope));
    }
    if client.look(|core| core.state().directory.get(operator.object_id).is_some()) {
        return Ok(operator);
    }
    let application = Given::Application(Application {
        id: operator.object_id,
        app_id: operator.client_id,
        tenant: operator.tenant,
        name: name.to_owned(),
        secret: operator.client_secret.clone(),
    });
    client
        .look(|core| core.give(now, &application))
        .map_err(RunError::Scenario)?;
    for (role, scope) in scopes {
        give_role(client, now, operator.object_id, &role, scope)?;
    }
    Ok(operator)
}

/// Gives a role that is seen at once, as nobody's call.
pub(super) fn give_role(
    client: &Client,
    now: Timestamp,
    to: PrincipalId,
    role: &str,
    at: ResourceId,
) -> Result<(), RunError> {
    let role = Given::Role {
        to,
        role: role.to_owned(),
        at,
        after: jiff::SignedDuration::ZERO,
    };
    client
        .look(|core| core.give(now, &role))
        .map_err(RunError::Scenario)
}
