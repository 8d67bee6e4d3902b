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
pub(in crate::strategy) struct Founded {
    pub(in crate::strategy) azure: Azure,
    pub(in crate::strategy) now: Timestamp,
    pub(in crate::strategy) operator: Client,
    pub(in crate::strategy) vault: ResourceId,
    pub(in crate::strategy) instance: ResourceId,
    pub(in crate::strategy) point: String,
    /// The target account in the vault's subscription, and the one in the other.
    pub(in crate::strategy) accounts: [ResourceId; 2],
    pub(in crate::strategy) identities: Identities,
    /// Every assignment a sketch leaves alone.
    pub(in crate::strategy) assignments: Vec<Assignment>,
}

/// Puts the world up, with a vault of this redundancy. What is done `besides`, with the instance, is done last.
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(
    rules: Rules,
    seed: u64,
    redundancy: &str,
    besides: impl FnOnce(&mut Foundation, &ResourceId) -> Result<(), WorldError>,
) -> Result<Founded, WorldError> {
    let mut world = Foundation::begin(rules, seed)?;
    let own = world.person.subscription.clone();
    let other = world.other_subscription();
    let accounts = [
        account(&mut world, &own, ACCOUNTS[0])?,
        account(&mut world, &other, ACCOUNTS[1])?,
    ];
    let (instance, identities) = backed_up(&mut world, VAULT_GROUP, "sales", redundancy)?;
    let points = world.azure.services().data_protection.recovery_points(&instance);
    let point = points.first().map(|point| point.id.clone());
    let point = point.ok_or(WorldError::Missing("recovery point"))?;
    besides(&mut world, &instance)?;
    Ok(Founded {
        assignments: world.azure.state().access.assignments().cloned().collect(),
        azure: world.azure,
        now: world.now,
        operator: world.operator,
        vault: instance.parent(),
        instance,
        point,
        accounts,
        identities,
    })
}

/// A vault in a group of its own, with a server that was backed up. Gives back the instance, and the vault's identities.
///
/// # Errors
///
/// If a call is refused.
pub(in crate::strategy) fn backed_up(
    world: &mut Foundation,
    group: &str,
    server: &str,
    redundancy: &str,
) -> Result<(ResourceId, Identities), WorldError> {
    let subscription = world.person.subscription.clone();
    let group = world.group(&subscription, group)?;
    let (vault, identities) = world.vault(&group, redundancy)?;
    let server = world.flexible_server(&group, server)?;
    let system = identities.system;
    world.assign(
        system,
        "PostgreSQL Flexible Server Long Term Retention Backup Role",
        &server,
    )?;
    world.assign(system, "Reader", &group)?;
    let policy = world.weekly_policy(&vault)?;
    let instance = world.backed_up(&vault, &policy, &server)?;
    Ok((instance, identities))
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
