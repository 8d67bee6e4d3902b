//! Directory objects as Microsoft Graph shows them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::query_options::option;
use crate::model::{PrincipalKind, Request, wire_seconds};
use crate::services::Context;
use crate::state::{IdentityKind, Password, Principal, Record, Registration};

/// A principal, with the members its kind has and what was written about it.
pub(super) fn principal(context: &Context<'_>, principal: &Principal) -> Value {
    let record = context.state.directory.record(principal.id.0);
    let mut described = usual(principal);
    lay_over(&mut described, record);
    if principal.kind() == PrincipalKind::ServicePrincipal {
        let (passwords, keys) = credentials(record);
        described["keyCredentials"] = json!(keys);
        described["passwordCredentials"] = json!(passwords);
    }
    described
}

fn usual(principal: &Principal) -> Value {
    let name = &principal.display_name;
    match principal.kind() {
        PrincipalKind::User => json!({
            "@odata.type": "#microsoft.graph.user",
            "businessPhones": [],
            "displayName": name,
            "givenName": null,
            "jobTitle": null,
            "mail": null,
            "mobilePhone": null,
            "officeLocation": null,
            "preferredLanguage": null,
            "surname": null,
            "userPrincipalName": name,
            "id": principal.id,
        }),
        PrincipalKind::Group => json!({
            "@odata.type": "#microsoft.graph.group",
            "id": principal.id,
            "displayName": name,
            "description": null,
            "groupTypes": [],
            "mail": null,
            "mailEnabled": false,
            "mailNickname": name,
            "securityEnabled": true,
        }),
        PrincipalKind::ServicePrincipal => json!({
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "id": principal.id,
            "accountEnabled": true,
            "appId": principal.app_id,
            "appDisplayName": name,
            "appOwnerOrganizationId": principal.tenant,
            "displayName": name,
            "servicePrincipalNames": principal.app_id.into_iter().collect::<Vec<Uuid>>(),
            "servicePrincipalType": service_principal_type(principal),
            "alternativeNames": alternative_names(principal),
        }),
    }
}

fn service_principal_type(principal: &Principal) -> &'static str {
    match principal.identity {
        IdentityKind::SystemAssigned(_) | IdentityKind::UserAssigned(_) => "ManagedIdentity",
        IdentityKind::Application | IdentityKind::User | IdentityKind::Group => "Application",
    }
}

/// A managed identity is also known by the resource it belongs to.
fn alternative_names(principal: &Principal) -> Value {
    match &principal.identity {
        IdentityKind::SystemAssigned(id) => json!(["isExplicit=False", id]),
        IdentityKind::UserAssigned(id) => json!(["isExplicit=True", id]),
        IdentityKind::Application | IdentityKind::User | IdentityKind::Group => json!([]),
    }
}

/// What the world's own secret of an application is known by.
pub(super) fn first_password(app_id: Uuid) -> Uuid {
    Uuid::from_u128(!app_id.as_u128())
}

/// A password, without the password.
pub(super) fn password(password: &Password) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": password.display_name,
        "endDateTime": wire_seconds(password.end),
        "hint": password.hint,
        "keyId": password.key_id,
        "secretText": null,
        "startDateTime": wire_seconds(password.start),
    })
}

/// An application's registration; managed identities have none.
pub(super) fn application(context: &Context<'_>, application: &Registration) -> Value {
    let directory = &context.state.directory;
    let record = directory.record(application.id());
    let (mut passwords, keys) = credentials(record);
    let principal = directory.by_app_id(application.app_id);
    if let Some(secret) = principal.and_then(|principal| principal.secret.as_ref()) {
        passwords.push(json!({
            "customKeyIdentifier": null,
            "displayName": null,
            "endDateTime": null,
            "hint": secret.chars().take(3).collect::<String>(),
            "keyId": first_password(application.app_id),
            "secretText": null,
            "startDateTime": null,
        }));
    }
    let mut described = json!({
        "@odata.type": "#microsoft.graph.application",
        "id": application.id(),
        "appId": application.app_id,
        "createdDateTime": record.and_then(|record| record.created).map(wire_seconds),
        "displayName": application.display_name,
        "description": null,
        "identifierUris": [],
        "signInAudience": "AzureADMyOrg",
        "addIns": [],
        "api": {"knownClientApplications": [], "oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        "appRoles": [],
        "info": {},
        "publicClient": {"redirectUris": []},
        "requiredResourceAccess": [],
        "spa": {"redirectUris": []},
        "tags": [],
        "web": {"homePageUrl": null, "logoutUrl": null, "redirectUris": []},
    });
    lay_over(&mut described, record);
    described["keyCredentials"] = json!(keys);
    described["passwordCredentials"] = json!(passwords);
    described
}

/// Puts what was written over what every object of the kind has.
fn lay_over(described: &mut Value, record: Option<&Record>) {
    for (member, value) in record.into_iter().flat_map(|record| &record.members) {
        described[member] = value.clone();
    }
}

/// What a request is shown of an object: the members it selects, or the usual ones of a person.
pub(super) fn shown(request: &Request, object: Value) -> Value {
    const OF_A_PERSON: [&str; 12] = [
        "@odata.type",
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    let selected = option(request, "select");
    let is_person = object["@odata.type"] == "#microsoft.graph.user";
    let wanted = |member: &str| match &selected {
        Some(names) => {
            member.starts_with('@')
                || names
                    .split(',')
                    .any(|name| name.trim().eq_ignore_ascii_case(member))
        }
        None => !is_person || OF_A_PERSON.contains(&member),
    };
    match object {
        Value::Object(mut members) => {
            members.retain(|member, _| wanted(member));
            Value::Object(members)
        }
        other => other,
    }
}

/// What an object shows of its passwords and certificates.
pub(super) fn credentials(record: Option<&Record>) -> (Vec<Value>, Vec<Value>) {
    let passwords = record.into_iter().flat_map(|record| &record.passwords);
    let keys = record.into_iter().flat_map(|record| &record.keys);
    let keys = keys.map(|key| {
        let mut shown = Value::Object(key.members.clone());
        shown["keyId"] = json!(key.key_id);
        shown["key"] = Value::Null;
        shown
    });
    (passwords.map(password).collect(), keys.collect())
}
