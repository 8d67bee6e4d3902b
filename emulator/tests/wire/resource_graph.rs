//! Queries of Resource Graph, end to end.

use azdrill_emulator::model::{PrincipalId, Response};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::callers::READER;
use crate::world::World;

const TARGET: &str = "/providers/Microsoft.ResourceGraph/resources?api-version=";

impl World {
    fn ask_graph(&mut self, body: &Value, version: &str) -> Response {
        let request = self.request(Method::POST, &format!("{TARGET}{version}"));
        self.send(request.with_json(body))
    }

    pub(crate) fn rows(&mut self, query: &str) -> Vec<Value> {
        let answer = self.ask_graph(&json!({"query": query}), "2021-03-01");
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        let body = answer.json_body();
        body["data"].as_array().expect("rows").clone()
    }

    fn refused(&mut self, query: &str) -> Value {
        let answer = self.ask_graph(&json!({"query": query}), "2021-03-01");
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        answer.json_body()["error"].clone()
    }
}

/// The query the CLI's backup extension sends, and what Azure's row was made of.
#[test]
fn backup_instances_are_shown_as_recorded() {
    let mut world = World::backed_up();
    let query = "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupinstances'| extend vaultName = split(split(id, '/Microsoft.DataProtection/backupVaults/')[1],'/')[0]| extend protectionState = properties.currentProtectionState| extend datasourceId = properties.dataSourceInfo.resourceID | where properties.dataSourceInfo.datasourceType in~ ('Microsoft.DBforPostgreSQL/flexibleServers') | where vaultName in~ ('VAULT')";
    let subscription = world.operator.subscription.clone();
    let body = json!({"subscriptions": [subscription], "query": query, "options": {"$top": 1000, "$skip": 0, "resultFormat": "objectArray", "allowPartialScopes": false}});
    let answer = world.ask_graph(&body, "2021-03-01").json_body();
    let members: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        ["totalRecords", "count", "data", "facets", "resultTruncated"]
    );
    assert_eq!(answer["resultTruncated"], "false", "a text, as Azure sends it");
    assert_eq!(answer["totalRecords"], 1);
    let row = answer["data"][0].as_object().expect("a row");
    let members: Vec<&String> = row.keys().collect();
    assert_eq!(
        members,
        [
            "id",
            "name",
            "type",
            "tenantId",
            "kind",
            "location",
            "resourceGroup",
            "subscriptionId",
            "managedBy",
            "sku",
            "plan",
            "properties",
            "tags",
            "identity",
            "zones",
            "extendedLocation",
            "vaultName",
            "protectionState",
            "datasourceId"
        ]
    );
    assert_eq!(
        row["type"],
        "microsoft.dataprotection/backupvaults/backupinstances"
    );
    assert_eq!(row["protectionState"], "ProtectionConfigured");
    assert_eq!(row["datasourceId"], world.server());
    assert_eq!(row["tags"], Value::Null);
    assert_eq!(row["kind"], "");
    let extended = &row["properties"]["backupInstanceExtendedProperties"];
    assert_eq!(extended["protectedPrimaryRegion"], "westeurope");
    assert_ne!(
        extended["recoveryPointInfo"]["latestRecoveryPointInPrimaryRegion"],
        "0001-01-01T00:00:00Z"
    );
}

/// What an instance does not say is null, and the policy's numbers are those of a recorded one of a
/// week and three months.
#[test]
fn a_row_of_an_instance_has_every_member() {
    let mut world = World::backed_up();
    let rows = world.rows(
        "recoveryservicesresources | where type =~ 'microsoft.dataprotection/backupvaults/backupinstances'",
    );
    let row = &rows[0];
    let properties = &row["properties"];
    for name in [
        "dataSourceProperties",
        "identityDetails",
        "validationType",
        "protectionErrorDetails",
    ] {
        assert_eq!(properties.get(name), Some(&Value::Null), "{name}");
    }
    for name in [
        "resourceGuardOperationRequests",
        "datasourceAuthCredentials",
        "dataSourceSetInfo",
    ] {
        assert_eq!(properties.get(name), Some(&Value::Null), "{name}");
    }
    for name in ["baseUri", "resourceProperties"] {
        assert_eq!(
            properties["dataSourceInfo"].get(name),
            Some(&Value::Null),
            "{name}"
        );
    }
    assert_eq!(
        properties["protectionStatus"].get("errorDetails"),
        Some(&Value::Null)
    );
    assert_eq!(
        properties["policyInfo"].get("policyParameters"),
        Some(&Value::Null)
    );
    assert_eq!(properties["policyInfo"]["policyVersion"], "");
    let extended = &properties["backupInstanceExtendedProperties"];
    assert_eq!(
        extended["policyExtendedInfo"],
        json!({
            "configuredRPGenerationFrequency": "7.00:00:00",
            "configuredMaximumRetention": "93.00:00:00",
            "rpoWarningThresholdInPrimaryRegion": "10.12:00:00",
            "configuredRPGenerationFrequencyInSecondaryRegion": "7.06:00:00",
            "configuredMaximumRetentionInSecondaryRegion": "93.00:00:00",
            "rpoWarningThresholdInSecondaryRegion": "10.21:00:00",
        })
    );
    let allowed = ["BackupNow", "Restore", "ChangePolicy", "StopBackup", "Delete"];
    assert_eq!(extended["allowedOperations"], json!(allowed));
    assert_eq!(
        extended["dataSourceExtendedInfo"],
        json!({"dataSourceId": "source"})
    );
}

#[test]
fn jobs_and_policies_and_vaults_are_found() {
    let mut world = World::backed_up();
    let jobs = world.rows("RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' | where properties.startTime > datetime(2026-01-01T00:00:00Z) | project status = properties.status, location");
    assert_eq!(jobs, [json!({"status": "Completed", "location": ""})]);
    let kinds = world.rows("recoveryservicesresources | summarize count() by type | order by type asc");
    let kinds: Vec<&Value> = kinds.iter().map(|row| &row["type"]).collect();
    assert_eq!(
        kinds,
        [
            "microsoft.dataprotection/backupvaults/backupinstances",
            "microsoft.dataprotection/backupvaults/backupjobs",
            "microsoft.dataprotection/backupvaults/backuppolicies"
        ]
    );
    let vaults =
        world.rows("resources | where type =~ 'microsoft.dataprotection/backupvaults' | project name");
    assert_eq!(vaults, [json!({"name": "vault"})]);
}

#[test]
fn containers_and_assignments_have_tables_of_their_own() {
    let mut world = World::new();
    let containers = world.rows("ResourceContainers | project name, type");
    assert_eq!(
        containers,
        [
            json!({"name": "azdrill", "type": "microsoft.resources/subscriptions"}),
            json!({"name": "drill", "type": "microsoft.resources/subscriptions/resourcegroups"})
        ]
    );
    let object = world.operator.object_id;
    let assigned =
        world.rows("AuthorizationResources | project type, who = tostring(properties.principalId)");
    assert_eq!(
        assigned,
        [json!({"type": "microsoft.authorization/roleassignments", "who": object})]
    );
}

/// The Backup service's own subscription is nobody's to see, and what a caller may not read is left
/// out without a word.
#[test]
fn only_what_the_caller_may_read_is_shown() {
    let mut world = World::backed_up();
    let all = world.rows("Resources | project id");
    let subscription = format!("/subscriptions/{}", world.operator.subscription);
    assert!(
        all.iter()
            .all(|row| row["id"].as_str().is_some_and(|id| id.starts_with(&subscription))),
        "{all:?}"
    );
    let reader = world.add_principal(0xa000, "reader", IdentityKind::Application);
    let account = world.account();
    let asked = |world: &mut World, who: PrincipalId, query: &str| {
        let target = format!("{TARGET}2021-03-01");
        let body = json!({"query": query});
        world.arm_as(who, Method::POST, &target, Some(&body)).json_body()
    };
    assert_eq!(asked(&mut world, reader, "Resources")["totalRecords"], 0);
    let service = world.azure.services().data_protection.microsoft.as_ref();
    let service = service.expect("the Backup service").principal;
    assert_eq!(
        asked(&mut world, service, "Resources")["totalRecords"],
        0,
        "its own subscription shows to nobody"
    );
    world.give(&account, READER, reader);
    let seen = asked(&mut world, reader, "Resources | project name");
    assert_eq!(seen["data"], json!([{"name": "target"}]));
    assert_eq!(
        asked(&mut world, reader, "RecoveryServicesResources")["totalRecords"],
        0
    );
    assert_eq!(asked(&mut world, reader, "ResourceContainers")["totalRecords"], 0);
    // The vault's assignment at the account and its own.
    assert_eq!(
        asked(&mut world, reader, "AuthorizationResources")["totalRecords"],
        2
    );
}

#[test]
fn other_subscriptions_can_be_left_out() {
    let mut world = World::new();
    let body =
        json!({"query": "ResourceContainers", "subscriptions": ["00000000-0000-0000-0000-000000000000"]});
    let answer = world.ask_graph(&body, "2021-03-01").json_body();
    assert_eq!(answer["totalRecords"], 0);
    assert_eq!(answer["data"], json!([]));
}

#[test]
fn answers_come_in_pages_where_rows_can_be_told_apart() {
    let mut world = World::new();
    for name in ["one", "two", "three"] {
        let target = format!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
        world.put(&target, &json!({"location": "westeurope"}));
    }
    let query = "Resources | order by name asc | project id, name";
    let first = world
        .ask_graph(&json!({"query": query, "options": {"$top": 2}}), "2021-03-01")
        .json_body();
    assert_eq!(
        (&first["totalRecords"], &first["count"]),
        (&json!(3), &json!(2)),
        "{first}"
    );
    let token = first["$skipToken"].as_str().expect("a token").to_owned();
    // The CLI sends how many it has skipped as well.
    let options = json!({"$top": 2, "$skip": 2, "$skipToken": token});
    let second = world
        .ask_graph(&json!({"query": query, "options": options.clone()}), "2021-03-01")
        .json_body();
    assert_eq!(second["data"][0]["name"], "two");
    assert_eq!(second["count"], 1);
    assert!(second["$skipToken"].is_null());
    let other = world.ask_graph(
        &json!({"query": "Resources | project id", "options": options}),
        "2021-03-01",
    );
    assert_eq!(other.status, 400, "a token of another query");
    let body = json!({"query": "Resources | project name", "options": {"$top": 2}});
    let truncated = world.ask_graph(&body, "2021-03-01").json_body();
    assert_eq!(truncated["resultTruncated"], "true");
    assert!(truncated["$skipToken"].is_null());
    for top in [json!(0), json!(1001), json!("2"), json!(-1)] {
        let body = json!({"query": query, "options": {"$top": top}});
        assert_eq!(world.ask_graph(&body, "2021-03-01").status, 400, "{top}");
    }
}

#[test]
fn rows_may_be_a_table() {
    let mut world = World::new();
    let query = "ResourceContainers | where type endswith 'groups' | project name, tags, n = 1, yes = true";
    let wanted = json!({
        "columns": [
            {"name": "name", "type": "string"}, {"name": "tags", "type": "string"},
            {"name": "n", "type": "integer"}, {"name": "yes", "type": "boolean"},
        ],
        "rows": [["drill", null, 1, true]],
    });
    let body = json!({"query": query, "options": {"resultFormat": "table"}});
    assert_eq!(world.ask_graph(&body, "2021-03-01").json_body()["data"], wanted);
    // Old versions answer with one unless they are asked otherwise.
    let old = world.ask_graph(&json!({"query": query}), "2018-09-01-preview");
    assert_eq!(old.json_body()["data"], wanted);
}

#[test]
fn refusals_have_azure_s_envelope_and_say_what_is_wrong() {
    let mut world = World::new();
    let error = world.refused("where where");
    assert_eq!(error["code"], "BadRequest");
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.starts_with(
            "Please provide below info when asking for support: timestamp = 2026-03-02T06:00:00.1234567Z, correlationId = "
        ),
        "{message}"
    );
    assert_eq!(error["details"][0]["code"], "InvalidQuery");
    let second = error["details"][1].as_object().expect("a detail");
    let members: Vec<&String> = second.keys().collect();
    assert_eq!(
        members,
        [
            "code",
            "message",
            "line",
            "characterPositionInLine",
            "token",
            "expectedToken"
        ]
    );
    for (query, code, part) in [
        (
            "Resources | join (Resources) on id",
            "SyntheticQueryNotPlayed",
            "`join`",
        ),
        (
            "Resources | project bin(1, 2)",
            "SyntheticQueryNotPlayed",
            "`bin`",
        ),
        ("Resources | summarize cout()", "UnknownFunction", "'cout'"),
        ("Nowhere | project id", "DisallowedLogicalTableName", "Nowhere"),
        (
            "Resources | project nothing",
            "SyntheticUnknownColumn",
            "'nothing'",
        ),
    ] {
        let detail = world.refused(query)["details"][1].clone();
        assert_eq!(detail["code"], code, "{query}");
        let message = detail["message"].as_str().expect("a message");
        assert!(message.contains(part), "{message}");
    }
    let body = json!({"query": "Resources", "managementGroups": ["one"]});
    assert_eq!(world.ask_graph(&body, "2021-03-01").status, 400);
}
