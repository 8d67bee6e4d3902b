//! Two machines without rows: what they differ in, and by which rules.

use std::path::Path;
use std::sync::Arc;

use super::cause::Finder;
use super::choice::Choices;
use super::*;
use crate::page::Page;
use crate::scenario::Library;

const MAJORS: [u32; 1] = [15];

fn library() -> Library {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Library::find(None, &root).expect("the scenarios")
}

fn outside() -> Outside {
    Outside::Simulated(MAJORS.to_vec())
}

async fn both(name: &str) -> Both {
    let scenario = library().get(name).expect("read");
    play_both(&scenario, &outside(), [None, None])
        .await
        .expect("played")
}

/// The causes of a step, as texts: the rules, and those that have to be turned before.
fn causes(step: &ComparedStep) -> Vec<String> {
    let names = |rules: &[azdrill_emulator::rules::RuleId]| {
        let names: Vec<&str> = rules.iter().map(|id| id.as_str()).collect();
        names.join("+")
    };
    let causes = step.because.iter();
    causes
        .map(|own| format!("{} given {}", names(&own.rules), names(&own.given)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_that_makes_a_difference_is_found_and_what_hides_behind_it() {
    let both = both("cross-tenant-replication-off").await;
    let comparison = &both.comparison;
    assert!(comparison.held && comparison.differs);
    let differing: Vec<usize> = comparison
        .steps
        .iter()
        .filter(|step| !step.differs.is_empty())
        .map(|step| step.number)
        .collect();
    assert_eq!(differing, [3, 4]);
    assert_eq!(causes(&comparison.steps[2]), ["FX-RF-02 given "]);
    assert_eq!(
        causes(&comparison.steps[3]),
        ["FX-RF-02 given ", "FX-B-14 given FX-RF-02"]
    );
    assert!(comparison.steps.iter().all(|step| step.unexplained.is_empty()));
    assert_eq!(comparison.documented.rows, Made::Simulated);
    let text = print_both(
        &both,
        &Page::plain(100),
        false,
        &mut std::collections::BTreeMap::new(),
    );
    for told in [
        "\n≠ 3. validate restore\n    documented  Failed: Synthetic",
        "\n    observed    Completed, 7 files\n",
        "\n    documented  required [doc, ",
        "they differ in 2 steps",
        "data only said to move, on both",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

/// An owner may do all that is needed, and holds neither of the two roles the documents ask for.
#[tokio::test(flavor = "multi_thread")]
async fn rules_that_make_it_only_together_are_named_as_a_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("owner.toml");
    let text = "claim = \"c\"\n[world.grants.owner]\nrole = \"Owner\"\non = \"server_group\"\n\
                [[step]]\ndo = \"validate_backup\"\nexpect.documented = { status = \"Failed\" }\n";
    std::fs::write(&file, text).expect("written");
    let scenario = library().read(&file).expect("read");
    let both = play_both(&scenario, &outside(), [None, None])
        .await
        .expect("played");
    let step = &both.comparison.steps[0];
    assert_eq!(
        (step.documented.status.as_str(), step.observed.status.as_str()),
        ("Failed", "Succeeded")
    );
    assert_eq!(causes(step), ["FX-B-02 given ", "FX-B-03 given FX-B-02"]);
    let choices = Arc::new(Choices::of(&scenario).expect("the rules load"));
    let mut finder = Finder::new(Arc::new(scenario), choices, outside(), MAJORS.to_vec());
    let real = [Played::of(&both.documented), Played::of(&both.observed)];
    let found = finder.explain(&real, &[(0, vec![Aspect::Status])]).await;
    let names: Vec<&str> = found[0]
        .iter()
        .flat_map(|own| &own.rules)
        .map(|id| id.as_str())
        .collect();
    assert_eq!((found[0].len(), names), (1, vec!["FX-B-02", "FX-B-03"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_rows_the_gates_are_real_and_steps_of_rows_are_passed_over() {
    let denied = both("deny-public-access-on").await.comparison;
    assert!(denied.held, "{denied:#?}");
    assert!(denied.steps.iter().any(|step| step.observed.gate == "network"));
    let restored = both("private-endpoint-restore").await.comparison;
    let last = restored.steps.last().expect("a step");
    assert_eq!((last.r#do, last.observed.played), ("compare", false));
    assert!(last.observed.missed.is_empty() && restored.held);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_does_not_tell_is_told_by_the_calls_that_led_to_it() {
    let deployed = both("two-personas-arm-template").await.comparison;
    let refused = &deployed.steps[1].observed;
    assert_eq!(
        (
            refused.code.as_str(),
            refused.gate.as_str(),
            refused.rules.as_slice()
        ),
        (
            "InvalidTemplateDeployment",
            "authorization",
            &["RBAC".to_owned()][..]
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_play_of_the_search_that_comes_to_no_end_is_told_of() {
    let mut both = both("cross-tenant-replication-off").await;
    assert_eq!(both.comparison.unfinished, []);
    let mut scenario = library().get("cross-tenant-replication-off").expect("read");
    scenario.world.server.version = Some(17);
    let choices = Arc::new(Choices::of(&scenario).expect("the rules load"));
    let mut finder = Finder::new(Arc::new(scenario), choices, outside(), MAJORS.to_vec());
    let real = [Played::of(&both.documented), Played::of(&both.observed)];
    let found = finder.explain(&real, &[(2, vec![Aspect::Status])]).await;
    assert!(found[0].is_empty(), "{found:?}");
    both.comparison.unfinished = finder.into_unfinished();
    let text = print_both(
        &both,
        &Page::plain(100),
        false,
        &mut std::collections::BTreeMap::new(),
    );
    for told in [
        "not known  what changes with nothing, DPP-406",
        "it needs PostgreSQL",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert_eq!(text.matches("  not known  ").count(), 1, "{text}");
}
