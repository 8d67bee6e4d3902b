//! Faults of connections to database servers, as clients see them.

use std::time::Duration;

use azdrill_emulator::fault::ConnectionFault;
use azdrill_emulator::server::DatabaseRoute;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::database_gate::{Backend, Gate, route, says_back, startup};

async fn struck(fault: ConnectionFault) -> (Gate, Backend, TcpStream) {
    let backend = Backend::start().await;
    let gate = Gate::open(Ok(DatabaseRoute {
        fault: Some(fault),
        ..route(&backend)
    }))
    .await;
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
