//! How long the core is locked at a time, by requests that ask for as much as they can. Whoever holds it keeps
//! everybody else waiting; the budget is 10 ms.
//!
//! `cargo bench -p azdrill-emulator --bench lock`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on should say where; what it found is for people"
)]

#[path = "world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{Body, NetworkPath, Request, Timestamp};
use azdrill_emulator::server::Core;
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};

const BUDGET: Duration = Duration::from_millis(10);
const REPEATED: usize = 5;
const MIB: usize = 1024 * 1024;

/// A request by its name.
struct Asked {
    name: &'static str,
    request: Request,
}

/// What one request held the lock for, at most, and what was worked out beside it.
struct Held {
    longest: Duration,
    beside: Duration,
    status: u16,
}

fn timed<T>(longest: &mut Duration, step: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let value = step();
    *longest = (*longest).max(began.elapsed());
    value
}

/// Goes the way the front door goes; every step is one locking.
fn ask(azure: &mut Azure, now: Timestamp, request: &Request) -> Held {
    let path = NetworkPath::internet();
    let mut request = request.clone();
    let (mut longest, mut beside) = (Duration::ZERO, Duration::ZERO);
    timed(&mut longest, || azure.admit(now, &path, &request));
    while let Some(preparation) = timed(&mut longest, || azure.prepare(now, &path, &request)) {
        request
            .prepared
            .push(timed(&mut beside, || preparation.carry_out()));
    }
    let answer = timed(&mut longest, || azure.call(now, &path, request));
    timed(&mut longest, || azure.tick(now));
    azure.take_released();
    Held {
        longest,
        beside,
        status: answer.status.as_u16(),
    }
}

fn many(count: usize) -> Map<String, Value> {
    (0..count).map(|n| (format!("key-{n:07}"), json!(n))).collect()
}

fn template(template: &Value) -> Value {
    let mut own = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
    });
    let members = template.as_object().unwrap().clone();
    own.as_object_mut().unwrap().extend(members);
    json!({"properties": {"mode": "Incremental", "template": own}})
}

fn templates() -> Vec<(&'static str, Value)> {
    let doubling: Map<String, Value> = (1..30)
        .map(|n| {
            let last = n - 1;
            (
                format!("v{n}"),
                json!(format!("[concat(variables('v{last}'), variables('v{last}'))]")),
            )
        })
        .chain([("v0".to_owned(), json!("0123456789"))])
        .collect();
    let resource = |name: &str| json!({"type": "Microsoft.Network/virtualNetworks", "name": name, "apiVersion": "2023-09-01", "location": "uksouth", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    let numbers = json!((0..20_000).collect::<Vec<_>>());
    let letters = "x".repeat(20_000);
    let chain: Vec<Value> = (0..800)
        .map(|n| {
            let mut own = resource(&format!("n{n}"));
            own["dependsOn"] = (0..n).map(|n| json!(format!("n{n}"))).collect();
            own
        })
        .collect();
    vec![
        (
            "template: members of members",
            json!({"resources": [resource(&format!("[parameters('n'){}]", ".a".repeat(5000)))]}),
        ),
        (
            "template: doubled variables",
            json!({"variables": doubling, "resources": [resource("[variables('v29')]")]}),
        ),
        (
            "template: union",
            json!({"variables": {"a": numbers}, "resources": [resource("[string(union(variables('a'), variables('a')))]")]}),
        ),
        (
            "template: replace",
            json!({"variables": {"a": letters}, "resources": [resource("[replace(variables('a'), 'x', variables('a'))]")]}),
        ),
        (
            "template: 800 resources that wait for each other",
            json!({"resources": chain}),
        ),
        (
            "template: 4 MB of parameters nobody uses",
            json!({"parameters": {"a": {"type": "object", "defaultValue": many(180_000)}}, "resources": []}),
        ),
    ]
}

fn arm(world: &world::World, name: &'static str, method: Method, target: &str, body: &Value) -> Asked {
    Asked {
        name,
        request: Request::new(method, "management.azure.com", target)
            .with_json(body)
            .with_header("authorization", &format!("Bearer {}", world.arm_token)),
    }
}

/// Bodies that are long.
fn changes(world: &world::World) -> Vec<Asked> {
    let arm = |name, method, target: &str, body: &Value| arm(world, name, method, target, body);
    let group = world.group.split('?').next().unwrap();
    let patch = json!({"tags": {}, "properties": many(40_000)});
    let account =
        format!("{group}/providers/Microsoft.Storage/storageAccounts/benchaccount?api-version=2023-01-01");
    let network = format!("{group}/providers/Microsoft.Network/virtualNetworks/n?api-version=2023-09-01");
    let plain =
        json!({"location": "uksouth", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    let tags = format!("{group}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01");
    vec![
        arm(
            "PATCH of a vault, 40,000 unknown keys",
            Method::PATCH,
            &world.vault,
            &patch,
        ),
        arm(
            "PATCH of an account, 40,000 unknown keys",
            Method::PATCH,
            &account,
            &patch,
        ),
        arm("PUT of a network", Method::PUT, &network, &plain),
        arm("PUT of a network, 40,000 unknown keys", Method::PUT, &network, &{
            let mut keys = plain.clone();
            keys["properties"].as_object_mut().unwrap().extend(many(40_000));
            keys
        }),
        arm(
            "PUT of a network of 4,000 subnets",
            Method::PUT,
            &network,
            &json!({"location": "uksouth", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}, "subnets": (0..4_000).map(|n| json!({"name": format!("s{n}"), "properties": {"addressPrefix": format!("10.{}.{}.0/24", n / 250, n % 250)}})).collect::<Vec<_>>()}}),
        ),
        arm(
            "PUT of a policy of 4 MB",
            Method::PUT,
            &world.policy,
            &json!({"properties": {"x": vec![0; 2 * MIB - 100]}}),
        ),
        arm(
            "PATCH of 20,000 tags",
            Method::PATCH,
            &tags,
            &json!({"operation": "Merge", "properties": {"tags": (0..20_000).map(|n| (format!("t{n}"), json!("x"))).collect::<Map<_, _>>()}}),
        ),
    ]
}

/// A new instance beside so many: the last is what is measured.
fn instances(azure: &mut Azure, now: Timestamp, world: &world::World, beside: usize) -> Asked {
    let vault = world.vault.split('?').next().unwrap();
    let group = world.group.split('?').next().unwrap();
    let ask = |name, number: usize| {
        let server = format!("{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/s{number}");
        let source = json!({
            "objectType": "Datasource", "resourceID": server, "datasourceType": "Microsoft.DBforPostgreSQL/flexibleServers",
        });
        let target = format!("{vault}/backupInstances/i{number}?api-version=2024-04-01");
        let body = json!({"properties": {
            "objectType": "BackupInstance", "dataSourceInfo": source, "policyInfo": {"policyId": format!("{vault}/backupPolicies/policy")},
        }});
        arm(world, name, Method::PUT, &target, &body)
    };
    for number in 0..beside {
        let answer = azure.call(now, &NetworkPath::internet(), ask("", number).request);
        assert!(answer.status.is_success(), "{}", answer.json_body());
        azure.tick(now);
    }
    ask("PUT of an instance beside 2,000", beside)
}

/// Little languages.
fn languages(world: &world::World) -> Vec<Asked> {
    let arm = |name, method, target: &str, body: &Value| arm(world, name, method, target, body);
    let group = world.group.split('?').next().unwrap();
    let query = |text: String| json!({"query": text});
    let graph = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
    let mut found = vec![
        arm(
            "query: doubled text",
            Method::POST,
            graph,
            &query(format!(
                "resources {}",
                "| extend name = strcat(name, name) ".repeat(40)
            )),
        ),
        arm(
            "query: 64 KiB of conditions",
            Method::POST,
            graph,
            &query(format!(
                "resources | where {} true",
                "name == 'x' or ".repeat(4_300)
            )),
        ),
        arm(
            "query: 4 MB",
            Method::POST,
            graph,
            &query("datetime(".repeat(450_000)),
        ),
    ];
    let target =
        format!("{group}/providers/Microsoft.Resources/deployments/d/validate?api-version=2021-04-01");
    found.extend(
        templates()
            .iter()
            .map(|(name, own)| arm(name, Method::POST, &target, &template(own))),
    );
    let mut batch = Request::new(Method::POST, world::BLOB_HOST, "/?comp=batch")
        .with_header("authorization", &format!("Bearer {}", world.blob_token))
        .with_header("x-ms-version", "2023-11-03")
        .with_header("content-type", "multipart/mixed; boundary=b");
    let part = "--b\nContent-Type: application/http\n\nDELETE /data/a HTTP/1.1\n\n";
    batch.body = Body::Bytes(Bytes::from(part.repeat(4 * MIB / part.len())));
    found.push(Asked {
        name: "batch of 4 MB",
        request: batch,
    });
    found
}

fn keys(azure: &mut Azure, now: Timestamp, world: &world::World) -> Vec<Asked> {
    let group = world.group.split('?').next().unwrap();
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/benchvault");
    let token = world::token(azure, now, "https://vault.azure.net");
    let body = json!({"location": "uksouth", "properties": {
        "tenantId": azdrill_emulator::world::Operator::of_seed(1).tenant,
        "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true,
    }});
    let put = Request::new(
        Method::PUT,
        "management.azure.com",
        &format!("{vault}?api-version=2023-07-01"),
    )
    .with_json(&body)
    .with_header("authorization", &format!("Bearer {}", world.arm_token));
    let answer = azure.call(now, &NetworkPath::internet(), put);
    assert!(answer.status.is_success(), "{}", answer.json_body());
    azure.tick(now);
    let ask = |name, path: &str, body: &Value| Asked {
        name,
        request: Request::new(
            Method::POST,
            "benchvault.vault.azure.net",
            &format!("/keys/{path}?api-version=7.4"),
        )
        .with_json(body)
        .with_header("authorization", &format!("Bearer {token}")),
    };
    let value = "A".repeat(43);
    vec![
        ask(
            "key: RSA of 4,096 bits",
            "k/create",
            &json!({"kty": "RSA", "key_size": 4096}),
        ),
        ask("key: its rotation", "k/rotate", &json!({})),
        ask(
            "key: signing with it",
            "k/sign",
            &json!({"alg": "RS256", "value": value}),
        ),
        ask(
            "key: decrypting with it",
            "k/decrypt",
            &json!({"alg": "RSA-OAEP", "value": "B".repeat(683)}),
        ),
        ask("key: P-384", "e/create", &json!({"kty": "EC", "crv": "P-384"})),
    ]
}

fn main() {
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
    let (mut azure, world) = world::build(now);
    let mut asked = changes(&world);
    asked.extend(languages(&world));
    asked.extend(keys(&mut azure, now, &world));
    asked.push(instances(&mut azure, now, &world, 2_000));
    let mut over = 0;
    println!(
        "{:<50} {:>6} {:>12} {:>12}",
        "request", "status", "locked", "beside"
    );
    for Asked { name, request } in &asked {
        let all: Vec<Held> = (0..REPEATED).map(|_| ask(&mut azure, now, request)).collect();
        let longest = all.iter().map(|held| held.longest).max().unwrap();
        let beside = all.iter().map(|held| held.beside).max().unwrap();
        let mark = if longest > BUDGET { " over the budget" } else { "" };
        over += usize::from(longest > BUDGET);
        println!(
            "{name:<50} {:>6} {longest:>12.2?} {beside:>12.2?}{mark}",
            all[0].status
        );
    }
    println!("{over} of {} over the budget of {BUDGET:?}", asked.len());
}
