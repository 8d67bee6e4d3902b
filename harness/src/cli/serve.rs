//! `azdrill serve` and `azdrill env`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use azdrill::postgres::{self, PostgresMode};
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::server::{Clock, DatabaseEngine, Server, ServerOptions};
use azdrill_emulator::services::Settings;
use azdrill_emulator::world::{self, Operator};
use clap::Args;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};

use super::ProfileArgument;

/// What a running `serve` leaves for `env` to find.
const RUNNING: &str = "running.json";

#[derive(Args)]
pub(super) struct ServeArguments {
    /// The port to listen on, on 127.0.0.1; 0 for any free one.
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// Whose word to take where documents and observation differ.
    #[arg(long, value_enum, default_value_t)]
    profile: ProfileArgument,
    /// The seed of the tenant, the subscription and every other id.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Polls are answered with `x-ms-retry-after-ms: 50` instead of `Retry-After: 1`.
    #[arg(long)]
    fast_polls: bool,
    /// What time it is to be in the fake Azure, e.g. 2025-02-03T06:00:00Z; the machine's time if left out.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// A certificate (PEM) the operator may sign in with as well as with the secret.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Where the certificate authority is kept.
    #[arg(long)]
    state: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct EnvArguments {
    /// Where the running `serve` keeps its state.
    #[arg(long)]
    state: Option<PathBuf>,
}

/// Where a `serve` listens, and who signs in there.
#[derive(Serialize, Deserialize)]
struct Running {
    process: u32,
    address: String,
    bundle: PathBuf,
    tenant: String,
    subscription: String,
    client_id: String,
    client_secret: String,
}

fn state_directory(given: Option<&Path>) -> PathBuf {
    if let Some(given) = given {
        return given.to_owned();
    }
    let base = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
        .unwrap_or_else(std::env::temp_dir);
    base.join("azdrill")
}

pub(super) async fn run(arguments: ServeArguments, mode: Option<PostgresMode>) -> Result<ExitCode, String> {
    let state = state_directory(arguments.state.as_deref());
    std::fs::create_dir_all(&state).map_err(|error| format!("cannot make {}: {error}", state.display()))?;
    let chosen = postgres::choose(mode).await.map_err(|error| error.to_string())?;
    for notice in &chosen.notices {
        eprintln!("azdrill: {notice}");
    }
    let majors = match &chosen.postgres {
        Some(postgres) => postgres
            .available_majors()
            .await
            .map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let rules = Rules::load(Profile::from(arguments.profile), &Assumptions::new())
        .map_err(|error| error.to_string())?;
    let settings = Settings {
        has_postgres: chosen.postgres.is_some(),
        postgres_majors: majors.into_iter().rev().collect(),
        fast_polls: arguments.fast_polls,
        ..Settings::default()
    };
    let mut options = ServerOptions::new(&state);
    options.port = arguments.port;
    options.clock = arguments.start.map_or_else(Clock::system, Clock::system_from);
    let mut azure = Azure::new(rules, settings, arguments.seed);
    let operator = world::found(&mut azure, options.clock.now());
    if let Some(file) = &arguments.certificate {
        world::admit_certificate(&mut azure, &operator, read_certificate(file)?);
    }
    let engine = chosen
        .postgres
        .map(|postgres| postgres as Arc<dyn DatabaseEngine>);
    let server = Server::start(azure, engine, options)
        .await
        .map_err(|error| error.to_string())?;
    let running = describe(&server, &operator);
    let file = state.join(RUNNING);
    write_private(&file, &running)?;
    eprintln!(
        "azdrill: a fake Azure listens on {} (profile {})",
        running.address,
        Profile::from(arguments.profile)
    );
    eprintln!("azdrill: in another shell: eval \"$(azdrill env)\"; Ctrl-C ends it");
    eprintln!(
        "azdrill: PostgreSQL servers' host names resolve nowhere; {}/_azdrill/servers says where they are reached",
        running.address
    );
    print!("{}", exports(&running));
    wait_for_end().await;
    let _ = std::fs::remove_file(&file);
    server.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// The first certificate of a PEM file, which may hold the key as well.
fn read_certificate(file: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("no certificate in {}: {error}", file.display());
    let text = std::fs::read(file).map_err(|error| failed(&error))?;
    let der = CertificateDer::from_pem_slice(&text).map_err(|error| failed(&error))?;
    Ok(der.to_vec())
}

fn describe(server: &Server<Azure>, operator: &Operator) -> Running {
    Running {
        process: std::process::id(),
        address: format!("http://{}", server.address()),
        bundle: server.ca_bundle_path().to_owned(),
        tenant: operator.tenant.to_string(),
        subscription: operator.subscription.clone(),
        client_id: operator.client_id.to_string(),
        client_secret: operator.client_secret.clone(),
    }
}

/// Written whole or not at all, readable by its owner only.
fn write_private(path: &Path, running: &Running) -> Result<(), String> {
    use std::io::Write as _;
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let text = serde_json::to_string_pretty(running).map_err(|error| error.to_string())?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

async fn wait_for_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Lines for a POSIX shell. The certificate variables are set over whatever was there: machines
/// that preset them to the system's bundle would refuse us silently.
fn exports(running: &Running) -> String {
    let bundle = running.bundle.display().to_string();
    let pairs = [
        ("HTTPS_PROXY", running.address.as_str()),
        ("HTTP_PROXY", running.address.as_str()),
        ("https_proxy", running.address.as_str()),
        ("http_proxy", running.address.as_str()),
        ("NO_PROXY", "localhost,127.0.0.1"),
        ("no_proxy", "localhost,127.0.0.1"),
        ("REQUESTS_CA_BUNDLE", bundle.as_str()),
        ("CURL_CA_BUNDLE", bundle.as_str()),
        ("SSL_CERT_FILE", bundle.as_str()),
        ("NODE_EXTRA_CA_CERTS", bundle.as_str()),
        ("AZURE_TENANT_ID", running.tenant.as_str()),
        ("AZURE_CLIENT_ID", running.client_id.as_str()),
        ("AZURE_CLIENT_SECRET", running.client_secret.as_str()),
        ("AZURE_SUBSCRIPTION_ID", running.subscription.as_str()),
        ("ARM_TENANT_ID", running.tenant.as_str()),
        ("ARM_CLIENT_ID", running.client_id.as_str()),
        ("ARM_CLIENT_SECRET", running.client_secret.as_str()),
        ("ARM_SUBSCRIPTION_ID", running.subscription.as_str()),
    ];
    let mut text = String::new();
    for (name, value) in pairs {
        let _ = writeln!(text, "export {name}='{}'", value.replace('\'', "'\\''"));
    }
    let _ = writeln!(
        text,
        "export AZURE_POD_IDENTITY_AUTHORITY_HOST='{}'",
        running.address
    );
    let _ = writeln!(text, "unset SSL_CERT_DIR");
    text
}

pub(super) fn env(arguments: &EnvArguments) -> Result<ExitCode, String> {
    let file = state_directory(arguments.state.as_deref()).join(RUNNING);
    let none = || {
        format!(
            "no `azdrill serve` is running (there is no {}). Start one first",
            file.display()
        )
    };
    let text = std::fs::read_to_string(&file).map_err(|_| none())?;
    let running: Running =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let alive = !cfg!(target_os = "linux") || Path::new(&format!("/proc/{}", running.process)).exists();
    if !alive {
        return Err(none());
    }
    print!("{}", exports(&running));
    Ok(ExitCode::SUCCESS)
}
