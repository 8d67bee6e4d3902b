//! What a template may be.

use serde_json::{Value, json};

use super::template::{Place, Request};
use crate::model::{ResourceId, Timestamp};

fn read(properties: &Value) -> Result<Request, String> {
    Request::read(
        Place {
            target: "/subscriptions/s/resourceGroups/g".parse().expect("an id"),
            name: "d".to_owned(),
            group: json!({"location": "uksouth"}),
            tenant: "t".to_owned(),
            now: Timestamp::UNIX_EPOCH,
        },
        properties,
    )
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
    let own = read(&template).expect("it is one");
    let names: Vec<Vec<&str>> = own
        .resources
        .iter()
        .map(|entry| entry.depends_on.iter().map(ResourceId::name).collect())
        .collect();
    assert_eq!(names, [vec!["y", "z"], vec!["z"], vec![]]);
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
    let own = read(&template).expect("it is one");
    let ids: Vec<&str> = own.resources.iter().map(|entry| entry.id.as_str()).collect();
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
    let own = read(&json!({
        "template": {"parameters": {"a": {"type": "secureString"}}, "resources": []},
        "parameters": {"a": {"value": "hidden"}},
    }))
    .expect("it is one");
    assert_eq!(json!(own.shown), json!({"a": {"type": "secureString"}}));
    assert_eq!(own.parameters["a"], json!("hidden"));
}
