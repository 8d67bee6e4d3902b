//! What services refuse although the published types would take it, and how sure that is.

use azdrill_emulator::model::Body;
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::{Value, json};

use crate::bodies::{policy_body, vault_body};
use crate::world::{World, below_vault};

/// That a setting of another word is refused is inferred, and the answer says so; a range of days is
/// documented, and what is unsure there is the code alone.
#[test]
fn an_answer_is_as_sure_as_the_limit_it_comes_of() {
    let mut world = World::new();
    let mut body = vault_body("On");
    body["properties"]["securitySettings"]["softDeleteSettings"]["state"] = json!("Maybe");
    let answer = world.put(&below_vault(""), &body);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-azdrill-mark"), Some("inferred"));
    let mut body = vault_body("On");
    body["properties"]["securitySettings"]["softDeleteSettings"]["retentionDurationInDays"] = json!(5);
    let answer = world.put(&below_vault(""), &body);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-azdrill-mark"), None);
}

#[test]
fn a_retention_is_measured_in_days() {
    let mut world = World::protected();
    for (duration, taken) in [
        ("P3653D", true),
        ("P10Y", true),
        ("P3654D", false),
        ("P0D", false),
    ] {
        let mut body = policy_body();
        let place = "/properties/policyRules/1/lifecycles/0/deleteAfter/duration";
        *body.pointer_mut(place).expect("it is there") = json!(duration);
        let answer = world.put(&below_vault(&format!("backupPolicies/{duration}")), &body);
        assert_eq!(answer.status != 400, taken, "{duration}: {answer:?}");
        let last = world.azure.log().since(0).last().expect("an exchange");
        let why = last.refused.as_ref().map(|no| no.reason.as_str());
        let too_long = why.is_some_and(|why| why.contains("at most 3653 days"));
        assert_eq!(too_long, duration == "P3654D", "{why:?}");
    }
}

/// Templates may have comments, since the CLI sends them so; a vault may not.
#[test]
fn only_templates_have_comments() {
    let mut world = World::new();
    let target = format!("{}{}?api-version=2024-04-01", world.group(), below_vault(""));
    let body = vault_body("On").to_string();
    for (text, status) in [(format!("/* a vault */ {body}"), 400), (body, 201)] {
        let mut request = world
            .request(Method::PUT, &target)
            .with_header("content-type", "application/json");
        request.body = Body::Bytes(bytes::Bytes::from(text));
        let answer = world.send(request);
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// A template with comments is a body like any other: its kinds are checked, and nothing is ignored unsaid.
#[test]
fn a_template_with_comments_is_of_its_type_as_well() {
    let mut world = World::new();
    let target = format!(
        "{}/providers/Microsoft.Resources/deployments/d/validate?api-version=2024-03-01",
        world.group()
    );
    let template = "{$schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#', contentVersion: '1.0.0.0', resources: []}";
    let mut send = |mode: &str| {
        let text = format!("{{properties: {{mode: {mode}, /* nothing */ template: {template}}}}}");
        let mut request = world
            .request(Method::POST, &target)
            .with_header("content-type", "application/json");
        request.body = azdrill_emulator::model::Body::Bytes(text.into());
        world.send(request).json_body()["error"]["code"].clone()
    };
    assert_eq!(send("7"), "InvalidRequestContent");
    assert_eq!(send("\"Sometimes\""), "InvalidRequestContent");
    // The template is read after that.
    assert_eq!(send("\"Incremental\""), Value::Null);
}

#[test]
fn resource_manager_takes_four_megabytes() {
    let mut world = World::new();
    let most = world.azure.rules().limits.request_bytes.most;
    let most = usize::try_from(most).expect("it fits");
    let group = format!("{}?api-version=2022-09-01", world.group());
    let mut send = |length: usize| {
        let mut text = r#"{"location": "westeurope"}"#.to_owned();
        text.extend(std::iter::repeat_n(' ', length - text.len()));
        let mut request = world
            .request(Method::PUT, &group)
            .with_header("content-type", "application/json");
        request.body = azdrill_emulator::model::Body::Bytes(text.into());
        world.send(request)
    };
    assert_eq!(send(most).status, 200);
    let answer = send(most + 1);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json_body()["error"]["code"], "RequestContentTooLarge");
    // The same where nobody has read it to its end, and nobody but Resource Manager says it like that.
    let request = world.request(Method::PUT, &group);
    let path = azdrill_emulator::model::NetworkPath::internet();
    let answer = world
        .azure
        .too_long(world.now, &path, &request)
        .expect("its own words");
    assert_eq!(answer.json_body()["error"]["code"], "RequestContentTooLarge");
    let noted = world.azure.log().since(0).last().expect("an exchange");
    assert_eq!(noted.status, 413);
    let elsewhere = azdrill_emulator::model::Request::new(Method::PUT, "x.vault.azure.net", "/secrets/s");
    assert!(world.azure.too_long(world.now, &path, &elsewhere).is_none());
}

#[test]
fn a_vault_keeps_backups_in_one_store_of_each_kind() {
    let mut world = World::new();
    let setting = |kind: &str| json!({"datastoreType": kind, "type": "LocallyRedundant"});
    for (settings, status) in [
        (json!([]), 400),
        (json!([setting("VaultStore"), setting("vaultStore")]), 400),
        (json!([setting("ArchiveStore")]), 400),
        (json!([{"datastoreType": "VaultStore"}]), 400),
        (json!([setting("VaultStore"), setting("ArchiveStore")]), 201),
        (json!([setting("OperationalStore")]), 201),
    ] {
        let mut body = vault_body("On");
        body["properties"]["storageSettings"] = settings.clone();
        let name = format!("v{}", settings.to_string().len());
        let target = format!("/providers/Microsoft.DataProtection/backupVaults/{name}");
        let answer = world.put(&target, &body);
        assert_eq!(answer.status, status, "{settings}: {answer:?}");
        if status == 400 {
            assert_eq!(answer.json_body()["error"]["code"], "BMSUserErrorInvalidInput");
        }
    }
    assert_eq!(world.put(&below_vault(""), &vault_body("On")).status, 201);
    world.settle();
    let empty = json!({"properties": {"storageSettings": []}});
    let refused = world.arm(Method::PATCH, &below_vault(""), Some(&empty));
    assert_eq!(refused.status, 400);
    // Where a vault is copied to follows from its region.
    let mut shown = world.get(&below_vault("")).json_body();
    assert_eq!(
        shown["properties"]["replicatedRegions"].as_array().map(Vec::len),
        Some(1)
    );
    assert!(world.put(&below_vault(""), &shown).status.is_success());
    shown["properties"]["replicatedRegions"] = json!(["uksouth"]);
    let refused = world.put(&below_vault(""), &shown);
    assert_eq!(refused.status, 501, "{refused:?}");
}

#[test]
fn a_key_vault_is_of_a_tenant_that_there_is() {
    let mut world = World::new();
    let target = "/providers/Microsoft.KeyVault/vaults/drilltenant";
    let body = |tenant: &str| json!({"location": "westeurope", "properties": {"tenantId": tenant, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}});
    let own = world.operator.tenant.to_string();
    let nil = "00000000-0000-0000-0000-000000000000";
    let other = "11111111-2222-4333-8444-555555555555";
    for (tenant, mark) in [(nil, None), (other, Some("inferred"))] {
        let answer = world.put(target, &body(tenant));
        assert_eq!(answer.status, 400, "{answer:?}");
        let error = answer.json_body()["error"].clone();
        assert_eq!(error["code"], "BadRequest");
        assert_eq!(error["message"], "An invalid value was provided for 'tenantId'.");
        assert_eq!(answer.header("x-azdrill-mark"), mark);
    }
    assert_eq!(world.put(target, &body(&own)).status, 200);
    let moved = json!({"properties": {"tenantId": nil}});
    assert_eq!(world.arm(Method::PATCH, target, Some(&moved)).status, 400);
}

/// What the table of a kept resource says is held, and not only its kinds: what must be there, what is only
/// answered, how much it may be.
#[test]
fn lifecycle_policies_addresses_and_alerts_are_of_their_types() {
    let mut world = World::new();
    world.put_account();
    let policy = format!("{}/managementPolicies/default", world.account());
    let rules = |days: Value| {
        let actions = json!({"baseBlob": {"delete": {"daysAfterModificationGreaterThan": days}}});
        let definition = json!({"actions": actions, "filters": {"blobTypes": ["blockBlob"]}});
        json!({"properties": {"policy": {"rules": [{"name": "r", "type": "Lifecycle", "definition": definition}]}}})
    };
    assert_eq!(world.put(&policy, &rules(json!(30))).status, 200);
    assert_eq!(world.put(&policy, &rules(json!(-1))).status, 400);
    assert_eq!(world.put(&policy, &rules(json!("30"))).status, 400);
    let mut bare = rules(json!(30));
    bare["properties"]["policy"]["rules"][0]["definition"] = json!({});
    assert_eq!(world.put(&policy, &bare).status, 400);
    let address = "/providers/Microsoft.Network/publicIPAddresses/ip";
    let with = |properties: Value| json!({"location": "westeurope", "properties": properties});
    for wrong in [
        json!({"dnsSettings": {"domainNameLabel": 7}}),
        json!({"idleTimeoutInMinutes": 31}),
    ] {
        assert_eq!(world.put(address, &with(wrong)).status, 400);
    }
    let named = json!({"dnsSettings": {"domainNameLabel": "x"}, "ipConfiguration": {"id": "/y"}});
    let properties = world.put(address, &with(named)).json_body()["properties"].clone();
    assert_eq!(properties["dnsSettings"], json!({"domainNameLabel": "x"}));
    assert!(
        properties["ipConfiguration"].is_null(),
        "what is only answered is not taken"
    );
    let alert = "/providers/Microsoft.Insights/metricAlerts/a";
    let mut body = json!({"location": "global", "properties": {
        "severity": 3, "enabled": true, "scopes": [], "evaluationFrequency": "PT1M", "windowSize": "PT5M",
        "criteria": {"odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"},
    }});
    assert_eq!(world.put(alert, &body).status, 200);
    body["properties"]["severity"] = json!(5);
    assert_eq!(world.put(alert, &body).status, 400);
    let table = "/providers/Microsoft.Network/routeTables/t";
    let routes = json!({"routes": [{"name": "r", "properties": {"addressPrefix": "0.0.0.0/0"}}]});
    assert_eq!(world.put(table, &with(routes)).status, 400);
}

/// Resource Manager reads JSON, and nothing that is called otherwise, however long it is.
#[test]
fn a_body_that_is_not_called_json_is_not_read() {
    let mut world = World::new();
    let group = format!("{}?api-version=2022-09-01", world.group());
    let deployment = format!(
        "{}/providers/Microsoft.Resources/deployments/d/validate?api-version=2024-03-01",
        world.group()
    );
    let template = "\"properties\": {\"mode\": \"Incremental\", \"template\": {\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\", \"contentVersion\": \"1.0.0.0\", \"resources\": []}}";
    for (method, target, text, comment) in [
        (
            Method::PUT,
            &group,
            r#"{"location": "westeurope"}"#.to_owned(),
            "",
        ),
        (
            Method::POST,
            &deployment,
            format!("{{{template}}}"),
            "/* a comment */",
        ),
    ] {
        for (kind, taken) in [
            ("application/json", true),
            ("text/plain", false),
            ("TEXT/JSON", true),
        ] {
            for padding in [0, 40 * 1024] {
                let mut text = text.clone();
                text.insert_str(1, comment);
                text.extend(std::iter::repeat_n(' ', padding));
                let mut request = world
                    .request(method.clone(), target)
                    .with_header("content-type", kind);
                request.body = azdrill_emulator::model::Body::Bytes(text.into());
                let answer = world.send_prepared(request);
                assert_eq!(answer.status == 200, taken, "{kind} {padding}: {answer:?}");
                if !taken {
                    assert_eq!(answer.json_body()["error"]["code"], "UnsupportedMediaType");
                }
            }
        }
    }
}

impl World {
    /// Sends a request for which what takes long is worked out before, as over a socket.
    fn send_prepared(
        &mut self,
        request: azdrill_emulator::model::Request,
    ) -> azdrill_emulator::model::Response {
        let mut request = request;
        let path = azdrill_emulator::model::NetworkPath::internet();
        while let Some(preparation) = self.azure.prepare(self.now, &path, &request) {
            request.prepared.push(preparation.carry_out());
        }
        self.send(request)
    }
}
