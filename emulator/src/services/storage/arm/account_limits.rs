//! What an account cannot be: what is not played, and what is settled once it is made.

use serde_json::{Value, json};

use crate::gateway::Refusal;
use crate::rules::{Code, Rules, StorageBody, code, unplayed};
use crate::state::{Resource, field};

/// What an account of an earlier kind can be made into.
const UPGRADED: &str = "StorageV2";

/// Refuses by name what an account may be asked to have and has not here: to keep it would be to
/// promise it.
pub(super) fn check_played(rules: &Rules, sent: &Value) -> Result<(), Refusal> {
    check_body(rules, StorageBody::Account, sent)
}

/// As [`check_played`], of any body of storage's.
pub(super) fn check_body(rules: &Rules, of: StorageBody, sent: &Value) -> Result<(), Refusal> {
    match rules.storage_accounts.not_played(of, sent) {
        Some(what) => Err(Refusal::not_played_text(&what)),
        None => Ok(()),
    }
}

/// Refuses an account that is to be of a SKU or to have a tier that its kind cannot, and kinds that have no blobs.
/// `account` is the whole of it; `said` is the tier where the request says one.
pub(super) fn check_kind(rules: &Rules, account: &Value, said: &Value) -> Result<(), Refusal> {
    let text = |pointer: &str| {
        account
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let refuse = |code: Code, fill: &[(&str, &str)]| Refusal::of(code, fill);
    let Some(kind) = rules.storage_accounts.kind(text("/kind")) else {
        return Err(refuse(code::StorageKindAndSku, &[]));
    };
    if !kind.takes(text("/sku/name")) {
        return Err(refuse(code::StorageKindAndSku, &[]));
    }
    let tier = said.as_str().filter(|tier| !tier.is_empty());
    let takes = |tier: &str| {
        kind.access_tiers
            .iter()
            .any(|known| known.eq_ignore_ascii_case(tier))
    };
    if tier.is_some_and(|tier| !takes(tier)) || kind.asked && tier.is_none() {
        let fill = [("tier", tier.unwrap_or_default()), ("kind", &*kind.name)];
        return Err(refuse(code::InvalidAccessTier, &fill));
    }
    if !kind.blobs {
        return Err(Refusal::not_played(
            unplayed::AccountKind,
            &[("kind", &kind.name)],
        ));
    }
    Ok(())
}

/// As [`check_kind`], of what a change makes of an account.
pub(super) fn check_changed(rules: &Rules, account: &Resource, sent: &Value) -> Result<(), Refusal> {
    let or_own = |sent: &Value, path: &str| match sent {
        Value::Null => account.at(path).clone(),
        sent => sent.clone(),
    };
    let whole = json!({
        "kind": or_own(field(sent, "kind"), "/kind"),
        "sku": {"name": or_own(field(field(sent, "sku"), "name"), "/sku/name")},
    });
    let said = field(field(sent, "properties"), "accessTier");
    check_kind(rules, &whole, &or_own(said, "/properties/accessTier"))
}

/// Refuses a change of what an account is made with and keeps. The same value again changes nothing.
pub(super) fn check_settled(rules: &Rules, account: &Resource, sent: &Value) -> Result<(), Refusal> {
    for path in &rules.storage_accounts.settled.properties {
        let wanted = path.split('/').fold(field(sent, "properties"), field);
        let current = account.at(&format!("/properties/{path}"));
        // What is not set is off.
        let is_same = wanted == current || *wanted == Value::Bool(false) && current.is_null();
        if !wanted.is_null() && !is_same {
            let name = path.rsplit('/').next().unwrap_or_default();
            return Err(Refusal::of(
                code::AccountPropertyCannotBeUpdated,
                &[("property", name)],
            ));
        }
    }
    let sku = account.text("/sku/name");
    if let Some(wanted) = field(field(sent, "sku"), "name").as_str()
        && !rules.storage_accounts.converts(sku, wanted)
    {
        return Err(Refusal::of(
            code::StorageAccountTypeConversionNotAllowed,
            &[("own", sku), ("wanted", wanted)],
        ));
    }
    let (kind, wanted) = (account.text("/kind"), field(sent, "kind").as_str());
    match wanted {
        Some(wanted) if !wanted.eq_ignore_ascii_case(kind) && !is_upgrade(kind, wanted) => Err(
            Refusal::not_played(unplayed::AccountKindChange, &[("kind", kind), ("wanted", wanted)]),
        ),
        _ => Ok(()),
    }
}

fn is_upgrade(current: &str, wanted: &str) -> bool {
    let earlier = ["Storage", "BlobStorage"];
    earlier.iter().any(|kind| kind.eq_ignore_ascii_case(current)) && wanted.eq_ignore_ascii_case(UPGRADED)
}
