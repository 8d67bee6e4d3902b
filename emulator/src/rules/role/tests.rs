use super::*;
use crate::model::{ActionPattern, Condition};
use crate::rules::source::{SourceCheck, test_sources};
use crate::rules::{Assumptions, Profile, Rules};

const LTR: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";

fn rules() -> Rules {
    Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load")
}

fn texts(role: &RoleDefinition) -> Vec<&str> {
    let all = role.permissions().iter().flat_map(|one| &one.actions);
    all.map(ActionPattern::as_str).collect()
}

/// Reading is put off until somebody asks, where nobody hears of a mistake.
#[test]
fn every_row_can_be_read_and_is_there_once() {
    let rules = rules();
    let mut names = std::collections::BTreeSet::new();
    for role in rules.built_in_roles.iter() {
        let Permissions::Text(language, text, _) = &role.permissions else {
            panic!("{} has been read", role.name);
        };
        let read = permission::read(language, text).unwrap_or_else(|error| panic!("{}: {error}", role.name));
        assert!(!read.is_empty(), "{}", role.name);
        assert!(names.insert(role.name.to_lowercase()), "{} twice", role.name);
        assert_eq!(role.created_on.len(), 28, "{}", role.name);
        assert_eq!(rules.built_in_roles.get(role.id).map(|own| own.id), Some(role.id));
    }
    let rows = include_str!("../../../rules/roles/built_in.txt").lines();
    let rows = rows.filter(|line| !line.starts_with('#'));
    assert_eq!(names.len(), rows.count());
}

#[test]
fn what_an_action_leaves_out_is_of_the_one_before() {
    let text = "actions .A/b/read,2/write,3/action,1/c/*\tif x and y\tand\tdataActions other.D/e/read,*";
    let language = rules().conditions;
    let read = permission::read(&language, text).expect("permissions");
    let texts = |patterns: &[ActionPattern]| -> Vec<String> {
        patterns.iter().map(|one| one.as_str().to_owned()).collect()
    };
    assert_eq!(
        texts(&read[0].actions),
        [
            "Microsoft.A/b/read",
            "Microsoft.A/b/write",
            "Microsoft.A/b/write/action",
            "Microsoft.A/c/*"
        ]
    );
    assert_eq!(read[0].condition.as_ref().map(Condition::as_str), Some("x and y"));
    assert_eq!(texts(&read[1].data_actions), ["other.D/e/read", "*"]);
    for wrong in [
        "actions 1/read",
        "actions .A/b,0/c",
        "actions .A/b,3/c",
        "actions",
        "grants .A/b",
        "actions .A/b,,c",
    ] {
        assert!(permission::read(&language, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_row_of_the_table_says_what_is_wrong_with_it() {
    let sources = test_sources();
    let known = SourceCheck::new(&sources);
    let error = table::read(
        "Reader\tno-guid\ta\tb\tKNOWN\tactions *",
        &rules().conditions,
        &known,
    )
    .expect_err("refused");
    assert!(error.to_string().contains("REC-ROLES"), "{error}");
}

/// Of the Long Term Retention role the documents list twice as much as was recorded.
#[test]
fn documents_and_recordings_differ_about_the_role_for_backups() {
    let observed = rules();
    let role = observed.built_in_roles.named(LTR).expect("the role");
    assert_eq!(texts(role).len(), 7);
    let documented = Rules::load(Profile::Documented, &Assumptions::new()).expect("the rules load");
    let role = documented.built_in_roles.named(LTR).expect("the role");
    assert_eq!(texts(role).len(), 14);
    assert!(texts(role).contains(&"Microsoft.DBforPostgreSQL/flexibleServers/ltrRestoreInitialize/action"));
    // An early document and an early manifest left the last word out: nothing is called so.
    assert!(
        observed
            .built_in_roles
            .named(LTR.trim_end_matches(" Role"))
            .is_none()
    );
}

/// Of the conditions in Azure's own roles all are played but those on who asks on behalf of whom, and one on
/// what the resource is.
#[test]
fn conditions_of_built_in_roles_are_played_or_named() {
    let rules = rules();
    let mut not_played = Vec::new();
    for role in rules.built_in_roles.iter() {
        for condition in role.permissions().iter().filter_map(|one| one.condition.as_ref()) {
            not_played.extend(
                condition
                    .not_played()
                    .map(|what| format!("{}: {what}", role.name)),
            );
        }
    }
    assert_eq!(
        not_played,
        [
            "Azure Migrate Management Role: the attribute @Resource[HasObotoken] in a condition",
            "Azure Migrate Management Role: the attribute @Resource[HasObotoken] in a condition",
            "Azure Resilience Management Goals Administrator: the attribute @Resource[HasObotoken] in a condition",
            "UserAccessAdministrator for AzureJIT: the attribute @Resource[Id] in a condition",
        ]
    );
}
