//! Refusals of names that Azure does not take.

use http::StatusCode;

use crate::gateway::Refusal;
use crate::rules::{NameForms, Rules};

/// 400 for a container's name, in the blob service's envelope.
pub(super) fn invalid_container(rules: &Rules, name: &str) -> Refusal {
    let form = &rules.names.container;
    if !(form.shortest..=form.longest).contains(&name.chars().count()) {
        return Refusal::storage(rules.error("ContainerNameOutOfRange"), &[]);
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
