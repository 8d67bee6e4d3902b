use std::sync::LazyLock;

use super::ConditionLanguage;
use crate::model::{Action, Condition, ConditionAttribute, Facts, Truth};
use crate::rules::{Assumptions, Profile, Rules};

const READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const ROLE: &str = "Microsoft.Authorization/roleAssignments:RoleDefinitionId";
const CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers:name";
const PATH: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path";

static LANGUAGE: LazyLock<ConditionLanguage> = LazyLock::new(|| {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    (*rules.conditions).clone()
});

fn of_blob(container: &str, path: &str) -> Facts {
    Facts {
        resource: vec![
            (ConditionAttribute::Container, container.to_owned()),
            (ConditionAttribute::BlobPath, path.to_owned()),
        ],
        ..Facts::none()
    }
}

fn holds(text: &str, action: &str, facts: &Facts) -> Truth {
    let condition = Condition::read(&LANGUAGE, text);
    assert_eq!(condition.not_played(), None, "{text}");
    condition.holds(&Action::new(action), facts)
}

/// As the portal writes it for blobs.
#[test]
fn a_condition_on_where_blobs_are_read() {
    let text = format!(
        "((!(ActionMatches{{'{READ}'}} AND NOT SubOperationMatches{{'Blob.List'}})) OR (@Resource[{CONTAINER}] StringEquals 'dumps' AND @Resource[{PATH}] StringLike 'drill/*.sql'))"
    );
    let is = |container: &str, path: &str| holds(&text, READ, &of_blob(container, path));
    assert_eq!(is("dumps", "drill/shop.sql"), Truth::Yes);
    assert_eq!(is("dumps", "drill/shop.txt"), Truth::No);
    assert_eq!(is("other", "drill/shop.sql"), Truth::No);
    assert_eq!(holds(&text, READ, &Facts::none()), Truth::No);
    assert_eq!(
        holds(&text, &READ.replace("read", "write"), &Facts::none()),
        Truth::Yes
    );
    let list = Facts {
        sub_operation: "Blob.List".to_owned(),
        ..Facts::none()
    };
    assert_eq!(holds(&text, READ, &list), Truth::Yes);
}

/// As the CLI and the portal write it for whom assigning is left to.
#[test]
fn a_condition_on_what_roles_are_assigned() {
    let text = format!(
        "((!(ActionMatches{{'{WRITE}'}})) OR (@Request[{ROLE}] ForAnyOfAnyValues:GuidEquals{{acdd72a7-3385-48ef-bd42-f606fba81ae7, 8e3af657a8ff443ca75c2fe8c4bcb635}}))"
    );
    let assigning = |role: &str| Facts {
        request: Some(vec![(ConditionAttribute::Role, role.to_owned())]),
        ..Facts::default()
    };
    let is = |role: &str| holds(&text, WRITE, &assigning(role));
    assert_eq!(is("ACDD72A7-3385-48ef-bd42-f606fba81ae7"), Truth::Yes);
    assert_eq!(is("8e3af657-a8ff-443c-a75c-2fe8c4bcb635"), Truth::Yes);
    assert_eq!(is("b24988ac-6180-42a0-ab88-20f7382dd24c"), Truth::No);
    // The gates do not know the body yet.
    assert_eq!(holds(&text, WRITE, &Facts::default()), Truth::NotYet);
    assert_eq!(holds(&text, READ, &Facts::default()), Truth::Yes);
}

#[test]
fn operators_over_several_values() {
    let facts = of_blob("dumps", "drill/Shop");
    let is = |rest: &str| holds(&format!("@Resource[{PATH}] {rest}"), READ, &facts) == Truth::Yes;
    assert!(is("StringStartsWith 'drill/'"));
    assert!(!is("StringNotStartsWith 'drill/'"));
    assert!(is("StringEqualsIgnoreCase 'DRILL/shop'"));
    assert!(!is("StringEquals 'DRILL/shop'"));
    assert!(is("ForAnyOfAnyValues:StringEquals {'a', 'drill/Shop'}"));
    assert!(!is("ForAllOfAllValues:StringNotEquals {'a', 'drill/Shop'}"));
    assert!(is("ForAnyOfAllValues:StringNotEquals {'a', 'b'}"));
    assert!(is("StringLikeIgnoreCase '*sh?p'"));
    assert!(!is("StringNotLike 'drill/*'"));
    // What is not there is neither like nor unlike anything.
    let other = "@Resource[Microsoft.Storage/storageAccounts:name] StringNotEquals 'a'";
    assert_eq!(holds(other, READ, &facts), Truth::No);
    assert_eq!(
        holds(
            &format!(
                "Exists @Resource[{PATH}] && NotExists @Resource[Microsoft.Storage/storageAccounts:name]"
            ),
            READ,
            &facts
        ),
        Truth::Yes
    );
}

#[test]
fn what_is_not_played_is_named_and_holds_never() {
    for (text, named) in [
        (
            "@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:a_b] StringEquals 'c'",
            "@Principal",
        ),
        (
            "@Environment[UtcNow] DateTimeLessThan '2030-01-01'",
            "@Environment",
        ),
        (
            "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>] StringEquals 'c'",
            "tags:Project",
        ),
        (
            "SubOperationMatches{'Blob.Read.WithTagConditions'}",
            "Blob.Read.WithTagConditions",
        ),
        (&format!("@Resource[{PATH}] StringMatches 'c'"), "StringMatches"),
        ("true", "true"),
        ("", ""),
        (&format!("@Resource[{PATH}] StringEquals 'c' XOR"), "XOR"),
        ("ActionMatches{'a'", "condition"),
        (&"(".repeat(9000), "8192"),
        (&"(".repeat(8000), "64 deep"),
    ] {
        let condition = Condition::read(&LANGUAGE, text);
        let said = condition.not_played().unwrap_or_else(|| panic!("{text}"));
        assert!(said.contains(named), "{text}: {said}");
        assert_eq!(condition.holds(&Action::new(READ), &Facts::none()), Truth::No);
    }
}
