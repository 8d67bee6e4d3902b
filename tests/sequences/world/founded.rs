//! The world sequences begin in: put up once by real calls, kept, and come back to for each of them.

use azdrill::oracle::Profile;
use azdrill::strategy::WorldError;
use azdrill::strategy::client::Client;
use azdrill::strategy::foundation::{Foundation, REGION};
use azdrill::strategy::movement::SimulatedMovement;
use azdrill::strategy::painted::Identities;
use azdrill::strategy::question::{SEED, rules_for};
use azdrill::strategy::restore_as_files::target_account;
use azdrill_emulator::azure::KeptWorld;
use azdrill_emulator::model::{PrincipalId, Request, ResourceId};
use azdrill_emulator::services::Pace;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::model::Beginning;
use crate::step::Role;

/// The version of the Backup service's interface spoken.
pub(crate) const VERSION: &str = "2024-04-01";
/// The version of Key Vault's.
pub(crate) const KEYS_VERSION: &str = "7.4";
/// What tokens for Key Vault are for.
pub(crate) const KEYS_AUDIENCE: &str = "https://vault.azure.net";
/// The host of the keys.
pub(crate) const KEYS_HOST: &str = "drillkeys.vault.azure.net";

/// What there is in the world.
pub(crate) struct Founded {
    beginning: Beginning,
    pub(crate) world: Foundation,
    pub(crate) kept: KeptWorld,
    pub(crate) vault: ResourceId,
    pub(crate) policy: ResourceId,
    pub(crate) server: ResourceId,
    pub(crate) account: ResourceId,
    pub(crate) guard: ResourceId,
    pub(crate) key_vault: ResourceId,
    pub(crate) identities: Identities,
    /// Who may read and nothing else.
    pub(crate) auditor: PrincipalId,
    /// The addresses of two keys, where the vault is encrypted with the first.
    pub(crate) keys: Vec<String>,
    /// How many role assignments there are besides those of sequences.
    pub(crate) assignments: usize,
}

impl Founded {
    /// Puts it up.
    pub(crate) fn new(beginning: Beginning) -> Result<Self, WorldError> {
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

    /// Whether it is the world of a beginning: what the model has wrong makes no difference to it.
    pub(crate) fn is_of(&self, other: Beginning) -> bool {
        let facts = |own: Beginning| (own.profile, own.encrypted, own.recorded);
        facts(self.beginning) == facts(other)
    }

    /// Where a role is given.
    pub(crate) fn scope(&self, role: Role) -> ResourceId {
        match role {
            Role::BacksUp => self.server.clone(),
            Role::ReadsGroup => self.server.resource_group_id().expect("a server is in a group"),
            Role::WritesAccount | Role::ReadsAccount => self.account.clone(),
            Role::WritesContainer => {
                let container = azdrill::strategy::restore_as_files::CONTAINER;
                self.account
                    .child(["blobServices", "default", "containers", container])
            }
            Role::UsesKey => self.key_vault.clone(),
        }
    }
}

/// A vault's encryption with a key, as its system-assigned identity.
pub(crate) fn encryption(key: &str) -> Value {
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
