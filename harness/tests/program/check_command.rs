//! `azdrill check` and `explain`: an estate that a command brings up, and what is said of it.

use std::path::Path;

use serde_json::{Value, json};

use crate::run_command::script;
use crate::start::{played, says};

/// Deploys the template of `examples/check` with curl; `$1` is the file of the deployment.
const DEPLOY: &str = r#"
group="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/estate"
deployment="$group/providers/Microsoft.Resources/deployments/estate?api-version=2022-09-01"
ask "$group?api-version=2022-09-01" -X PUT -H 'Content-Type: application/json' -d '{"location": "uksouth"}'
ask "$deployment" -X PUT -H 'Content-Type: application/json' -d "@$1"
for _ in $(seq 100); do
    state=$(curl -s -H "Authorization: Bearer $token" "https://management.azure.com$deployment")
    case $state in *'"provisioningState":"Succeeded"'*) exit 0 ;; *'"provisioningState":"Failed"'*) echo "$state"; exit 1 ;; esac
    sleep 0.1
done
exit 1
"#;

#[test]
fn five_mistakes_of_an_estate_are_found_and_mended_by_the_least() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/check/five-mistakes.json");
    let template: Value =
        serde_json::from_slice(&std::fs::read(template).expect("the example")).expect("JSON");
    let body = json!({"properties": {
        "mode": "Incremental",
        "template": template,
        "parameters": {"password": {"value": "Of-three-kinds-4711"}},
    }});
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deployment.json");
    std::fs::write(&file, body.to_string()).expect("written");
    let file = file.to_str().expect("a path");
    let text = script(DEPLOY);
    let (code, out, told) = played(&[
        "check", "--format", "json", "--", "bash", "-c", &text, "deploy", file,
    ]);
    assert_eq!(code, Some(1), "{told}{out}");
    let report: Value = serde_json::from_str(&out).expect("nothing but JSON");
    let of = |sort: &str| {
        let findings = report["findings"].as_array().into_iter().flatten();
        findings.filter(|own| own["sort"] == sort).collect::<Vec<_>>()
    };
    let (restores, protections) = (of("no-restore"), of("not-protected"));
    assert_eq!((restores.len(), protections.len()), (1, 1), "{out}");
    for (finding, rules, count) in [(restores[0], "FX-RF-03", 5), (protections[0], "FX-B-02", 2)] {
        assert_eq!(finding["how"]["rules"][0]["id"], rules);
        let fix = &finding["fixes"][0];
        assert_eq!(fix["changes"].as_array().map(Vec::len), Some(count), "{fix:#}");
        assert_eq!(
            (&fix["byBoth"], &fix["opensToAll"]),
            (&json!(true), &json!(false))
        );
    }
    assert!(
        !out.contains("4711") && !told.contains("4711"),
        "a secret is shown"
    );
}

#[test]
fn what_builds_nothing_is_nothing_to_check() {
    let (code, _, told) = played(&["check", "--", "true"]);
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["there is nothing to check"]);
}

#[test]
fn what_fails_half_way_is_checked_all_the_same() {
    let (code, out, told) = played(&[
        "check",
        "--world",
        "flexible_server_private_storage",
        "--",
        "false",
    ]);
    // Without PostgreSQL that world cannot be built for a command.
    assert_eq!(code, Some(2), "{told}{out}");
    let text = script("exit 3");
    let (code, _, told) = played(&["check", "--", "sh", "-c", &text]);
    assert_eq!(code, Some(2), "{told}");
    says(&told, &["the command ended with 3: what it left is checked"]);
}

#[test]
fn the_world_of_a_file_is_checked_without_a_command() {
    let world = "flexible_server_private_storage";
    let (code, out, told) = played(&["check", "--world", world, "--seed", "1"]);
    assert_eq!(code, Some(1), "{told}{out}");
    says(
        &out,
        &[
            "error[no-restore]: the restore of the flexible server drill-pg into drillrestore/restored",
            "rule E2-8",
            "add a resource access rule for the vault",
            "No row was moved.",
        ],
    );
    let (code, out, _) = played(&["check", "--world", world, "--seed", "1", "--only", "wide-role"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains("no-restore"), "{out}");
}

#[test]
fn one_thing_is_explained() {
    let world = "flexible_server_private_storage";
    let (code, out, _) = played(&["explain", "--world", world, "--operation", "back-up"]);
    assert_eq!(code, Some(0), "{out}");
    says(&out, &["works: back up the flexible server drill-pg"]);
    let request = "PUT https://drillrestore.blob.core.windows.net/restored/x";
    let (code, out, _) = played(&[
        "explain",
        "--world",
        world,
        "--as",
        "drill-vault",
        "--request",
        request,
    ]);
    assert_eq!(code, Some(1), "{out}");
    says(&out, &["AuthorizationFailure, gate network", "rule E2-8"]);
    for (wrong, what) in [
        ("GET https://example.com/", "no host of the fake Azure"),
        ("GET https://", "no address"),
    ] {
        let (code, _, told) = played(&["explain", "--world", world, "--request", wrong]);
        assert_eq!(code, Some(2), "{told}");
        says(&told, &[what]);
    }
}
