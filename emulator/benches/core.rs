//! The decision and the full call, in process.
//!
//! `cargo bench -p azdrill-emulator --bench core`

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should say where"
)]

#[path = "world/mod.rs"]
mod world;

use std::hint::black_box;
use std::io::Write as _;

use azdrill_emulator::journal::{Beginning, Journalled, Sink};
use azdrill_emulator::machine::Core;
use azdrill_emulator::model::{NetworkPath, Request, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile};
use azdrill_emulator::services::Settings;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::Method;

fn core(criterion: &mut Criterion) {
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
    let (mut azure, world) = world::build(now);
    let path = NetworkPath::internet();
    let arm = |method: Method, target: &str| {
        Request::new(method, "management.azure.com", target)
            .with_header("authorization", &format!("Bearer {}", world.arm_token))
    };
    let get = arm(Method::GET, &world.vault);
    let mut put = arm(Method::PUT, &world.policy).with_header("content-type", "application/json");
    put.body = azdrill_emulator::model::Body::Bytes(Bytes::from(world.policy_body.clone()));
    let blob = Request::new(Method::PUT, world::BLOB_HOST, "/data/probe")
        .with_header("authorization", &format!("Bearer {}", world.blob_token));
    let signed = format!("/data/probe?{}", world.signature);
    let signed = Request::new(Method::GET, world::BLOB_HOST, &signed);
    for (name, request) in [
        ("decide: ARM GET", &get),
        ("decide: blob PUT", &blob),
        ("decide: blob GET, signed", &signed),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| azure.decide(now, &path, black_box(request)).unwrap());
        });
    }
    for (name, request) in [("call: ARM GET", &get), ("call: ARM PUT", &put)] {
        let answer = azure.call(now, &path, request.clone());
        assert!(answer.status.is_success(), "{name}: {}", answer.json_body());
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| azure.call(now, &path, black_box(request.clone())));
        });
    }
}

/// A journal as the shell keeps it: a write to a file for each line.
struct ToFile(std::fs::File);

impl Sink for ToFile {
    fn take(&mut self, line: &[u8]) {
        self.0.write_all(line).unwrap();
    }
}

/// What a journal costs a call.
fn journal(criterion: &mut Criterion) {
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
    let path = NetworkPath::internet();
    let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 1, Settings::default());
    let sink = Box::new(ToFile(tempfile::tempfile().unwrap()));
    for (name, mut machine) in [
        (
            "call: a Journalled without a journal",
            Journalled::new(&beginning).unwrap(),
        ),
        (
            "call: a Journalled with a journal",
            Journalled::with_journal(beginning.clone(), "a measurement", sink).unwrap(),
        ),
    ] {
        let operator = machine.found(now, None);
        let principal = machine.state().directory.get(operator.object_id).unwrap();
        let token = machine
            .tokens()
            .issue(now, principal, "https://management.azure.com")
            .0;
        let target = format!("/subscriptions/{}?api-version=2022-12-01", operator.subscription);
        let get = Request::new(Method::GET, "management.azure.com", &target)
            .with_header("authorization", &format!("Bearer {token}"));
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| machine.call(now, &path, black_box(get.clone())));
        });
    }
}

criterion_group!(benches, core, journal);
criterion_main!(benches);
