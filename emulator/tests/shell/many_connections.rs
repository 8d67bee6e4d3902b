//! Connections that are kept and not used, by the thousand.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use azdrill_emulator::server::{Server, ServerOptions};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::core_double::CoreDouble;
use crate::wire::{Running, read_until, start, status};

const REQUEST: &[u8] = b"GET /idle HTTP/1.1\r\nHost: management.azure.com\r\n\r\n";

/// Most that anybody may have to wait for an answer, whoever else is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most connections one client process opens, and what it needs open files for besides.
const MANY: u64 = 10_000;
const OTHER_FILES: u64 = 100;

async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, read_until(stream, "}")).await;
    answer.expect("an answer in time")
}

async fn start_with(connections_max: usize) -> Running {
    let directory = tempfile::tempdir().unwrap();
    let mut options = ServerOptions::new(directory.path());
    options.connections_max = Some(connections_max);
    Running {
        server: Server::start(CoreDouble::default(), None, options).await.unwrap(),
        directory,
    }
}

async fn is_closed(stream: &TcpStream) -> bool {
    let peeked = tokio::time::timeout(Duration::from_millis(200), stream.peek(&mut [0])).await;
    matches!(peeked, Ok(Ok(0) | Err(_)))
}

#[tokio::test]
async fn a_new_client_takes_the_place_of_the_one_idle_for_longest() {
    let running = start_with(3).await;
    let (mut first, mut second) = (running.connect().await, running.connect().await);
    ask(&mut first).await;
    ask(&mut second).await;
    ask(&mut first).await;
    let mut uploading = running.connect().await;
    uploading
        .write_all(b"PUT /echo HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 4\r\n\r\nhe")
        .await
        .unwrap();
    // Its place is taken for certain once it has been asked for the rest.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut fourth = running.connect().await;
    assert_eq!(status(&ask(&mut fourth).await), "200");
    assert!(is_closed(&second).await, "it was idle for longest");
    assert!(!is_closed(&first).await, "it had asked again");
    uploading.write_all(b"re").await.unwrap();
    let answer = read_until(&mut uploading, "}").await;
    assert!(answer.contains(r#""body":"here""#), "{answer}");
}

#[tokio::test]
async fn where_everybody_is_busy_a_new_client_waits_its_turn() {
    let running = start_with(1).await;
    let mut busy = running.connect().await;
    busy.write_all(b"PUT /echo HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 2\r\n\r\nh")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut waiting = running.connect().await;
    waiting.write_all(REQUEST).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), waiting.peek(&mut [0])).await;
    assert!(early.is_err(), "there was no place");
    busy.write_all(b"i").await.unwrap();
    read_until(&mut busy, "}").await;
    let answer = tokio::time::timeout(PATIENCE, read_until(&mut waiting, "}"))
        .await
        .unwrap();
    assert_eq!(status(&answer), "200");
}

/// The other half of the test below: connections that were used once and are kept. The descriptors
/// of both ends would be too many for one process.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn idle_clients() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = maximum;
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    let count = MANY.min(maximum.unwrap_or(u64::MAX) - OTHER_FILES);
    let address = std::env::var("IDLE_AT").unwrap();
    let mut idle = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        ask(&mut stream).await;
        idle.push(stream);
    }
    println!("opened {count}");
    // Until the other process is done.
    std::io::stdin().lines().for_each(drop);
    for stream in idle.iter_mut().step_by(100) {
        ask(stream).await;
    }
    println!("still there");
}

#[cfg(target_os = "linux")]
fn start_idle_clients(running: &Running) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "many_connections::idle_clients",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env("IDLE_AT", running.server.address().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    (child, said)
}

#[cfg(target_os = "linux")]
fn wait_for_line(said: &mut impl BufRead, wanted: &str) -> String {
    let mut line = String::new();
    while said.read_line(&mut line).unwrap() > 0 {
        if line.contains(wanted) {
            return line;
        }
        line.clear();
    }
    panic!("it ended without saying `{wanted}`");
}

#[cfg(target_os = "linux")]
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// In a process of its own as well, where no other test takes or gives back memory.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by another test, in a process of its own"]
async fn beside_idle_clients() {
    let running = start().await;
    let before = resident_kib();
    let (mut child, mut said) = start_idle_clients(&running);
    let opened = tokio::task::spawn_blocking(move || {
        let line = wait_for_line(&mut said, "opened ");
        (line, said)
    });
    let (line, mut said) = opened.await.unwrap();
    let count: u64 = line.rsplit(' ').next().unwrap().trim().parse().unwrap();
    let each = resident_kib().saturating_sub(before) as f64 / count as f64;
    let began = std::time::Instant::now();
    for _ in 0..100 {
        assert_eq!(status(&ask(&mut running.connect().await).await), "200");
    }
    let answered = began.elapsed() / 100;
    drop(child.stdin.take());
    let end = tokio::task::spawn_blocking(move || {
        wait_for_line(&mut said, "still there");
        said.lines().for_each(drop);
    });
    end.await.unwrap();
    assert!(child.wait().unwrap().success());
    println!("{count} idle connections, {each:.1} KiB each; a new client is answered in {answered:?}");
    assert!(each < 48.0, "{each} KiB each");
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_idle_connections_lock_nobody_out() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "many_connections::beside_idle_clients",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{error}"
    );
    let measured = said
        .lines()
        .find(|line| line.contains("idle connections"))
        .unwrap();
    println!("{measured}");
    if !measured.contains(&format!("{MANY} idle")) {
        println!("skipped: {MANY} connections need a higher limit of open files (ulimit -Hn)");
    }
}
