//! Modules as Bicep makes templates of them: with locks, roles, telemetry and parts in deployments of their
//! own, all of it optional.

use serde_json::{Value, json};

use crate::bodies::policy_body;
use crate::world::World;

/// A role for each assignment that is asked for.
fn roles() -> Value {
    let assignments = "coalesce(parameters('roleAssignments'), createArray())";
    let each = format!("{assignments}[copyIndex()]");
    json!({
        "copy": {"name": "vault_roles", "count": format!("[length({assignments})]")},
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "scope": "[resourceId('Microsoft.DataProtection/backupVaults', parameters('name'))]",
        "name": format!("[guid(resourceId('Microsoft.DataProtection/backupVaults', parameters('name')), {each}.principalId, {each}.role)]"),
        "properties": {
            "roleDefinitionId": format!("[coalesce(tryGet(variables('roles'), {each}.role), {each}.role)]"),
            "principalId": format!("[{each}.principalId]"),
            "principalType": format!("[tryGet({each}, 'principalType')]"),
        },
        "dependsOn": ["vault"],
    })
}

/// A deployment for each policy.
fn policies() -> Value {
    json!({
        "copy": {"name": "vault_policies", "count": "[length(parameters('policies'))]", "mode": "serial", "batchSize": 1},
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "[format('{0}-policy-{1}', uniqueString(deployment().name, parameters('location')), copyIndex())]",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "mode": "Incremental",
            "parameters": {
                "vault": {"value": "[parameters('name')]"},
                "name": {"value": "[parameters('policies')[copyIndex()].name]"},
                "properties": {"value": "[parameters('policies')[copyIndex()].properties]"},
            },
            "template": {
                "languageVersion": "2.0",
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "parameters": {"vault": {"type": "string"}, "name": {"type": "string"}, "properties": {"type": "object"}},
                "resources": {
                    "vault": {"existing": true, "type": "Microsoft.DataProtection/backupVaults", "apiVersion": "2024-04-01", "name": "[parameters('vault')]"},
                    "policy": {
                        "type": "Microsoft.DataProtection/backupVaults/backupPolicies",
                        "apiVersion": "2024-04-01",
                        "name": "[format('{0}/{1}', parameters('vault'), parameters('name'))]",
                        "properties": "[parameters('properties')]",
                        "dependsOn": ["vault"],
                    },
                },
                "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.DataProtection/backupVaults/backupPolicies', parameters('vault'), parameters('name'))]"}},
            },
        },
        "dependsOn": ["vault"],
    })
}

/// A Backup vault with what a module of one brings.
fn vault_module() -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "languageVersion": "2.0",
        "contentVersion": "1.0.0.0",
        "metadata": {"_generator": {"name": "bicep", "version": "0.36.1", "templateHash": "1"}},
        "definitions": {
            "lock": {"type": "object", "nullable": true, "properties": {
                "name": {"type": "string", "nullable": true},
                "kind": {"type": "string", "allowedValues": ["CanNotDelete", "None", "ReadOnly"], "nullable": true},
            }},
            "assignment": {"type": "object", "properties": {
                "role": {"type": "string", "metadata": {"description": "A name or an id."}},
                "principalId": {"type": "string"},
                "principalType": {"type": "string", "nullable": true},
            }, "metadata": {"__bicep_export!": true}},
        },
        "parameters": {
            "name": {"type": "string", "maxLength": 50},
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
            "telemetry": {"type": "bool", "defaultValue": true},
            "identity": {"type": "object", "nullable": true, "properties": {"systemAssigned": {"type": "bool", "nullable": true}}},
            "lock": {"$ref": "#/definitions/lock"},
            "roleAssignments": {"type": "array", "items": {"$ref": "#/definitions/assignment"}, "nullable": true},
            "policies": {"type": "array", "defaultValue": []},
            "tags": {"type": "object", "nullable": true},
        },
        "variables": {
            "roles": {
                "Backup Reader": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'a795c7a0-d4a2-40c1-ae25-d81f01202912')]",
                "Reader": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')]",
            },
            "identity": "[if(not(empty(parameters('identity'))), createObject('type', if(coalesce(tryGet(parameters('identity'), 'systemAssigned'), false()), 'SystemAssigned', null())), null())]",
        },
        "resources": {
            "telemetry": {
                "condition": "[parameters('telemetry')]",
                "type": "Microsoft.Resources/deployments",
                "apiVersion": "2024-03-01",
                "name": "[format('usage.{0}.{1}', replace('1.2.3', '.', '-'), substring(uniqueString(deployment().name, parameters('location')), 0, 4))]",
                "properties": {"mode": "Incremental", "template": {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []}},
            },
            "vault": {
                "type": "Microsoft.DataProtection/backupVaults",
                "apiVersion": "2024-04-01",
                "name": "[parameters('name')]",
                "location": "[parameters('location')]",
                "tags": "[parameters('tags')]",
                "identity": "[variables('identity')]",
                "properties": {"storageSettings": [{"type": "LocallyRedundant", "datastoreType": "VaultStore"}]},
            },
            "vault_lock": {
                "condition": "[and(not(empty(coalesce(parameters('lock'), createObject()))), not(equals(tryGet(parameters('lock'), 'kind'), 'None')))]",
                "type": "Microsoft.Authorization/locks",
                "apiVersion": "2020-05-01",
                "scope": "[format('Microsoft.DataProtection/backupVaults/{0}', parameters('name'))]",
                "name": "[coalesce(tryGet(parameters('lock'), 'name'), format('lock-{0}', parameters('name')))]",
                "properties": {"level": "[coalesce(tryGet(parameters('lock'), 'kind'), '')]"},
                "dependsOn": ["vault"],
            },
            "vault_roles": roles(),
            "vault_policies": policies(),
        },
        "outputs": {
            "principal": {"type": "string", "nullable": true, "value": "[tryGet(tryGet(reference('vault', '2024-04-01', 'full'), 'identity'), 'principalId')]"},
            "location": {"type": "string", "value": "[reference('vault', '2024-04-01', 'full').location]"},
            "policies": {"type": "array", "copy": {"count": "[length(parameters('policies'))]", "input": "[reference(format('vault_policies[{0}]', copyIndex())).outputs.id.value]"}},
        },
    })
}

impl World {
    fn deploy_module(&mut self, template: &Value, parameters: &Value) -> Value {
        let target = "/providers/Microsoft.Resources/deployments/module";
        let body =
            json!({"properties": {"mode": "Incremental", "template": template, "parameters": parameters}});
        let made = self.put(target, &body);
        assert_eq!(made.status, 201, "{made:?}");
        self.settle();
        let own = self.get(target).json_body();
        assert_eq!(own["properties"]["provisioningState"], "Succeeded", "{own}");
        own["properties"].clone()
    }
}

#[test]
fn a_vault_with_nothing_more() {
    let mut world = World::new();
    let own = world.deploy_module(&vault_module(), &json!({"name": {"value": "bare"}}));
    assert_eq!(own["outputs"]["location"]["value"], "westeurope");
    assert_eq!(own["outputs"]["principal"]["value"], Value::Null);
    assert_eq!(own["outputResources"].as_array().map(Vec::len), Some(1), "{own}");
}

#[test]
fn a_vault_with_everything_twice() {
    let mut world = World::new();
    let group = world.group();
    let policy = policy_body()["properties"].clone();
    let parameters = json!({
        "name": {"value": "full"},
        "identity": {"value": {"systemAssigned": true}},
        "lock": {"value": {"kind": "CanNotDelete"}},
        "roleAssignments": {"value": [{"role": "Backup Reader", "principalId": world.operator.object_id, "principalType": "ServicePrincipal"}]},
        "policies": {"value": [{"name": "one", "properties": policy}, {"name": "two", "properties": policy}]},
        "tags": {"value": {"a": "b"}},
    });
    for _ in 0..2 {
        let own = world.deploy_module(&vault_module(), &parameters);
        let policies = own["outputs"]["policies"]["value"].clone();
        let vault = format!("{group}/providers/Microsoft.DataProtection/backupVaults/full");
        let ids = ["one", "two"].map(|name| format!("{vault}/backupPolicies/{name}"));
        assert_eq!(policies, json!(ids), "{own}");
        assert!(own["outputs"]["principal"]["value"].is_string());
        // The vault, its lock, its role and both policies.
        assert_eq!(own["outputResources"].as_array().map(Vec::len), Some(5), "{own}");
    }
    let locks = world
        .get("/providers/Microsoft.DataProtection/backupVaults/full/providers/Microsoft.Authorization/locks?api-version=2020-05-01")
        .json_body();
    assert_eq!(locks["value"][0]["name"], "lock-full", "{locks}");
}
