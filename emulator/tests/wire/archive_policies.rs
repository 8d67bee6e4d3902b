//! What a policy says of the archive.

use azdrill_emulator::rules::Profile;
use serde_json::{Value, json};

use crate::archive::{archived, copy_to, lifecycle, policy_of};
use crate::rules::named;
use crate::world::{World, below_vault};

impl World {
    /// Why the last request was refused.
    fn reason(&self) -> String {
        let log = self.azure.log();
        let last = log.since(log.count() - 1).last();
        let refused = last.and_then(|own| own.refused.as_ref());
        refused.expect("a refusal").reason.clone()
    }
}

/// The policy of the documents, as it is answered, and what is wrong with others.
#[test]
fn a_policy_says_for_how_long_it_keeps_in_the_archive_what_it_copies_there() {
    let mut world = World::at(Profile::Observed, "2024-09-02T06:00:00Z");
    world.put_vault("2024-04-01", "On");
    let sent = archived("P6M", "CopyOnExpiryOption", "P24M");
    let made = world.put(&below_vault("backupPolicies/documents"), &sent);
    assert_eq!(made.status, 200, "{made:?}");
    let kept = made.json_body()["properties"]["policyRules"][1]["lifecycles"].clone();
    assert_eq!(kept, sent["properties"]["policyRules"][1]["lifecycles"]);
    let expiry = json!({"objectType": "CopyOnExpiryOption"});
    let custom = json!({"objectType": "CustomCopyOption", "duration": "P45D"});
    let late = json!({"objectType": "CustomCopyOption", "duration": "P7M"});
    let timeless = json!({"objectType": "CustomCopyOption"});
    let vault = |option: &Value| lifecycle("VaultStore", "P6M", &copy_to("ArchiveStore", option));
    let archive = |duration: &str| lifecycle("ArchiveStore", duration, &json!([]));
    let put = |world: &mut World, own: &Value| world.put(&below_vault("backupPolicies/own"), &policy_of(own));
    for (lifecycles, why) in [
        (json!([vault(&expiry)]), "does not say how long"),
        (
            json!([lifecycle("VaultStore", "P6M", &json!([])), archive("P1Y")]),
            "nothing is copied there",
        ),
        (json!([vault(&expiry), archive("P5M")]), "shorter than P6M"),
        (
            json!([vault(&expiry), archive("P1Y"), archive("P2Y")]),
            "2 lifecycles of the ArchiveStore",
        ),
        (json!([vault(&late), archive("P1Y")]), "longer than P6M"),
        (json!([vault(&timeless), archive("P1Y")]), "no duration"),
    ] {
        let refused = put(&mut world, &lifecycles);
        named(&refused, "SS-B-ARCHIVE");
        assert_eq!(refused.status, 400, "{refused:?}");
        let told = world.reason();
        assert!(told.contains(why), "{told}");
    }
    for (lifecycles, rule) in [
        (json!([archive("P1Y")]), "DPP-POLICY"),
        (
            json!([lifecycle("OperationalStore", "P6M", &json!([]))]),
            "FX-B-16",
        ),
        (
            json!([lifecycle("VaultStore", "P6M", &copy_to("VaultStore", &expiry))]),
            "FX-B-16",
        ),
        (
            json!([
                vault(&expiry),
                lifecycle("ArchiveStore", "P1Y", &copy_to("ArchiveStore", &expiry))
            ]),
            "FX-B-16",
        ),
    ] {
        named(&put(&mut world, &lifecycles), rule);
    }
    let taken = put(&mut world, &json!([vault(&custom), archive("P1Y")]));
    assert_eq!(taken.status, 200, "{taken:?}");
}
