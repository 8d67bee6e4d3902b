//! The version a request asks for.

use crate::gateway::Refusal;
use crate::model::Request;
use crate::rules::{ApiVersion, Code, Operation, Rules, code};

/// The version a request asks for.
///
/// # Errors
///
/// Resource Manager's refusal if it names none, or one its provider does not have.
pub(in crate::gateway) fn version(
    rules: &Rules,
    operation: &Operation,
    request: &Request,
) -> Result<ApiVersion, Refusal> {
    let refuse = |code: Code, fill: &[(&str, &str)]| Refusal::of(code, fill);
    let text = match request.query.value("api-version") {
        Some(text) if !text.is_empty() => text,
        _ => return Err(refuse(code::MissingApiVersionParameter, &[])),
    };
    let (namespace, of) = operation.resource_type.split_once('/').unwrap_or_default();
    let provider = rules.provider_or_own(namespace);
    if let Some(version) = ApiVersion::parse(text).filter(|version| provider.takes(version)) {
        return Ok(version);
    }
    let known = provider.api_versions.join(", ");
    Err(if provider.namespace.eq_ignore_ascii_case(namespace) {
        let regions = rules.region_names();
        let fill = [
            ("location", ""),
            ("version", text),
            ("type", of),
            ("known", &*known),
            ("locations", &*regions),
        ];
        refuse(code::NoRegisteredProviderFound, &fill)
    } else {
        refuse(
            code::InvalidApiVersionParameter,
            &[("version", text), ("known", &known)],
        )
    })
}
