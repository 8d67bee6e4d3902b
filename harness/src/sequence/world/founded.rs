//! The world sequences begin in: put up once by real calls, kept, and come back to for each of them.

use azdrill_emulator::azure::KeptWorld;
use azdrill_emulator::model::{PrincipalId, Request, ResourceId};
use azdrill_emulator::services::Pace;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::oracle::Profile;
use crate::sequence::Beginning;
use crate::sequence::step::Role;
use crate::strategy::WorldError;
use crate::strategy::client::Client;
use crate::strategy::foundation::{Foundation, REGION};
use crate::strategy::movement::SimulatedMovement;
use crate::strategy::painted::Identities;
use crate::strategy::question::{SEED, rules_for};
use crate::strategy::restore_as_files::{CONTAINER, target_account};

/// The version of the Backup service's interface spoken.
pub(super) const VERSION: &str = "2024-04-01";
/// The version of Key Vault's.
pub(super) const KEYS_VERSION: &str = "7.4";
/// What tokens for Key Vault are for.
pub(super) const KEYS_AUDIENCE: &str = "https://vault.azure.net";
/// The host of the keys.
pub(super) const KEYS_HOST: &str = "drillkeys.vault.azure.net";

/// What there is in the world.
pub struct Founded {
    beginning: Beginning,
    /// The emulator with it.
    pub world: Foundation,
    /// The world as it was put up.
    pub kept: KeptWorld,
    /// The vault.
    pub vault: ResourceId,
    /// Its policy.
    pub policy: ResourceId,
    /// The server.
    pub server: ResourceId,
    /// The target account.
    pub account: ResourceId,
    /// The Resource Guard.
    pub guard: ResourceId,
    /// The key vault, whether there is one or not.
    pub key_vault: ResourceId,
    /// The vault's identities.
    pub identities: Identities,
    /// Who may read and nothing else.
    pub auditor: PrincipalId,
    /// The addresses of two keys, where the vault is encrypted with the first.
    pub keys: Vec<String>,
    /// How many role assignments there are besides those of sequences.
    pub assignments: usize,
}

impl Founded {
    /// Puts it up.
    pub fn new(beginning: Beginning) -> Result<Self, WorldError> {
        let profile: Profile = beginning.profile;
        let mut world = Foundation::begin(rules_for(profile)?, SEED)?;
        let own = world.person.subscription.clone();
        let account = target_account(&mut world, &own, "drilltarget")?;
        let group = world.group(&own, "backups")?;
        let (vault, identities) = world.vault(&group, "LocallyRedundant")?;
        let server = world.flexible_server(&group, "sales")?;
        let policy = world.weekly_policy(&vault)?;
        let guard = group.child(["providers", "Microsoft.DataProtection", "resourceGuards", "guard"]);
        world.put(&guard, VERSION, &json!({"location": REGION}))?;
        let auditor = auditor(&mut world, &group)?;
        let key_vault = group.child(["providers", "Microsoft.KeyVault", "vaults", "drillkeys"]);
        let mut keys = Vec::new();
        if beginning.encrypted {
            keys = make_keys(&mut world, &key_vault)?;
            world.assign(identities.system, Role::UsesKey.name(), &key_vault)?;
            let body =
                json!({"properties": {"securitySettings": {"encryptionSettings": encryption(&keys[0])}}});
            let target = format!("{vault}?api-version={VERSION}");
            let (operator, now) = (world.operator.clone(), world.now);
            operator.manage(&mut world.azure, now, Method::PATCH, &target, Some(&body))?;
            SimulatedMovement::default().settle(&mut world.azure, now);
        }
        let settings = world.azure.settings_mut();
        settings.role_propagation = SignedDuration::from_mins(10);
        settings.pace = if beginning.recorded {
            Pace::Recorded
        } else {
            Pace::Fast
        };
        let assignments = world.azure.state().access.assignments().count();
        let kept = world.azure.keep();
        let kept = kept.map_err(|_| WorldError::Missing("quiet world"))?;
        Ok(Self {
            beginning,
            world,
            kept,
            vault,
            policy,
            server,
            account,
            guard,
            key_vault,
            identities,
            auditor,
            assignments: assignments - usize::from(beginning.encrypted),
            keys,
        })
    }

    /// Whether it is the world of a beginning.
    pub fn is_of(&self, other: Beginning) -> bool {
        self.beginning == other
    }

    /// Where a role is given.
    pub fn scope(&self, role: Role) -> ResourceId {
        match role {
            Role::BacksUp => self.server.clone(),
            Role::ReadsGroup => self.server.resource_group_id().expect("a server is in a group"),
            Role::WritesAccount | Role::ReadsAccount => self.account.clone(),
            Role::WritesContainer => self
                .account
                .child(["blobServices", "default", "containers", CONTAINER]),
            Role::UsesKey => self.key_vault.clone(),
        }
    }
}

/// A vault's encryption with a key, as its system-assigned identity.
pub(super) fn encryption(key: &str) -> Value {
    json!({
        "state": "Enabled",
        "keyVaultProperties": {"keyUri": key},
        "kekIdentity": {"identityType": "SystemAssigned"},
        "infrastructureEncryption": "Disabled",
    })
}

/// Somebody with Reader on the subscription.
fn auditor(world: &mut Foundation, group: &ResourceId) -> Result<PrincipalId, WorldError> {
    let kind = ["providers", "Microsoft.ManagedIdentity", "userAssignedIdentities"];
    let id = group.child(kind).child(["auditor"]);
    world.put(&id, "2023-01-31", &json!({"location": REGION}))?;
    let principal = world.principal_of(&id, "/properties/principalId")?;
    let subscription = ResourceId::from_segments(["subscriptions", &world.person.subscription]);
    world.assign(principal, "Reader", &subscription)?;
    Ok(principal)
}

/// Two keys in a key vault of their own.
fn make_keys(world: &mut Foundation, key_vault: &ResourceId) -> Result<Vec<String>, WorldError> {
    let body = json!({
        "location": REGION,
        "properties": {
            "tenantId": world.person.tenant,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": true,
            "enableSoftDelete": true,
            "enablePurgeProtection": true,
            "accessPolicies": [],
        },
    });
    world.put(key_vault, "2023-07-01", &body)?;
    let operator = world.person.object_id;
    world.assign(operator, "Key Vault Crypto Officer", key_vault)?;
    let client = Client::sign_in(&world.azure, world.now, operator, KEYS_AUDIENCE);
    let client = client.ok_or(WorldError::Missing("operator"))?;
    let mut keys = Vec::new();
    for name in ["first", "second"] {
        let target = format!("/keys/{name}/create?api-version={KEYS_VERSION}");
        let request = Request::new(Method::POST, KEYS_HOST, &target);
        let request = request.with_json(&json!({"kty": "RSA", "key_size": 2048}));
        let answer = client.require(&mut world.azure, world.now, request)?;
        let key = answer.json_body()["key"]["kid"].as_str().map(str::to_owned);
        keys.push(key.ok_or(WorldError::Missing("key"))?);
    }
    Ok(keys)
}
