//! The one world every sketch is painted on: put up through real calls, with a protected server
//! and a recovery point in the vault. No bytes were moved for it.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{PrincipalId, Request, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::services::Settings;
use azdrill_emulator::state::Subscription;
use azdrill_emulator::world::{self, Operator};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, WorldError};
use super::movement::SimulatedMovement;

/// The region of everything.
pub(super) const REGION: &str = "uksouth";
/// The container files are restored to. The names here are chosen so that each has a shorter one
/// it begins with.
pub(super) const CONTAINER: &str = "restores";
/// The group of the target account.
pub(super) const GROUP: &str = "drills";
/// The prefix that a blob in the container begins with.
pub(super) const TAKEN: &str = "taken";
/// The group of the vault and the server.
const VAULT_GROUP: &str = "backups";
const ACCOUNTS: [&str; 2] = ["drilltarget", "drillelsewhere"];
const ARM_AUDIENCE: &str = "https://management.azure.com";
const STORAGE_AUDIENCE: &str = "https://storage.azure.com";
const RULE: &str = "BackupWeekly";

/// A world to paint sketches on.
pub(super) struct Founded {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) operator: Client,
    pub(super) vault: ResourceId,
    pub(super) instance: ResourceId,
    pub(super) point: String,
    /// The target account in the vault's subscription, and the one in the other.
    pub(super) accounts: [ResourceId; 2],
    pub(super) system: PrincipalId,
    pub(super) user: PrincipalId,
    pub(super) user_identity: ResourceId,
    /// Every assignment a sketch leaves alone.
    pub(super) assignments: Vec<Assignment>,
}

/// The builder's place in the work.
struct Builder {
    azure: Azure,
    now: Timestamp,
    operator: Client,
    groups: [ResourceId; 2],
    backups: ResourceId,
    assigned: u32,
}

/// Puts the world up.
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(rules: Rules, seed: u64) -> Result<Founded, WorldError> {
    let now = Timestamp::from_second(1_772_431_200).map_err(|_| WorldError::Missing("time"))?;
    let mut azure = Azure::new(rules, Settings::default(), seed);
    let operator = world::found(&mut azure, now);
    let other = other_subscription(&mut azure, now, &operator);
    let client = Client::sign_in(&azure, now, operator.object_id, ARM_AUDIENCE)
        .ok_or(WorldError::Missing("operator"))?;
    let group = |subscription: &str, name| {
        ResourceId::from_segments(["subscriptions", subscription, "resourceGroups", name])
    };
    let mut builder = Builder {
        azure,
        now,
        operator: client,
        groups: [group(&operator.subscription, GROUP), group(&other, GROUP)],
        backups: group(&operator.subscription, VAULT_GROUP),
        assigned: 0,
    };
    let accounts = builder.accounts(&operator)?;
    let user_identity = builder.user_identity()?;
    let (vault, system) = builder.vault(&user_identity)?;
    let server = builder.server()?;
    builder.assign(
        system,
        "PostgreSQL Flexible Server Long Term Retention Backup Role",
        &server,
    )?;
    builder.assign(system, "Reader", &builder.backups.clone())?;
    let instance = builder.protect(&vault, &server)?;
    let point = builder.back_up(&instance)?;
    let user = principal_of(&builder.azure, &user_identity, "/properties/principalId")?;
    Ok(Founded {
        assignments: builder.azure.state().access.assignments().cloned().collect(),
        azure: builder.azure,
        now,
        operator: builder.operator,
        vault,
        instance,
        point,
        accounts,
        system,
        user,
        user_identity,
    })
}

/// A second subscription of the tenant, which no call can make.
fn other_subscription(azure: &mut Azure, now: Timestamp, operator: &Operator) -> String {
    let id = Uuid::from_u128(2).to_string();
    let subscription = Subscription {
        id: id.clone(),
        name: "other".to_owned(),
        tenant: operator.tenant,
        hidden: false,
    };
    azure.state_mut().add_subscription(subscription);
    let scope = ResourceId::from_segments(["subscriptions", &id]);
    azure.with_context(now, |context| {
        world::assign(context, operator.object_id, "Owner", &scope, SignedDuration::ZERO);
    });
    id
}

fn principal_of(azure: &Azure, id: &ResourceId, pointer: &str) -> Result<PrincipalId, WorldError> {
    azure
        .state()
        .resource(id)
        .and_then(|resource| resource.text(pointer).parse().ok())
        .map(PrincipalId)
        .ok_or(WorldError::Missing("principal"))
}

impl Builder {
    /// Makes a resource, and waits until it is made.
    fn put(&mut self, id: &ResourceId, version: &str, body: &Value) -> Result<(), WorldError> {
        let target = format!("{id}?api-version={version}");
        self.operator
            .manage(&mut self.azure, self.now, Method::PUT, &target, Some(body))?;
        SimulatedMovement::default().settle(&mut self.azure, self.now);
        Ok(())
    }

    fn assign(&mut self, to: PrincipalId, role: &str, at: &ResourceId) -> Result<(), WorldError> {
        let role = self
            .azure
            .rules()
            .built_in_role(role)
            .ok_or(WorldError::Missing("role"))?;
        let body = json!({"properties": {
            "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role.id),
            "principalId": to,
            "principalType": "ServicePrincipal",
        }});
        self.assigned += 1;
        let name = Uuid::from_u128(u128::from(self.assigned)).to_string();
        let id = at.child(["providers", "Microsoft.Authorization", "roleAssignments", &name]);
        self.put(&id, "2022-04-01", &body)
    }

    /// The two target accounts, each with its container and a blob of an earlier restore.
    fn accounts(&mut self, operator: &Operator) -> Result<[ResourceId; 2], WorldError> {
        let mut accounts = Vec::new();
        for (group, name) in self.groups.clone().iter().zip(ACCOUNTS) {
            self.put(group, "2022-09-01", &json!({"location": REGION}))?;
            let account = group.child(["providers", "Microsoft.Storage", "storageAccounts", name]);
            let body = json!({"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}});
            self.put(&account, "2024-01-01", &body)?;
            let container = account.child(["blobServices", "default", "containers", CONTAINER]);
            self.put(&container, "2024-01-01", &json!({"properties": {}}))?;
            self.assign(operator.object_id, "Storage Blob Data Contributor", &account)?;
            let writer = Client::sign_in(&self.azure, self.now, operator.object_id, STORAGE_AUDIENCE)
                .ok_or(WorldError::Missing("operator"))?;
            let request = Request::new(
                Method::PUT,
                &format!("{name}.blob.core.windows.net"),
                &format!("/{CONTAINER}/{TAKEN}_database_sales.sql"),
            );
            let request = request
                .with_header("x-ms-version", "2024-11-04")
                .with_header("x-ms-blob-type", "BlockBlob");
            writer.require(&mut self.azure, self.now, request)?;
            accounts.push(account);
        }
        accounts.try_into().map_err(|_| WorldError::Missing("account"))
    }

    fn user_identity(&mut self) -> Result<ResourceId, WorldError> {
        self.put(&self.backups.clone(), "2022-09-01", &json!({"location": REGION}))?;
        let id = self.backups.child([
            "providers",
            "Microsoft.ManagedIdentity",
            "userAssignedIdentities",
            "restorer",
        ]);
        self.put(&id, "2023-01-31", &json!({"location": REGION}))?;
        Ok(id)
    }

    fn vault(&mut self, user: &ResourceId) -> Result<(ResourceId, PrincipalId), WorldError> {
        let id = self
            .backups
            .child(["providers", "Microsoft.DataProtection", "backupVaults", "vault"]);
        let mut identities = json!({});
        identities[user.as_str()] = json!({});
        let body = json!({
            "location": REGION,
            "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": identities},
            "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]},
        });
        self.put(&id, "2024-04-01", &body)?;
        let system = principal_of(&self.azure, &id, "/identity/principalId")?;
        Ok((id, system))
    }

    fn server(&mut self) -> Result<ResourceId, WorldError> {
        let id = self.backups.child([
            "providers",
            "Microsoft.DBforPostgreSQL",
            "flexibleServers",
            "sales",
        ]);
        let body = json!({
            "location": REGION,
            "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
            "properties": {"administratorLogin": "drill", "administratorLoginPassword": "simulated-1A"},
        });
        self.put(&id, "2024-08-01", &body)?;
        Ok(id)
    }

    fn protect(&mut self, vault: &ResourceId, server: &ResourceId) -> Result<ResourceId, WorldError> {
        let policy = vault.child(["backupPolicies", "weekly"]);
        self.put(&policy, "2024-04-01", &weekly_policy())?;
        let instance = vault.child(["backupInstances", "sales"]);
        let body = json!({"properties": {
            "objectType": "BackupInstance",
            "dataSourceInfo": {
                "objectType": "Datasource",
                "datasourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
                "resourceID": server,
                "resourceLocation": REGION,
                "resourceName": server.name(),
                "resourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
            },
            "policyInfo": {"policyId": policy},
        }});
        self.put(&instance, "2024-04-01", &body)?;
        let state = self.azure.state().resource(&instance);
        match state.map(|instance| instance.text("/properties/currentProtectionState")) {
            Some("ProtectionConfigured") => Ok(instance),
            _ => Err(WorldError::Missing("protected server")),
        }
    }

    fn back_up(&mut self, instance: &ResourceId) -> Result<String, WorldError> {
        let body =
            json!({"backupRuleOptions": {"ruleName": RULE, "triggerOption": {"retentionTagOverride": ""}}});
        let target = format!("{instance}/backup?api-version=2024-04-01");
        self.operator
            .manage(&mut self.azure, self.now, Method::POST, &target, Some(&body))?;
        SimulatedMovement::default().settle(&mut self.azure, self.now);
        let vaults = &self.azure.services().data_protection;
        let point = vaults.recovery_points(instance).first();
        point
            .map(|point| point.id.clone())
            .ok_or(WorldError::Missing("recovery point"))
    }
}

fn weekly_policy() -> Value {
    let store = json!({"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"});
    json!({"properties": {
        "objectType": "BackupPolicy",
        "datasourceTypes": ["Microsoft.DBforPostgreSQL/flexibleServers"],
        "policyRules": [
            {
                "name": RULE,
                "objectType": "AzureBackupRule",
                "backupParameters": {"backupType": "Full", "objectType": "AzureBackupParams"},
                "dataStore": store,
                "trigger": {
                    "objectType": "ScheduleBasedTriggerContext",
                    "schedule": {"repeatingTimeIntervals": ["R/2026-03-08T02:00:00+00:00/P1W"], "timeZone": "UTC"},
                    "taggingCriteria": [{"isDefault": true, "tagInfo": {"tagName": "Default"}, "taggingPriority": 99}],
                },
            },
            {
                "name": "Default",
                "objectType": "AzureRetentionRule",
                "isDefault": true,
                "lifecycles": [{
                    "deleteAfter": {"duration": "P3M", "objectType": "AbsoluteDeleteOption"},
                    "sourceDataStore": store,
                    "targetDataStoreCopySettings": [],
                }],
            },
        ],
    }})
}
