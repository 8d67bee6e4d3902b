//! Faults of connections to database servers, as clients see them.

use std::time::Duration;

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::server::DatabaseRoute;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::database_gate::{Backend, Gate, route, says_back, startup};
use crate::engine_double::EngineDouble;

async fn struck(fault: ConnectionFault) -> (Gate, Backend, TcpStream) {
    struck_before(fault, EngineDouble::default(), "drill-1").await
}

async fn struck_before(
    fault: ConnectionFault,
    engine: EngineDouble,
    key: &str,
) -> (Gate, Backend, TcpStream) {
    let backend = Backend::start().await;
    let struck = DatabaseRoute {
        fault: Some(fault),
        key: key.to_owned(),
        ..route(&backend)
    };
    let gate = Gate::open_before(Ok(struck), engine).await;
    let mut stream = gate.connect().await;
    stream.write_all(&startup("u", "d")).await.unwrap();
    (gate, backend, stream)
}

#[tokio::test]
async fn refused_is_reset_and_closed_is_closed() {
    let (_gate, backend, mut stream) = struck(ConnectionFault::Refuse).await;
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(backend.users(), Vec::<String>::new());
    let (_gate, backend, mut stream) = struck(ConnectionFault::AcceptThenClose).await;
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(backend.users(), Vec::<String>::new());
}

#[tokio::test]
async fn a_reset_comes_after_so_many_bytes_and_not_before() {
    for (bytes, passes) in [(0, 0), (5, 5), (100_000, 100_000)] {
        let (_gate, _backend, mut stream) = struck(ConnectionFault::ResetAfter { bytes }).await;
        let (mut reader, mut writer) = stream.split();
        let writing = async {
            let _ = writer.write_all(&vec![1; 200_000]).await;
        };
        let reading = async {
            let mut seen = 0;
            let mut buffer = [0; 4096];
            loop {
                match reader.read(&mut buffer).await {
                    Ok(0) => panic!("closed in good order"),
                    Ok(count) => seen += count,
                    Err(error) => return (seen, error.kind()),
                }
            }
        };
        let ((), seen) = tokio::join!(writing, reading);
        assert_eq!(seen, (passes, std::io::ErrorKind::ConnectionReset));
    }
}

#[tokio::test]
async fn slow_is_slow_and_a_stall_passes() {
    let slow = ConnectionFault::Slow {
        bytes_per_second: 2000,
    };
    let (_gate, _backend, mut stream) = struck(slow).await;
    let began = Instant::now();
    says_back(&mut stream, &[1; 1000]).await;
    let took = began.elapsed();
    assert!(took > Duration::from_millis(400), "{took:?}");
    let (gate, backend, mut stream) = struck(ConnectionFault::Stall { seconds: 1 }).await;
    let began = Instant::now();
    says_back(&mut stream, b"hello").await;
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900), "{took:?}");
    assert_eq!((gate.connections(), backend.users().len()), (1, 1));
}

#[tokio::test]
async fn a_server_without_a_connection_left_says_so_as_postgresql_does() {
    let (_gate, backend, mut stream) = struck(ConnectionFault::TooManyClients).await;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(
        said.contains("C53300\0Msorry, too many clients already\0"),
        "{said:?}"
    );
    assert_eq!(backend.users(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_that_may_only_read_is_begun_so_whatever_it_asked_for() {
    let asked = b"options\0-c default_transaction_read_only=off\0";
    for options in [&b""[..], asked] {
        let (_gate, backend, mut stream) = {
            let backend = Backend::start().await;
            let struck = DatabaseRoute {
                fault: Some(ConnectionFault::ReadOnly),
                ..route(&backend)
            };
            let gate = Gate::open(Ok(struck)).await;
            let stream = gate.connect().await;
            (gate, backend, stream)
        };
        let mut first = startup("u", "d");
        first.pop();
        first.extend(options);
        first.push(0);
        let length = u32::try_from(first.len()).unwrap().to_be_bytes();
        first[..4].copy_from_slice(&length);
        stream.write_all(&first).await.unwrap();
        says_back(&mut stream, b"hello").await;
        let came = String::from_utf8_lossy(&backend.first()[0]).into_owned();
        assert!(
            came.ends_with(" -c default_transaction_read_only=on\0\0"),
            "{came:?}"
        );
        assert_eq!(came.matches("options\0").count(), 1, "{came:?}");
    }
}

#[tokio::test]
async fn a_server_is_disturbed_once_and_when_it_has_sent_so_much() {
    let engine = EngineDouble::default();
    let asked = std::sync::Arc::clone(&engine.asked);
    let crash = ConnectionFault::CrashAfter { bytes: 7 };
    let (_gate, _backend, mut stream) = struck_before(crash, engine, "drill-1").await;
    says_back(&mut stream, b"hello").await;
    assert_eq!(*asked.lock().unwrap(), Vec::<String>::new());
    says_back(&mut stream, b"hello").await;
    says_back(&mut stream, b"hello").await;
    // What the server does about it is its own affair; this one goes on.
    assert_eq!(*asked.lock().unwrap(), ["Crash drill-1"]);
}

#[tokio::test]
async fn a_connection_is_reset_where_its_server_cannot_be_disturbed() {
    let end = ConnectionFault::EndSessionsAfter { bytes: 5 };
    let (_gate, _backend, mut stream) = struck_before(end, EngineDouble::default(), "broken").await;
    says_back(&mut stream, b"hello").await;
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}
