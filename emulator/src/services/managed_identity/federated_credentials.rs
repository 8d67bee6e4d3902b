//! Federated identity credentials: which tokens of which outside issuer are as good as a secret of
//! a user-assigned identity.

use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Code, code};
use crate::services::{Context, json_body, plain};
use crate::state::field;

/// The type of what has them.
pub(super) use crate::services::identity::USER_ASSIGNED as IDENTITY;

/// The resource type.
pub(super) const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

fn refuse(code: Code, fill: &[(&str, &str)]) -> Refusal {
    Refusal::of(code, fill)
}

/// What of a request's properties counts. All of it is mandatory.
struct SentCredential<'a> {
    issuer: &'a str,
    subject: &'a str,
    audience: &'a str,
}

impl<'a> SentCredential<'a> {
    fn read(sent: &'a Value) -> Result<Self, Refusal> {
        let properties = field(sent, "properties");
        let text = |name: &str| field(properties, name).as_str().unwrap_or_default();
        let audiences = field(properties, "audiences").as_array();
        let (issuer, subject) = (text("issuer"), text("subject"));
        if issuer.is_empty() || subject.is_empty() || audiences.is_none() {
            return Err(refuse(code::SyntheticFederatedCredentialEmpty, &[]));
        }
        match audiences.map(Vec::as_slice) {
            Some([Value::String(audience)]) if !audience.is_empty() => Ok(Self {
                issuer,
                subject,
                audience,
            }),
            _ => Err(refuse(code::SyntheticFederatedCredentialAudiences, &[])),
        }
    }
}

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    let identity = require_identity(context, &id)?;
    let form = &context.rules.names.federated_credential;
    if !form.admits(id.name()) {
        let fill = [("name", id.name())];
        return Err(refuse(code::SyntheticFederatedCredentialName, &fill));
    }
    let sent = json_body(request)?;
    let wanted = SentCredential::read(&sent)?;
    let others = || {
        context
            .state
            .resources_below(&identity, TYPE)
            .filter(|other| other.id != id)
    };
    let same = others().any(|other| {
        other.text("/properties/issuer") == wanted.issuer
            && other.text("/properties/subject") == wanted.subject
    });
    if same {
        return Err(refuse(code::SyntheticFederatedCredentialExists, &[]));
    }
    let most = context.rules.federation.credentials.most;
    if others().count() >= most {
        let fill = [("most", &*most.to_string())];
        return Err(refuse(code::SyntheticFederatedCredentialsTooMany, &fill));
    }
    let mut body = plain::resource_body(&id, TYPE, &Value::Null)?;
    body["properties"] = json!({
        "issuer": wanted.issuer,
        "subject": wanted.subject,
        "audiences": [wanted.audience],
    });
    Ok(plain::put(context, id, body))
}

fn require_identity(context: &Context<'_>, id: &ResourceId) -> Result<ResourceId, Refusal> {
    context.require_group(id)?;
    let identity = id.parent();
    match context.state.resource(&identity) {
        Some(found) if found.is_type(IDENTITY) => Ok(identity),
        _ => Err(refuse(code::SyntheticFederatedCredentialIdentity, &[])),
    }
}

pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if context.state.resource(&permit.scope).is_none() {
        return Err(refuse(code::SyntheticFederatedCredentialIdentity, &[]));
    }
    plain::list(context, permit, request, TYPE)
}

/// Takes the credentials of an identity away, which goes itself.
pub(super) fn forget(context: &mut Context<'_>, identity: &ResourceId) {
    let below: Vec<ResourceId> = context
        .state
        .resources_below(identity, TYPE)
        .map(|credential| credential.id.clone())
        .collect();
    for id in below {
        context.state.remove(&id);
    }
}
