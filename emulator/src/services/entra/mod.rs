//! Entra ID: discovery documents, the token endpoint, outside tokens, managed-identity endpoints.

mod assertion;
mod certificate;
mod documents;
mod federation;
mod form;
mod managed_identity;
mod person;
mod refusal;
mod resource;
mod secret;
mod tenant;
mod token;

pub use person::SignIns;

use super::Handler;

pub(super) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "OpenIdConfiguration" | "OpenIdConfigurationV1" => documents::openid_configuration,
        "SigningKeys" => documents::signing_keys,
        "InstanceDiscovery" => documents::instance_discovery,
        "UserRealm" => documents::user_realm,
        "Token" | "TokenV1" => token::token,
        "DeviceCode" => person::device_code,
        "DeviceAuth" => person::enter_code,
        "InstanceMetadataToken" => managed_identity::instance_metadata,
        "AppServiceToken" => managed_identity::local,
        "CloudShellToken" => managed_identity::cloud_shell,
        _ => return None,
    })
}
