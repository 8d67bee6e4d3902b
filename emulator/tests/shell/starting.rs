//! Starting, stopping, and why it may not start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use azdrill_emulator::model::{NetworkPath, Origin};
use azdrill_emulator::server::{Clock, Server, ServerOptions, StartError};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::core_double::CoreDouble;
use crate::in_process::start_time;
use crate::wire::{read_until, start};

const REQUEST: &[u8] = b"GET /x HTTP/1.1\r\nHost: management.azure.com\r\n\r\n";

async fn try_start(options: ServerOptions) -> StartError {
    Server::start(CoreDouble::default(), None, options)
        .await
        .err()
        .unwrap()
}

#[tokio::test]
async fn a_taken_port_says_what_to_do() {
    let running = start().await;
    let port = running.server.address().port();
    let mut options = ServerOptions::new(running.directory.path());
    options.port = port;
    let error = try_start(options).await;
    assert!(matches!(error, StartError::PortTaken(_)));
    let text = error.to_string();
    for expected in [
        format!("port {port}"),
        "--port 0".to_owned(),
        format!("--port {}", port + 1),
    ] {
        assert!(text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let directory = tempfile::tempdir().unwrap();
    for address in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::new(192, 0, 2, 1)] {
        let mut options = ServerOptions::new(directory.path());
        options.address = IpAddr::V4(address);
        let error = try_start(options).await;
        assert!(matches!(error, StartError::NotLoopback(_)), "{error}");
    }
    assert!(start().await.server.address().ip().is_loopback());
}

#[tokio::test]
async fn a_damaged_authority_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ca.pem"), "nonsense").unwrap();
    std::fs::write(directory.path().join("ca.key"), "nonsense").unwrap();
    let error = try_start(ServerOptions::new(directory.path())).await;
    assert!(matches!(error, StartError::Certificates(_)), "{error}");
}

#[tokio::test]
async fn a_second_start_keeps_the_authority() {
    let running = start().await;
    let pem = running.server.ca_pem().to_owned();
    running.server.shutdown().await;
    let options = ServerOptions::new(running.directory.path());
    let again = Server::start(CoreDouble::default(), None, options).await.unwrap();
    assert_eq!(again.ca_pem(), pem);
    let bundle = std::fs::read_to_string(again.ca_bundle_path()).unwrap();
    assert!(bundle.contains(&pem));
}

#[tokio::test]
async fn shutdown_closes_idle_connections_and_the_port() {
    let running = start().await;
    let address = running.server.address();
    let mut idle = running.connect().await;
    idle.write_all(REQUEST).await.unwrap();
    read_until(&mut idle, "}").await;
    let silent = running.connect().await;
    running.server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    let mut byte = [0];
    assert_eq!(idle.peek(&mut byte).await.unwrap_or(0), 0);
    assert_eq!(silent.peek(&mut byte).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn every_entrance_has_its_own_place_in_the_network() {
    let running = start().await;
    let elsewhere = NetworkPath {
        origin: Origin::Internet {
            address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)),
        },
    };
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let address = running
        .server
        .open_entrance(elsewhere.clone(), any)
        .await
        .unwrap();
    for (address, expected) in [
        (running.server.address(), NetworkPath::internet()),
        (address, elsewhere),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST).await.unwrap();
        read_until(&mut stream, "}").await;
        let seen = running
            .server
            .front_door()
            .with_core(|core| core.last_path.clone());
        assert_eq!(seen, Some(expected));
    }
}

#[tokio::test]
async fn answers_carry_the_date_of_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = ServerOptions::new(directory.path());
    options.clock = Clock::at(start_time());
    let server = Server::start(CoreDouble::default(), None, options).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let answer = read_until(&mut stream, "}").await;
    assert!(
        answer.contains("date: Wed, 26 Jun 2024 07:50:23 GMT\r\n"),
        "{answer}"
    );
}
