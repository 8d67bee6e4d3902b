//! Templates with a typing mistake, and whose expressions those of a nested template are.

use http::Method;
use serde_json::{Value, json};

use crate::deployments::{IDENTITIES, deployment, identity, template};
use crate::world::World;

/// A typing mistake makes a template none, wherever it is; nothing of it is deployed.
#[test]
fn members_that_there_are_not_are_refused() {
    let mut world = World::new();
    let with = |name: &str| {
        let mut own = identity("one");
        own[name] = json!({});
        own
    };
    let child = json!({"type": "federatedIdentityCredentials", "name": "c", "apiVersion": "2023-01-31", "propertys": {}});
    let parent = |child: &Value| {
        let mut own = identity("one");
        own["resources"] = json!([child]);
        own
    };
    for (own, said) in [
        (
            json!({"resources": {}, "parameterss": {}}),
            "'parameterss' on object of type 'Template'",
        ),
        (
            json!({"resources": {"one": with("apiVersion1")}}),
            "'apiVersion1' on object of type 'TemplateResource'",
        ),
        (
            json!({"resources": {"one": parent(&child)}}),
            "resources.one.resources[0].propertys",
        ),
        (
            json!({"resources": {}, "parameters": {"p": {"type": "string", "default": "x"}}}),
            "parameters.p.default",
        ),
        (
            json!({"resources": {}, "outputs": {"o": {"type": "string", "values": "x"}}}),
            "outputs.o.values",
        ),
    ] {
        let body = json!({"properties": {"mode": "Incremental", "template": template(own)}});
        for (method, target) in [
            (Method::PUT, deployment("x")),
            (Method::POST, format!("{}/validate", deployment("x"))),
        ] {
            let refused = world.arm(method, &target, Some(&body));
            assert_eq!(refused.status, 400, "{refused:?}");
            let error = refused.json_body()["error"].clone();
            assert_eq!(error["code"], "InvalidRequestContent");
            assert!(
                error["message"].as_str().is_some_and(|text| text.contains(said)),
                "{error}"
            );
        }
    }
    assert!(world.identities().is_empty());
    // Letter case makes no difference, and what describes a resource is none of its own.
    let mut fine = identity("two");
    fine["METADATA"] = json!({"description": "the second"});
    world.deploy(&template(json!({"resources": {"two": fine}})));
    assert_eq!(world.identities(), ["two"]);
}

/// Whose parameters a nested template's expressions read.
#[test]
fn a_nested_template_reads_its_own_parameters_or_the_outer_ones() {
    let mut world = World::new();
    let nested = |options: Value| {
        let inner = json!({
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {"name": {"type": "string", "defaultValue": "inner"}},
            "resources": [{"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "[parameters('name')]", "location": "westeurope"}],
        });
        let mut properties = json!({"mode": "Incremental", "template": inner});
        properties["expressionEvaluationOptions"] = options;
        template(json!({
            "parameters": {"name": {"type": "string", "defaultValue": "outer"}, "scope": {"type": "string", "defaultValue": "inner"}},
            "resources": {"module": {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "module", "properties": properties}},
        }))
    };
    for (options, made) in [
        (json!({"scope": "outer"}), "outer"),
        (json!({"scope": "NotSpecified"}), "outer"),
        (Value::Null, "outer"),
        (json!({"scope": "Inner"}), "inner"),
        (json!({"scope": "[parameters('scope')]"}), "inner"),
    ] {
        world.deploy(&nested(options.clone()));
        assert_eq!(world.identities(), [made], "{options}");
        world.delete(&format!("{IDENTITIES}/{made}"));
    }
    let odd = nested(json!({"scope": "sideways"}));
    let body = json!({"properties": {"mode": "Incremental", "template": odd}});
    let refused = world.put(&deployment("odd"), &body);
    assert_eq!(refused.status, 400, "{refused:?}");
    let text = refused.json_body()["error"]["message"].to_string();
    assert!(text.contains("sideways"), "{text}");
    let body = json!({"properties": {"mode": "Incremental", "template": template(json!({"resources": {}})), "expressionEvaluationOptions": {"scope": "sideways"}}});
    assert_eq!(world.put(&deployment("odd2"), &body).status, 400);
}
