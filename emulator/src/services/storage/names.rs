//! Refusals of names that Azure does not take.

use crate::gateway::Refusal;
use crate::rules::{Code, NameForms, Rules, code};
use crate::services::storage::domain::Metadata;

/// 400 for a container's name, in the blob service's envelope.
pub(super) fn invalid_container(rules: &Rules, name: &str) -> Refusal {
    let form = &rules.names.container;
    if !(form.shortest..=form.longest).contains(&name.chars().count()) {
        return Refusal::of_blob(code::ContainerNameOutOfRange, &[]);
    }
    Refusal::of_blob(code::InvalidResourceName, &[])
}

/// Refuses a blob's name that Azure does not take.
pub(super) fn check_blob(names: &NameForms, name: &str) -> Result<(), Refusal> {
    if names.blob.admits(name) {
        return Ok(());
    }
    if name.is_empty() || name.chars().any(char::is_control) {
        let why = "a blob's name is not empty, and has no control characters";
        return Err(Refusal::of_blob(code::InvalidUri, &[]).because(why));
    }
    Err(Refusal::of_blob(code::OutOfRangeInput, &[]).because(format!(
        "a blob's name has at most {} characters",
        names.blob.longest
    )))
}

/// Refuses metadata that Azure does not take, in the blob service's envelope.
///
/// # Errors
///
/// 400 if a name is no C# identifier, a value is not ASCII, or there is too much of it.
pub(super) fn check_metadata(rules: &Rules, metadata: &Metadata) -> Result<(), Refusal> {
    let refuse = |code: Code| Err(Refusal::of_blob(code, &[]));
    let mut bytes = 0;
    for (name, value) in metadata {
        if name.is_empty() {
            return refuse(code::EmptyMetadataKey);
        }
        let is_identifier = !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_identifier || value.chars().any(|letter| !(' '..='~').contains(&letter)) {
            return refuse(code::InvalidMetadata);
        }
        bytes += name.len() + value.len();
    }
    if !rules.blob_limits.metadata_bytes.admits(bytes) {
        return refuse(code::MetadataTooLarge);
    }
    Ok(())
}
