//! A backup and a restore of a large database, beside `pg_dump` of the same content written to a
//! file in the same run, and the resident size while the restore copies.
//!
//! `cargo bench -p azdrill --bench backup [-- 500]`: the size in megabytes, 500 if left out.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should say where"
)]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use azdrill::postgres::content::Sample;
use azdrill::postgres::{PostgresMode, RealPostgres, choose};
use azdrill::run::{Machine, Outside, play};
use azdrill::scenario::Scenario;
use azdrill_emulator::jobs::{DumpKind, ServerSpec};
use azdrill_emulator::rules::Profile;
use futures_util::StreamExt;

const MIB: usize = 1024 * 1024;

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` starts this too, and must not wait for it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let megabytes: u32 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(500);
    let postgres = choose(Some(PostgresMode::Local)).await.unwrap().postgres.unwrap();
    let (dumped, bytes) = pg_dump(&*postgres, megabytes).await;
    println!(
        "pg_dump -Fc to a file: {:.2} s, {} MiB",
        dumped.as_secs_f64(),
        bytes / MIB
    );

    let idle = resident_mib();
    let watch = Watch::begin();
    let report = play(
        &scenario(megabytes),
        &Machine::of(Profile::Documented, Outside::Real(Some(postgres))),
    )
    .await
    .unwrap();
    let peak = watch.end().await;
    assert!(
        report.held(),
        "{:?}",
        report.steps.iter().map(|step| &step.misses).collect::<Vec<_>>()
    );
    for (name, step) in [("backup", 1), ("restore as files", 2)] {
        let took = report.steps[step].outcome.job_time.unwrap();
        println!(
            "{name}: {:.2} s, {:.2} × pg_dump",
            took.as_secs_f64(),
            took.as_secs_f64() / dumped.as_secs_f64()
        );
    }
    println!("resident: {idle} MiB before, {peak} MiB at most during backup and restore");
}

fn scenario(megabytes: u32) -> Scenario {
    toml::from_str(&format!(
        r#"
        claim = "benchmark"
        [world.server]
        content = "bulk:{megabytes}"
        [world.grants]
        ltr = {{ role = "PostgreSQL Flexible Server Long Term Retention Backup Role", on = "server" }}
        reader = {{ role = "Reader", on = "server_group" }}
        blobs = {{ role = "Storage Blob Data Contributor", on = "storage" }}
        [[step]]
        do = "protect"
        expect = {{ status = "ProtectionConfigured" }}
        [[step]]
        do = "backup"
        expect = {{ status = "Completed" }}
        [[step]]
        do = "restore"
        expect = {{ status = "Completed" }}
        "#
    ))
    .unwrap()
}

async fn pg_dump(postgres: &dyn RealPostgres, megabytes: u32) -> (Duration, usize) {
    let spec = ServerSpec {
        key: "bench".to_owned(),
        major: *postgres.available_majors().await.unwrap().last().unwrap(),
        admin_login: "drilladmin".to_owned(),
        admin_password: "Not-a-secret-1!".to_owned(),
        absent_extensions: Vec::new(),
        lists_extensions: true,
    };
    postgres.start(&spec).await.unwrap();
    postgres.create_database(&spec.key, "bulk").await.unwrap();
    let client = postgres.connect(&spec.key, "bulk").await.unwrap();
    let sample: Sample = format!("bulk:{megabytes}").parse().unwrap();
    sample.apply(&client).await.unwrap();
    drop(client);
    let began = Instant::now();
    let mut file = tempfile::tempfile().unwrap();
    let mut dump = postgres
        .dump(&spec.key, DumpKind::Database("bulk".to_owned()))
        .await
        .unwrap();
    let mut bytes = 0;
    while let Some(chunk) = dump.next().await {
        let chunk = chunk.unwrap();
        bytes += chunk.len();
        file.write_all(&chunk).unwrap();
    }
    let took = began.elapsed();
    postgres.remove(&spec.key).await.unwrap();
    (took, bytes)
}

fn resident_mib() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096 / MIB
}

/// Looks at the resident size a hundred times a second.
struct Watch {
    done: Arc<AtomicBool>,
    peak: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn begin() -> Self {
        let (done, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stop, most) = (Arc::clone(&done), Arc::clone(&peak));
        let task = tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                most.fetch_max(resident_mib(), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        Self { done, peak, task }
    }

    async fn end(self) -> usize {
        self.done.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        self.peak.load(Ordering::Relaxed)
    }
}
