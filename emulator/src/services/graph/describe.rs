//! Directory objects as Microsoft Graph shows them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::PrincipalKind;
use crate::services::Context;
use crate::state::{IdentityKind, Principal};

/// A principal, with the members its kind has.
pub(super) fn principal(principal: &Principal) -> Value {
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

/// The object id of an application's registration, which is another one than its service principal's.
pub(super) fn application_id(context: &Context<'_>, app_id: Uuid) -> Uuid {
    let own = context.entropy.fork("application registration");
    own.fork(&app_id.to_string()).uuid()
}

/// An application's registration; managed identities have none.
pub(super) fn application(context: &Context<'_>, principal: &Principal) -> Option<Value> {
    let app_id = principal.app_id?;
    (principal.identity == IdentityKind::Application).then(|| {
        json!({
            "id": application_id(context, app_id),
            "appId": app_id,
            "displayName": principal.display_name,
            "identifierUris": [],
            "signInAudience": "AzureADMyOrg",
            "keyCredentials": [],
            "passwordCredentials": [],
        })
    })
}
