//! Writes that are to happen only if a resource is as the client knows it.

use azdrill_emulator::model::Response;
use http::Method;
use serde_json::{Value, json};

use crate::bodies::vault_body;
use crate::world::{World, below_vault};

const ZONE: &str = "/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net";
const GROUP: &str = "/providers/Microsoft.Network/networkSecurityGroups/nsg";
const NETWORK: &str = "/providers/Microsoft.Network/virtualNetworks/net";

impl World {
    fn write_if(
        &mut self,
        (method, target): (Method, &str),
        (header, value): (&'static str, &str),
        body: &Value,
    ) -> Response {
        let target = if target.starts_with("/subscriptions") {
            target.to_owned()
        } else {
            format!("{}{target}", self.group())
        };
        let target = format!("{target}?api-version={}", self.version_of(&target));
        let request = self.request(method, &target).with_header(header, value);
        self.send(request.with_json(body))
    }

    fn etag(&mut self, target: &str) -> String {
        let body = self.get(target).json_body();
        let etag = body["etag"].as_str();
        etag.unwrap_or_else(|| panic!("{target} has an etag: {body}"))
            .to_owned()
    }

    /// Every write takes the etag there is, and no other; and makes a new one.
    fn heeds_if_match(&mut self, target: &str, body: &Value) {
        let write = (Method::PUT, target);
        let refused = |answer: &Response| {
            assert_eq!(answer.status, 412, "{target}: {answer:?}");
            assert_eq!(answer.json_body()["error"]["code"], "PreconditionFailed");
        };
        refused(&self.write_if(write.clone(), ("if-match", "*"), body));
        assert_eq!(self.get(target).status, 404, "{target}");
        assert!(self.put(target, body).status.is_success(), "{target}");
        let first = self.etag(target);
        refused(&self.write_if(write.clone(), ("if-match", "\"other\""), body));
        assert_eq!(self.etag(target), first, "what is refused changes nothing");
        for condition in [first.clone(), "*".to_owned()] {
            let answer = self.write_if(write.clone(), ("if-match", &condition), body);
            assert!(answer.status.is_success(), "{target}: {answer:?}");
        }
        let second = self.etag(target);
        assert_ne!(first, second, "{target}");
        // Clients put etags into quotes.
        let quoted = format!("\"{}\"", second.trim_start_matches("W/").trim_matches('"'));
        let answer = self.write_if(write, ("if-match", &quoted), body);
        assert!(answer.status.is_success(), "{target}: {answer:?}");
        let delete = (Method::DELETE, target);
        refused(&self.write_if(delete.clone(), ("if-match", &first), &Value::Null));
        let last = self.etag(target);
        let gone = self.write_if(delete.clone(), ("if-match", &last), &Value::Null);
        assert!(gone.status.is_success(), "{target}: {gone:?}");
        let again = self.write_if(delete, ("if-match", &last), &Value::Null);
        assert_eq!(again.status, 204, "{target}");
    }
}

#[test]
fn networks_heed_if_match() {
    let mut world = World::new();
    let rule =
        json!({"properties": {"protocol": "*", "access": "Allow", "direction": "Inbound", "priority": 100}});
    world.heeds_if_match(GROUP, &json!({"location": "westeurope"}));
    world.put(GROUP, &json!({"location": "westeurope"}));
    world.heeds_if_match(&format!("{GROUP}/securityRules/one"), &rule);
    world.put_account();
    let account = world.account();
    let endpoint = json!({"location": "westeurope", "properties": {"privateLinkServiceConnections": [
        {"name": "c", "properties": {"privateLinkServiceId": account, "groupIds": ["blob"]}},
    ]}});
    let target = "/providers/Microsoft.Network/privateEndpoints/pe";
    world.heeds_if_match(target, &endpoint);
    world.put(target, &endpoint);
    let zones = json!({"properties": {"privateDnsZoneConfigs": []}});
    world.heeds_if_match(&format!("{target}/privateDnsZoneGroups/default"), &zones);
}

#[test]
fn a_part_and_what_it_stands_in_have_one_etag() {
    let mut world = World::new();
    let body = json!({"location": "westeurope", "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "first", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    }});
    world.put(NETWORK, &body);
    let (first, second) = (
        format!("{NETWORK}/subnets/first"),
        format!("{NETWORK}/subnets/second"),
    );
    let before = world.etag(NETWORK);
    assert_eq!(world.etag(&first), before);
    world.put(&second, &json!({"properties": {"addressPrefix": "10.0.1.0/24"}}));
    let after = world.etag(NETWORK);
    assert_ne!(after, before);
    assert_eq!(world.etag(&first), after);
    assert_eq!(world.etag(&second), after);
    world.delete(&second);
    assert_ne!(world.etag(NETWORK), after);
    // Who knew the network before is told.
    let answer = world.write_if((Method::PUT, NETWORK), ("if-match", &after), &body);
    assert_eq!(answer.status, 412);
}

#[test]
fn private_dns_heeds_both_conditions() {
    let mut world = World::new();
    let zone = json!({"location": "global"});
    let record = json!({"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.0.0.4"}]}});
    let network = format!("{}{NETWORK}", world.group());
    let link = json!({"location": "global", "properties": {"virtualNetwork": {"id": network}, "registrationEnabled": false}});
    world.heeds_if_match(ZONE, &zone);
    world.put(ZONE, &zone);
    world.heeds_if_match(&format!("{ZONE}/A/target"), &record);
    world.heeds_if_match(&format!("{ZONE}/virtualNetworkLinks/link"), &link);
    for (target, body, called) in [
        (ZONE.to_owned(), &zone, "Zone"),
        (format!("{ZONE}/A/target"), &record, "Record set"),
        (
            format!("{ZONE}/virtualNetworkLinks/link"),
            &link,
            "Virtual network link",
        ),
    ] {
        world.delete(&target);
        let made = world.write_if((Method::PUT, &target), ("if-none-match", "*"), body);
        assert!(made.status.is_success(), "{made:?}");
        let again = world.write_if((Method::PUT, &target), ("if-none-match", "*"), body);
        assert_eq!(again.status, 412, "{again:?}");
        let error = again.json_body()["error"].clone();
        assert_eq!(error["code"], "PreconditionFailed");
        let text = error["message"].as_str().expect("a text");
        assert!(
            text.starts_with(&format!("The {called} ")) && text.contains("exists already"),
            "{text}"
        );
        world.put(ZONE, &zone);
    }
}

/// Services that have no such parameters take no notice, and the answer says so.
#[test]
fn elsewhere_conditions_are_passed_over_and_named() {
    let mut world = World::new();
    let vault = world.write_if(
        (Method::PUT, &below_vault("")),
        ("if-match", "\"x\""),
        &vault_body("On"),
    );
    assert_eq!(vault.status, 201, "{vault:?}");
    assert_eq!(vault.header("x-azdrill-ignored"), Some("if-match"));
    let group = world.group();
    let body = json!({"location": "westeurope"});
    let answer = world.write_if((Method::PUT, &group), ("if-none-match", "*"), &body);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-azdrill-ignored"), Some("if-none-match"));
    let network = world.write_if((Method::PUT, GROUP), ("if-none-match", "*"), &body);
    assert_eq!(network.status, 201);
    assert_eq!(network.header("x-azdrill-ignored"), Some("if-none-match"));
    let plain = world.put(GROUP, &body);
    assert_eq!(plain.header("x-azdrill-ignored"), None);
}

/// What a read says of etags is no condition of it, nor told to be left out.
#[test]
fn a_read_is_answered_whatever_etag_it_names() {
    let mut world = World::new();
    assert!(
        world
            .put(GROUP, &json!({"location": "westeurope"}))
            .status
            .is_success()
    );
    let target = world.with_version(&format!("{}{GROUP}", world.group()));
    let plain = world.get(GROUP);
    for header in ["if-match", "if-none-match"] {
        let request = world.request(Method::GET, &target);
        let answer = world.send(request.with_header(header, "\"other\""));
        assert_eq!(answer.status, 200, "{answer:?}");
        let names = |answer: &Response| answer.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&answer), names(&plain), "{header}");
    }
}
