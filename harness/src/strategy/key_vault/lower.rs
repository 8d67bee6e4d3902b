//! From a sketch to a real key vault, and the emulator's answer.

use azdrill_emulator::authz::{AccessControl, Assignment};
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{
    NetworkPath, Origin as RequestOrigin, PrincipalId, Request, ResourceId, TenantId, Timestamp,
};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::server::Core;
use azdrill_emulator::services::Settings;
use azdrill_emulator::state::{IdentityKind, Principal};
use azdrill_emulator::world;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SecretEngine;
use super::sketch::{Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch};
use crate::oracle::key_vault::Trust;
use crate::strategy::agreement::Answer;
use crate::strategy::client::{Client, WorldError};

const HOST: &str = "drillvault.vault.azure.net";
/// Its name has a shorter one it begins with.
const SECRET: &str = "connection";
const PREFIX: &str = "connect";
const REGION: &str = "uksouth";

/// The emulator under test, with one key vault that each sketch in turn is painted on.
pub struct EngineUnderTest {
    azure: Azure,
    now: Timestamp,
    tenant: TenantId,
    vault: ResourceId,
    pristine: Value,
    assignments: Vec<Assignment>,
    caller: PrincipalId,
    group: PrincipalId,
    bearer: String,
    painted: Option<Sketch>,
}

/// The rules of the emulator that stand for an answer to the open point.
///
/// # Errors
///
/// If they do not load.
pub fn rules_for(trust: Trust) -> Result<Rules, WorldError> {
    let taken = if trust.covers_postgresql {
        "covers_postgresql"
    } else {
        "virtual_machines_only"
    };
    let assumptions = Assumptions::from([("SS-B-05-TRUST".to_owned(), taken.to_owned())]);
    Rules::load(Profile::Observed, &assumptions).map_err(|error| WorldError::Rules(error.to_string()))
}

impl EngineUnderTest {
    /// The emulator with an answer to the open point.
    ///
    /// # Errors
    ///
    /// If the rules do not load, or the world cannot be put up.
    pub fn new(trust: Trust) -> Result<Self, WorldError> {
        Self::with_rules(rules_for(trust)?)
    }

    /// The emulator with these rules.
    ///
    /// # Errors
    ///
    /// If the world cannot be put up.
    pub fn with_rules(rules: Rules) -> Result<Self, WorldError> {
        let now = Timestamp::from_second(1_772_431_200).map_err(|_| WorldError::Missing("time"))?;
        let mut azure = Azure::new(rules, Settings::default(), 1);
        let operator = world::found(&mut azure, now);
        let arm = Client::sign_in(&azure, now, operator.object_id, "https://management.azure.com")
            .ok_or(WorldError::Missing("operator"))?;
        let group = format!("/subscriptions/{}/resourceGroups/drills", operator.subscription);
        let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/drillvault");
        let (place, secret) = (json!({"location": REGION}), json!({"properties": {"value": "x"}}));
        let needed = json!({"tenantId": operator.tenant, "sku": {"family": "A", "name": "standard"}});
        let founded = json!({"location": REGION, "properties": needed});
        for (target, body) in [
            (group, &place),
            (vault.clone(), &founded),
            (format!("{vault}/secrets/{SECRET}"), &secret),
        ] {
            let target = format!("{target}?api-version=2023-07-01");
            arm.manage(&mut azure, now, Method::PUT, &target, Some(body))?;
        }
        let vault: ResourceId = vault.parse().map_err(|_| WorldError::Missing("key vault"))?;
        let (caller, group) = (PrincipalId(Uuid::from_u128(11)), PrincipalId(Uuid::from_u128(12)));
        let directory = &mut azure.state_mut().directory;
        directory.insert(Principal {
            id: caller,
            app_id: Some(Uuid::from_u128(13)),
            tenant: operator.tenant,
            display_name: "vault".to_owned(),
            identity: IdentityKind::Application,
            secret: None,
            certificates: Vec::new(),
        });
        directory.add_member(group, caller);
        let principal = azure.state().directory.get(caller);
        let principal = principal.ok_or(WorldError::Missing("caller"))?;
        let (token, _) = azure.tokens().issue(now, principal, "https://vault.azure.net");
        let pristine = azure.state().resource(&vault).map(|vault| vault.body.to_value());
        Ok(Self {
            pristine: pristine.ok_or(WorldError::Missing("key vault"))?,
            assignments: azure.state().access.assignments().cloned().collect(),
            bearer: format!("Bearer {token}"),
            tenant: operator.tenant,
            painted: None,
            azure,
            now,
            vault,
            caller,
            group,
        })
    }

    fn paint(&mut self, sketch: &Sketch) {
        // Where the caller stands is no part of the world.
        let settings = Sketch {
            origin: Sketch::IN_ORDER.origin,
            ..*sketch
        };
        if self.painted == Some(settings) {
            return;
        }
        let mut body = self.pristine.clone();
        body["properties"]["enableRbacAuthorization"] = json!(sketch.model == Model::Roles);
        body["properties"]["publicNetworkAccess"] = match sketch.access {
            PublicAccess::Unset => Value::Null,
            access => json!(access.label()),
        };
        body["properties"]["networkAcls"] = self.network_acls(sketch);
        body["properties"]["privateEndpointConnections"] = json!([{"name": "own", "properties": {
            "privateEndpoint": {"id": self.endpoint("own")},
            "privateLinkServiceConnectionState": {"status": "Approved"},
        }}]);
        body["properties"]["accessPolicies"] = self.policies(sketch.policy);
        let mut access = AccessControl::default();
        let granted = self.assignment(sketch.role);
        for assignment in self.assignments.iter().cloned().chain(granted) {
            access.insert(assignment);
        }
        let state = self.azure.state_mut();
        state.access = access;
        if let Some(vault) = state.resources.get_mut(&self.vault) {
            vault.body = body.into();
        }
        self.painted = Some(settings);
    }

    fn group_child(&self, rest: &str) -> ResourceId {
        let group = self
            .vault
            .resource_group_id()
            .unwrap_or_else(|| self.vault.clone());
        group.child(rest.split('/'))
    }

    fn endpoint(&self, name: &str) -> ResourceId {
        self.group_child(&format!("providers/Microsoft.Network/privateEndpoints/{name}"))
    }

    fn subnet(&self, name: &str) -> ResourceId {
        self.group_child(&format!(
            "providers/Microsoft.Network/virtualNetworks/net/subnets/{name}"
        ))
    }

    fn network_acls(&self, sketch: &Sketch) -> Value {
        if sketch.default_action == DefaultAction::Unset {
            return Value::Null;
        }
        let mut acls = json!({
            "defaultAction": sketch.default_action.label(),
            "ipRules": [{"value": "203.0.113.0/24"}],
            "virtualNetworkRules": [{"id": self.subnet("listed")}],
        });
        if sketch.bypass != Bypass::Unset {
            acls["bypass"] = json!(sketch.bypass.label());
        }
        acls
    }

    fn policies(&self, policy: PolicyHeld) -> Value {
        let (tenant, caller) = (self.tenant, self.caller);
        let stranger = Uuid::from_u128(99);
        let entry = |object: PrincipalId, permissions: Value| json!([{"tenantId": tenant, "objectId": object, "permissions": permissions}]);
        let get = || json!({"secrets": ["get"]});
        match policy {
            PolicyHeld::None => json!([]),
            PolicyHeld::Get => entry(caller, get()),
            PolicyHeld::GetInCapitals => entry(caller, json!({"Secrets": ["GET"]})),
            PolicyHeld::All => entry(caller, json!({"secrets": ["all"]})),
            PolicyHeld::GetForGroup => entry(self.group, get()),
            PolicyHeld::List => entry(caller, json!({"secrets": ["list"]})),
            PolicyHeld::KeysOnly => entry(caller, json!({"keys": ["get", "all"], "secrets": []})),
            PolicyHeld::SomebodyElse => entry(PrincipalId(stranger), get()),
            PolicyHeld::OtherTenant => {
                let mut entries = entry(caller, get());
                entries[0]["tenantId"] = json!(stranger);
                entries
            }
            PolicyHeld::ThroughApplication => {
                let mut entries = entry(caller, get());
                entries[0]["applicationId"] = json!(stranger);
                entries
            }
        }
    }

    fn assignment(&self, held: RoleHeld) -> Option<Assignment> {
        let vault = || self.vault.clone();
        let secret = |name: &str| self.vault.child(["secrets", name]);
        let user = "Key Vault Secrets User";
        let (role, scope) = match held {
            RoleHeld::None => return None,
            RoleHeld::SecretsUser | RoleHeld::SecretsUserTooNew => (user, vault()),
            RoleHeld::SecretsUserOnSecret => (user, secret(SECRET)),
            RoleHeld::SecretsUserOnPrefix => (user, secret(PREFIX)),
            RoleHeld::SecretsUserOnGroup => (user, self.vault.resource_group_id()?),
            RoleHeld::SecretsOfficer => ("Key Vault Secrets Officer", vault()),
            RoleHeld::Administrator => ("Key Vault Administrator", vault()),
            RoleHeld::Reader => ("Key Vault Reader", vault()),
            RoleHeld::CryptoUser => ("Key Vault Crypto User", vault()),
            RoleHeld::KeyVaultContributor => ("Key Vault Contributor", vault()),
            RoleHeld::Owner => ("Owner", vault()),
        };
        let seen_from = match held {
            RoleHeld::SecretsUserTooNew => self.now + SignedDuration::from_mins(10),
            _ => self.now,
        };
        let role = self.azure.rules().built_in_role(role)?.id;
        let name = Uuid::from_u128(0x1000).to_string();
        Some(Assignment {
            seen_from,
            ..Assignment::new(name, scope, role, self.caller, self.now)
        })
    }

    fn place(&self, origin: Origin) -> RequestOrigin {
        let service = |kind: &str| RequestOrigin::AzureService {
            instance: self.group_child(&format!("providers/{kind}/one")),
            tenant: self.tenant,
            region: REGION.to_owned(),
        };
        let address = |last: u8| RequestOrigin::Internet {
            address: [203, 0, last, 10].into(),
        };
        match origin {
            Origin::Backup => service("Microsoft.DataProtection/backupVaults"),
            Origin::MachineBackup => service("Microsoft.RecoveryServices/vaults"),
            Origin::OtherService => service("Microsoft.DevOps/pipelines"),
            Origin::ListedAddress => address(113),
            Origin::OtherAddress => address(114),
            Origin::ListedSubnet => RequestOrigin::Subnet {
                subnet: self.subnet("listed"),
            },
            Origin::OtherSubnet => RequestOrigin::Subnet {
                subnet: self.subnet("listed2"),
            },
            Origin::OwnEndpoint => RequestOrigin::PrivateEndpoint {
                endpoint: self.endpoint("own"),
            },
            Origin::OtherEndpoint => RequestOrigin::PrivateEndpoint {
                endpoint: self.endpoint("own2"),
            },
        }
    }
}

impl SecretEngine for EngineUnderTest {
    fn read(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let target = format!("/secrets/{SECRET}?api-version=7.4");
        let request = Request::new(Method::GET, HOST, &target).with_header("authorization", &self.bearer);
        let path = NetworkPath {
            origin: self.place(sketch.origin),
        };
        let response = self.azure.call(self.now, &path, request);
        let header = |name: &str| response.header(name).unwrap_or_default().to_owned();
        let body = response.json_body();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match response.status.as_u16() {
            200 if text("/value") == "x" => Answer::Passes,
            403 if text("/error/code") == "Forbidden" => Answer::Fails {
                gate: header("x-azdrill-gate"),
                rules: header("x-azdrill-rules").split(',').map(str::to_owned).collect(),
                code: text("/error/innererror/code").to_owned(),
            },
            status => Answer::Odd(format!("{status}: {body}")),
        }
    }
}
