//! Get User Delegation Key.

use http::StatusCode;

use super::{account, place, xml};
use crate::gateway::{Credential, DelegationKey, Permit, Refusal};
use crate::model::{Request, Response, Timestamp, wire_seconds};
use crate::rules::{Gate, code, unplayed};
use crate::services::Context;

fn time(text: &str) -> Result<Timestamp, Refusal> {
    text.parse()
        .map_err(|_| place::refusal(code::InvalidXmlNodeValue))
}

pub(super) fn key(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let (Credential::Bearer, Some(object), Some(tenant)) = (
        &permit.caller.credential,
        permit.caller.principal,
        permit.caller.tenant,
    ) else {
        return Err(Refusal::of_blob(code::AuthenticationFailed, &[])
            .at(Gate::Authentication)
            .because("a user delegation key is for the principal of a bearer token"));
    };
    let root = xml::read(request.body.bytes(), "KeyInfo")?;
    if !root.text_of("DelegatedUserTid").is_empty() {
        return Err(place::not_implemented(
            request,
            unplayed::DelegationKeysOfAnotherTenant,
            &[],
        ));
    }
    let start = match root.text_of("Start") {
        "" => context.now,
        text => time(text)?,
    };
    let expiry = time(root.text_of("Expiry"))?;
    let longest = context.rules.storage.delegation_keys.longest();
    if expiry <= start || expiry <= context.now || expiry.duration_since(start) > longest {
        return Err(place::refusal(code::DelegationKeyTimes));
    }
    let key = DelegationKey {
        object: object.to_string(),
        tenant: tenant.to_string(),
        start: wire_seconds(start),
        expiry: wire_seconds(expiry),
        service: "b".to_owned(),
        version: request.header("x-ms-version").unwrap_or_default().to_owned(),
    };
    let name = place::account(request);
    let value = key.value(context.tokens, name, context.state.blob_access.revocations(name));
    let version = quick_xml::escape::partial_escape(key.version.as_str());
    Ok(account::xml(
        StatusCode::OK,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><UserDelegationKey><SignedOid>{}</SignedOid><SignedTid>{}</SignedTid><SignedStart>{}</SignedStart><SignedExpiry>{}</SignedExpiry><SignedService>{}</SignedService><SignedVersion>{version}</SignedVersion><Value>{value}</Value></UserDelegationKey>",
            key.object, key.tenant, key.start, key.expiry, key.service,
        ),
    ))
}
