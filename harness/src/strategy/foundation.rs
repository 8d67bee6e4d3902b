//! What worlds to paint sketches on are made of: put up through real calls. No bytes are moved for them.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{PrincipalId, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::services::Settings;
use azdrill_emulator::state::{IdentityKind, Principal, Subscription};
use azdrill_emulator::world::{self, Operator};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, WorldError};
use super::movement::SimulatedMovement;
use super::painted::Identities;

/// The region of everything.
pub const REGION: &str = "uksouth";
/// The region that it is paired with.
pub const PAIRED: &str = "ukwest";
/// The backup rule of policies.
const RULE: &str = "BackupWeekly";
/// What tokens for the blob service are for.
pub(super) const STORAGE_AUDIENCE: &str = "https://storage.azure.com";
/// What tokens for Resource Manager are for.
pub const ARM_AUDIENCE: &str = "https://management.azure.com";

/// A world that is being put up.
pub struct Foundation {
    /// The emulator.
    pub azure: Azure,
    /// The time it is there.
    pub now: Timestamp,
    /// The operator, signed in to Resource Manager.
    pub operator: Client,
    /// Who the operator is.
    pub person: Operator,
    assigned: u32,
}

impl Foundation {
    /// An Azure with an operator, who owns a subscription.
    ///
    /// # Errors
    ///
    /// If the operator cannot sign in.
    pub fn begin(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let now = Timestamp::from_second(1_772_431_200).map_err(|_| WorldError::Missing("time"))?;
        Self::begin_at(rules, seed, now)
    }

    /// The same, at another time.
    ///
    /// # Errors
    ///
    /// If the operator cannot sign in.
    pub fn begin_at(rules: Rules, seed: u64, now: Timestamp) -> Result<Self, WorldError> {
        let mut azure = Azure::new(rules, Settings::default(), seed);
        let person = world::found(&mut azure, now);
        let operator = Client::sign_in(&azure, now, person.object_id, ARM_AUDIENCE)
            .ok_or(WorldError::Missing("operator"))?;
        Ok(Self {
            azure,
            now,
            operator,
            person,
            assigned: 0,
        })
    }

    /// The operator, as he signs in at another time.
    pub fn operator_at(&self, time: Timestamp) -> Result<Client, WorldError> {
        let operator = Client::sign_in(&self.azure, time, self.person.object_id, ARM_AUDIENCE);
        operator.ok_or(WorldError::Missing("operator"))
    }

    /// A second subscription of the tenant, which no call can make.
    pub fn other_subscription(&mut self) -> String {
        let id = Uuid::from_u128(2).to_string();
        let subscription = Subscription {
            id: id.clone(),
            name: "other".to_owned(),
            tenant: self.person.tenant,
            hidden: false,
        };
        self.azure
            .state_mut()
            .subscriptions
            .insert(id.clone(), subscription);
        let scope = ResourceId::from_segments(["subscriptions", &id]);
        let owner = self.person.object_id;
        self.azure.with_context(self.now, |context| {
            world::assign(context, owner, "Owner", &scope, SignedDuration::ZERO);
        });
        id
    }

    /// Makes a resource, and waits until it is made.
    pub fn put(&mut self, id: &ResourceId, version: &str, body: &Value) -> Result<(), WorldError> {
        let target = format!("{id}?api-version={version}");
        self.operator
            .manage(&mut self.azure, self.now, Method::PUT, &target, Some(body))?;
        SimulatedMovement::default().settle(&mut self.azure, self.now);
        Ok(())
    }

    /// Makes a resource group.
    pub fn group(&mut self, subscription: &str, name: &str) -> Result<ResourceId, WorldError> {
        let id = ResourceId::from_segments(["subscriptions", subscription, "resourceGroups", name]);
        self.put(&id, "2022-09-01", &json!({"location": REGION}))?;
        Ok(id)
    }

    /// Gives somebody a built-in role.
    pub fn assign(&mut self, to: PrincipalId, role: &str, at: &ResourceId) -> Result<(), WorldError> {
        let role = self.azure.rules().built_in_role(role);
        let role = role.ok_or(WorldError::Missing("role"))?;
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

    /// Makes a principal that no call makes: somebody, or the identity of what is only imagined.
    pub fn principal(&mut self, number: u128, name: &str, identity: IdentityKind) -> PrincipalId {
        let id = PrincipalId(Uuid::from_u128(number));
        let tenant = self.person.tenant;
        self.azure.state_mut().directory.insert(Principal {
            id,
            app_id: Some(Uuid::from_u128(number + 10)),
            tenant,
            display_name: name.to_owned(),
            identity,
            secret: None,
            certificates: Vec::new(),
        });
        id
    }

    /// A principal that a resource names.
    pub fn principal_of(&self, id: &ResourceId, pointer: &str) -> Result<PrincipalId, WorldError> {
        let resource = self.azure.state().resource(id);
        resource
            .and_then(|resource| resource.text(pointer).parse().ok())
            .map(PrincipalId)
            .ok_or(WorldError::Missing("principal"))
    }

    /// What a resource looks like.
    pub fn body(&self, id: &ResourceId) -> Result<Value, WorldError> {
        let resource = self.azure.state().resource(id);
        resource
            .map(|resource| resource.body.to_value())
            .ok_or(WorldError::Missing("resource"))
    }

    /// A Backup vault with a system-assigned and a user-assigned identity.
    pub fn vault(
        &mut self,
        group: &ResourceId,
        redundancy: &str,
    ) -> Result<(ResourceId, Identities), WorldError> {
        let kind = ["providers", "Microsoft.ManagedIdentity", "userAssignedIdentities"];
        let user_id = group.child(kind).child(["restorer"]);
        self.put(&user_id, "2023-01-31", &json!({"location": REGION}))?;
        let id = group.child(["providers", "Microsoft.DataProtection", "backupVaults", "vault"]);
        let mut identities = json!({});
        identities[user_id.as_str()] = json!({});
        let body = json!({
            "location": REGION,
            "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": identities},
            "properties": {
                "storageSettings": [{"datastoreType": "VaultStore", "type": redundancy}],
                "securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 14.0}},
            },
        });
        self.put(&id, "2024-04-01", &body)?;
        let identities = Identities {
            system: self.principal_of(&id, "/identity/principalId")?,
            user: self.principal_of(&user_id, "/properties/principalId")?,
            user_id,
        };
        Ok((id, identities))
    }

    /// Switches cross-region restore on.
    pub(super) fn switch_cross_region_restore_on(&mut self, vault: &ResourceId) -> Result<(), WorldError> {
        let body =
            json!({"properties": {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}});
        let target = format!("{vault}?api-version=2024-04-01");
        self.operator
            .manage(&mut self.azure, self.now, Method::PATCH, &target, Some(&body))?;
        SimulatedMovement::default().settle(&mut self.azure, self.now);
        Ok(())
    }

    /// A storage account with a container.
    pub(super) fn storage_account(
        &mut self,
        group: &ResourceId,
        name: &str,
        container: &str,
    ) -> Result<ResourceId, WorldError> {
        let account = group.child(["providers", "Microsoft.Storage", "storageAccounts", name]);
        let body = json!({"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}});
        self.put(&account, "2024-01-01", &body)?;
        let container = account.child(["blobServices", "default", "containers", container]);
        self.put(&container, "2024-01-01", &json!({"properties": {}}))?;
        Ok(account)
    }

    /// A flexible server.
    pub fn flexible_server(&mut self, group: &ResourceId, name: &str) -> Result<ResourceId, WorldError> {
        let id = group.child(["providers", "Microsoft.DBforPostgreSQL", "flexibleServers", name]);
        let body = json!({
            "location": REGION,
            "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
            "properties": {"administratorLogin": "drill", "administratorLoginPassword": "simulated-1A"},
        });
        self.put(&id, "2024-08-01", &body)?;
        Ok(id)
    }

    /// A single server.
    pub fn single_server(&mut self, group: &ResourceId, name: &str) -> Result<ResourceId, WorldError> {
        let id = group.child(["providers", "Microsoft.DBforPostgreSQL", "servers", name]);
        let body = json!({
            "location": REGION,
            "sku": {"name": "GP_Gen5_2", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 2},
            "properties": {
                "createMode": "Default",
                "version": "11",
                "administratorLogin": "drill",
                "administratorLoginPassword": "simulated-1A",
            },
        });
        self.put(&id, "2017-12-01", &body)?;
        Ok(id)
    }

    /// Protects a server.
    pub fn protected(
        &mut self,
        vault: &ResourceId,
        policy: &ResourceId,
        server: &ResourceId,
    ) -> Result<ResourceId, WorldError> {
        let instance = vault.child(["backupInstances", server.name()]);
        let body = json!({"properties": {
            "objectType": "BackupInstance",
            "dataSourceInfo": datasource(server),
            "policyInfo": {"policyId": policy},
        }});
        self.put(&instance, "2024-04-01", &body)?;
        let state = self.azure.state().resource(&instance);
        if state.map(|instance| instance.text("/properties/currentProtectionState"))
            != Some("ProtectionConfigured")
        {
            return Err(WorldError::Missing("protected server"));
        }
        Ok(instance)
    }

    /// Protects a server, and takes a backup of it.
    pub fn backed_up(
        &mut self,
        vault: &ResourceId,
        policy: &ResourceId,
        server: &ResourceId,
    ) -> Result<ResourceId, WorldError> {
        let instance = self.protected(vault, policy, server)?;
        let body = backup_now();
        let target = format!("{instance}/backup?api-version=2024-04-01");
        self.operator
            .manage(&mut self.azure, self.now, Method::POST, &target, Some(&body))?;
        SimulatedMovement::default().settle(&mut self.azure, self.now);
        Ok(instance)
    }

    /// A weekly policy of a vault for flexible servers.
    pub fn weekly_policy(&mut self, vault: &ResourceId) -> Result<ResourceId, WorldError> {
        let policy = vault.child(["backupPolicies", "weekly"]);
        self.put(
            &policy,
            "2024-04-01",
            &weekly_policy("Microsoft.DBforPostgreSQL/flexibleServers"),
        )?;
        Ok(policy)
    }
}

/// The body of a backup on demand.
pub fn backup_now() -> Value {
    json!({"backupRuleOptions": {"ruleName": RULE, "triggerOption": {"retentionTagOverride": ""}}})
}

/// A flexible server as a backup instance names it.
pub fn datasource(server: &ResourceId) -> Value {
    json!({
        "objectType": "Datasource",
        "datasourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
        "resourceID": server,
        "resourceLocation": REGION,
        "resourceName": server.name(),
        "resourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
    })
}

/// The body of a weekly policy for a type of datasource.
pub fn weekly_policy(datasource: &str) -> Value {
    let store = json!({"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"});
    json!({"properties": {
        "objectType": "BackupPolicy",
        "datasourceTypes": [datasource],
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
