//! A vault as the other parts of the service read it: which one a request is about, what its operations are called
//! after, as whom and from where the service acts for it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::gateway::{Refusal, Shape};
use crate::model::{NetworkPath, Origin, PrincipalId, ResourceId, TenantId};
use crate::rules::code;
use crate::services::{Context, identity};
use crate::state::{IdentityKind, OperationOutcome, Resource, field};

pub(super) const VAULT: &str = "Microsoft.DataProtection/backupVaults";

/// The vault a request is about; ARM's own 404 if it is not there.
pub(super) fn vault_of<'a>(context: &'a Context<'_>, id: &ResourceId) -> Result<&'a Resource, Refusal> {
    let mut above = None;
    while let at = above.as_ref().unwrap_or(id)
        && !at.is_type(VAULT)
        && at.segments().count() > 2
    {
        above = Some(at.parent());
    }
    let vault = above.as_ref().unwrap_or(id);
    context
        .state
        .resource(vault)
        .ok_or_else(|| context.not_found(vault))
}

/// The 404 of the Backup service itself, in its plain envelope.
pub(super) fn not_found_inside() -> Refusal {
    let mut refusal = Refusal::user_facing(code::UserErrorGenericResourceNotFound, &[]);
    refusal.shape = Shape::UserFacingPlain;
    refusal
}

/// The GUID of a vault, which every id of its operations begins with.
pub(super) fn vault_guid(context: &mut Context<'_>, vault: &ResourceId) -> Uuid {
    if let Some(guid) = context.own.data_protection.vault_guids.get(vault) {
        return *guid;
    }
    let guid = context.draw_uuid("vault guid");
    context
        .own
        .data_protection
        .vault_guids
        .insert(vault.clone(), guid);
    guid
}

/// What is written of a vault is there, with the key it was exchanged for; only now the ids of user-assigned
/// identities are shown.
pub(super) fn settle(context: &mut Context<'_>, id: &ResourceId, key: Option<Value>) -> OperationOutcome {
    let directory = &context.state.directory;
    if let Some(vault) = context.state.resources.get_mut(id) {
        if let Some(key) = key {
            let place = ["securitySettings", "encryptionSettings", "keyVaultProperties"];
            vault.set_property(&place, key);
        }
        vault.set_property(&["provisioningState"], json!("Succeeded"));
        identity::fill(directory, &mut vault.body);
    }
    OperationOutcome::Succeeded(Value::Null)
}

/// Where the Backup service stands when it acts for a vault.
pub(super) fn service_path(context: &Context<'_>, vault: &Resource) -> NetworkPath {
    match context.state.tenant_of(&vault.id) {
        Some(tenant) => path_of(vault, tenant),
        None => NetworkPath::internet(),
    }
}

/// Where the Backup service stands when it acts for a vault.
fn path_of(vault: &Resource, tenant: TenantId) -> NetworkPath {
    NetworkPath {
        origin: Origin::AzureService {
            instance: vault.id.clone(),
            tenant,
            region: vault.location().to_owned(),
        },
    }
}

/// The principal a request is carried out as: the vault's system-assigned identity, unless
/// `identityDetails` names a user-assigned one.
pub(super) fn identity_of(
    context: &Context<'_>,
    vault: &Resource,
    details: &Value,
) -> Result<PrincipalId, Refusal> {
    let named = field(details, "userAssignedIdentityArmUrl")
        .as_str()
        .unwrap_or_default();
    let system = field(details, "useSystemAssignedIdentity")
        .as_bool()
        .unwrap_or(named.is_empty());
    if system {
        return vault
            .at("/identity/principalId")
            .as_str()
            .and_then(|id| id.parse().ok())
            .map(PrincipalId)
            .ok_or_else(|| Refusal::user_facing(code::UserErrorSystemIdentityNotEnabledWithVault, &[]));
    }
    let missing = || {
        Refusal::user_facing(code::UserErrorUserIdentityNotFoundOrNotAssociatedWithVault, &[])
            .because(format!("the vault has no user-assigned identity `{named}`"))
    };
    let id: ResourceId = named.parse().map_err(|_| missing())?;
    let associated = vault
        .at("/identity/userAssignedIdentities")
        .as_object()
        .is_some_and(|identities| identities.keys().any(|key| key.eq_ignore_ascii_case(named)));
    let wanted = IdentityKind::UserAssigned(id);
    let principal = context
        .state
        .directory
        .iter()
        .find(|principal| principal.identity == wanted);
    principal
        .filter(|_| associated)
        .map(|principal| principal.id)
        .ok_or_else(missing)
}
