//! What a server may be made of: editions and their SKUs, and what goes with them.

use serde_json::{Value, json};

use super::changes::refuse;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::{Edition, code};
use crate::services::Context;
use crate::state::field;

/// Why a server cannot be like this; the operation that is to make it so fails with it.
pub(super) fn check(context: &Context<'_>, id: &ResourceId, body: &Value) -> Option<Refusal> {
    let sku = field(body, "sku");
    let name = field(sku, "name").as_str()?;
    let tier = field(sku, "tier").as_str().unwrap_or_default();
    let capabilities = &context.rules.servers.capabilities;
    let of = capabilities.editions.iter().find(|edition| has(edition, name));
    let Some(edition) = of.filter(|edition| edition.name.eq_ignore_ascii_case(tier)) else {
        return Some(refuse(context, code::ServerEditionIncompatibleWithSkuSize, id));
    };
    let mode = field(field(field(body, "properties"), "highAvailability"), "mode");
    if !edition.standby && is_available(mode) {
        return Some(refuse(
            context,
            code::HANotSupportedForBurstableSkuWithMoreInfo,
            id,
        ));
    }
    None
}

/// Whether a SKU is of an edition. New ones come and go by region: of one nobody has seen yet, its
/// series decides, behind which the number of its cores stands.
fn has(edition: &Edition, sku: &str) -> bool {
    let Some((begins, rest)) = sku.split_at_checked(edition.prefix.len()) else {
        return false;
    };
    begins.eq_ignore_ascii_case(&edition.prefix) && rest.starts_with(|sign: char| sign.is_ascii_digit())
}

pub(super) fn is_available(mode: &Value) -> bool {
    mode.as_str()
        .is_some_and(|mode| !mode.eq_ignore_ascii_case("Disabled"))
}

/// Fills in what follows from what was asked for: the tier of the storage from its size, the state of a
/// standby from there being one.
pub(super) fn complete(context: &Context<'_>, properties: &mut Value) {
    let size = properties["storage"]["storageSizeGB"]
        .as_u64()
        .unwrap_or_default();
    let tiers = context.rules.servers.capabilities.storage.tiers_of(size);
    let asked = properties["storage"]["tier"].as_str();
    let fits = tiers.iter().find(|(tier, _)| Some(tier.as_str()) == asked);
    if let Some((tier, iops)) = fits.or_else(|| tiers.first()) {
        properties["storage"]["tier"] = json!(tier);
        properties["storage"]["iops"] = json!(iops);
    }
    let standby = is_available(&properties["highAvailability"]["mode"]);
    if !standby && let Some(availability) = properties["highAvailability"].as_object_mut() {
        availability.shift_remove("standbyAvailabilityZone");
    }
    properties["highAvailability"]["state"] = json!(if standby { "Healthy" } else { "NotEnabled" });
}
