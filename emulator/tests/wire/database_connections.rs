//! Connections to database servers: who is let in, what the others are told, what is taken note of.

use azdrill_emulator::fault::{ConnectionFault, DatabaseFault, Moment};
use azdrill_emulator::jobs::SessionFailure;
use azdrill_emulator::model::{NetworkPath, Origin};
use azdrill_emulator::rules::{Gate, OriginKind};
use azdrill_emulator::server::{Core, DatabaseRefusal, DatabaseRoute};
use http::Method;
use serde_json::json;

use crate::single_server::{SINGLE, world};
use crate::single_server_parts::{connect as connect_endpoint, connection};
use crate::world::World;

const HOST: &str = "single.postgres.database.azure.com";

fn connect(world: &mut World, path: &NetworkPath) -> Result<DatabaseRoute, DatabaseRefusal> {
    world.azure.connect_database(world.now, path, HOST)
}

fn backup_service(world: &World) -> NetworkPath {
    let vault = format!(
        "{}/providers/Microsoft.DataProtection/backupVaults/vault",
        world.group()
    );
    NetworkPath {
        origin: Origin::AzureService {
            instance: vault.parse().expect("an id"),
            tenant: world.operator.tenant,
            region: "westus2".to_owned(),
        },
    }
}

fn put_rule(world: &mut World, name: &str, start: &str, end: &str) {
    let rule = json!({"properties": {"startIpAddress": start, "endIpAddress": end}});
    let answer = world.put(&format!("{SINGLE}/firewallRules/{name}"), &rule);
    assert_eq!(answer.status, 202, "{answer:?}");
    world.settle();
}

fn set_access(world: &mut World, access: &str) {
    let patch = json!({"properties": {"publicNetworkAccess": access}});
    assert_eq!(world.arm(Method::PATCH, SINGLE, Some(&patch)).status, 202);
    world.settle();
}

#[test]
fn a_laptop_needs_a_rule_that_covers_it() {
    let mut world = world();
    let laptop = NetworkPath::internet();
    let refused = connect(&mut world, &laptop).expect_err("no rule");
    assert_eq!(refused.failure, SessionFailure::NotLetIn);
    assert_eq!(
        refused.said_to("cloudsa", "shop"),
        "no pg_hba.conf entry for host \"203.0.113.10\", user \"cloudsa\", database \"shop\", SSL on"
    );
    put_rule(&mut world, "laptop", "203.0.113.10", "203.0.113.10");
    let route = connect(&mut world, &laptop).expect("the rule");
    assert_eq!(route.server, "single");
    assert_eq!(route.fault, None);
    assert!(route.tls_required && route.backend.ip().is_loopback());
    let service = backup_service(&world);
    assert!(
        connect(&mut world, &service).is_err(),
        "a laptop's rule is not a service's"
    );
}

#[test]
fn azure_services_need_the_rule_for_them_whatever_its_name() {
    let mut world = world();
    let service = backup_service(&world);
    put_rule(
        &mut world,
        "AllowAllWindowsAzureIps",
        "203.0.113.1",
        "203.0.113.9",
    );
    assert!(connect(&mut world, &service).is_err());
    put_rule(&mut world, "anything", "0.0.0.0", "0.0.0.0");
    assert!(connect(&mut world, &service).is_ok());
    assert!(connect(&mut world, &NetworkPath::internet()).is_err());
    set_access(&mut world, "Disabled");
    let refused = connect(&mut world, &service).expect_err("denied");
    assert!(
        refused
            .message
            .starts_with("The public network access on this server is disabled."),
        "{refused:?}"
    );
    set_access(&mut world, "Enabled");
    assert!(connect(&mut world, &service).is_ok());
}

#[test]
fn a_private_endpoint_is_a_way_in_while_it_is_approved() {
    let mut world = world();
    set_access(&mut world, "Disabled");
    connect_endpoint(&mut world, SINGLE, "manualPrivateLinkServiceConnections");
    let endpoint = format!(
        "{}/providers/Microsoft.Network/privateEndpoints/pe",
        world.group()
    );
    let behind = NetworkPath {
        origin: Origin::PrivateEndpoint {
            endpoint: endpoint.parse().expect("an id"),
        },
    };
    assert!(connect(&mut world, &behind).is_err());
    let target = connection(&mut world)["id"].as_str().expect("an id").to_owned();
    let approve = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Approved", "description": "yes"}}});
    world.put(&target, &approve);
    world.settle();
    assert!(connect(&mut world, &behind).is_ok());
    world.delete(&target);
    world.settle();
    assert!(connect(&mut world, &behind).is_err());
}

#[test]
fn flexible_servers_have_rules_of_their_own() {
    let mut world = World::new();
    world.put_server();
    world.settle();
    let host = "Source.Postgres.Database.Azure.Com";
    let laptop = NetworkPath::internet();
    let connect = |world: &mut World| world.azure.connect_database(world.now, &laptop, host);
    assert!(connect(&mut world).is_err());
    let server = world.server();
    let rule = json!({"properties": {"startIpAddress": "203.0.113.0", "endIpAddress": "203.0.113.255"}});
    world.put(&format!("{server}/firewallRules/office"), &rule);
    world.settle();
    let route = connect(&mut world).expect("the rule");
    assert!(route.tls_required);
    let off = json!({"properties": {"value": "off"}});
    world.put(&format!("{server}/configurations/require_secure_transport"), &off);
    world.settle();
    assert!(!connect(&mut world).expect("the rule").tls_required);
    assert_eq!(
        world.arm(Method::POST, &format!("{server}/stop"), None).status,
        202
    );
    world.settle();
    let refused = connect(&mut world).expect_err("it is stopped");
    assert_eq!(refused.failure, SessionFailure::NoServer);
    let told = world.azure.log().since(0).last().expect("it is in the log");
    assert_eq!(told.rules[0].as_str(), "PG-NO-SERVER");
}

#[test]
fn only_servers_that_are_there_are_known() {
    let mut world = world();
    put_rule(&mut world, "all", "0.0.0.0", "255.255.255.255");
    let laptop = NetworkPath::internet();
    for host in [
        "other.postgres.database.azure.com",
        ".postgres.database.azure.com",
        "single",
        "single.postgres.database.azure.com.example.org",
        "é.database.azure.com",
        "",
    ] {
        let refused = world.azure.connect_database(world.now, &laptop, host);
        assert_eq!(
            refused.expect_err(host).failure,
            SessionFailure::NoServer,
            "{host}"
        );
    }
    let patch = json!({"properties": {"sslEnforcement": "Disabled"}});
    world.arm(Method::PATCH, SINGLE, Some(&patch));
    world.settle();
    assert!(!connect(&mut world, &laptop).expect("let in").tls_required);
    world.delete(SINGLE);
    world.settle();
    let refused = connect(&mut world, &laptop).expect_err("it is gone");
    assert_eq!(refused.failure, SessionFailure::NoServer);
}

#[test]
fn every_connection_is_taken_note_of() {
    let mut world = world();
    let before = world.azure.log().count();
    let service = backup_service(&world);
    connect(&mut world, &service).expect_err("no rule");
    put_rule(&mut world, "azure", "0.0.0.0", "0.0.0.0");
    connect(&mut world, &service).expect("the rule");
    let noted: Vec<_> = world
        .azure
        .log()
        .since(before)
        .filter(|exchange| &*exchange.operation == "DatabaseConnection")
        .collect();
    assert_eq!(noted.len(), 2);
    for (exchange, status) in noted.iter().zip([403, 200]) {
        assert_eq!(
            (exchange.method.as_str(), exchange.host.as_str()),
            ("CONNECT", HOST)
        );
        assert_eq!(exchange.status, status);
        assert!(exchange.caller.contains("backupVaults/vault"));
    }
    let why = noted[0].refused.as_ref().expect("a reason");
    assert_eq!(why.gate, Gate::Network);
    let rules: Vec<&str> = why.rules.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(rules, ["SS-N-NONE"]);
    assert!(noted[1].refused.is_none());
}

/// Faults count connections that the network lets in.
#[test]
fn a_fault_goes_with_the_connection_it_names() {
    let mut world = world();
    put_rule(&mut world, "azure", "0.0.0.0", "0.0.0.0");
    put_rule(&mut world, "laptop", "203.0.113.10", "203.0.113.10");
    let reset = ConnectionFault::ResetAfter { bytes: 4096 };
    let fault = DatabaseFault {
        name: String::new(),
        server: "single".to_owned(),
        from: Some(OriginKind::Service),
        moment: Moment::of(2, 1),
        optional: false,
        kind: reset,
    };
    world.azure.faults_mut().push_connection(world.now, fault);
    let service = backup_service(&world);
    let mut fault = |path: &NetworkPath| connect(&mut world, path).expect("let in").fault;
    assert_eq!(fault(&service), None);
    assert_eq!(fault(&NetworkPath::internet()), None);
    assert_eq!(fault(&service), Some(reset));
    assert_eq!(fault(&service), None);
    let notes = world.azure.log().notes();
    assert!(
        notes
            .iter()
            .any(|note| note.about == "fault" && note.text.contains("single"))
    );
}
