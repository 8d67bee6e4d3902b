//! Templates that would come to nothing, and what is told of them before the first resource is written.

use azdrill_emulator::model::Response;
use http::Method;
use serde_json::{Value, json};

use crate::deployments::{IDENTITIES, deployment, identity, template};
use crate::world::World;

const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";

fn account(name: &str) -> Value {
    json!({
        "type": ACCOUNT, "apiVersion": "2023-01-01", "name": name, "location": "westeurope",
        "kind": "StorageV2", "sku": {"name": "Standard_LRS"},
    })
}

fn nested(mode: &str, template: &Value) -> Value {
    json!({
        "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner",
        "properties": {"mode": mode, "template": template, "expressionEvaluationOptions": {"scope": "inner"}},
    })
}

impl World {
    /// Asks to deploy, to validate and to say what would be, and is told the same each time.
    #[track_caller]
    fn refuses_template(&mut self, template: &Value) -> Response {
        let body = json!({"properties": {"mode": "Incremental", "template": template}});
        let refused = self.put(&deployment("d"), &body);
        assert!(refused.status.as_u16() >= 400, "{refused:?}");
        let told = |answer: &Response| answer.json_body()["error"]["code"].clone();
        for what in ["validate", "whatIf"] {
            let other = self.arm(Method::POST, &format!("{}/{what}", deployment("d")), Some(&body));
            assert_eq!(other.status, refused.status, "{what}: {other:?}");
            assert_eq!(told(&other), told(&refused), "{what}");
        }
        assert_eq!(self.get(&deployment("d")).status, 404);
        refused
    }

    #[track_caller]
    fn refuses_saying(&mut self, template: &Value, said: &str) {
        let error = self.refuses_template(template).json_body()["error"].clone();
        assert_eq!(error["code"], "InvalidTemplate", "{error}");
        let text = error["message"].as_str().unwrap_or_default();
        assert!(text.contains(said), "{text}");
    }

    fn takes_template(&mut self, template: &Value) {
        let body = json!({"properties": {"mode": "Incremental", "template": template}});
        let answer = self.arm(
            Method::POST,
            &format!("{}/validate", deployment("d")),
            Some(&body),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// Only the deployment that somebody asks for can take resources away.
#[test]
fn a_deployment_inside_another_is_never_complete() {
    let mut world = World::new();
    world.put(&format!("{IDENTITIES}/old"), &json!({"location": "westeurope"}));
    let empty = template(json!({"resources": {}}));
    let outer = template(json!({"resources": {"inner": nested("Complete", &empty)}}));
    let said = "Specified deployment mode 'Complete' is not supported for nested deployment";
    world.refuses_saying(&outer, said);
    // Two deep, and where the mode is only known once something else is there.
    let deeper = template(json!({"resources": {"outer": nested("Incremental", &outer)}}));
    world.refuses_saying(&deeper, said);
    let late = template(json!({"resources": {
        "first": identity("complete"),
        "inner": nested("[if(empty(reference('first').principalId), 'Incremental', 'Complete')]", &empty),
    }}));
    let own = world.deploy_with("late", "Incremental", &late, &json!({}));
    assert_eq!(own["properties"]["provisioningState"], "Failed", "{own}");
    assert!(
        own["properties"]["error"]["details"].to_string().contains(said),
        "{own}"
    );
    assert_eq!(world.identities(), ["complete", "old"]);
    world.takes_template(&template(
        json!({"resources": {"inner": nested("Incremental", &empty)}}),
    ));
}

#[test]
fn functions_are_known_and_given_what_they_take_wherever_they_stand() {
    let mut world = World::new();
    let with = |place: &str, value: Value| {
        let mut own = template(json!({"resources": {"one": identity("one")}}));
        own[place] = value;
        own
    };
    let output = |text: &str| json!({"o": {"type": "string", "value": text}});
    let inner = with("outputs", output("[bogus()]"));
    for (own, said) in [
        (
            with("outputs", output("[bogus()]")),
            "The template output 'o' is not valid: The template function 'bogus'",
        ),
        (
            with("outputs", output("[if(true(), 'a', concat(toLower()))]")),
            "'toLower': function requires 1 argument(s) while 0",
        ),
        (
            with("variables", json!({"unused": {"a": ["[padLeft('a')]"]}})),
            "The template variable 'unused'",
        ),
        (
            with(
                "parameters",
                json!({"p": {"type": "string", "defaultValue": "[guid()]"}}),
            ),
            "'guid': function requires at least 1",
        ),
        (with("outputs", output("[own.twice('a')]")), "'own.twice'"),
        (
            with("outputs", output("[concat('a']")),
            "Unable to parse language expression",
        ),
        (
            template(json!({"resources": {"inner": nested("Incremental", &inner)}})),
            "'bogus'",
        ),
    ] {
        world.refuses_saying(&own, said);
    }
    assert!(world.identities().is_empty());
    // A text that only looks like one, and what is said for people.
    let mut fine = with("outputs", output("[[bogus()]"));
    fine["resources"]["one"]["metadata"] = json!({"description": "[bogus()]"});
    fine["functions"] = json!([{"namespace": "own", "members": {"twice": {
        "parameters": [{"name": "a", "type": "string"}],
        "output": {"type": "string", "value": "[concat(parameters('a'), parameters('a'))]"},
    }}}]);
    fine["variables"] = json!({"four": "[own.twice(own.twice('a'))]"});
    world.takes_template(&fine);
}

#[test]
fn types_and_versions_are_known_before_anything_is_deployed() {
    let mut world = World::new();
    let with = |own: Value| template(json!({"resources": {"one": identity("one"), "other": own}}));
    let unknown = world.refuses_template(&with(
        json!({"type": "Microsoft.Nope/x", "apiVersion": "2020-01-01", "name": "x"}),
    ));
    assert_eq!(unknown.status, 501);
    assert!(unknown.header("x-azdrill-not-implemented").is_some());
    let mut old = account("drillaccount");
    old["apiVersion"] = json!("1999-01-01");
    let told = world.refuses_template(&with(old)).json_body();
    assert_eq!(told["error"]["code"], "NoRegisteredProviderFound", "{told}");
    assert!(world.identities().is_empty());
}

/// The envelope and the codes are those that were reported of an account with such a name.
#[test]
fn what_providers_would_refuse_is_told_beforehand() {
    let mut world = World::new();
    let details = |told: &Response| {
        let error = told.json_body()["error"].clone();
        assert_eq!(error["code"], "InvalidTemplateDeployment", "{error}");
        assert_eq!(error["details"][0]["code"], "PreflightValidationCheckFailed");
        error["details"][0]["details"].clone()
    };
    let with = |own: Value| template(json!({"resources": {"one": identity("one"), "other": own}}));
    let own = details(&world.refuses_template(&with(account("UPPER!!"))));
    assert_eq!(
        (&own[0]["code"], &own[0]["target"]),
        (&json!("AccountNameInvalid"), &json!("UPPER!!")),
        "{own}"
    );
    // Inside another deployment of the same group as well.
    let inner = with(account("UPPER!!"));
    let own = details(&world.refuses_template(&template(
        json!({"resources": {"inner": nested("Incremental", &inner)}}),
    )));
    assert_eq!(own[0]["code"], "AccountNameInvalid");
    let mut wrong = account("drillaccount");
    wrong["properties"] = json!({"supportsHttpsTrafficOnly": "perhaps"});
    let own = details(&world.refuses_template(&with(wrong)));
    assert_eq!(own[0]["target"], "drillaccount", "{own}");
    assert!(world.identities().is_empty());
}

#[test]
fn what_a_resource_depends_on_is_in_the_template() {
    let mut world = World::new();
    let with = |depends_on: Value| {
        let mut own = identity("one");
        own["dependsOn"] = depends_on;
        template(json!({"resources": {"one": own}}))
    };
    let not_defined = "The resource 'nope' is not defined in the template";
    world.refuses_saying(&with(json!(["nope"])), not_defined);
    let by_id = "[resourceId('Microsoft.Storage/storageAccounts', 'elsewhere')]";
    let said = "The resource 'Microsoft.Storage/storageAccounts/elsewhere' is not defined";
    world.refuses_saying(&with(json!([by_id])), said);
    world.refuses_saying(&with(json!("nope")), "is no array");
    // What a condition leaves out is there to depend on, and so is what is inside of it.
    let mut left_out = account("leftout");
    left_out["condition"] = json!(false);
    left_out["resources"] = json!([{"type": "blobServices", "apiVersion": "2023-01-01", "name": "default"}]);
    let mut own = identity("one");
    own["dependsOn"] = json!([
        "leftout",
        "Microsoft.Storage/storageAccounts/blobServices/leftout/default"
    ]);
    let mut listed = template(json!({"resources": [left_out, own]}));
    listed["languageVersion"] = json!("1.0");
    world.takes_template(&listed);
}

#[test]
fn scopes_loops_and_members_that_cannot_be() {
    let mut world = World::new();
    let mut scoped = account("scoped");
    scoped["scope"] = json!(format!("{}2", world.group()));
    world.refuses_saying(&template(json!({"resources": {"one": scoped}})), "has a scope");
    let looped = |copy: Value| {
        let mut own = identity("[format('id-{0}', copyIndex())]");
        own["copy"] = copy;
        template(json!({"resources": {"all": own}}))
    };
    world.refuses_saying(
        &looped(json!({"name": "all", "count": 2, "mode": "foo"})),
        "the mode 'foo'",
    );
    world.refuses_saying(
        &looped(json!({"name": "all", "count": 2, "mode": "serial", "batchSize": 0})),
        "the batchSize '0'",
    );
    world.takes_template(&looped(json!({"name": "all", "count": 2, "mode": "Parallel"})));
    for name in ["$schema", "contentVersion"] {
        let mut own = template(json!({"resources": {}}));
        own.as_object_mut().expect("an object").shift_remove(name);
        let told = world.refuses_template(&own).json_body();
        assert_eq!(told["error"]["code"], "InvalidRequestContent", "{told}");
        let text = told["error"]["message"].as_str().unwrap_or_default();
        assert!(
            text.contains(&format!("Required property '{name}' not found")),
            "{text}"
        );
    }
}

#[test]
fn deployments_have_names_of_64_characters_at_most() {
    let mut world = World::new();
    let body = json!({"properties": {"mode": "Incremental", "template": template(json!({"resources": {}}))}});
    let told = world.put(&deployment(&"x".repeat(65)), &body).json_body();
    assert_eq!(told["error"]["code"], "InvalidDeployment", "{told}");
    let odd = world.put(&deployment("a%3Cb"), &body);
    assert_eq!(odd.status, 400, "{odd:?}");
    assert_eq!(odd.header("x-azdrill-synthetic"), Some("true"));
    assert_eq!(world.put(&deployment(&"x".repeat(64)), &body).status, 201);
}
