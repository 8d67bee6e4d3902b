//! The account with its blob, and who may want it.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{Body, PrincipalId, Request, ResourceId, TenantId, Timestamp, wire_seconds};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::IdentityKind;
use http::Method;
use jiff::SignedDuration;
use serde_json::Value;

use super::signed::{DelegationKey, VERSION};
use crate::strategy::client::{Client, WorldError};
use crate::strategy::foundation::{Foundation, STORAGE_AUDIENCE};
use crate::strategy::painted::{Given, access};

pub(super) const ACCOUNT: &str = "drillfiles";
pub(super) const HOST: &str = "drillfiles.blob.core.windows.net";
/// Its name has a shorter one it begins with.
pub(super) const CONTAINER: &str = "restores";
/// A blob that is there, and one that is not.
pub(super) const BLOBS: [&str; 2] = ["here.sql", "new.sql"];

/// A credential for each time: one that counts now, later, no more.
pub(super) struct InTime<T> {
    pub(super) now: T,
    pub(super) later: T,
    pub(super) over: T,
}

/// A world to paint sketches on.
pub(super) struct Founded {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) tenant: TenantId,
    pub(super) account: ResourceId,
    /// The account as it was made.
    pub(super) pristine: Value,
    /// What resource rules name. No such vault is needed.
    pub(super) vault: ResourceId,
    /// Every assignment a sketch leaves alone.
    pub(super) assignments: Vec<Assignment>,
    /// Somebody who may read and write whatever a sketch says.
    pub(super) owner: Client,
    /// The account's first key.
    pub(super) key: String,
    /// The vault's system-assigned identity, and a user-assigned one.
    pub(super) identities: [PrincipalId; 2],
    /// Their tokens.
    pub(super) tokens: [InTime<Client>; 2],
    /// User delegation keys of the system-assigned identity.
    pub(super) delegation_keys: InTime<DelegationKey>,
}

/// Puts the world up.
///
/// # Errors
///
/// If a call is refused that a world in order would let through.
pub(super) fn found(rules: Rules, seed: u64) -> Result<Founded, WorldError> {
    let mut world = Foundation::begin(rules, seed)?;
    let (subscription, tenant) = (world.person.subscription.clone(), world.person.tenant);
    let group = world.group(&subscription, "drills")?;
    let account = world.storage_account(&group, ACCOUNT, CONTAINER)?;
    let operator = world.person.object_id;
    world.assign(operator, "Storage Blob Data Contributor", &account)?;
    let vault = group.child(["providers", "Microsoft.DataProtection", "backupVaults", "vault"]);
    let user = group.child([
        "providers",
        "Microsoft.ManagedIdentity",
        "userAssignedIdentities",
        "restorer",
    ]);
    let identities = [
        (11, IdentityKind::SystemAssigned(vault.clone())),
        (12, IdentityKind::UserAssigned(user)),
    ]
    .map(|(number, identity)| world.principal(number, "an identity", identity));
    let assignments: Vec<Assignment> = world.azure.state().access.assignments().cloned().collect();
    let earlier = world.now;
    let ran_out = delegation_key(
        &mut world,
        &assignments,
        &account,
        identities[0],
        earlier,
        SignedDuration::ZERO,
    )?;
    world.now = earlier + SignedDuration::from_hours(48);
    let now = world.now;
    let mut from =
        |start: SignedDuration| delegation_key(&mut world, &assignments, &account, identities[0], now, start);
    let delegation_keys = InTime {
        now: from(SignedDuration::ZERO)?,
        later: from(SignedDuration::from_hours(1))?,
        over: ran_out,
    };
    let [system, assigned] = identities.map(|id| tokens(&world.azure, now, id));
    let owner = Client::sign_in(&world.azure, now, operator, STORAGE_AUDIENCE);
    let owner = owner.ok_or(WorldError::Missing("operator"))?;
    owner.require(&mut world.azure, now, written(BLOBS[0]))?;
    Ok(Founded {
        key: first_key(&mut world, &account)?,
        pristine: world.body(&account)?,
        tokens: [system?, assigned?],
        azure: world.azure,
        now,
        tenant,
        account,
        vault,
        assignments,
        owner,
        identities,
        delegation_keys,
    })
}

fn first_key(world: &mut Foundation, account: &ResourceId) -> Result<String, WorldError> {
    let (operator, now) = (world.operator_at(world.now)?, world.now);
    let target = format!("{account}/listKeys?api-version=2024-01-01");
    let answer = operator.manage(&mut world.azure, now, Method::POST, &target, None)?;
    let keys = answer.json_body();
    let key = keys.pointer("/keys/0/value").and_then(Value::as_str);
    key.map(str::to_owned).ok_or(WorldError::Missing("account key"))
}

/// The request that writes an empty blob.
pub(super) fn written(blob: &str) -> Request {
    Request::new(Method::PUT, HOST, &format!("/{CONTAINER}/{blob}"))
        .with_header("x-ms-version", VERSION)
        .with_header("x-ms-blob-type", "BlockBlob")
}

/// The request that takes a blob away.
pub(super) fn deleted(blob: &str) -> Request {
    Request::new(Method::DELETE, HOST, &format!("/{CONTAINER}/{blob}")).with_header("x-ms-version", VERSION)
}

fn tokens(azure: &Azure, now: Timestamp, id: PrincipalId) -> Result<InTime<Client>, WorldError> {
    let day = SignedDuration::from_hours(24);
    let at = |time| Client::sign_in(azure, time, id, STORAGE_AUDIENCE).ok_or(WorldError::Missing("identity"));
    Ok(InTime {
        now: at(now)?,
        later: at(now + day)?,
        over: at(now - day)?,
    })
}

/// Asks for a user delegation key that counts for a day, as an identity that may for this once.
fn delegation_key(
    world: &mut Foundation,
    kept: &[Assignment],
    account: &ResourceId,
    identity: PrincipalId,
    now: Timestamp,
    starts_in: SignedDuration,
) -> Result<DelegationKey, WorldError> {
    let given = Given::of("Storage Blob Delegator", account.clone(), identity);
    let delegator = given.assignment(&world.azure, now, 0);
    world.azure.state_mut().access = access(kept, delegator);
    let start = now + starts_in;
    let expiry = start + SignedDuration::from_hours(24);
    let body = format!(
        "<KeyInfo><Start>{}</Start><Expiry>{}</Expiry></KeyInfo>",
        wire_seconds(start),
        wire_seconds(expiry)
    );
    let target = "/?restype=service&comp=userdelegationkey";
    let mut request = Request::new(Method::POST, HOST, target).with_header("x-ms-version", VERSION);
    request.body = Body::Bytes(body.into());
    let client = Client::sign_in(&world.azure, now, identity, STORAGE_AUDIENCE);
    let client = client.ok_or(WorldError::Missing("identity"))?;
    let answer = client.require(&mut world.azure, now, request)?;
    let text = String::from_utf8_lossy(answer.body.bytes());
    DelegationKey::read(&text).ok_or(WorldError::Missing("user delegation key"))
}
