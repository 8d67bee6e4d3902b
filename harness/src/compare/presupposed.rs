//! What a recording presupposes: whatever its requests name and none of them makes. It is read from
//! the ids, and built before the first request.

use std::collections::BTreeSet;

use azdrill_emulator::model::{PrincipalId, ResourceId};
use azdrill_emulator::world::assign;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::align::Alignment;
use super::named::{NamedResources, named_by};
use super::recording::Recording;
use super::world::World;

/// What a vault's identity is given everywhere: a recording in which it got through had it where it was
/// needed.
const VAULT_ROLES: [&str; 6] = [
    "PostgreSQL Flexible Server Long Term Retention Backup Role",
    "Reader",
    "Storage Account Backup Contributor",
    "Storage Blob Data Contributor",
    "Key Vault Secrets User",
    "Key Vault Crypto Service Encryption User",
];
/// What the operator needs to put secrets and keys into a key vault.
const OPERATOR_AT_KEY_VAULTS: [&str; 1] = ["Key Vault Administrator"];
/// The version vaults are built at: the newest at which soft delete is a vault's own choice.
const VAULT_VERSION: &str = "2024-04-01";
/// The administrator of servers, whose password nothing ever needs.
const ADMIN: &str = "drilladmin";
pub(super) const PASSWORD: &str = "Not-a-secret-1!";

/// What was built, for what is given roles later.
pub(super) struct Presupposed {
    named: NamedResources,
    /// Whether the recording gives roles itself.
    own_roles: bool,
}

/// Builds it.
pub(super) fn build(
    recording: &Recording,
    world: &mut World,
    alignment: &mut Alignment,
) -> Result<Presupposed, String> {
    let mut named = named_by(recording);
    align_beginnings(recording, world, alignment, &named)?;
    named.align(alignment);
    let built = Presupposed {
        own_roles: recording.interactions.iter().any(|one| {
            one.method == Method::PUT && one.uri.path().to_ascii_lowercase().contains("/roleassignments/")
        }),
        named,
    };
    built.groups(world)?;
    built.resources(world)?;
    built.key_vaults(world, alignment)?;
    built.vaults(world)?;
    Ok(built)
}

/// The recording's subscription is ours, and its tenant.
fn align_beginnings(
    recording: &Recording,
    world: &mut World,
    alignment: &mut Alignment,
    named: &NamedResources,
) -> Result<(), String> {
    let mut subscriptions = named.subscriptions.iter();
    if let Some(first) = subscriptions.next() {
        alignment.bind(first, &world.operator.subscription.clone());
    }
    for other in subscriptions {
        let subscription = azdrill_emulator::state::Subscription {
            id: other.clone(),
            name: other.clone(),
            tenant: world.operator.tenant,
            hidden: false,
        };
        let state = world.azure.state_mut();
        state
            .subscriptions
            .insert(other.to_ascii_lowercase(), subscription);
        alignment.bind(other, other);
        let scope = ResourceId::from_segments(["subscriptions", other]);
        give(world, world.operator.object_id, &["Owner"], &scope);
    }
    let tenants: BTreeSet<String> = recording
        .interactions
        .iter()
        .flat_map(|one| [&one.body, &one.answer])
        .flat_map(|value| members_of(value, "tenantId"))
        .filter(|tenant| tenant.len() == 36)
        .collect();
    if let [tenant] = &tenants.into_iter().collect::<Vec<_>>()[..] {
        alignment.bind(tenant, &world.operator.tenant.to_string());
    }
    Ok(())
}

/// The texts that members of a name hold, wherever they are.
fn members_of(value: &Value, wanted: &str) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| members_of(item, wanted)).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(text) if name == wanted => vec![text.to_owned()],
                _ => members_of(value, wanted),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn give(world: &mut World, to: PrincipalId, roles: &[&str], at: &ResourceId) {
    let now = world.now;
    world.azure.with_context(now, |context| {
        for role in roles {
            if context.rules.built_in_role(role).is_some() {
                assign(context, to, role, at, SignedDuration::ZERO);
            }
        }
    });
}

impl Presupposed {
    fn region(&self, id: &str) -> String {
        self.named.region_of(id)
    }

    fn groups(&self, world: &mut World) -> Result<(), String> {
        for group in &self.named.groups {
            let body = json!({"location": self.region(group)});
            world.must(Method::PUT, group, &body)?;
        }
        Ok(())
    }

    fn resources(&self, world: &mut World) -> Result<(), String> {
        for id in self.named.of("Microsoft.ManagedIdentity/userAssignedIdentities") {
            world.must(Method::PUT, id, &json!({"location": self.region(id)}))?;
        }
        for id in self.named.of("Microsoft.DBforPostgreSQL/flexibleServers") {
            let body = json!({
                "location": self.region(id),
                "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
                "properties": {"administratorLogin": ADMIN, "administratorLoginPassword": PASSWORD, "createMode": "Default", "storage": {"storageSizeGB": 32}, "network": {"publicNetworkAccess": "Enabled"}},
            });
            world.must(Method::PUT, id, &body)?;
        }
        for id in self.named.of("Microsoft.DBforPostgreSQL/servers") {
            self.single_server(world, id)?;
        }
        for id in self.named.of("Microsoft.Storage/storageAccounts") {
            let body =
                json!({"location": self.region(id), "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
            world.must(Method::PUT, id, &body)?;
        }
        for (account, container) in &self.named.containers {
            let path = format!("{account}/blobServices/default/containers/{container}");
            world.must(Method::PUT, &path, &json!({"properties": {}}))?;
        }
        Ok(())
    }

    fn single_server(&self, world: &mut World, id: &str) -> Result<(), String> {
        let body = json!({
            "location": self.region(id),
            "sku": {"name": "GP_Gen5_2", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 2},
            "properties": {"createMode": "Default", "administratorLogin": ADMIN, "administratorLoginPassword": PASSWORD, "sslEnforcement": "Enabled", "publicNetworkAccess": "Enabled", "storageProfile": {"storageMB": 51200}},
        });
        world.must(Method::PUT, id, &body)?;
        let rule = json!({"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}});
        world.must(
            Method::PUT,
            &format!("{id}/firewallRules/AllowAllWindowsAzureIps"),
            &rule,
        )?;
        for database in self
            .named
            .below(id, "Microsoft.DBforPostgreSQL/servers/databases")
        {
            // It comes with the server.
            if !database.ends_with("/postgres") {
                let body = json!({"properties": {"charset": "UTF8", "collation": "en_US.utf8"}});
                world.must(Method::PUT, database, &body)?;
            }
        }
        Ok(())
    }

    fn key_vaults(&self, world: &mut World, alignment: &mut Alignment) -> Result<(), String> {
        for (host, objects) in &self.named.key_vaults {
            let Some(id) = self.named.key_vault_id(host) else {
                continue;
            };
            let body = json!({
                "location": self.region(&id),
                "properties": {"tenantId": world.operator.tenant.to_string(), "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true, "enableSoftDelete": true, "enablePurgeProtection": true, "publicNetworkAccess": "Enabled"},
            });
            world.must(Method::PUT, &id, &body)?;
            let scope: ResourceId = id.parse().map_err(|_| format!("`{id}` is no id"))?;
            give(world, world.operator.object_id, &OPERATOR_AT_KEY_VAULTS, &scope);
            for object in objects {
                let made = self.key_vault_object(world, host, object)?;
                // A key is named with its version, a secret may be.
                let recorded = object.split('/').nth(2);
                let id = made["key"]["kid"].as_str().or_else(|| made["id"].as_str());
                let ours = id.and_then(|id| id.rsplit('/').next());
                if let (Some(recorded), Some(ours)) = (recorded, ours) {
                    alignment.bind(recorded, ours);
                }
            }
        }
        Ok(())
    }

    /// A secret with the connection string a server would be found by, or a key.
    fn key_vault_object(&self, world: &mut World, host: &str, object: &str) -> Result<Value, String> {
        let mut parts = object.split('/');
        let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (method, path, body) = match kind {
            "secrets" => {
                let server = self.named.of("Microsoft.DBforPostgreSQL/servers").next();
                let server = server.and_then(|id| id.rsplit('/').next()).unwrap_or("server");
                let text = format!(
                    "Server={server}.postgres.database.azure.com;Database=postgres;Port=5432;User Id={ADMIN}@{server};Password={PASSWORD};Ssl Mode=Require;"
                );
                (Method::PUT, format!("/secrets/{name}"), json!({"value": text}))
            }
            "keys" => (
                Method::POST,
                format!("/keys/{name}/create"),
                json!({"kty": "RSA", "key_size": 2048}),
            ),
            _ => return Ok(Value::Null),
        };
        let target = format!("{path}?api-version=7.4");
        let answer = world.send(method, host, &target, &[], &body);
        let body = answer.json_body();
        if answer.status.is_success() {
            return Ok(body);
        }
        Err(format!(
            "{host}{path}: {} {}",
            answer.status.as_u16(),
            body["error"]["message"]
        ))
    }

    fn vaults(&self, world: &mut World) -> Result<(), String> {
        for id in self.named.of("Microsoft.DataProtection/backupVaults") {
            let shown = self.named.shown.get(&id.to_ascii_lowercase());
            let setting = |name: &str| {
                shown
                    .map(|shown| shown["properties"][name].clone())
                    .filter(|value| !value.is_null())
            };
            let mut properties = json!({
                "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
                "securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 14.0}},
            });
            for name in ["storageSettings", "securitySettings", "featureSettings"] {
                if let Some(value) = setting(name) {
                    properties[name] = value;
                }
            }
            let body = json!({"location": self.region(id), "identity": {"type": "SystemAssigned"}, "properties": properties});
            world.must(Method::PUT, &format!("{id}?api-version={VAULT_VERSION}"), &body)?;
            self.give_roles(world, id);
        }
        for (id, datasource) in &self.named.policies {
            let path = format!("{id}?api-version={VAULT_VERSION}");
            world.must(Method::PUT, &path, &policy_body(datasource))?;
        }
        for (id, body) in &self.named.instances {
            world.must(Method::PUT, &format!("{id}?api-version={VAULT_VERSION}"), body)?;
        }
        Ok(())
    }

    /// Makes the requests that are not in a recording, before one that is.
    pub(super) fn make_before(
        &self,
        recording: &Recording,
        number: usize,
        world: &mut World,
        alignment: &Alignment,
    ) -> Result<(), String> {
        let all = recording.setting.before.iter();
        for before in all.filter(|before| before.request == number) {
            let method = Method::from_bytes(before.method.as_bytes())
                .map_err(|_| format!("`{}` is no method", before.method))?;
            let path = alignment.to_ours(&before.path);
            let body = serde_json::from_str(&alignment.to_ours(&before.body.to_string()))
                .map_err(|error| error.to_string())?;
            let puts = method == Method::PUT;
            world.must(method, &path, &body)?;
            if puts {
                self.was_put(world, &path);
            }
            world.pass_until(world.now + SignedDuration::from_mins(before.minutes));
        }
        Ok(())
    }

    /// After a PUT of the recording: a vault that succeeds in it had its roles, unless the recording
    /// gives them.
    pub(super) fn was_put(&self, world: &mut World, target: &str) {
        let path = target.split('?').next().unwrap_or_default();
        let is_vault = path
            .rsplit('/')
            .nth(1)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("backupVaults"));
        if is_vault && !self.own_roles {
            self.give_roles(world, path);
        }
    }

    fn give_roles(&self, world: &mut World, vault: &str) {
        let Ok(id) = vault.parse::<ResourceId>() else {
            return;
        };
        let Some(resource) = world.azure.state().resource(&id) else {
            return;
        };
        let identity = &resource.body["identity"];
        let mut principals: BTreeSet<String> = members_of(identity, "principalId").into_iter().collect();
        for name in identity["userAssignedIdentities"]
            .as_object()
            .into_iter()
            .flat_map(|ids| ids.keys())
        {
            let assigned = name.parse::<ResourceId>().ok();
            let assigned = assigned.and_then(|id| world.azure.state().resource(&id).cloned());
            principals.extend(
                assigned
                    .iter()
                    .flat_map(|assigned| members_of(&assigned.body, "principalId")),
            );
        }
        let scopes: Vec<ResourceId> = (self.named.subscriptions.iter())
            .map(|subscription| ResourceId::from_segments(["subscriptions", subscription]))
            .collect();
        for principal in principals
            .iter()
            .filter_map(|principal| principal.parse().ok().map(PrincipalId))
        {
            for scope in &scopes {
                give(world, principal, &VAULT_ROLES, scope);
            }
        }
    }
}

/// A policy that backs up once a week and keeps three months.
fn policy_body(datasource: &str) -> Value {
    json!({"properties": {
        "objectType": "BackupPolicy",
        "datasourceTypes": [datasource],
        "policyRules": [
            {
                "name": "BackupWeekly",
                "objectType": "AzureBackupRule",
                "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Full"},
                "dataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
                "trigger": {
                    "objectType": "ScheduleBasedTriggerContext",
                    "schedule": {"repeatingTimeIntervals": ["R/2021-08-15T06:30:00+00:00/P1W"], "timeZone": "UTC"},
                    "taggingCriteria": [{"isDefault": true, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}],
                },
            },
            {
                "name": "Default",
                "objectType": "AzureRetentionRule",
                "isDefault": true,
                "lifecycles": [{
                    "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P3M"},
                    "sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
                    "targetDataStoreCopySettings": [],
                }],
            },
        ],
    }})
}
