//! Refusals of names that Azure does not take.

use http::StatusCode;

use crate::gateway::Refusal;
use crate::rules::{NameForms, Rules, code};
use crate::services::storage::domain::Metadata;

/// 400 for a container's name, in the blob service's envelope.
pub(super) fn invalid_container(rules: &Rules, name: &str) -> Refusal {
    let form = &rules.names.container;
    if !(form.shortest..=form.longest).contains(&name.chars().count()) {
        return Refusal::storage(rules.error(code::ContainerNameOutOfRange), &[]);
    }
    Refusal::blob(
        StatusCode::BAD_REQUEST,
        "InvalidResourceName",
        "The specifed resource name contains invalid characters.",
    )
}

/// Refuses a blob's name that Azure does not take.
pub(super) fn check_blob(names: &NameForms, name: &str) -> Result<(), Refusal> {
    if names.blob.admits(name) {
        return Ok(());
    }
    if name.is_empty() {
        return Err(Refusal::blob(
            StatusCode::BAD_REQUEST,
            "InvalidUri",
            "The requested URI does not represent any resource on the server.",
        ));
    }
    Err(Refusal::blob(
        StatusCode::BAD_REQUEST,
        "OutOfRangeInput",
        "One of the request inputs is out of range.",
    )
    .because(format!(
        "a blob's name has at most {} characters",
        names.blob.longest
    )))
}

/// Names and values of all metadata together, in bytes.
const METADATA_MAX_BYTES: usize = 8 * 1024;

/// Refuses metadata that Azure does not take, in the blob service's envelope.
///
/// # Errors
///
/// 400 if a name is no C# identifier, a value is not ASCII, or there is too much of it.
pub(super) fn check_metadata(metadata: &Metadata) -> Result<(), Refusal> {
    let refuse = |code: &str, message: &str| Err(Refusal::blob(StatusCode::BAD_REQUEST, code, message));
    let mut bytes = 0;
    for (name, value) in metadata {
        if name.is_empty() {
            return refuse(
                "EmptyMetadataKey",
                "The key for one of the metadata key-value pairs is empty.",
            );
        }
        let is_identifier = !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_identifier || value.chars().any(|letter| !(' '..='~').contains(&letter)) {
            return refuse(
                "InvalidMetadata",
                "The specified metadata is invalid. It includes characters that are not permitted.",
            );
        }
        bytes += name.len() + value.len();
    }
    if bytes > METADATA_MAX_BYTES {
        return refuse(
            "MetadataTooLarge",
            "The size of the specified metadata exceeds the maximum size permitted.",
        );
    }
    Ok(())
}
