//! The world: two vaults, and in each of two subscriptions a server for everybody who may protect it.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{ResourceId, TenantId, Timestamp};
use azdrill_emulator::rules::Rules;
use http::Method;
use serde_json::Value;

use crate::sketch::validate_backup::Holder;
use crate::strategy::client::{Client, WorldError};
use crate::strategy::foundation::Foundation;
use crate::strategy::movement::SimulatedMovement;
use crate::strategy::painted::Identities;

/// The group of the servers, and a server's name: each has a shorter one it begins with.
const GROUP: &str = "databases";
const LTR: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";

/// A world to paint sketches on.
pub(super) struct Founded {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) operator: Client,
    pub(super) tenant: TenantId,
    /// The subscriptions of the servers: the vault's, and another.
    pub(super) subscriptions: [String; 2],
    pub(super) vault: ResourceId,
    pub(super) vault_body: Value,
    pub(super) policy: ResourceId,
    pub(super) identities: Identities,
    /// Every assignment a sketch leaves alone.
    pub(super) assignments: Vec<Assignment>,
    /// By subscription, and in the order of [`Holder::ALL`].
    pub(super) servers: [Vec<ResourceId>; 2],
}

/// Puts the world up.
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(rules: Rules, seed: u64) -> Result<Founded, WorldError> {
    let mut world = Foundation::begin(rules, seed)?;
    let assignments = |world: &Foundation| world.azure.state().access.assignments().cloned().collect();
    let own = world.person.subscription.clone();
    let subscriptions = [own.clone(), world.other_subscription()];
    let (backups, others) = (world.group(&own, "backups")?, world.group(&own, "others")?);
    let (vault, identities) = world.vault(&backups, "LocallyRedundant")?;
    let (other, its_own) = world.vault(&others, "LocallyRedundant")?;
    let kept = assignments(&world);
    let policy = world.weekly_policy(&vault)?;
    let its_policy = world.weekly_policy(&other)?;
    let mut servers = Vec::new();
    for subscription in &subscriptions {
        let whole = ResourceId::from_segments(["subscriptions", subscription]);
        for identity in [identities.system, its_own.system] {
            world.assign(identity, LTR, &whole)?;
            world.assign(identity, "Reader", &whole)?;
        }
        let group = world.group(subscription, GROUP)?;
        let mut of_one = Vec::new();
        for (number, holder) in Holder::ALL.iter().enumerate() {
            let part = subscription.get(..1).unwrap_or_default();
            let server = world.flexible_server(&group, &format!("sales{part}{number}"))?;
            let (by, policy) = match holder {
                Holder::Nobody => (None, &policy),
                Holder::ThisVault | Holder::SoftDeleted => (Some(&vault), &policy),
                Holder::OtherVault | Holder::SoftDeletedElsewhere => (Some(&other), &its_policy),
            };
            if let Some(by) = by {
                let gone = matches!(holder, Holder::SoftDeleted | Holder::SoftDeletedElsewhere);
                protect(&mut world, by, policy, &server, gone)?;
            }
            of_one.push(server);
        }
        servers.push(of_one);
    }
    Ok(Founded {
        vault_body: world.body(&vault)?,
        tenant: world.person.tenant,
        azure: world.azure,
        now: world.now,
        operator: world.operator,
        subscriptions,
        vault,
        policy,
        identities,
        assignments: kept,
        servers: servers.try_into().map_err(|_| WorldError::Missing("server"))?,
    })
}

/// Protects a server, and deletes the instance again if it is to be gone.
fn protect(
    world: &mut Foundation,
    vault: &ResourceId,
    policy: &ResourceId,
    server: &ResourceId,
    gone: bool,
) -> Result<(), WorldError> {
    let instance = world.backed_up(vault, policy, server)?;
    if gone {
        let operator = world.operator.clone();
        let target = format!("{instance}?api-version=2024-04-01");
        operator.manage(&mut world.azure, world.now, Method::DELETE, &target, None)?;
        SimulatedMovement::default().settle(&mut world.azure, world.now);
    }
    Ok(())
}
