//! A backup instance as the other parts of the service read it.

use serde_json::{Value, json};

use super::refused;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::{RuleId, code, rule};
use crate::services::Context;
use crate::state::{Resource, field};

pub(super) const INSTANCE: &str = "Microsoft.DataProtection/backupVaults/backupInstances";

/// The id of the datasource a request or an instance names; the service takes `resourceID` and
/// `resourceId` alike.
pub(super) fn datasource_id(properties: &Value) -> Option<ResourceId> {
    resource_id(field(properties, "dataSourceInfo"))
}

/// The id a `dataSourceInfo` names.
pub(super) fn resource_id(info: &Value) -> Option<ResourceId> {
    field(info, "resourceID").as_str()?.parse().ok()
}

/// The id of the policy a request or an instance names.
pub(super) fn policy_id(properties: &Value) -> Option<ResourceId> {
    field(field(properties, "policyInfo"), "policyId")
        .as_str()?
        .parse()
        .ok()
}

/// Refuses an instance that names no policy of its vault.
pub(super) fn require_policy(
    context: &Context<'_>,
    vault: &ResourceId,
    properties: &Value,
) -> Result<(), Refusal> {
    let policy = policy_id(properties);
    let found = policy
        .as_ref()
        .is_some_and(|id| vault.contains(id) && context.state.resources.contains_key(id));
    if found {
        return Ok(());
    }
    let named = policy.map(|id| id.to_string()).unwrap_or_default();
    let why = format!("the vault has no policy `{named}`");
    Err(refused::by(context, rule::DPP_POLICY_OF_VAULT).because(why))
}

/// The instance's protection state.
pub(super) fn protection_state(instance: &Resource) -> &str {
    instance.text("/properties/currentProtectionState")
}

/// Sets the protection state in both places that show it.
pub(super) fn set_protection_state(context: &mut Context<'_>, id: &ResourceId, state: &str) {
    if let Some(instance) = context.state.resources.get_mut(id) {
        instance.set_property(&["protectionStatus", "status"], json!(state));
        instance.set_property(&["currentProtectionState"], json!(state));
    }
}

/// Ends configuring protection, well or with an error.
pub(super) fn settle(context: &mut Context<'_>, id: &ResourceId, error: Option<Value>) {
    let state = match error {
        None => "ProtectionConfigured",
        Some(_) => "ProtectionError",
    };
    set_protection_state(context, id, state);
    if let (Some(error), Some(resource)) = (error, context.state.resources.get_mut(id)) {
        resource.set_property(&["protectionErrorDetails"], error.clone());
        resource.set_property(&["protectionStatus", "errorDetails"], error);
    }
}

/// Forgets why protection could not be configured.
pub(super) fn forget_error(context: &mut Context<'_>, id: &ResourceId) {
    let Some(instance) = context.state.resources.get_mut(id) else {
        return;
    };
    let properties = &mut instance.body["properties"];
    if let Some(own) = properties.as_object_mut() {
        own.shift_remove("protectionErrorDetails");
    }
    if let Some(own) = properties["protectionStatus"].as_object_mut() {
        own.shift_remove("errorDetails");
    }
}

const SOFT_DELETED: &str = "SoftDeleted";

/// Another instance (or this one's soft-deleted self) that already holds the datasource.
pub(super) struct Holder {
    /// What it is called: its friendly name.
    pub(super) name: String,
    /// Its vault.
    pub(super) vault: ResourceId,
    /// Its protection state.
    pub(super) state: String,
    /// The rule by which what it holds is protected once.
    once: RuleId,
}

/// The rule by which a datasource is protected once.
fn once(context: &Context<'_>, datasource: &ResourceId) -> RuleId {
    let mut played = context.rules.datasources.played();
    let found = played.find(|(row, _)| datasource.is_type(&row.name));
    found.map_or(rule::FX_B_19, |(_, played)| played.held_by)
}

impl Holder {
    /// Whether it has been deleted, and could still come back.
    pub(super) fn is_soft_deleted(&self) -> bool {
        self.state == SOFT_DELETED
    }

    /// The rule by which nobody else gets the datasource.
    pub(super) fn rule(&self) -> RuleId {
        if self.is_soft_deleted() {
            rule::FX_B_20
        } else {
            self.once
        }
    }

    /// What a request for the datasource is told.
    pub(super) fn refuses(&self) -> Refusal {
        let fill = [
            ("instance", self.name.as_str()),
            ("vault", self.vault.as_str()),
            ("status", self.state.as_str()),
        ];
        Refusal::user_facing(code::UserErrorDppDatasourceAlreadyHasBackupInstance, &fill).by([self.rule()])
    }
}

/// Puts an instance into the world. Nothing else may: its datasource is held from now on.
pub(super) fn keep(context: &mut Context<'_>, instance: Resource) {
    let id = instance.id.clone();
    context.state.resources.insert(id.clone(), instance);
    note_datasource(context, &id);
}

/// Takes note of what an instance holds, after its body has been put in another's place.
pub(super) fn note_datasource(context: &mut Context<'_>, id: &ResourceId) {
    let resources = &context.state.resources;
    let datasource = resources.get(id).map(|own| own.at("/properties"));
    if let Some(datasource) = datasource.and_then(datasource_id) {
        let holders = &mut context.own.data_protection.holders;
        let own = holders.entry(datasource).or_default();
        // Those that have gone are looked at no more.
        own.retain(|other| resources.contains_key(other));
        own.insert(id.clone());
    }
}

/// Who holds a datasource, apart from `except`. A soft-deleted instance holds it in its own vault
/// only: another vault takes the datasource at once.
pub(super) fn holder(context: &Context<'_>, datasource: &ResourceId, except: &ResourceId) -> Option<Holder> {
    let may_hold = context.own.data_protection.holders.get(datasource);
    let live = may_hold
        .into_iter()
        .flatten()
        .filter(|id| *id != except)
        .filter_map(|id| context.state.resource(id))
        .filter(|resource| datasource_id(resource.at("/properties")).as_ref() == Some(datasource))
        .find(|resource| {
            protection_state(resource) != "ProtectionStopped" || resource.id.parent() == except.parent()
        })
        .map(|resource| Holder {
            name: resource.text("/properties/friendlyName").to_owned(),
            vault: resource.id.parent(),
            state: protection_state(resource).to_owned(),
            once: once(context, datasource),
        });
    live.or_else(|| {
        context
            .own
            .data_protection
            .deleted
            .values()
            .filter(|deleted| deleted.vault() == except.parent())
            .find(|deleted| deleted.datasource().as_ref() == Some(datasource))
            .map(|deleted| Holder {
                name: deleted.friendly_name().to_owned(),
                vault: deleted.vault(),
                state: SOFT_DELETED.to_owned(),
                once: once(context, datasource),
            })
    })
}
