use std::collections::BTreeSet;

use serde_json::json;

use super::DatabaseFirewall;
use crate::model::{NetworkPath, Origin, ResourceId, TenantId, Timestamp};
use crate::rules::{Assumptions, DatabaseNetwork, DatabaseRow, Profile, RuleId, Rules};
use crate::state::{Resource, State};

const NETWORK: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network";

/// A server's settings, as plain values.
#[derive(Clone, Copy, Debug)]
struct Settings {
    single: bool,
    open: bool,
    azure_rule: bool,
    everyone_rule: bool,
    range_rule: bool,
    subnet_rule: bool,
    private_endpoint: bool,
    injected: bool,
}

const CLOSED: Settings = Settings {
    single: true,
    open: true,
    azure_rule: false,
    everyone_rule: false,
    range_rule: false,
    subnet_rule: false,
    private_endpoint: false,
    injected: false,
};

fn id(text: &str) -> ResourceId {
    text.parse().expect("a resource id")
}

fn put(state: &mut State, id: &ResourceId, kind: &str, properties: &serde_json::Value) {
    let body = json!({"id": id, "type": kind, "properties": properties});
    let resource = Resource::new(id.clone(), body, Timestamp::UNIX_EPOCH);
    state.resources.insert(id.clone(), resource);
}

fn build(settings: Settings) -> (State, ResourceId) {
    let flavour = if settings.single {
        "servers"
    } else {
        "flexibleServers"
    };
    let kind = format!("Microsoft.DBforPostgreSQL/{flavour}");
    let server = id(&format!(
        "/subscriptions/s/resourceGroups/g/providers/{kind}/drill"
    ));
    let access = if settings.open { "Enabled" } else { "disabled" };
    let mut properties = if settings.single {
        json!({"publicNetworkAccess": access})
    } else {
        json!({"network": {"publicNetworkAccess": access}})
    };
    if settings.injected {
        let subnet = format!("{NETWORK}/virtualNetworks/own/subnets/delegated");
        properties["network"]["delegatedSubnetResourceId"] = json!(subnet);
    }
    if settings.private_endpoint {
        properties["privateEndpointConnections"] = json!([
            {"properties": {"privateEndpoint": {"id": format!("{NETWORK}/privateEndpoints/own")}, "privateLinkServiceConnectionState": {"status": "Approved"}}},
            {"properties": {"privateEndpoint": {"id": format!("{NETWORK}/privateEndpoints/waiting")}, "privateLinkServiceConnectionState": {"status": "Pending"}}},
        ]);
    }
    let mut state = State::default();
    put(&mut state, &server, &kind, &properties);
    for (is_there, name, start, end) in [
        (settings.azure_rule, "any-name", "0.0.0.0", "0.0.0.0"),
        (settings.everyone_rule, "all", "0.0.0.0", "255.255.255.255"),
        (settings.range_rule, "range", "203.0.113.0", "203.0.113.10"),
        (true, "broken", "203.0.113.255", "everywhere"),
        (true, "backwards", "203.0.113.255", "203.0.113.0"),
    ] {
        if is_there {
            let rule = json!({"startIpAddress": start, "endIpAddress": end});
            let id = server.child(["firewallRules", name]);
            put(&mut state, &id, &format!("{kind}/firewallRules"), &rule);
        }
    }
    if settings.subnet_rule {
        let rule =
            json!({"virtualNetworkSubnetId": format!("{NETWORK}/VIRTUALNETWORKS/own/subnets/clients")});
        let id = server.child(["virtualNetworkRules", "clients"]);
        put(&mut state, &id, &format!("{kind}/virtualNetworkRules"), &rule);
    }
    (state, server)
}

fn internet(address: &str) -> NetworkPath {
    NetworkPath {
        origin: Origin::Internet {
            address: address.parse().expect("an address"),
        },
    }
}

fn subnet(name: &str) -> NetworkPath {
    NetworkPath {
        origin: Origin::Subnet {
            subnet: id(&format!("{NETWORK}/virtualNetworks/{name}")),
        },
    }
}

fn endpoint(name: &str) -> NetworkPath {
    NetworkPath {
        origin: Origin::PrivateEndpoint {
            endpoint: id(&format!("{NETWORK}/privateEndpoints/{name}")),
        },
    }
}

fn service() -> NetworkPath {
    NetworkPath {
        origin: Origin::AzureService {
            instance: id(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v",
            ),
            tenant: TenantId(uuid::Uuid::nil()),
            region: "westeurope".to_owned(),
        },
    }
}

fn rules(assumptions: &[(&str, &str)]) -> Rules {
    let assumptions: Assumptions = assumptions
        .iter()
        .map(|(rule, alternative)| ((*rule).to_owned(), (*alternative).to_owned()))
        .collect();
    Rules::load(Profile::Observed, &assumptions).expect("the rules load")
}

fn decide(rules: &Rules, settings: Settings, path: &NetworkPath) -> (bool, String) {
    let (state, server) = build(settings);
    let server = state.resource(&server).expect("it was put");
    let verdict = DatabaseFirewall::of(&state, server).decide(rules, path);
    let unsaid = verdict.message.is_empty();
    assert!(
        verdict.allowed == unsaid || verdict.rules[0].as_str() == "PG-N-NONE",
        "{verdict:?}"
    );
    (verdict.allowed, verdict.rules[0].to_string())
}

#[track_caller]
fn expect(settings: Settings, path: &NetworkPath, allowed: bool, row: &str) {
    let rules = rules(&[]);
    assert_eq!(decide(&rules, settings, path), (allowed, row.to_owned()));
}

#[test]
fn nobody_reaches_a_server_without_rules() {
    for single in [true, false] {
        let row = if single { "SS-N-NONE" } else { "FX-N-NONE" };
        let closed = Settings { single, ..CLOSED };
        for path in [
            internet("203.0.113.10"),
            internet("2001:db8::1"),
            subnet("own/subnets/clients"),
            service(),
            endpoint("own"),
        ] {
            expect(closed, &path, false, row);
        }
    }
}

#[test]
fn a_range_has_two_ends_and_both_are_in_it() {
    let open = Settings {
        range_rule: true,
        ..CLOSED
    };
    expect(open, &internet("203.0.113.0"), true, "SS-N-IP");
    expect(open, &internet("203.0.113.10"), true, "SS-N-IP");
    expect(open, &internet("203.0.113.11"), false, "SS-N-NONE");
    expect(open, &internet("203.0.112.255"), false, "SS-N-NONE");
    expect(open, &service(), false, "SS-N-NONE");
}

#[test]
fn the_rule_for_azure_services_is_for_azure_services_only() {
    let open = Settings {
        azure_rule: true,
        ..CLOSED
    };
    expect(open, &service(), true, "SS-N-AZURE");
    expect(open, &internet("203.0.113.10"), false, "SS-N-NONE");
    expect(open, &subnet("own/subnets/clients"), false, "SS-N-NONE");
    let flexible = Settings {
        single: false,
        ..open
    };
    expect(flexible, &service(), true, "FX-N-AZURE");
}

#[test]
fn denying_public_access_leaves_private_endpoints_only() {
    let denied = Settings {
        open: false,
        azure_rule: true,
        everyone_rule: true,
        subnet_rule: true,
        private_endpoint: true,
        ..CLOSED
    };
    for path in [
        service(),
        internet("203.0.113.10"),
        subnet("own/subnets/clients"),
        endpoint("another"),
        endpoint("waiting"),
    ] {
        expect(denied, &path, false, "SS-N-DENY");
        let flexible = Settings {
            single: false,
            ..denied
        };
        expect(flexible, &path, false, "FX-N-DENY");
    }
    expect(denied, &endpoint("OWN"), true, "SS-N-PE");
}

#[test]
fn what_lets_the_internet_in_is_named() {
    for single in [true, false] {
        let (range, everyone, endpoint_row) = if single {
            ("SS-N-IP", "SS-N-EVERYONE", "SS-N-PE")
        } else {
            ("FX-N-IP", "FX-N-EVERYONE", "FX-N-PE")
        };
        let closed = Settings { single, ..CLOSED };
        let by_range = Settings {
            range_rule: true,
            ..closed
        };
        expect(by_range, &internet("203.0.113.10"), true, range);
        let private = Settings {
            private_endpoint: true,
            ..closed
        };
        expect(private, &endpoint("own"), true, endpoint_row);
        let open = Settings {
            everyone_rule: true,
            ..closed
        };
        let services_too = rules(&[("PG-N-EVERYONE", "services_too")]);
        assert_eq!(
            decide(&services_too, open, &service()),
            (true, everyone.to_owned())
        );
    }
    let by_subnet = Settings {
        subnet_rule: true,
        ..CLOSED
    };
    expect(by_subnet, &subnet("own/subnets/clients"), true, "SS-N-VNET");
}

#[test]
fn where_no_row_fits_nobody_is_let_in() {
    let mut none = rules(&[]);
    none.database_network.single_server.clear();
    let answer = decide(&none, CLOSED, &internet("203.0.113.10"));
    assert_eq!(answer, (false, "PG-N-NONE".to_owned()));
}

#[test]
fn an_injected_server_is_reached_from_its_own_network() {
    let injected = Settings {
        single: false,
        injected: true,
        everyone_rule: true,
        azure_rule: true,
        ..CLOSED
    };
    expect(injected, &subnet("own/subnets/clients"), true, "FX-N-VNET");
    expect(injected, &subnet("other/subnets/clients"), false, "FX-N-INJECTED");
    expect(injected, &internet("203.0.113.10"), false, "FX-N-INJECTED");
    expect(injected, &service(), false, "FX-N-INJECTED");
}

#[test]
fn whether_services_reach_a_server_with_a_private_endpoint_is_open() {
    let private = Settings {
        azure_rule: true,
        private_endpoint: true,
        ..CLOSED
    };
    let not = rules(&[("SS-B-08", "not_supported")]);
    assert_eq!(
        decide(&not, private, &service()),
        (false, "SS-N-PE-SERVICE".to_owned())
    );
    let supported = rules(&[("SS-B-08", "supported")]);
    assert_eq!(
        decide(&supported, private, &service()),
        (true, "SS-N-AZURE".to_owned())
    );
    let documented = Rules::load(Profile::Documented, &Assumptions::new()).expect("the rules load");
    assert!(decide(&documented, private, &service()).0);
}

/// Every combination of settings there is.
fn every_setting() -> Vec<Settings> {
    (0u32..256)
        .map(|bits| {
            let bit = |at: u32| bits & (1 << at) != 0;
            Settings {
                single: bit(0),
                open: bit(1),
                azure_rule: bit(2),
                everyone_rule: bit(3),
                range_rule: bit(4),
                subnet_rule: bit(5),
                private_endpoint: bit(6),
                injected: bit(7),
            }
        })
        .collect()
}

fn answers(rules: &Rules) -> Vec<(bool, String)> {
    let paths = [
        internet("203.0.113.10"),
        internet("198.51.100.1"),
        subnet("own/subnets/clients"),
        subnet("other/subnets/clients"),
        service(),
        endpoint("own"),
        endpoint("another"),
    ];
    every_setting()
        .into_iter()
        .flat_map(|settings| paths.iter().map(move |path| (settings, path)))
        .map(|(settings, path)| decide(rules, settings, path))
        .collect()
}

/// Without a row something is let in or refused that was not; of the last row of each table, which
/// says what no row at all says, only the reason is missed.
#[test]
fn every_row_bears_load() {
    let load = || rules(&[("PG-N-EVERYONE", "services_too")]);
    let with = answers(&load());
    let ids = |network: &DatabaseNetwork| -> BTreeSet<RuleId> { network.rows().map(|row| row.id).collect() };
    let all = ids(&load().database_network);
    assert_eq!(all.len(), 16, "{all:?}");
    let (mut only_reason, mut nothing) = (Vec::new(), Vec::new());
    for id in &all {
        let mut rules = load();
        let keep = |row: &DatabaseRow| row.id != *id;
        rules.database_network.single_server.retain(keep);
        rules.database_network.flexible_server.retain(keep);
        let without = answers(&rules);
        let verdict = with
            .iter()
            .zip(&without)
            .any(|(with, without)| with.0 != without.0);
        match (verdict, with == without) {
            (true, _) => {}
            (false, false) => only_reason.push(id.as_str()),
            (false, true) => nothing.push(id.as_str()),
        }
    }
    assert_eq!(only_reason, ["FX-N-NONE", "SS-N-NONE"]);
    assert_eq!(nothing, [""; 0]);
}

#[test]
fn encryption_is_required_unless_it_is_switched_off() {
    for single in [true, false] {
        let (mut state, server) = build(Settings { single, ..CLOSED });
        let requires = |state: &State| {
            let server = state.resource(&server).expect("it was put");
            DatabaseFirewall::of(state, server).requires_tls()
        };
        assert!(requires(&state));
        if single {
            let server = state.resources.get_mut(&server).expect("it was put");
            server.set_property(&["sslEnforcement"], json!("Disabled"));
        } else {
            let parameter = server.child(["configurations", "require_secure_transport"]);
            let kind = "Microsoft.DBforPostgreSQL/flexibleServers/configurations";
            put(&mut state, &parameter, kind, &json!({"value": "OFF"}));
        }
        assert!(!requires(&state), "single: {single}");
    }
}
