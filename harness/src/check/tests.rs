//! What is found in worlds that have one thing wrong, and that what is proposed is the least that mends it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{NetworkPath, ResourceId};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use serde_json::json;

use super::{Addresses, Asked, Baseline, Checked, Finding, Level, Report, Sort, check, explain};
use crate::estate::change::rows;
use crate::run::{BuiltWorld, built};
use crate::scenario::Library;

fn other() -> Arc<Rules> {
    static OTHER: OnceLock<Arc<Rules>> = OnceLock::new();
    let load = || Arc::new(Rules::load(Profile::Documented, &Assumptions::new()).unwrap());
    Arc::clone(OTHER.get_or_init(load))
}

/// The world of a file that begins with one of the scenarios' worlds.
async fn world(text: &str) -> BuiltWorld {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.toml");
    std::fs::write(&file, format!("seed = 1\n{text}\n")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = Library::find(None, &root).unwrap();
    let scenario = library.world(file.to_str().unwrap()).unwrap();
    let built = built(&scenario, Profile::Observed, Assumptions::new())
        .await
        .unwrap();
    assert_eq!(built.missed, None);
    built
}

fn checked(built: &BuiltWorld) -> Checked<'_> {
    Checked {
        world: &built.azure,
        now: built.now,
        operator: built.operator.object_id,
        profile: Profile::Observed,
        other: other(),
    }
}

async fn report(text: &str) -> Report {
    let built = world(text).await;
    check(&checked(&built), &|_| true).unwrap()
}

const BACKED_UP: &str = "extends = \"_worlds/flexible_server_backed_up.toml\"";

fn found(report: &Report, sort: Sort) -> Vec<&Finding> {
    report.findings.iter().filter(|own| own.sort == sort).collect()
}

/// The words of the changes of each fix.
fn fixes(finding: &Finding) -> Vec<Vec<&str>> {
    let each = finding.fixes.iter();
    each.map(|fix| fix.changes.iter().map(|change| change.text.as_str()).collect())
        .collect()
}

#[tokio::test]
async fn what_is_in_order_has_no_error() {
    let report = report(BACKED_UP).await;
    assert!(!report.fails(), "{:#?}", report.findings);
    assert!(report.drills.iter().all(|own| own.works), "{:#?}", report.drills);
    assert!(found(&report, Sort::NotProtected).is_empty());
    let kept = report
        .notes
        .iter()
        .find(|note| note.starts_with("after ten years"));
    assert!(kept.is_some(), "{:?}", report.notes);
}

#[tokio::test]
async fn a_private_account_is_mended_by_the_narrow_way_first() {
    let private = format!(
        "{BACKED_UP}\n[world.storage]\npublic_network_access = \"Disabled\"\nprivate_endpoint = true"
    );
    let report = report(&private).await;
    let all = found(&report, Sort::NoRestore);
    let [finding] = all.as_slice() else {
        panic!("{:#?}", report.findings);
    };
    let how = finding.how.as_ref().unwrap();
    assert_eq!(
        (how.code.as_str(), how.gate.as_str()),
        ("UserErrorMSIMissingPermissions", "network")
    );
    assert!(how.rules.iter().any(|rule| rule.id == "E2-8"));
    let first = &finding.fixes[0];
    assert!(
        first.by_both && !first.opens_to_all && first.rests_on.is_none(),
        "{first:#?}"
    );
    assert_eq!(
        fixes(finding)[0],
        [
            "the storage account drillrestore: open the public endpoint, for selected networks only",
            "the storage account drillrestore: add a resource access rule for the vault",
        ]
    );
    let last = finding.fixes.last().unwrap();
    assert!(last.opens_to_all, "opening it to the world comes last: {last:#?}");
}

#[tokio::test]
async fn a_missing_role_is_given_at_the_narrowest_place_and_a_near_one_is_told() {
    let none = format!(
        "{BACKED_UP}\n[world.grants.blobs]\nto = \"vault_application_id\"\nrole = \"Storage Blob Data Contributor\"\non = \"storage\""
    );
    let report = report(&none).await;
    let all = found(&report, Sort::NoRestore);
    let [finding] = all.as_slice() else {
        panic!("{:#?}", report.findings);
    };
    assert!(
        fixes(finding)[0][0]
            .starts_with("give Storage Blob Data Contributor to the system-assigned identity")
    );
    assert!(
        finding
            .near_misses
            .iter()
            .any(|near| near.contains("the application id of")),
        "{:?}",
        finding.near_misses
    );
    let nobody = found(&report, Sort::RoleForNobody);
    assert_eq!(nobody.len(), 1, "{:#?}", report.findings);
    // By the documents the role is held at the account: what helps by both comes first.
    assert!(finding.fixes[0].by_both, "{:#?}", finding.fixes);
}

#[tokio::test]
async fn several_mistakes_are_mended_together_and_no_part_is_enough() {
    let both = format!(
        "{BACKED_UP}\n[world.storage]\npublic_network_access = \"Disabled\"\nprivate_endpoint = true\ncontainer_exists = false\n\
         [world.grants.blobs]\nabsent = true"
    );
    let built = world(&both).await;
    let explained = explain(&checked(&built), &Asked::RestoreAsFiles).unwrap();
    let finding = explained[0].finding.as_ref().unwrap();
    let first = &fixes(finding)[0];
    assert_eq!(first.len(), 4, "{first:#?}");
    for text in [
        "selected networks",
        "resource access rule",
        "create it",
        "Storage Blob Data Contributor",
    ] {
        assert!(
            first.iter().any(|change| change.contains(text)),
            "{text}: {first:#?}"
        );
    }
}

#[tokio::test]
async fn what_a_policy_forbids_is_told_and_an_exemption_proposed() {
    let private = format!(
        "{BACKED_UP}\n[world.storage]\npublic_network_access = \"Disabled\"\nprivate_endpoint = true"
    );
    let built = world(&private).await;
    let mut trial =
        crate::estate::trial::Trial::of(&built.azure, built.now, built.operator.object_id).unwrap();
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/policyAssignments/closed",
        built.operator.subscription
    );
    let body = json!({"properties": {
        "displayName": "Accounts stay closed",
        "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/b2982f36-99f2-4db5-8eff-283140c09693",
        "parameters": {"effect": {"value": "Deny"}},
    }});
    let assigned = trial.operate(http::Method::PUT, &path, Some(&body));
    assert!(assigned.is_well(), "{:?}", assigned.body);
    let own = Checked {
        world: &trial.azure,
        ..checked(&built)
    };
    let explained = explain(&own, &Asked::RestoreAsFiles).unwrap();
    let finding = explained[0].finding.as_ref().unwrap();
    assert!(
        finding
            .details
            .iter()
            .any(|own| own.contains("is not let: RequestDisallowedByPolicy")),
        "{:#?}",
        finding.details
    );
    let first = &fixes(finding)[0];
    assert_eq!(
        first[0],
        "the storage account drillrestore: have it exempt from the policy 'Accounts stay closed' for some hours"
    );
    assert_eq!(first.len(), 3, "{first:#?}");
}

#[tokio::test]
async fn a_role_that_is_not_seen_yet_is_waited_for() {
    let mut built = world(BACKED_UP).await;
    let seen = built.now + jiff::SignedDuration::from_mins(7);
    let state = built.azure.state_mut();
    let role = built_in(&other(), "Storage Blob Data Contributor");
    let names: Vec<String> = state
        .access
        .assignments()
        .filter(|own| own.role == role)
        .map(|own| own.name.clone())
        .collect();
    assert_eq!(names.len(), 1);
    state.access.named_mut(&names[0]).unwrap().seen_from = seen;
    let explained = explain(&checked(&built), &Asked::RestoreAsFiles).unwrap();
    let finding = explained[0].finding.as_ref().unwrap();
    assert!(
        fixes(finding).contains(&vec![format!("wait until {seen}").as_str()]),
        "{:#?}",
        finding.fixes
    );
    assert!(
        finding
            .near_misses
            .iter()
            .any(|near| near.contains("and seen from")),
        "{:?}",
        finding.near_misses
    );
}

fn built_in(rules: &Rules, name: &str) -> uuid::Uuid {
    rules.built_in_role(name).unwrap().id
}

#[tokio::test]
async fn what_nothing_protects_is_tried_with_the_vault_there_is() {
    let report =
        report("extends = \"_worlds/flexible_server_ready.toml\"\n[world.grants.ltr]\nabsent = true").await;
    let all = found(&report, Sort::NotProtected);
    assert_eq!(all.len(), 1, "{:#?}", report.findings);
}

#[tokio::test]
async fn a_wide_role_is_replaced_by_what_is_enough() {
    let wide = format!(
        "{BACKED_UP}\n[world.grants.blobs]\nto = \"vault\"\nrole = \"Storage Blob Data Owner\"\non = \"storage\""
    );
    let report = report(&wide).await;
    let all = found(&report, Sort::WideRole);
    assert_eq!(all.len(), 1, "{:#?}", report.findings);
    assert!(
        fixes(all[0])[0][0].starts_with("give Storage Blob Data Contributor"),
        "{:#?}",
        all[0]
    );
}

#[tokio::test]
async fn what_cannot_be_deleted_for_good_is_told_from_what_can() {
    let off = format!("{BACKED_UP}\n[world.vault]\nsoft_delete = \"Off\"");
    let report = report(&off).await;
    let lost = found(&report, Sort::LostWithIt);
    assert!(
        lost.iter().any(|own| own.about == "deleted by accident"),
        "{lost:#?}"
    );
}

#[tokio::test]
async fn a_request_is_explained_with_the_least_role() {
    let built = world(BACKED_UP).await;
    let target = "https://management.azure.com/subscriptions?api-version=2022-12-01";
    let asked = |by| Asked::Request {
        by,
        from: NetworkPath::internet(),
        request: Box::new(crate::serve::asked_request("GET", target).unwrap()),
    };
    let operator = Some(built.operator.object_id);
    assert!(explain(&checked(&built), &asked(operator)).unwrap()[0].works);
    let nobody = explain(&checked(&built), &asked(None)).unwrap().remove(0);
    let how = nobody.finding.unwrap().how.unwrap();
    assert_eq!((how.status, how.gate.as_str()), (401, "authentication"));
}

#[test]
fn every_row_of_changes_names_rules_there_are() {
    let rules = other();
    for row in &rows().changes {
        for rule in &row.mends {
            let id = azdrill_emulator::rules::RuleId::named(rule).unwrap_or_else(|_| panic!("{rule}"));
            assert!(rules.stated.contains_key(&id), "{}: {rule}", row.name);
        }
    }
    for row in &rows().roles {
        assert!(rules.built_in_role(&row.role).is_some(), "{}", row.role);
        for rule in &row.mends {
            assert!(azdrill_emulator::rules::RuleId::named(rule).is_ok(), "{rule}");
        }
    }
}

#[test]
fn a_copy_is_no_part_of_the_world() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let mut azure = Azure::new(rules, azdrill_emulator::services::Settings::default(), 1);
    let now = "2026-03-02T06:00:00Z".parse().unwrap();
    let operator = azdrill_emulator::world::found(&mut azure, now);
    let before = azure.state().resources.len();
    let mut trial = crate::estate::trial::Trial::of(&azure, now, operator.object_id).unwrap();
    let group = format!("/subscriptions/{}/resourceGroups/tried", operator.subscription);
    let made = trial.operate(http::Method::PUT, &group, Some(&json!({"location": "uksouth"})));
    assert!(made.is_well(), "{:?}", made.body);
    let id: ResourceId = group.parse().unwrap();
    assert!(trial.azure.state().resource(&id).is_some());
    assert_eq!(azure.state().resources.len(), before);
    assert_eq!(azure.log().count(), 0);
}

fn finding() -> Finding {
    let id: ResourceId =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/target"
            .parse()
            .unwrap();
    let mut finding = Finding::new(Sort::NoRestore, Level::Error, &id, "it fails".to_owned());
    "i target/restored".clone_into(&mut finding.about);
    finding
}

fn report_of(finding: Finding) -> Report {
    let mut report = Report::of(&crate::estate::inventory::Inventory::default(), Profile::Observed);
    report.findings.push(finding);
    report
}

fn baseline(text: &str) -> Result<Baseline, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baseline.toml");
    std::fs::write(&file, text).unwrap();
    Baseline::read(&file).map_err(|error| error.to_string())
}

const ACCEPTED: &str =
    "[[accepted]]\nfinding = \"no-restore\"\nresource = \"storageAccounts/target\"\nreason = \"known\"\n";

#[test]
fn a_baseline_accepts_until_its_last_day_is_over() {
    let own = baseline(&format!("{ACCEPTED}until = \"2026-12-31\"\n")).unwrap();
    let mut report = report_of(finding());
    own.accept(&mut report, "2026-12-31T23:59:59Z".parse().unwrap());
    assert!(!report.fails());
    let mut report = report_of(finding());
    own.accept(&mut report, "2027-01-01T00:00:00Z".parse().unwrap());
    assert!(report.fails());
    assert!(
        report.notes[0].contains("until 2026-12-31 only"),
        "{:?}",
        report.notes
    );
}

#[test]
fn what_a_baseline_has_and_nobody_finds_is_told() {
    let other = ACCEPTED.replace("target", "another");
    let own = baseline(&format!("{other}until = \"2026-12-31\"\n")).unwrap();
    let mut report = report_of(finding());
    own.accept(&mut report, "2026-12-01T00:00:00Z".parse().unwrap());
    assert!(report.fails());
    assert!(report.notes[0].contains("was not found"), "{:?}", report.notes);
}

#[test]
fn a_baseline_that_makes_no_sense_is_refused() {
    let twice = format!("{ACCEPTED}until = \"2026-12-31\"\n{ACCEPTED}until = \"2027-12-31\"\n");
    for (text, what) in [
        (format!("{ACCEPTED}until = \"soon\"\n"), "is no day"),
        (
            ACCEPTED.replace("no-restore", "no-such") + "until = \"2026-12-31\"\n",
            "there is no finding",
        ),
        (
            ACCEPTED.replace("known", " ") + "until = \"2026-12-31\"\n",
            "a reason was expected",
        ),
        (
            ACCEPTED.replace("storageAccounts/target", "/") + "until = \"2026-12-31\"\n",
            "end of a resource's id",
        ),
        (twice, "accepted above already"),
    ] {
        let error = baseline(&text).unwrap_err();
        assert!(error.contains(what), "{what}: {error}");
    }
}

#[test]
fn findings_are_named_as_terraform_names_them() {
    let state = json!({"version": 4, "resources": [
        {"mode": "managed", "module": "module.backup", "type": "azurerm_storage_account", "name": "target", "instances": [
            {"index_key": "a", "attributes": {"id": finding().resource, "primary_access_key": "secret"}},
        ]},
        {"mode": "data", "type": "azurerm_storage_account", "name": "read", "instances": [
            {"attributes": {"id": finding().resource}},
        ]},
    ]});
    let mut report = report_of(finding());
    Addresses::of_state(&state).name(&mut report);
    assert_eq!(
        report.findings[0].address,
        "module.backup.azurerm_storage_account.target[\"a\"]"
    );
}

#[test]
fn every_form_has_the_finding() {
    let mut report = report_of(finding());
    "a|b <c>".clone_into(&mut report.findings[0].title);
    let sarif: serde_json::Value = serde_json::from_str(&super::sarif(&report).unwrap()).unwrap();
    assert_eq!(
        sarif.pointer("/runs/0/results/0/ruleId"),
        Some(&json!("no-restore"))
    );
    assert_eq!(sarif.pointer("/runs/0/results/0/level"), Some(&json!("error")));
    let junit = super::junit(&report).unwrap();
    assert!(
        junit.contains("failures=\"1\"") && junit.contains("a|b &lt;c&gt;"),
        "{junit}"
    );
    let markdown = super::markdown(&report);
    assert!(markdown.contains("a\\|b \\<c\\>"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&super::json(&report).unwrap()).unwrap();
    assert_eq!(json.pointer("/findings/0/sort"), Some(&json!("no-restore")));
    let text = super::print(
        &crate::page::Page::plain(100),
        &report,
        &super::Written::all(),
        false,
    );
    assert!(text.starts_with("error[no-restore]: a|b <c>"), "{text}");
    // What is accepted is no failure anywhere.
    report.findings[0].accepted = Some("known".to_owned());
    assert!(super::junit(&report).unwrap().contains("failures=\"0\""));
    assert!(super::sarif(&report).unwrap().contains("suppressions"));
}
