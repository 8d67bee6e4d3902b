//! A request that somebody might make, and who that is, as a person says them.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::gateway::endpoint_of;
use azdrill_emulator::model::{PrincipalId, Request};
use azdrill_emulator::rules::cloud;
use http::Method;
use url::Url;

/// The request a method and an address are; a path alone is one of Resource Manager.
///
/// # Errors
///
/// In words, if it is none, or none of the fake Azure's.
pub fn asked_request(method: &str, url: &str) -> Result<Request, String> {
    let whole = if url.starts_with('/') {
        format!("https://{}{url}", cloud().arm_host())
    } else {
        url.to_owned()
    };
    let read: Url = whole
        .parse()
        .map_err(|error| format!("`{url}` is no address: {error}"))?;
    let method: Method = method
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| format!("`{method}` is no method"))?;
    let host = read.host_str().unwrap_or_default();
    if endpoint_of(host, read.path()).is_none() {
        return Err(format!("`{host}` is no host of the fake Azure"));
    }
    let target = match read.query() {
        Some(query) => format!("{}?{query}", read.path()),
        None => read.path().to_owned(),
    };
    Ok(Request::new(method, host, &target))
}

/// Who is called so: by object id, application id or display name.
///
/// # Errors
///
/// In words, if it is nobody, or more than one.
pub fn principal_named(azure: &Azure, name: &str) -> Result<PrincipalId, String> {
    let directory = &azure.state().directory;
    let id: Option<uuid::Uuid> = name.parse().ok();
    let mut found = directory.iter().filter(|principal| match id {
        Some(id) => principal.id.0 == id || principal.app_id == Some(id),
        None => principal.display_name == name,
    });
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(format!("there is nobody called `{name}`")),
        (Some(_), Some(_)) => Err(format!("more than one is called `{name}`: say the object id")),
    }
}
