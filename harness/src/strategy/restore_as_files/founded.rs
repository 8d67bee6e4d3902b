//! The one world every sketch is painted on: put up through real calls, with a protected server
//! and a recovery point in the vault.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{Request, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use http::Method;

use crate::strategy::client::{Client, WorldError};
use crate::strategy::foundation::{Foundation, STORAGE_AUDIENCE};
use crate::strategy::painted::Identities;

/// The container files are restored to. The names here are chosen so that each has a shorter one
/// it begins with.
pub const CONTAINER: &str = "restores";
/// The group of the target account.
pub(super) const GROUP: &str = "drills";
/// The prefix that a blob in the container begins with.
pub const TAKEN: &str = "taken";
/// The group of the vault and the server.
const VAULT_GROUP: &str = "backups";
const ACCOUNTS: [&str; 2] = ["drilltarget", "drillelsewhere"];

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
    pub(super) identities: Identities,
    /// Every assignment a sketch leaves alone.
    pub(super) assignments: Vec<Assignment>,
}

/// Puts the world up.
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(rules: Rules, seed: u64) -> Result<Founded, WorldError> {
    let mut world = Foundation::begin(rules, seed)?;
    let own = world.person.subscription.clone();
    let other = world.other_subscription();
    let accounts = [
        account(&mut world, &own, ACCOUNTS[0])?,
        account(&mut world, &other, ACCOUNTS[1])?,
    ];
    let backups = world.group(&own, VAULT_GROUP)?;
    let (vault, identities) = world.vault(&backups, "LocallyRedundant")?;
    let server = world.flexible_server(&backups, "sales")?;
    let system = identities.system;
    world.assign(
        system,
        "PostgreSQL Flexible Server Long Term Retention Backup Role",
        &server,
    )?;
    world.assign(system, "Reader", &backups)?;
    let policy = world.weekly_policy(&vault)?;
    let instance = world.backed_up(&vault, &policy, &server)?;
    let points = world.azure.services().data_protection.recovery_points(&instance);
    let point = points.first().map(|point| point.id.clone());
    let point = point.ok_or(WorldError::Missing("recovery point"))?;
    Ok(Founded {
        assignments: world.azure.state().access.assignments().cloned().collect(),
        azure: world.azure,
        now: world.now,
        operator: world.operator,
        vault,
        instance,
        point,
        accounts,
        identities,
    })
}

/// A target account with its container and a blob of an earlier restore.
///
/// # Errors
///
/// If a call is refused.
pub fn account(world: &mut Foundation, subscription: &str, name: &str) -> Result<ResourceId, WorldError> {
    let group = world.group(subscription, GROUP)?;
    let account = world.storage_account(&group, name, CONTAINER)?;
    let operator = world.person.object_id;
    world.assign(operator, "Storage Blob Data Contributor", &account)?;
    let writer = Client::sign_in(&world.azure, world.now, operator, STORAGE_AUDIENCE)
        .ok_or(WorldError::Missing("operator"))?;
    let host = format!("{name}.blob.core.windows.net");
    let request = Request::new(
        Method::PUT,
        &host,
        &format!("/{CONTAINER}/{TAKEN}_database_sales.sql"),
    )
    .with_header("x-ms-version", "2024-11-04")
    .with_header("x-ms-blob-type", "BlockBlob");
    writer.require(&mut world.azure, world.now, request)?;
    Ok(account)
}
