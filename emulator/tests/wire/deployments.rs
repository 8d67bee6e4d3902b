//! Deployments of templates: what today's Bicep makes of a file, what complete mode takes away, and what
//! Terraform asks for to apply and to destroy one.

use http::Method;
use serde_json::{Value, json};

use crate::world::World;

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const KEYS: &str = "/providers/Microsoft.KeyVault/vaults";
pub(crate) const IDENTITIES: &str = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities";

pub(crate) fn deployment(name: &str) -> String {
    format!("/providers/Microsoft.Resources/deployments/{name}")
}

pub(crate) fn template(more: Value) -> Value {
    let mut own = json!({"$schema": SCHEMA, "languageVersion": "2.0", "contentVersion": "1.0.0.0"});
    let members = own.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    own
}

pub(crate) fn identity(name: &str) -> Value {
    json!({
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "apiVersion": "2023-01-31",
        "name": name,
        "location": "[resourceGroup().location]",
    })
}

impl World {
    pub(crate) fn deploy_with(
        &mut self,
        name: &str,
        mode: &str,
        template: &Value,
        parameters: &Value,
    ) -> Value {
        let body = json!({"properties": {"mode": mode, "template": template, "parameters": parameters}});
        let made = self.put(&deployment(name), &body);
        assert_eq!(made.status, 201, "{made:?}");
        self.settle();
        self.get(&deployment(name)).json_body()
    }

    #[track_caller]
    pub(crate) fn deploy(&mut self, template: &Value) -> Value {
        let own = self.deploy_with("d", "Incremental", template, &json!({}));
        assert_eq!(own["properties"]["provisioningState"], "Succeeded", "{own}");
        own["properties"]["outputs"].clone()
    }

    pub(crate) fn identities(&mut self) -> Vec<String> {
        let listed = self.get(IDENTITIES).json_body();
        let all = listed["value"].as_array().expect("a list").iter();
        all.map(|own| own["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

#[test]
fn symbolic_names_loops_and_existing_resources() {
    let mut world = World::new();
    world.put(&format!("{IDENTITIES}/old"), &json!({"location": "westeurope"}));
    let own = template(json!({
        "parameters": {"names": {"type": "array", "defaultValue": ["one", "two", "three"]}},
        "resources": {
            "before": {
                "existing": true,
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "apiVersion": "2023-01-31",
                "name": "old",
            },
            "all": {
                "copy": {"name": "all", "count": "[length(parameters('names'))]", "mode": "serial", "batchSize": 2},
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "apiVersion": "2023-01-31",
                "name": "[format('id-{0}-{1}', parameters('names')[copyIndex()], copyIndex(1))]",
                "location": "[resourceGroup().location]",
                "tags": {"old": "[reference('before').principalId]"},
                "dependsOn": ["before"],
            },
            "unwanted": {
                "condition": false,
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "apiVersion": "2023-01-31",
                "name": "unwanted",
                "location": "[resourceGroup().location]",
            },
            "last": {
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "apiVersion": "2023-01-31",
                "name": "last",
                "location": "[resourceGroup().location]",
                "tags": {"second": "[reference('all[1]', '2023-01-31', 'full').name]"},
                "dependsOn": ["all", "unwanted"],
            },
        },
        "outputs": {
            "each": {"type": "array", "copy": {"count": 3, "input": "[reference(format('all[{0}]', copyIndex())).clientId]"}},
            "same": {"type": "bool", "value": "[equals(map(references('all'), lambda('own', lambdaVariables('own').clientId)), map(range(0, 3), lambda('n', reference(format('all[{0}]', lambdaVariables('n'))).clientId)))]"},
            "left": {"condition": false, "type": "string", "value": "x"},
        },
    }));
    let outputs = world.deploy(&own);
    assert_eq!(
        world.identities(),
        ["id-one-1", "id-three-3", "id-two-2", "last", "old"]
    );
    assert_eq!(outputs["same"]["value"], true, "{outputs}");
    assert_eq!(outputs["each"]["value"].as_array().map(Vec::len), Some(3));
    assert!(outputs.get("left").is_none());
    let last = world.get(&format!("{IDENTITIES}/last")).json_body();
    assert_eq!(last["tags"]["second"], "id-two-2");
    let listed = world.get(&format!("{}/operations", deployment("d"))).json_body();
    assert_eq!(listed["value"].as_array().map(Vec::len), Some(4), "{listed}");
}

#[test]
fn types_that_a_template_defines_are_held() {
    let mut world = World::new();
    let own = template(json!({
        "definitions": {
            "store": {
                "type": "object",
                "discriminator": {"propertyName": "kind", "mapping": {
                    "vault": {"type": "object", "properties": {
                        "kind": {"type": "string", "allowedValues": ["vault"]},
                        "days": {"type": "int", "minValue": 7, "maxValue": 90},
                    }},
                    "none": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["none"]}}},
                }},
            },
            "name": {"type": "string", "minLength": 3, "nullable": true},
        },
        "parameters": {
            "stores": {"type": "array", "items": {"$ref": "#/definitions/store"}, "defaultValue": []},
            "name": {"$ref": "#/definitions/name"},
            "whole": {"type": "object", "defaultValue": {}, "properties": {"a": {"type": "int", "nullable": true}}, "additionalProperties": false},
        },
        "resources": {},
        "outputs": {
            "name": {"type": "string", "nullable": true, "value": "[parameters('name')]"},
            "days": {"type": "array", "value": "[map(parameters('stores'), lambda('s', coalesce(tryGet(lambdaVariables('s'), 'days'), 0)))]"},
        },
    }));
    let sent = json!({"stores": {"value": [{"kind": "vault", "days": 30}, {"kind": "none"}]}});
    let made = world.deploy_with("d", "Incremental", &own, &sent);
    assert_eq!(
        made["properties"]["outputs"]["days"]["value"],
        json!([30, 0]),
        "{made}"
    );
    assert_eq!(made["properties"]["outputs"]["name"]["value"], Value::Null);
    for (wrong, said) in [
        (json!({"stores": {"value": [{"kind": "tape"}]}}), "'tape'"),
        (
            json!({"stores": {"value": [{"kind": "vault", "days": 3}]}}),
            "stores[0].days",
        ),
        (json!({"stores": {"value": [{"kind": "vault"}]}}), "'days'"),
        (json!({"name": {"value": "ab"}}), "minLength"),
        (json!({"whole": {"value": {"b": 1}}}), "no property 'b'"),
        (json!({"whole": {"value": {"a": "x"}}}), "Expected 'int'"),
    ] {
        let body = json!({"properties": {"mode": "Incremental", "template": own, "parameters": wrong}});
        let refused = world.put(&deployment("e"), &body);
        assert_eq!(refused.status, 400, "{refused:?}");
        let error = refused.json_body()["error"].clone();
        assert_eq!(error["code"], "InvalidTemplate");
        assert!(
            error["message"].as_str().expect("a text").contains(said),
            "{said}: {error}"
        );
    }
}

#[test]
fn loops_of_variables_and_properties_and_functions_of_the_templates_own() {
    let mut world = World::new();
    let own = template(json!({
        "functions": [{"namespace": "__bicep", "members": {
            "twice": {"parameters": [{"type": "string", "name": "text"}], "output": {"type": "string", "value": "[concat(parameters('text'), parameters('text'))]"}},
            "more": {"parameters": [{"type": "int", "name": "n"}], "output": {"type": "string", "value": "[__bicep.twice(string(parameters('n')))]"}},
        }}],
        "variables": {
            "copy": [{"name": "numbers", "count": 3, "input": "[mul(copyIndex('numbers'), 2)]"}],
            "inside": {"copy": [{"name": "names", "count": 2, "input": {"name": "[format('n{0}', copyIndex('names'))]"}}], "plain": true},
        },
        "resources": {
            "network": {
                "type": "Microsoft.Network/virtualNetworks",
                "apiVersion": "2024-05-01",
                "name": "net",
                "location": "[resourceGroup().location]",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                    "copy": [{"name": "subnets", "count": 2, "input": {
                        "name": "[variables('inside').names[copyIndex('subnets')].name]",
                        "properties": {"addressPrefix": "[cidrSubnet('10.0.0.0/16', 24, copyIndex('subnets'))]"},
                    }}],
                },
            },
        },
        "outputs": {
            "numbers": {"type": "array", "value": "[variables('numbers')]"},
            "own": {"type": "string", "value": "[__bicep.more(4)]"},
        },
    }));
    let outputs = world.deploy(&own);
    assert_eq!(outputs["numbers"]["value"], json!([0, 2, 4]));
    assert_eq!(outputs["own"]["value"], "44");
    let network = world
        .get("/providers/Microsoft.Network/virtualNetworks/net")
        .json_body();
    assert_eq!(network["properties"]["subnets"][1]["name"], "n1", "{network}");
    assert_eq!(
        network["properties"]["subnets"][1]["properties"]["addressPrefix"],
        "10.0.1.0/24"
    );
}

/// A subscription's deployment makes a group, and a module in it.
fn at_subscription() -> Value {
    let module = template(json!({
        "parameters": {"name": {"type": "string"}, "key": {"type": "securestring"}},
        "resources": {"identity": identity("[parameters('name')]")},
        "outputs": {"client": {"type": "string", "value": "[reference('identity').clientId]"}},
    }));
    template(json!({
        "parameters": {"time": {"type": "string", "defaultValue": "[utcNow('yyyy-MM-dd')]"}},
        "resources": {
            "group": {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-03-01", "name": "made", "location": "[deployment().location]", "tags": {"on": "[parameters('time')]"}},
            "module": {
                "type": "Microsoft.Resources/deployments",
                "apiVersion": "2022-09-01",
                "name": "module",
                "resourceGroup": "made",
                "properties": {
                    "mode": "Incremental",
                    "expressionEvaluationOptions": {"scope": "inner"},
                    "parameters": {"name": {"value": "inner"}, "key": {"value": "hidden"}},
                    "template": module,
                },
                "dependsOn": ["group"],
            },
        },
        "outputs": {
            "client": {"type": "string", "value": "[reference('module').outputs.client.value]"},
            "group": {"type": "string", "value": "[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'made')]"},
        },
    }))
}

#[test]
fn a_subscription_gets_a_group_and_what_is_in_it() {
    let mut world = World::new();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let target = format!("{subscription}{}", deployment("whole"));
    let body = json!({"properties": {"mode": "Incremental", "template": at_subscription()}});
    let refused = world.put(&target, &body);
    assert_eq!(refused.json_body()["error"]["code"], "LocationRequired");
    let mut body = body;
    body["location"] = json!("northeurope");
    assert_eq!(world.put(&target, &body).status, 201);
    world.settle();
    let own = world.get(&target).json_body();
    assert_eq!(own["properties"]["provisioningState"], "Succeeded", "{own}");
    assert_eq!(own["location"], "northeurope");
    let group = format!("{subscription}/resourceGroups/made");
    assert_eq!(own["properties"]["outputs"]["group"]["value"], json!(group));
    let shown = world.get(&group).json_body();
    assert_eq!(shown["tags"]["on"], "2026-03-02", "{shown}");
    let inner = world.get(&format!("{group}{IDENTITIES}/inner")).json_body();
    assert_eq!(
        own["properties"]["outputs"]["client"]["value"],
        inner["properties"]["clientId"]
    );
    let made = own["properties"]["outputResources"].as_array().expect("a list");
    let ids: Vec<&str> = made.iter().filter_map(|own| own["id"].as_str()).collect();
    assert_eq!(ids, [group.clone(), format!("{group}{IDENTITIES}/inner")]);
}

#[test]
fn complete_mode_takes_away_what_the_template_does_not_name() {
    let mut world = World::new();
    for name in ["stays", "goes"] {
        world.put(
            &format!("{IDENTITIES}/{name}"),
            &json!({"location": "westeurope"}),
        );
    }
    world.put_account();
    let own = template(json!({"resources": {"one": identity("stays"), "two": identity("new")}}));
    let body = json!({"properties": {"mode": "Complete", "template": own}});
    let told = world
        .post(&format!("{}/whatIf", deployment("d")), &body)
        .json_body();
    let changes = told["properties"]["changes"].as_array().expect("a list");
    let gone = changes.iter().filter(|own| own["changeType"] == "Delete");
    assert_eq!(gone.count(), 2, "{told}");
    let made = world.deploy_with("d", "Complete", &own, &json!({}));
    assert_eq!(made["properties"]["provisioningState"], "Succeeded", "{made}");
    assert_eq!(made["properties"]["mode"], "Complete");
    assert_eq!(world.identities(), ["new", "stays"]);
    let account = world.account();
    assert_eq!(world.get(&account).status, 404);
}

#[test]
fn a_lock_ends_a_deployment_in_complete_mode() {
    let mut world = World::new();
    world.put(&format!("{IDENTITIES}/kept"), &json!({"location": "westeurope"}));
    let lock = format!("{IDENTITIES}/kept/providers/Microsoft.Authorization/locks/l");
    let made = world.put(&lock, &json!({"properties": {"level": "CanNotDelete"}}));
    assert!(made.status.is_success(), "{made:?}");
    let own = template(json!({"resources": {"one": identity("new")}}));
    let made = world.deploy_with("d", "Complete", &own, &json!({}));
    assert_eq!(made["properties"]["provisioningState"], "Failed", "{made}");
    assert_eq!(
        made["properties"]["error"]["details"][0]["code"], "ScopeLocked",
        "{made}"
    );
    assert_eq!(world.identities(), ["kept", "new"]);
}

/// The calls by which Terraform applies a template deployment, reads it and destroys it.
#[test]
fn a_template_deployment_is_applied_read_and_destroyed() {
    let mut world = World::new();
    let own = template(json!({"resources": {"one": identity("one")}}));
    let body = json!({"properties": {"mode": "Incremental", "template": own, "parameters": {}}});
    let target = deployment("tf");
    let valid = world.post(&format!("{target}/validate"), &body);
    assert_eq!(valid.status, 200, "{valid:?}");
    assert_eq!(world.identities(), Vec::<String>::new());
    for _ in 0..2 {
        // Of one that is there as well.
        assert_eq!(world.put(&target, &body).status, 201);
        world.settle();
    }
    let read = world.get(&target).json_body();
    let hash = read["properties"]["templateHash"].as_str().expect("a hash");
    assert!(hash.parse::<u64>().is_ok(), "{hash}");
    let exported = world.arm(Method::POST, &format!("{target}/exportTemplate"), None);
    assert_eq!(exported.status, 200, "{exported:?}");
    assert_eq!(exported.json_body()["template"], own);
    let id = read["properties"]["outputResources"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    let provider = world
        .get(&format!("{subscription}/providers/Microsoft.ManagedIdentity"))
        .json_body();
    let types = provider["resourceTypes"].as_array().expect("types");
    let kind = types
        .iter()
        .find(|own| own["resourceType"] == "userAssignedIdentities")
        .expect("it");
    let version = kind["apiVersions"][0].as_str().expect("a version");
    assert!(
        world
            .delete(&format!("{id}?api-version={version}"))
            .status
            .is_success()
    );
    assert!(world.delete(&target).status.is_success());
    assert_eq!(world.get(&target).status, 404);
    assert_eq!(world.identities(), Vec::<String>::new());
}

#[test]
fn a_groups_template_can_be_deployed_again() {
    let mut world = World::new();
    world.put_account();
    world.put(
        &format!("{IDENTITIES}/one"),
        &json!({"location": "westeurope", "tags": {"a": "b"}}),
    );
    let exported = world.post(
        "/exportTemplate",
        &json!({"resources": ["*"], "options": "SkipAllParameterization"}),
    );
    assert_eq!(exported.status, 200, "{exported:?}");
    let own = exported.json_body()["template"].clone();
    let all = own["resources"].as_array().expect("resources");
    let of_type = |kind: &str| all.iter().find(|own| own["type"] == kind).expect(kind);
    let identity = of_type("Microsoft.ManagedIdentity/userAssignedIdentities");
    assert_eq!(identity["tags"]["a"], "b");
    assert!(identity["properties"]["clientId"].is_null(), "{identity}");
    of_type("Microsoft.Storage/storageAccounts");
    let made = world.deploy_with("again", "Incremental", &own, &json!({}));
    assert_eq!(made["properties"]["provisioningState"], "Succeeded", "{made}");
}

#[test]
fn keys_are_listed_in_a_template() {
    let mut world = World::new();
    world.put_account();
    let own = template(json!({
        "resources": {"account": {"existing": true, "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-05-01", "name": "target"}},
        "outputs": {"key": {"type": "int", "value": "[length(listKeys('account', '2023-05-01').keys[0].value)]"}},
    }));
    assert_eq!(world.deploy(&own)["key"]["value"], 88);
}

#[test]
fn what_is_not_played_is_refused_by_name() {
    let mut world = World::new();
    let one = json!({"resources": {}});
    for (properties, said) in [
        (
            json!({"template": template(json!({"languageVersion": "2.1-experimental", "resources": []}))}),
            "2.1-experimental",
        ),
        (
            json!({"template": template(json!({"languageVersion": null, "resources": {}}))}),
            "languageVersion",
        ),
        (json!({"templateLink": {"uri": "https://x"}}), "linked templates"),
        (
            json!({"template": template(one.clone()), "onErrorDeployment": {"type": "LastSuccessful"}}),
            "onErrorDeployment",
        ),
        (
            json!({"template": template(json!({"resources": {}, "extensions": {"x": {}}}))}),
            "extensions",
        ),
        (
            json!({"template": template(json!({"resources": {}, "variables": {"a": 1}, "outputs": {}, "parameters": {"p": {"type": "string", "defaultValue": "[pickZones('a', 'b', 'c')]"}}}))}),
            "pickZones",
        ),
    ] {
        let mut properties = properties;
        properties["mode"] = json!("Incremental");
        let refused = world.put(&deployment("x"), &json!({"properties": properties}));
        assert_eq!(refused.status, 400, "{refused:?}");
        let error = refused.json_body()["error"].clone();
        assert!(
            error["message"].as_str().expect("a text").contains(said),
            "{error}"
        );
    }
    assert_eq!(world.get(KEYS).json_body()["value"], json!([]));
}

#[test]
fn a_canceled_deployment_begins_nothing_more() {
    let mut world = World::new();
    let own = template(json!({"resources": {"one": identity("one")}}));
    let body = json!({"properties": {"mode": "Incremental", "template": own}});
    assert_eq!(world.put(&deployment("d"), &body).status, 201);
    let cancel = format!("{}/cancel", deployment("d"));
    assert_eq!(world.arm(Method::POST, &cancel, None).status, 204);
    world.settle();
    let made = world.get(&deployment("d")).json_body();
    assert_eq!(made["properties"]["provisioningState"], "Canceled");
    assert_eq!(world.identities(), Vec::<String>::new());
    assert_eq!(world.arm(Method::POST, &cancel, None).status, 409);
}
