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

use azdrill_emulator::model::{NetworkPath, Request, Timestamp};
use azdrill_emulator::server::Core;
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

criterion_group!(benches, core);
criterion_main!(benches);
