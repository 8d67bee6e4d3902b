//! What expressions come to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::expression::{Problem, evaluate};
use super::limits::TemplateLimits;
use super::template::Template;
use super::template_tests::{place, rules};

fn value(text: &str) -> Result<Value, Problem> {
    let rules = rules();
    let sent = json!({"properties": {"template": {
        "parameters": {
            "name": {"type": "string", "defaultValue": "Drill"},
            "list": {"type": "array", "defaultValue": ["a", "b"]},
            "deep": {"type": "object", "defaultValue": {"One": 1}},
        },
        "variables": {"id": "[concat(parameters('name'), '-x')]", "loop": "[variables('loop')]"},
        "resources": [],
    }}});
    let read = Template::read(place(&rules), &sent, &TemplateLimits::of(&rules.limits), None);
    let (template, budget) = read.expect("it is a template");
    let references = BTreeMap::new();
    evaluate(&template.scope(&references, &budget), &Value::from(text))
}

/// What is known to be a function can be called, and what cannot be is refused by name.
#[test]
fn every_function_of_the_rules_is_played() {
    let rules = rules();
    for name in rules.deployments.functions.names() {
        // A lambda is nothing by itself.
        if name == "lambda" {
            continue;
        }
        if let Err(Problem::Wrong(why)) = value(&format!("[{name}()]")) {
            assert!(!why.contains("does not implement"), "{name}: {why}");
        }
    }
    let Err(Problem::Wrong(why)) = value("[bogus()]") else {
        panic!("there is no such function");
    };
    assert!(why.contains("does not implement"), "{why}");
}

fn check(cases: &[(&str, Value)]) {
    for (text, wanted) in cases {
        assert_eq!(value(text).as_ref(), Ok(wanted), "{text}");
    }
}

#[test]
fn values_come_out_as_documented() {
    check(&[
        ("plain", json!("plain")),
        ("[[not one]", json!("[not one]")),
        ("[parameters('NAME')]", json!("Drill")),
        ("[variables('id')]", json!("Drill-x")),
        ("[parameters('deep').one]", json!(1)),
        ("[parameters('list')[1]]", json!("b")),
        ("[parameters('deep')['one']]", json!(1)),
        ("[if(equals(1, 1), 'yes', 'no')]", json!("yes")),
        ("[if(true(), 1, fail('no'))]", json!(1)),
        ("[and(false(), fail('no'))]", json!(false)),
        (
            "[coalesce(null(), tryGet(parameters('deep'), 'two'), 3)]",
            json!(3),
        ),
        ("[tryGet(createObject('a', createArray(1, 2)), 'a', 1)]", json!(2)),
        (
            "[items(createObject('b', 1, 'a', 2))]",
            json!([{"key": "a", "value": 2}, {"key": "b", "value": 1}]),
        ),
        (
            "[union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))]",
            json!({"a": {"x": 1, "y": 2}}),
        ),
        (
            "[shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', 2)))]",
            json!({"a": 2}),
        ),
        (
            "[intersection(createArray(1, 2, 3), createArray(3, 2))]",
            json!([2, 3]),
        ),
        (
            "[flatten(createArray(createArray(1), createArray(2, 3)))]",
            json!([1, 2, 3]),
        ),
        ("[skip(createArray(1, 2, 3), 1)]", json!([2, 3])),
        ("[lastIndexOf(createArray('a', 'b', 'a'), 'a')]", json!(2)),
        ("[max(1, 5, 3)]", json!(5)),
        ("[div(7, 2)]", json!(3)),
    ]);
}

#[test]
fn resources_and_places_are_named() {
    check(&[
        ("[resourceGroup().location]", json!("uksouth")),
        ("[subscription().subscriptionId]", json!("s")),
        ("[deployment().name]", json!("d")),
        ("[environment().suffixes.storage]", json!("core.windows.net")),
        ("[subscription().displayName]", json!("drills")),
        ("[deployer().objectId]", json!("me")),
        (
            "[managementGroupResourceId('m', 'A.B/c', 'd')]",
            json!("/providers/Microsoft.Management/managementGroups/m/providers/A.B/c/d"),
        ),
        (
            "[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'other')]",
            json!("/subscriptions/s/resourceGroups/other"),
        ),
        (
            "[resourceId('Microsoft.KeyVault/vaults', 'kv')]",
            json!("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv"),
        ),
        (
            "[resourceId('other', 'Microsoft.DBforPostgreSQL/servers/databases', 'pg', 'db')]",
            json!(
                "/subscriptions/s/resourceGroups/other/providers/Microsoft.DBforPostgreSQL/servers/pg/databases/db"
            ),
        ),
        (
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'x')]",
            json!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/x"),
        ),
        (
            "[extensionResourceId(resourceId('A.B/c', 'd'), 'Microsoft.Authorization/roleAssignments', 'e')]",
            json!(
                "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/providers/Microsoft.Authorization/roleAssignments/e"
            ),
        ),
    ]);
}

#[test]
fn texts_are_made() {
    check(&[
        ("[toLower(concat('A', 'B', string(3)))]", json!("ab3")),
        (
            "[concat(parameters('list'), createArray('c'))]",
            json!(["a", "b", "c"]),
        ),
        ("[take('abc', 2)]", json!("ab")),
        ("[indexOf('abcb', 'B')]", json!(1)),
        ("[padLeft('7', 3, '0')]", json!("007")),
        ("[split('a;b,c', createArray(';', ','))]", json!(["a", "b", "c"])),
        ("[base64('one')]", json!("b25l")),
        ("[base64ToString(base64('one'))]", json!("one")),
        ("[uriComponent('a b/c')]", json!("a%20b%2Fc")),
        (
            "[uri('http://contoso.org/firstpath', 'myscript.sh')]",
            json!("http://contoso.org/myscript.sh"),
        ),
        (
            "[uri('http://contoso.org/firstpath/', 'myscript.sh')]",
            json!("http://contoso.org/firstpath/myscript.sh"),
        ),
        (
            "[uri('http://contoso.org/firstpath/azuredeploy.json', '/myscript.sh')]",
            json!("http://contoso.org/myscript.sh"),
        ),
        ("[format('{0:D3}', 7)]", json!("007")),
        ("[format('{0}/{1:D}', 'a', 2)]", json!("a/2")),
    ]);
}

#[test]
fn lambdas_come_to_what_they_say() {
    check(&[
        (
            "[map(range(1, 3), lambda('n', mul(lambdaVariables('n'), 2)))]",
            json!([2, 4, 6]),
        ),
        (
            "[filter(range(0, 4), lambda('n', 'i', equals(mod(lambdaVariables('i'), 2), 1)))]",
            json!([1, 3]),
        ),
        (
            "[reduce(range(1, 4), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))]",
            json!(10),
        ),
        (
            "[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]",
            json!([1, 2, 3]),
        ),
        (
            "[toObject(parameters('list'), lambda('n', lambdaVariables('n')), lambda('n', toUpper(lambdaVariables('n'))))]",
            json!({"a": "A", "b": "B"}),
        ),
        (
            "[groupBy(createArray('ax', 'bx', 'ay'), lambda('n', first(lambdaVariables('n'))))]",
            json!({"a": ["ax", "ay"], "b": ["bx"]}),
        ),
        (
            "[mapValues(parameters('deep'), lambda('n', add(lambdaVariables('n'), 1)))]",
            json!({"One": 2}),
        ),
    ]);
}

#[test]
fn times_and_ranges_are_reckoned() {
    check(&[
        (
            "[dateTimeAdd('2020-04-07T14:53:14Z', 'P3Y')]",
            json!("2023-04-07T14:53:14Z"),
        ),
        (
            "[dateTimeAdd('2020-04-07 14:53:14Z', '-P9D', 'yyyy-MM-dd')]",
            json!("2020-03-29"),
        ),
        ("[dateTimeToEpoch('1970-01-01T00:01:00Z')]", json!(60)),
        ("[cidrSubnet('10.144.0.0/20', 24, 1)]", json!("10.144.1.0/24")),
        ("[cidrHost('10.144.3.0/24', 1)]", json!("10.144.3.2")),
        ("[parseCidr('10.144.0.0/20').broadcast]", json!("10.144.15.255")),
        (
            "[cidrSubnet('fdad:3236:5555::/48', 64, 1)]",
            json!("fdad:3236:5555:1::/64"),
        ),
    ]);
}

/// The wanted value was computed by Python's `uuid5` in the namespace ARM uses.
#[test]
fn guid_is_the_one_azure_would_make() {
    let wanted = json!("2d796349-8c7e-55ec-9624-54ece82ed031");
    assert_eq!(value("[guid('a', 'b')]"), Ok(wanted));
}

#[test]
fn what_has_no_value_says_why() {
    for (text, said) in [
        ("[parameters('none')]", "'none' is not found"),
        ("[variables('none')]", "'none' is not found"),
        ("[variables('loop')]", "nested"),
        ("[parameters('deep').two]", "'two' doesn't exist"),
        ("[parameters('list')[7]]", "no such element"),
        ("[nothing('x')]", "The template function 'nothing' is not valid"),
        ("[utcNow()]", "default value"),
        ("[newGuid()]", "default value"),
        ("[copyIndex()]", "belongs into a loop"),
        ("[lambdaVariables('x')]", "'x' is not found"),
        ("[map(parameters('list'), 'x')]", "a lambda()"),
        ("[fail('because')]", "because"),
        ("[div(1, 0)]", "divided by zero"),
        ("[range(0, 100000000)]", "azdrill's limit"),
        ("[padLeft('x', 1000000000)]", "azdrill's limit"),
        ("[cidrSubnet('10.0.0.0/24', 8, 0)]", "within the range"),
        ("[dateTimeAdd('2020', 'soon')]", "a time"),
        ("[concat(]", "Unable to parse"),
        ("[resourceId('Microsoft.KeyVault/vaults')]", "names"),
    ] {
        match value(text) {
            Err(Problem::Wrong(error)) => assert!(error.contains(said), "{text}: {error}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_reference_says_what_it_needs() {
    let Err(Problem::Needs(needed)) = value("[reference(resourceId('A.B/c', 'd'), '2020-01-01').x]") else {
        panic!("it needs something");
    };
    assert_eq!(needed.id.name(), "d");
    assert_eq!(needed.api_version.as_deref(), Some("2020-01-01"));
}
