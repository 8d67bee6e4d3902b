//! The secrets of a key vault: what stands in them, and the calls that read and write them.

use http::Method;
use serde_json::{Value, json};

use super::client::{Client, Service};
use super::ended::refused;
use super::error::RunError;
use crate::scenario::{KeyVaultWorld, UserWorld};

/// The scope of a token for Key Vault, percent-encoded.
const KEY_VAULT_SCOPE: &str = "https%3A%2F%2Fvault.azure.net%2F.default";

/// The value of a secret, filled in.
pub(super) fn connection_string(
    own: &KeyVaultWorld,
    server: &str,
    database: &str,
    user: &UserWorld,
) -> String {
    // A password is quoted as the grammar wants it, whatever is in it.
    let quoted = format!("\"{}\"", user.password.as_str().replace('"', "\"\""));
    own.value
        .replace("{server}", server)
        .replace("{database}", database)
        .replace("{user}", &user.name)
        .replace("{password}", &quoted)
}

/// Puts a value into a secret, as whoever acts.
pub(super) async fn set_secret(
    client: &mut Client,
    own: &KeyVaultWorld,
    name: &str,
    value: &str,
) -> Result<(), RunError> {
    let answer = secret_call(
        client,
        own,
        Method::PUT,
        &format!("/secrets/{name}"),
        &json!({"value": value}),
    )
    .await?;
    if answer.status.is_success() {
        return Ok(());
    }
    let ended = refused(&answer);
    Err(RunError::World {
        what: format!("the secret {name}"),
        code: ended.error["code"].as_str().unwrap_or_default().to_owned(),
        message: ended.error["message"].as_str().unwrap_or_default().to_owned(),
        status: ended.status,
    })
}

/// A call to the key vault's data plane.
pub(super) async fn secret_call(
    client: &mut Client,
    own: &KeyVaultWorld,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<azdrill_emulator::model::Response, RunError> {
    let host = format!("{}.vault.azure.net", own.name);
    let service = Service {
        host: &host,
        scope: KEY_VAULT_SCOPE,
    };
    let path = format!("{path}?api-version=7.4");
    let body = Some(body).filter(|body| !body.is_null());
    client.send_to(service, method, &path, body).await
}
