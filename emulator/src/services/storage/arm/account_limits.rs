//! What an account cannot be: what is not played, and what is settled once it is made.

use serde_json::Value;

use crate::gateway::{Refusal, Shape};
use crate::rules::Rules;
use crate::state::{Resource, field};

/// Properties an account is made with and keeps.
const SETTLED: [&str; 2] = ["isHnsEnabled", "isNfsV3Enabled"];
/// What an account of an earlier kind can be made into.
const UPGRADED: &str = "StorageV2";

/// Refuses by name what an account may be asked to have and has not here: to keep it would be to
/// promise it.
pub(super) fn check_played(sent: &Value) -> Result<(), Refusal> {
    let properties = field(sent, "properties");
    let says = |name: &str, word: &str| {
        let own = field(properties, name).as_str();
        own.is_some_and(|own| own.eq_ignore_ascii_case(word))
    };
    let is_on = |name: &str| *field(properties, name) == Value::Bool(true);
    let domain = field(field(properties, "customDomain"), "name").as_str();
    let versions = field(field(properties, "immutableStorageWithVersioning"), "enabled");
    let what = if is_on("isSftpEnabled") {
        "SFTP (isSftpEnabled)"
    } else if is_on("isNfsV3Enabled") {
        "NFS (isNfsV3Enabled)"
    } else if says("dnsEndpointType", "AzureDnsZone") {
        "accounts in zones of their own (dnsEndpointType)"
    } else if domain.is_some_and(|domain| !domain.is_empty()) {
        "domains of one's own (customDomain)"
    } else if *versions == Value::Bool(true) {
        "immutable versions of blobs (immutableStorageWithVersioning)"
    } else if !field(sent, "extendedLocation").is_null() {
        "accounts at the edge (extendedLocation)"
    } else {
        return Ok(());
    };
    Err(Refusal::not_played(what))
}

/// Refuses a change of what an account is made with and keeps. The same value again changes nothing.
pub(super) fn check_settled(rules: &Rules, account: &Resource, sent: &Value) -> Result<(), Refusal> {
    let properties = field(sent, "properties");
    for name in SETTLED {
        let wanted = field(properties, name);
        if !wanted.is_null() && wanted != account.at(&format!("/properties/{name}")) {
            let error = rules.error("AccountPropertyCannotBeUpdated");
            return Err(Refusal::of_row(Shape::Arm, error, &[("property", name)]));
        }
    }
    let (own, wanted) = (account.text("/kind"), field(sent, "kind").as_str());
    match wanted {
        Some(wanted) if !wanted.eq_ignore_ascii_case(own) && !is_upgrade(own, wanted) => {
            Err(Refusal::not_played(&format!(
                "making an account of the kind {own} into one of {wanted}"
            )))
        }
        _ => Ok(()),
    }
}

fn is_upgrade(own: &str, wanted: &str) -> bool {
    let earlier = ["Storage", "BlobStorage"];
    earlier.iter().any(|kind| kind.eq_ignore_ascii_case(own)) && wanted.eq_ignore_ascii_case(UPGRADED)
}
