//! What a template may be.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::limits::TemplateLimits;
use super::template::{DeploymentTarget, Template};
use crate::entropy::Entropy;
use crate::model::{ResourceId, Timestamp};
use crate::rules::{Assumptions, Profile, Rules};

pub(super) fn place(rules: &Rules) -> DeploymentTarget {
    DeploymentTarget {
        target: "/subscriptions/s/resourceGroups/g".parse().expect("an id"),
        name: "d".to_owned(),
        group: json!({"name": "g", "location": "uksouth"}),
        tenant: "t".to_owned(),
        subscription_name: "drills".to_owned(),
        deployer: "me".to_owned(),
        facts: Arc::clone(&rules.deployments),
        now: Timestamp::UNIX_EPOCH,
        entropy: Entropy::from_seed(1),
        location: String::new(),
        mode: "",
        content_version: String::new(),
        nested: false,
    }
}

pub(super) fn rules() -> Rules {
    Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load")
}

fn read(properties: &Value) -> Result<Template, String> {
    let rules = rules();
    let sent = json!({"properties": properties});
    Template::read(place(&rules), &sent, &TemplateLimits::of(&rules.limits), None)
        .map(|(template, _)| template)
}

fn resource(name: &str, depends_on: &Value) -> Value {
    json!({"type": "A.B/c", "name": name, "apiVersion": "1", "dependsOn": depends_on})
}

#[test]
fn dependencies_are_meant_by_id_by_name_and_by_type_and_name() {
    let template = json!({"template": {"resources": [
        resource("x", &json!(["[resourceId('A.B/c', 'y')]", "z"])),
        resource("y", &json!(["A.B/c/z"])),
        resource("z", &json!([])),
    ]}});
    let parsed = read(&template).expect("it is one");
    let names: Vec<Vec<&str>> = parsed
        .resources
        .iter()
        .map(|entry| entry.depends_on.iter().map(ResourceId::name).collect())
        .collect();
    assert_eq!(names, [vec!["y", "z"], vec!["z"], vec![]]);
}

#[test]
fn members_of_a_template_are_of_their_kind() {
    let with = |name: &str, value: Value| {
        let mut template = json!({"resources": []});
        template[name] = value;
        read(&json!({"template": template})).map(|_| ())
    };
    for name in ["$schema", "contentVersion", "languageVersion", "apiProfile"] {
        for wrong in [json!(1), json!({}), json!([]), json!(true)] {
            let text = with(name, wrong).expect_err("no text");
            assert!(text.contains(name), "{text}");
        }
    }
    with("contentVersion", json!("1.0.0.0")).expect("it is one");
    with("metadata", json!({"by": "bicep"})).expect("it is one");
}

#[test]
fn a_circle_is_refused() {
    let template = json!({"template": {"resources": [
        resource("x", &json!(["y"])),
        resource("y", &json!(["x"])),
    ]}});
    assert!(read(&template).err().expect("a circle").contains("Circular"));
}

#[test]
fn children_stand_below_their_parent_wherever_they_are_written() {
    let template = json!({"template": {"resources": [{
        "type": "A.B/c", "name": "x", "apiVersion": "1",
        "resources": [{"type": "d", "name": "y", "apiVersion": "1"}],
    }, {
        "type": "A.B/c/providers/roleAssignments", "name": "x/Microsoft.Authorization/z", "apiVersion": "1",
    }]}});
    let parsed = read(&template).expect("it is one");
    let ids: Vec<&str> = parsed.resources.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/x",
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/x/d/y",
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/x/providers/Microsoft.Authorization/roleAssignments/z",
        ]
    );
}

#[test]
fn what_is_wrong_with_parameters_is_said() {
    let template = |declared: Value, sent: Value| json!({"template": {"parameters": declared, "resources": []}, "parameters": sent});
    for (properties, said) in [
        (
            template(json!({"a": {"type": "string"}}), json!({})),
            "'a' is not provided",
        ),
        (
            template(json!({}), json!({"b": {"value": 1}})),
            "'b' are not valid",
        ),
        (
            template(json!({"a": {"type": "int"}}), json!({"a": {"value": "x"}})),
            "Expected 'int'",
        ),
        (
            template(
                json!({"a": {"type": "string", "allowedValues": ["x"]}}),
                json!({"a": {"value": "y"}}),
            ),
            "allowed value",
        ),
        (json!({"template": 3}), "must be an object"),
        (
            json!({"template": {"resources": [{"type": "A.B/c", "name": "a/b", "apiVersion": "1"}]}}),
            "segment lengths",
        ),
        (
            json!({"template": {"resources": [{"type": "A.B/c", "name": "a"}]}}),
            "apiVersion",
        ),
    ] {
        let error = read(&properties).err().expect("refused");
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn secret_parameters_are_not_shown() {
    let parsed = read(&json!({
        "template": {"parameters": {"a": {"type": "secureString"}}, "resources": []},
        "parameters": {"a": {"value": "hidden"}},
    }))
    .expect("it is one");
    assert_eq!(json!(parsed.shown), json!({"a": {"type": "secureString"}}));
    assert_eq!(parsed.parameters["a"], json!("hidden"));
}

fn with_variables(variables: &Value, name: &str) -> Value {
    json!({"template": {"variables": variables, "resources": [resource(name, &json!([]))]}})
}

/// What made it abort or hang once, and what is like it.
#[test]
fn what_would_take_too_much_is_refused_and_says_what_of() {
    let doubling: Map<String, Value> = (1..30)
        .map(|n| {
            let last = n - 1;
            let text = format!("[concat(variables('v{last}'), variables('v{last}'))]");
            (format!("v{n}"), json!(text))
        })
        .chain([("v0".to_owned(), json!("0123456789"))])
        .collect();
    let array = json!((0..20_000).collect::<Vec<_>>());
    let letters = "x".repeat(20_000);
    let deep = (0..100).fold(json!("[variables('b')]"), |value, _| json!([value]));
    refused(&[
        (
            with_variables(&json!({}), &format!("[parameters('n'){}]", ".a".repeat(5000))),
            "more than 32 members",
        ),
        (
            with_variables(&json!({}), &format!("[concat('{}')]", "x".repeat(24_576))),
            "longer than 24576 characters",
        ),
        (
            with_variables(&json!(doubling), "[variables('v29')]"),
            "azdrill's limit",
        ),
        (
            with_variables(&json!({"a": "[variables('a')]"}), "[variables('a')]"),
            "nested more than 96 deep",
        ),
        (
            with_variables(&json!({"a": deep, "b": "x"}), "[string(variables('a'))]"),
            "nested more than 96 deep",
        ),
        (
            with_variables(
                &json!({"a": array}),
                "[string(union(variables('a'), variables('a')))]",
            ),
            "more than 1000000 steps",
        ),
        (
            with_variables(
                &json!({"a": letters}),
                "[replace(variables('a'), 'x', variables('a'))]",
            ),
            "more than 67108864 bytes",
        ),
    ]);
}

/// Azure's own limits, and loops, which multiply.
#[test]
fn there_are_no_more_resources_and_turns_than_azure_takes() {
    refused(&[
        (
            json!({"template": {"resources": vec![resource("x", &json!([])); 801]}}),
            "Azure's limit is 800",
        ),
        (
            json!({"template": {"resources": [resource("x", &json!([])), resource("X", &json!([]))]}}),
            "defined multiple times",
        ),
        (
            json!({"template": {"resources": [{
                "type": "A.B/c", "name": "[format('x{0}', copyIndex())]", "apiVersion": "1",
                "copy": {"name": "all", "count": 801},
            }]}}),
            "Azure's limit is 800",
        ),
        (
            with_variables(
                &json!({"copy": [{"name": "a", "count": 800, "input": "[variables('b')]"}],
                    "b": {"copy": [{"name": "x", "count": 800, "input": "[variables('c')]"}]},
                    "c": {"copy": [{"name": "x", "count": 800, "input": 1}]}}),
                "[string(variables('a'))]",
            ),
            "azdrill's limit",
        ),
        (
            with_variables(
                &json!({"a": (0..800).collect::<Vec<_>>()}),
                "[string(map(variables('a'), lambda('x', map(variables('a'), lambda('y', lambdaVariables('x'))))))]",
            ),
            "azdrill's limit",
        ),
        (
            json!({"template": {"resources": [{
                "type": "A.B/c", "name": "x", "apiVersion": "1",
                "resources": vec![json!({"type": "d", "name": "y", "apiVersion": "1"}); 801],
            }]}}),
            "Azure's limit is 800",
        ),
    ]);
}

fn refused(cases: &[(Value, &str)]) {
    for (properties, said) in cases {
        let error = read(properties).err().expect("refused");
        assert!(error.contains(said), "{said}: {error}");
    }
}

fn names(template: &Template) -> Vec<(&str, Vec<&str>)> {
    template
        .resources
        .iter()
        .map(|entry| {
            let before = entry.depends_on.iter().map(ResourceId::name).collect();
            (entry.id.name(), before)
        })
        .collect()
}

#[test]
fn the_turns_of_a_serial_loop_wait_for_each_other_and_children_are_in_the_loops_of_their_parent() {
    let parsed = read(&json!({"template": {"resources": [
        {"type": "A.B/c", "name": "[format('x{0}', copyIndex())]", "apiVersion": "1",
            "copy": {"name": "all", "count": 3, "mode": "Serial", "batchSize": 2},
            "resources": [{"type": "d", "name": "[format('y{0}', copyIndex('all'))]", "apiVersion": "1"}]},
        {"type": "A.B/c", "name": "z", "apiVersion": "1", "dependsOn": ["all"]},
    ]}}))
    .expect("it is one");
    assert_eq!(
        names(&parsed),
        [
            ("x0", vec![]),
            ("y0", vec!["x0"]),
            ("x1", vec![]),
            ("y1", vec!["x1"]),
            ("x2", vec!["x0", "x1"]),
            ("y2", vec!["x2"]),
            ("z", vec!["x0", "x1", "x2"]),
        ]
    );
}

#[test]
fn default_values_may_need_those_of_others_in_any_order() {
    let parsed = read(&json!({"template": {"resources": [], "parameters": {
        "a": {"type": "string", "defaultValue": "[concat(parameters('b'), '-a')]"},
        "b": {"type": "string", "defaultValue": "[newGuid()]"},
    }}}))
    .expect("it is one");
    let (a, b) = (&parsed.parameters["a"], &parsed.parameters["b"]);
    assert_eq!(a.as_str(), b.as_str().map(|b| format!("{b}-a")).as_deref());
    let circle = json!({"template": {"resources": [], "parameters": {
        "a": {"type": "string", "defaultValue": "[parameters('b')]"},
        "b": {"type": "string", "defaultValue": "[parameters('a')]"},
    }}});
    assert!(read(&circle).err().expect("a circle").contains("is not found"));
}

#[test]
fn a_type_that_leads_to_itself_ends() {
    for definitions in [
        json!({"a": {"$ref": "#/definitions/a"}}),
        json!({"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}),
        json!({"a": {"type": "object", "properties": {"a": {"$ref": "#/definitions/a"}}}}),
    ] {
        let template = json!({"template": {"resources": [], "definitions": definitions,
            "parameters": {"p": {"$ref": "#/definitions/a"}}}, "parameters": {"p": {"value": {}}}});
        // Whatever comes of it, it comes.
        let _ = read(&template);
    }
}
