//! What a token is for: a scope names one resource, and the tenant has to know it.

use uuid::Uuid;

use super::refusal::refuse;
use crate::gateway::Refusal;
use crate::model::TenantId;
use crate::rules::code;
use crate::services::Context;

/// Words of a scope that are about who signs in and not about a resource.
const ABOUT_THE_PERSON: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The words of a scope that name a resource.
pub(super) fn named(scope: &str) -> impl Iterator<Item = &str> {
    scope
        .split_whitespace()
        .filter(|word| !ABOUT_THE_PERSON.contains(word))
}

/// Whether all of these are the same resource; a slash at the end more or less makes no difference.
pub(super) fn is_one(resources: &[&str]) -> bool {
    let plain = |resource: &str| resource.trim_end_matches('/').to_ascii_lowercase();
    let mut all = resources.iter().map(|resource| plain(resource));
    let first = all.next();
    all.all(|other| Some(other) == first)
}

/// Makes sure that a tenant has the resource a token is asked for.
///
/// # Errors
///
/// AADSTS500011 if nobody there is called that.
pub(super) fn check(context: &Context<'_>, tenant: TenantId, resource: &str) -> Result<(), Refusal> {
    let of_azure = context
        .rules
        .token_resources
        .iter()
        .any(|known| known.is(resource));
    if of_azure || is_custom_cloud(resource) || is_application(context, tenant, resource) {
        return Ok(());
    }
    let tenant = tenant.to_string();
    Err(refuse(
        code::ResourceUnknown,
        &[("resource", resource), ("tenant", &tenant)],
    ))
}

/// Whether it is the address azdrill is reached at by who has it registered as a cloud of its own.
fn is_custom_cloud(resource: &str) -> bool {
    let Some((_, rest)) = resource.split_once("://") else {
        return false;
    };
    let authority = rest.trim_end_matches('/');
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1")
}

/// Whether it is an application of the tenant: its id, or one of its identifiers.
fn is_application(context: &Context<'_>, tenant: TenantId, resource: &str) -> bool {
    let directory = &context.state.directory;
    let id: Option<Uuid> = resource.parse().ok();
    directory
        .registrations()
        .filter(|application| application.tenant == tenant)
        .any(|application| {
            let record = directory.record(application.id());
            let uris = record.and_then(|record| record.members.get("identifierUris")?.as_array());
            let mut uris = uris.into_iter().flatten().filter_map(|uri| uri.as_str());
            Some(application.app_id) == id || uris.any(|uri| uri == resource)
        })
}
