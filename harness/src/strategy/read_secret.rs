//! Reading a secret of a key vault.

use azdrill_emulator::authz::{AccessControl, Assignment};
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{
    NetworkPath, Origin as RequestOrigin, PrincipalId, Request, ResourceId, TenantId, Timestamp,
};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Answer;
use super::client::{Client, WorldError, refused};
use super::foundation::{Foundation, REGION};
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::read_secret::read_secret;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::read_secret::{
    Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch,
};

const HOST: &str = "drillvault.vault.azure.net";
/// Its name has a shorter one it begins with.
const SECRET: &str = "connection";
const PREFIX: &str = "connect";
/// The version of the control plane spoken.
const VERSION: &str = "2023-07-01";

/// The emulator under test, with one key vault that each sketch in turn is painted on.
pub struct ReadSecret {
    azure: Azure,
    now: Timestamp,
    tenant: TenantId,
    vault: ResourceId,
    pristine: Value,
    assignments: Vec<Assignment>,
    caller: PrincipalId,
    group: PrincipalId,
    client: Client,
    painted: Option<Sketch>,
}

impl ReadSecret {
    fn found(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut world = Foundation::begin(rules, seed)?;
        let (subscription, tenant) = (world.person.subscription.clone(), world.person.tenant);
        let vault = world.group(&subscription, "drills")?.child([
            "providers",
            "Microsoft.KeyVault",
            "vaults",
            "drillvault",
        ]);
        let needed = json!({"tenantId": tenant, "sku": {"family": "A", "name": "standard"}});
        let founded = json!({"location": REGION, "properties": needed});
        world.put(&vault, VERSION, &founded)?;
        let secret = json!({"properties": {"value": "x"}});
        world.put(&vault.child(["secrets", SECRET]), VERSION, &secret)?;
        let caller = world.principal(11, "vault", IdentityKind::Application);
        let group = PrincipalId(Uuid::from_u128(12));
        world.azure.state_mut().directory.add_member(group, caller);
        let client = Client::sign_in(&world.azure, world.now, caller, "https://vault.azure.net");
        Ok(Self {
            pristine: world.body(&vault)?,
            assignments: world.azure.state().access.assignments().cloned().collect(),
            client: client.ok_or(WorldError::Missing("caller"))?,
            tenant,
            painted: None,
            azure: world.azure,
            now: world.now,
            vault,
            caller,
            group,
        })
    }

    fn paint(&mut self, sketch: &Sketch) {
        // Where the caller stands is no part of the world.
        let settings = Sketch {
            origin: Origin::Backup,
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

impl Engine<Sketch> for ReadSecret {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let target = format!("/secrets/{SECRET}?api-version=7.4");
        let request = Request::new(Method::GET, HOST, &target);
        let path = NetworkPath {
            origin: self.place(sketch.origin),
        };
        let client = self.client.clone();
        let response = client.send_from(&mut self.azure, self.now, &path, request);
        let body = response.json_body();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match response.status.as_u16() {
            200 if text("/value") == "x" => Answer::Passes,
            403 if text("/error/code") == "Forbidden" => refused(&response, text("/error/innererror/code")),
            status => Answer::Odd(format!("{status}: {body}")),
        }
    }
}

impl Question for ReadSecret {
    type Sketch = Sketch;
    const NAME: &'static str = "read-secret";
    const ASKED: &'static str = "Is a secret of a key vault answered?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        read_secret(profile, sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        Self::found(rules, seed)
    }

    fn other_profiles() -> Vec<Profile> {
        vec![Profile {
            trusted_for_postgresql: false,
            ..Profile::OBSERVED
        }]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let network = Product::of(&["public access", "default", "bypass", "the caller stands at"]);
        let access = Product::of(&["permissions", "role", "access policy"]);
        vec![
            Table::of(
                "network",
                "Reading a secret: the key vault’s network, and where somebody stands who may read",
                "where somebody stands",
                network,
            ),
            Table::of(
                "access",
                "Reading a secret: what somebody holds who gets through the network",
                "the access policy somebody has",
                access,
            ),
        ]
    }

    fn because(_rules: Vec<String>, code: String) -> String {
        code
    }
}
