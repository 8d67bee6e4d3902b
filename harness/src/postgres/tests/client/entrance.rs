//! `psql`, as a person calls it, at the entrance that stands open while a server runs.

use std::net::SocketAddr;
use std::path::PathBuf;

use azdrill_emulator::jobs::{ServerWork, Work};
use azdrill_emulator::server::{DatabaseEngine, Server, ServerOptions};

use super::super::*;
use super::core::OpenCore;
use crate::postgres::install;

const HOST: &str = "drill.postgres.database.azure.com";

struct Served {
    server: Server<OpenCore>,
    _state: tempfile::TempDir,
    psql: PathBuf,
    address: SocketAddr,
}

impl Served {
    async fn start() -> Option<Self> {
        let postgres = installed()?;
        let Some((_, psql)) = install::clients("psql", &install::find()).pop() else {
            skipped("no `psql`");
            return None;
        };
        let spec = spec("drill", newest(&postgres).await);
        let state = tempfile::tempdir().unwrap();
        let mut core = OpenCore::default();
        core.ask(Work::Server(ServerWork::Start(spec)));
        let engine = postgres as Arc<dyn DatabaseEngine>;
        let options = ServerOptions::new(state.path());
        let server = Server::start(core, Some(engine), options).await.unwrap();
        server.driver().settle().await;
        let address = server.front_door().with_core(|core| core.entrances[HOST]);
        Some(Self {
            server,
            _state: state,
            psql,
            address,
        })
    }

    /// What `psql` prints, or what it says when it cannot.
    async fn ask(&self, host: &str, options: &str, sql: &str) -> Result<String, String> {
        let bundle = self.server.ca_bundle_path().display();
        let SocketAddr::V4(address) = self.address else {
            panic!("{}", self.address);
        };
        let connection = format!(
            "host={host} hostaddr={} port={} user='Drill \"Admin\"' dbname=postgres sslrootcert={bundle} {options}",
            address.ip(),
            address.port()
        );
        let output = tokio::process::Command::new(&self.psql)
            .args(["-X", "-A", "-t", "-c", sql, &connection])
            .env("PGPASSWORD", PASSWORD)
            .output()
            .await
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
        if output.status.success() {
            Ok(text(output.stdout))
        } else {
            Err(text(output.stderr))
        }
    }
}

#[tokio::test]
async fn psql_checks_the_servers_name_and_comes_in() {
    let Some(served) = Served::start().await else {
        return;
    };
    let octets = match served.address.ip() {
        std::net::IpAddr::V4(address) => address.octets(),
        std::net::IpAddr::V6(address) => panic!("{address}"),
    };
    assert_eq!(octets[0], 127);
    let who = "SELECT current_user";
    let admin = Ok("Drill \"Admin\"".to_owned());
    assert_eq!(served.ask(HOST, "sslmode=verify-full", who).await, admin);
    assert_eq!(served.ask("localhost", "sslmode=verify-full", who).await, admin);
    assert_eq!(served.ask(HOST, "", who).await, admin);
    for (host, options, expected) in [
        (
            "other.postgres.database.azure.com",
            "sslmode=verify-full",
            "does not match host name",
        ),
        (HOST, "sslmode=disable", "no encryption"),
        // The server does not see the TLS that ends at the gate.
        (HOST, "channel_binding=require", "channel binding is required"),
        (HOST, "dbname=nowhere", "database \"nowhere\" does not exist"),
    ] {
        let said = served.ask(host, options, who).await.unwrap_err();
        assert!(said.contains(expected), "{options}: {said}");
    }
    served.server.shutdown().await;
}

/// A statement under way ends when its client asks for that, which it does on another connection.
#[tokio::test]
async fn a_statement_is_cancelled_through_the_gate() {
    let Some(served) = Served::start().await else {
        return;
    };
    let call = azdrill_emulator::server::ClientCall {
        host: HOST.to_owned(),
        address: served.address,
        authority_pem: served.server.ca_pem().to_owned(),
        user: "Drill \"Admin\"".to_owned(),
        password: PASSWORD.to_owned(),
        database: "postgres".to_owned(),
        major: None,
    };
    let client = crate::postgres::sign_in(&call).await.unwrap();
    let token = client.cancel_token();
    let tls = crate::postgres::client::tls(&call).unwrap();
    let cancelling = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        token.cancel_query(tls).await.unwrap();
    };
    let (slept, ()) = tokio::join!(client.query_one("SELECT pg_sleep(60)", &[]), cancelling);
    assert_eq!(slept.unwrap_err().code().unwrap().code(), "57014");
    served.server.shutdown().await;
}
