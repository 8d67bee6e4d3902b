//! Local servers, and that nothing is left of them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

macro_rules! with_installed {
    ($name:ident) => {
        #[tokio::test]
        async fn $name() {
            if let Some(postgres) = installed() {
                super::$name(&postgres).await;
            }
        }
    };
}

with_installed!(keeps_data);
with_installed!(two_at_once);
with_installed!(round_trip);
with_installed!(dies_while_dumping);
with_installed!(abandoned_dump_ends);
with_installed!(says_why);

async fn data_folder(postgres: &Postgres, key: &str) -> PathBuf {
    let client = postgres.connect(key, "postgres").await.unwrap();
    client
        .query_one("SHOW data_directory", &[])
        .await
        .unwrap()
        .get::<_, String>(0)
        .into()
}

fn server_of(data: &Path) -> u32 {
    fs::read_to_string(data.join("postmaster.pid"))
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

fn is_gone(process: u32) -> bool {
    // A zombie whose parent was killed is as good as gone.
    fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

#[tokio::test]
async fn nothing_is_left_after_a_drop() {
    let Some(postgres) = installed() else { return };
    start(&postgres, "dropped").await;
    let data = data_folder(&postgres, "dropped").await;
    let server = server_of(&data);
    let engine = data.parent().unwrap().parent().unwrap().to_owned();
    assert!(engine.is_dir() && !is_gone(server));
    drop(postgres);
    assert!(!engine.exists());
    assert!(is_gone(server));
}

/// Not a test of its own: what `nothing_is_left_after_a_kill` kills.
#[tokio::test]
#[ignore = "run by another test, which kills it"]
async fn victim() {
    let postgres = installed().unwrap();
    start(&postgres, "victim").await;
    println!("data={}", data_folder(&postgres, "victim").await.display());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[test]
fn nothing_is_left_after_a_kill() {
    if installed().is_none() {
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "postgres::tests::local_mode::victim",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(victim.stdout.take().unwrap()).lines();
    let data = said.find_map(|line| {
        let line = line.unwrap();
        line.split_once("data=").map(|(_, path)| PathBuf::from(path))
    });
    let data = data.expect("the victim started a server");
    let server = server_of(&data);
    let engine = data.parent().unwrap().parent().unwrap().to_owned();
    assert!(!is_gone(server));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let gone = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        is_gone(server) && !engine.exists()
    });
    assert!(gone, "server {server}, folder {}", engine.display());
}

#[tokio::test]
async fn a_server_that_died_is_started_again() {
    let Some(postgres) = installed() else { return };
    let spec = start(&postgres, "phoenix").await;
    let server = server_of(&data_folder(&postgres, "phoenix").await);
    assert!(
        Command::new("kill")
            .args(["-QUIT", &server.to_string()])
            .status()
            .unwrap()
            .success()
    );
    while !is_gone(server) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    postgres.start(&spec).await.unwrap();
    assert_eq!(postgres.databases("phoenix").await.unwrap().len(), 3);
}
