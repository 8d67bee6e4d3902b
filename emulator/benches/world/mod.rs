//! The world benchmarks run in: one subscription, a vault with a policy, a storage account with a
//! container, and an operator with the roles for both.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each benchmark uses its part"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{NetworkPath, Request, ResourceId, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use azdrill_emulator::server::Core;
use azdrill_emulator::services::Settings;
use azdrill_emulator::world;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The one the program runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub const BLOB_HOST: &str = "benchaccount.blob.core.windows.net";

pub struct World {
    pub group: String,
    pub vault: String,
    pub policy: String,
    pub policy_body: Vec<u8>,
    pub arm_token: String,
    pub blob_token: String,
    /// An account signature that may read, as a query.
    pub signature: String,
}

pub fn empty(now: Timestamp) -> Azure {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let mut azure = Azure::new(rules, Settings::default(), 1);
    world::found(&mut azure, now);
    azure
}

pub fn build(now: Timestamp) -> (Azure, World) {
    let mut azure = empty(now);
    let operator = world::Operator::of_seed(1);
    let subscription = ResourceId::from_segments(["subscriptions", &operator.subscription]);
    azure.with_context(now, |context| {
        let role = "Storage Blob Data Contributor";
        world::assign(
            context,
            operator.object_id,
            role,
            &subscription,
            SignedDuration::ZERO,
        );
    });
    let token = |azure: &Azure, audience: &str| {
        let principal = azure.state().directory.get(operator.object_id).unwrap();
        azure.tokens().issue(now, principal, audience).0
    };
    let arm_token = token(&azure, "https://management.azure.com");
    let blob_token = token(&azure, "https://storage.azure.com");
    let group = format!("{subscription}/resourceGroups/bench");
    let vault = format!("{group}/providers/Microsoft.DataProtection/backupVaults/vault");
    let policy = format!("{vault}/backupPolicies/policy");
    let policy_body = policy_body();
    let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/benchaccount");
    let mut put = |path: &str, body: &Value| {
        let request = Request::new(
            Method::PUT,
            "management.azure.com",
            &format!("{path}?api-version={}", version_of(path)),
        )
        .with_json(body)
        .with_header("authorization", &format!("Bearer {arm_token}"));
        let response = azure.call(now, &NetworkPath::internet(), request);
        assert!(response.status.is_success(), "{path}: {}", response.json_body());
        azure.tick(now);
    };
    put(&group, &json!({"location": "uksouth"}));
    put(
        &account,
        &json!({
            "location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"},
            "properties": {"supportsHttpsTrafficOnly": false},
        }),
    );
    put(
        &format!("{account}/blobServices/default/containers/data"),
        &json!({"properties": {}}),
    );
    put(
        &vault,
        &json!({"location": "uksouth", "identity": {"type": "SystemAssigned"}, "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]}}),
    );
    put(&policy, &policy_body);
    let signature = signature(&mut azure, now, &account, &arm_token);
    let version = "?api-version=2024-04-01";
    let world = World {
        group: format!("{group}{version}"),
        vault: format!("{vault}{version}"),
        policy: format!("{policy}{version}"),
        policy_body: policy_body.to_string().into_bytes(),
        arm_token,
        blob_token,
        signature,
    };
    (azure, world)
}

/// What `listAccountSas` answers for reading blobs for a day.
fn signature(azure: &mut Azure, now: Timestamp, account: &str, token: &str) -> String {
    let body = json!({
        "signedServices": "b", "signedResourceTypes": "o", "signedPermission": "r", "keyToSign": "key1",
        "signedExpiry": (now + SignedDuration::from_hours(24)).to_string(),
    });
    let target = format!("{account}/listAccountSas?api-version=2025-08-01");
    let request = Request::new(Method::POST, "management.azure.com", &target)
        .with_json(&body)
        .with_header("authorization", &format!("Bearer {token}"));
    let answer = azure.call(now, &NetworkPath::internet(), request).json_body();
    answer["accountSasToken"].as_str().unwrap().to_owned()
}

fn version_of(path: &str) -> &'static str {
    if path.contains("Microsoft.Storage") {
        "2025-08-01"
    } else {
        "2024-04-01"
    }
}

fn policy_body() -> Value {
    json!({"properties": {
        "objectType": "BackupPolicy",
        "datasourceTypes": ["Microsoft.DBforPostgreSQL/flexibleServers"],
        "policyRules": [
            {
                "name": "BackupWeekly", "objectType": "AzureBackupRule",
                "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Full"},
                "dataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
                "trigger": {
                    "objectType": "ScheduleBasedTriggerContext",
                    "schedule": {"repeatingTimeIntervals": ["R/2026-01-04T02:00:00+00:00/P1W"]},
                    "taggingCriteria": [{"isDefault": true, "taggingPriority": 99, "tagInfo": {"tagName": "Default"}}],
                },
            },
            {
                "name": "Default", "objectType": "AzureRetentionRule", "isDefault": true,
                "lifecycles": [{"deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P3M"}, "sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"}}],
            },
        ],
    }})
}

/// A token of the operator's, who may also do everything inside key vaults.
pub fn token(azure: &mut Azure, now: Timestamp, audience: &str) -> String {
    let operator = world::Operator::of_seed(1);
    let subscription = ResourceId::from_segments(["subscriptions", &operator.subscription]);
    azure.with_context(now, |context| {
        let role = "Key Vault Administrator";
        world::assign(
            context,
            operator.object_id,
            role,
            &subscription,
            SignedDuration::ZERO,
        );
    });
    let principal = azure.state().directory.get(operator.object_id).unwrap();
    azure.tokens().issue(now, principal, audience).0
}

pub async fn connect_tls(
    address: SocketAddr,
    authority: &str,
    host: &'static str,
) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(host.try_into().unwrap(), stream)
        .await
        .unwrap()
}
