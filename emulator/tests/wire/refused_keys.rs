//! What becomes of a vault whose write asks for a key that is refused.

use http::Method;
use serde_json::{Value, json};

use crate::vault_keys::{encrypted, failed_with};
use crate::world::below_vault;

/// What is asked besides a key that cannot be had is not done either.
#[test]
fn nothing_is_kept_of_a_write_whose_key_is_refused() {
    let (mut world, _) = encrypted();
    let mut asked = world.vault();
    asked["tags"] = json!({"asked": "with another key"});
    let key = "https://azdrillkeys.vault.azure.net/keys/none";
    asked["properties"]["securitySettings"]["encryptionSettings"]["keyVaultProperties"]["keyUri"] =
        json!(key);
    let before = world.vault()["properties"]["securitySettings"].clone();
    let asked = world.arm(Method::PATCH, &below_vault(""), Some(&asked));
    world.settle();
    let ended = world.follow(&asked, "azure-asyncoperation");
    failed_with(&ended, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
    let after = world.vault();
    assert_eq!(after["tags"]["asked"], Value::Null, "{after}");
    assert_eq!(after["properties"]["securitySettings"], before);
    assert_eq!(after["properties"]["provisioningState"], "Failed");
}

/// What is written while a key is looked at stays, whatever becomes of the key.
#[test]
fn a_key_that_is_refused_takes_nothing_back_that_was_written_meanwhile() {
    let (mut world, _) = encrypted();
    let mut asked = world.vault();
    let key = "https://azdrillkeys.vault.azure.net/keys/none";
    asked["properties"]["securitySettings"]["encryptionSettings"]["keyVaultProperties"]["keyUri"] =
        json!(key);
    let before = world.vault()["properties"]["securitySettings"].clone();
    let asked = world.arm(Method::PATCH, &below_vault(""), Some(&asked));
    let tagged = json!({"tags": {"written": "meanwhile"}});
    assert_eq!(
        world.arm(Method::PATCH, &below_vault(""), Some(&tagged)).status,
        202
    );
    world.settle();
    let ended = world.follow(&asked, "azure-asyncoperation");
    failed_with(&ended, "SyntheticEncryptionKeyMissing", "VLT-07-KEY");
    let after = world.vault();
    assert_eq!(after["tags"]["written"], "meanwhile", "{after}");
    assert_eq!(after["properties"]["securitySettings"], before);
}
