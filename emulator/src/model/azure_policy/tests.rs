use serde_json::{Map, Value, json};

use super::*;
use crate::model::ResourceId;

const ACCOUNT: &str = "A.B/accounts";

fn language() -> PolicyLanguage {
    let mut language = PolicyLanguage::default();
    for (name, path) in [
        ("open", "properties.open"),
        ("acls.rules[*]", "properties.acls.rules[*]"),
        ("acls.rules[*].value", "properties.acls.rules[*].value"),
    ] {
        let alias = PolicyAlias {
            kind: ACCOUNT.to_owned(),
            path: path.to_owned(),
        };
        assert!(language.add(&format!("{ACCOUNT}/{name}"), alias));
    }
    language
}

fn definition(when: &Value) -> Value {
    json!({
        "mode": "All",
        "parameters": {
            "effect": {"type": "String", "allowedValues": ["Audit", "Deny", "Modify"], "defaultValue": "Audit"},
            "words": {"type": "Array", "defaultValue": ["one", "two"]},
        },
        "policyRule": {"if": when, "then": {"effect": "[parameters('effect')]"}},
    })
}

fn read(when: &Value) -> Result<PolicyRule, PolicyUnread> {
    PolicyRule::read(&language(), &definition(when))
}

/// Whether a condition holds of an account with these properties.
fn holds(when: &Value, properties: &Value) -> bool {
    let id: ResourceId = "/subscriptions/s/resourceGroups/g/providers/A.B/accounts/acct"
        .parse()
        .expect("an id");
    let body = json!({"location": "West Europe", "properties": properties});
    let subject = PolicySubject {
        kind: ACCOUNT,
        id: &id,
        body: &body,
    };
    read(when).expect("a rule").fits(&Map::new(), subject).is_some()
}

#[test]
fn what_is_not_there_is_different_from_everything() {
    let field = format!("{ACCOUNT}/open");
    let cases = [
        (json!({"equals": "true"}), [true, false, false]),
        (json!({"notEquals": true}), [false, true, true]),
        (json!({"in": ["TRUE"]}), [true, false, false]),
        (json!({"notIn": "[parameters('words')]"}), [true, true, true]),
        (json!({"like": "t*e"}), [true, false, false]),
        (json!({"notLike": "t*"}), [false, true, true]),
        (json!({"contains": "RU"}), [true, false, false]),
        (json!({"notContains": "ru"}), [false, true, true]),
        (json!({"exists": "false"}), [false, false, true]),
        (json!({"exists": true}), [true, true, false]),
    ];
    for (mut condition, expected) in cases {
        condition["field"] = json!(field);
        let found = [
            json!({"open": true}),
            json!({"open": "no"}),
            json!({"open": null}),
        ]
        .map(|own| holds(&condition, &own));
        assert_eq!(found, expected, "{condition}");
    }
}

#[test]
fn conditions_are_joined_and_items_counted() {
    let location = json!({"field": "location", "equals": "westeurope"});
    let name = json!({"field": "name", "like": "other*"});
    assert!(holds(&json!({"allOf": [location, {"not": name}]}), &json!({})));
    assert!(holds(&json!({"anyOf": [name, location]}), &json!({})));
    assert!(!holds(&json!({"allOf": [name, location]}), &json!({})));
    assert!(holds(
        &json!({"value": "[field('type')]", "equals": "a.b/ACCOUNTS"}),
        &json!({})
    ));
    let rules = json!({"acls": {"rules": [{"value": "1.1.1.1"}, {"value": "2.2.2.2"}]}});
    let count = |fits: Option<Value>, expected: usize| {
        let mut count = json!({"field": format!("{ACCOUNT}/acls.rules[*]")});
        if let Some(fits) = fits {
            count["where"] = fits;
        }
        json!({"count": count, "equals": expected})
    };
    let first = json!({"field": format!("{ACCOUNT}/acls.rules[*].value"), "equals": "1.1.1.1"});
    assert!(holds(&count(None, 2), &rules));
    assert!(holds(&count(Some(first.clone()), 1), &rules));
    assert!(holds(&count(Some(first), 0), &json!({})));
}

#[test]
fn what_is_not_played_is_found_when_a_definition_is_read() {
    let field = format!("{ACCOUNT}/open");
    for (condition, expected) in [
        (
            json!({"field": "A.B/accounts/other", "equals": "x"}),
            "A.B/accounts/other",
        ),
        (json!({"field": "tags['x']", "exists": true}), "tags['x']"),
        (json!({"field": field, "match": "x"}), "match"),
        (
            json!({"value": "[resourceGroup().location]", "equals": "x"}),
            "resourceGroup().location",
        ),
        (
            json!({"field": format!("{ACCOUNT}/acls.rules[*].value"), "equals": "x"}),
            "of each item",
        ),
        (
            json!({"count": {"value": "[parameters('words')]"}, "equals": 1}),
            "a count of values",
        ),
    ] {
        match read(&condition) {
            Err(PolicyUnread::NotPlayed(what)) => assert!(what.contains(expected), "{what}"),
            other => panic!("{condition}: {other:?}"),
        }
    }
    for condition in [
        json!([]),
        json!({"allOf": []}),
        json!({"field": field}),
        json!({"equals": "x"}),
        json!({"field": field, "in": "x"}),
        json!({"field": field, "like": "*x*"}),
        json!({"field": field, "exists": "perhaps"}),
        json!({"field": field, "equals": "[parameters('none')]"}),
    ] {
        assert!(
            matches!(read(&condition), Err(PolicyUnread::Wrong(_))),
            "{condition}"
        );
    }
    let mut other = definition(&json!({"field": field, "exists": true}));
    other["policyRule"]["then"] = json!({"effect": "DeployIfNotExists"});
    let refused = PolicyRule::read(&language(), &other);
    assert!(matches!(refused, Err(PolicyUnread::NotPlayed(what)) if what.contains("DeployIfNotExists")));
}

#[test]
fn an_assignment_says_what_the_definition_leaves_open() {
    let rule = read(&json!({"field": "name", "exists": true})).expect("a rule");
    let values = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    assert_eq!(rule.effect(&Map::new()), PolicyEffect::Audit);
    assert_eq!(rule.effect(&values("Effect", json!("deny"))), PolicyEffect::Deny);
    assert_eq!(rule.check_values(&values("effect", json!("Deny"))), Ok(()));
    let undefined = WrongParameters::Undefined(vec!["other".to_owned()]);
    assert_eq!(rule.check_values(&values("other", json!(1))), Err(undefined));
    for not_allowed in ["Disabled", "deny"] {
        assert!(matches!(
            rule.check_values(&values("effect", json!(not_allowed))),
            Err(WrongParameters::NotAllowed { .. })
        ));
    }
    assert!(matches!(
        rule.check_values(&values("effect", json!("Modify"))),
        Err(WrongParameters::NotPlayed(_))
    ));
}

#[test]
fn a_rule_that_fits_tells_what_it_looked_at() {
    let rule = read(&json!({"allOf": [
        {"field": "type", "equals": ACCOUNT},
        {"field": format!("{ACCOUNT}/open"), "notEquals": "Disabled"},
    ]}));
    let id: ResourceId = "/subscriptions/s/providers/A.B/accounts/acct"
        .parse()
        .expect("an id");
    let body = json!({"properties": {"open": "Enabled"}});
    let subject = PolicySubject {
        kind: ACCOUNT,
        id: &id,
        body: &body,
    };
    let seen = rule.expect("a rule").fits(&Map::new(), subject).expect("it fits");
    let shown: Vec<Value> = seen.iter().map(EvaluatedExpression::shown).collect();
    assert_eq!(
        shown[1],
        json!({
            "result": "True",
            "expressionKind": "Field",
            "expression": "A.B/accounts/open",
            "path": "properties.open",
            "expressionValue": "Enabled",
            "targetValue": "Disabled",
            "operator": "NotEquals",
        })
    );
}
