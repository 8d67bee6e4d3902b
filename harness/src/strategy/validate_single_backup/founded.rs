//! The world: a vault, a single server, and a key vault with a secret for everything that can be wrong with one.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{ResourceId, TenantId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::Resource;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::sketch::validate_single_backup::Secret;
use crate::strategy::client::{Client, WorldError};
use crate::strategy::foundation::{Foundation, REGION};
use crate::strategy::painted::Identities;

/// The server's host name.
pub(super) const HOST: &str = "ledger.postgres.database.azure.com";
/// The region of a server that is neither in the vault's nor in the one that is paired with it.
pub(in crate::strategy) const ELSEWHERE: &str = "westeurope";
/// 1 June 2024.
const BEFORE_RETIREMENT: i64 = 1_717_200_000;
/// 1 June 2025.
const SINCE: i64 = 1_748_736_000;

/// A world to paint sketches on.
pub(in crate::strategy) struct Founded {
    pub(in crate::strategy) azure: Azure,
    pub(in crate::strategy) now: Timestamp,
    pub(in crate::strategy) operator: Client,
    /// After two days, when the region that the vault's is paired with has what there was by now; and the operator as he
    /// signs in then.
    pub(in crate::strategy) copied: (Timestamp, Client),
    /// After the product has gone, and the operator as he signs in then.
    pub(super) later: (Timestamp, Client),
    pub(super) tenant: TenantId,
    pub(in crate::strategy) vault: ResourceId,
    pub(super) vault_body: Value,
    pub(super) identities: Identities,
    /// Every assignment a sketch leaves alone.
    pub(super) assignments: Vec<Assignment>,
    pub(in crate::strategy) server: Resource,
    pub(super) key_vault: ResourceId,
    pub(super) key_vault_body: Value,
}

/// The name of a secret.
pub(super) fn secret_name(secret: Secret) -> &'static str {
    match secret {
        Secret::ConnectionString => "connection",
        Secret::Missing => "nothing",
        Secret::Disabled => "disabled",
        Secret::Address => "address",
    }
}

/// Puts the world up.
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(rules: Rules, seed: u64) -> Result<Founded, WorldError> {
    let time = |second| Timestamp::from_second(second).map_err(|_| WorldError::Missing("time"));
    let mut world = Foundation::begin_at(rules, seed, time(BEFORE_RETIREMENT)?)?;
    // Servers are said to run.
    world.azure.settings_mut().has_postgres = true;
    let subscription = world.person.subscription.clone();
    let backups = world.group(&subscription, "backups")?;
    let (vault, identities) = world.vault(&backups, "GeoRedundant")?;
    world.switch_cross_region_restore_on(&vault)?;
    let group = world.group(&subscription, "databases")?;
    let server = world.single_server(&group, "ledger")?;
    let key_vault = group.child(["providers", "Microsoft.KeyVault", "vaults", "drillvault"]);
    let needed = json!({"tenantId": world.person.tenant, "sku": {"family": "A", "name": "standard"}});
    world.put(
        &key_vault,
        "2023-07-01",
        &json!({"location": REGION, "properties": needed}),
    )?;
    let connection =
        format!("Server={HOST};Database=shop;Port=5432;User Id=backup@ledger;Password=simulated-1A;");
    for (secret, value, enabled) in [
        (Secret::ConnectionString, connection.as_str(), true),
        (Secret::Disabled, connection.as_str(), false),
        (Secret::Address, "postgres://backup@ledger/shop", true),
    ] {
        let id = key_vault.child(["secrets", secret_name(secret)]);
        let body = json!({"properties": {"value": value, "attributes": {"enabled": enabled}}});
        world.put(&id, "2023-07-01", &body)?;
    }
    let since = time(SINCE)?;
    let copied = world.now + SignedDuration::from_hours(49);
    let made = world.azure.state().resource(&server).cloned();
    Ok(Founded {
        copied: (copied, world.operator_at(copied)?),
        later: (since, world.operator_at(since)?),
        vault_body: world.body(&vault)?,
        key_vault_body: world.body(&key_vault)?,
        server: made.ok_or(WorldError::Missing("server"))?,
        assignments: world.azure.state().access.assignments().cloned().collect(),
        tenant: world.person.tenant,
        azure: world.azure,
        now: world.now,
        operator: world.operator,
        vault,
        identities,
        key_vault,
    })
}
