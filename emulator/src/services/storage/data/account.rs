//! What an account and its blob service say about themselves.

use bytes::Bytes;
use http::StatusCode;

use super::{place, xml};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response, wire_http_date};
use crate::rules::{code, unplayed};
use crate::services::Context;

/// The settings of a new account's blob service, by element.
const PROPERTIES: [(&str, &str); 7] = [
    (
        "Logging",
        "<Logging><Version>1.0</Version><Read>false</Read><Write>false</Write><Delete>false</Delete><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>",
    ),
    (
        "HourMetrics",
        "<HourMetrics><Version>1.0</Version><Enabled>true</Enabled><IncludeAPIs>true</IncludeAPIs><RetentionPolicy><Enabled>true</Enabled><Days>7</Days></RetentionPolicy></HourMetrics>",
    ),
    (
        "MinuteMetrics",
        "<MinuteMetrics><Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></MinuteMetrics>",
    ),
    ("Cors", "<Cors />"),
    ("DefaultServiceVersion", ""),
    (
        "DeleteRetentionPolicy",
        "<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>",
    ),
    (
        "StaticWebsite",
        "<StaticWebsite><Enabled>false</Enabled></StaticWebsite>",
    ),
];

/// An answer in XML.
pub(super) fn xml(status: StatusCode, text: String) -> Response {
    Response::new(status)
        .with_header("content-type", "application/xml")
        .with_body(Bytes::from(text))
}

/// The account a request is addressed to, whatever in it the path names.
fn account(context: &Context<'_>, request: &Request) -> Option<ResourceId> {
    let name = place::account(request);
    context.state.storage_accounts.get(name).cloned()
}

pub(super) fn information(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = account(context, request);
    let account = id.and_then(|id| context.state.resource(&id));
    let text = |pointer: &str| account.map_or("", |account| account.text(pointer));
    let hierarchical = account.is_some_and(|account| account.at("/properties/isHnsEnabled") == true);
    Ok(Response::new(StatusCode::OK)
        .with_header("x-ms-sku-name", text("/sku/name"))
        .with_header("x-ms-account-kind", text("/kind"))
        .with_header("x-ms-is-hns-enabled", &hierarchical.to_string()))
}

pub(super) fn properties(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let set = context.own.storage.properties(place::account(request));
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties>".to_owned();
    for (name, default) in PROPERTIES {
        text.push_str(set.get(name).map_or(default, String::as_str));
    }
    text.push_str("</StorageServiceProperties>");
    Ok(xml(StatusCode::OK, text))
}

/// Set Blob Service Properties: what is not named stays. The settings are kept and told; neither
/// soft delete nor logging come of them. A web site is refused by name.
pub(super) fn set_properties(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let root = xml::read(request.body.bytes(), "StorageServiceProperties")?;
    for child in &root.children {
        if !PROPERTIES.iter().any(|(name, _)| *name == child.name) {
            return Err(place::refusal(code::InvalidXmlDocument));
        }
    }
    let is_on = |element: &str| element.to_ascii_lowercase().contains("<enabled>true</enabled>");
    let mut children = root.children.iter();
    if children.any(|child| child.name == "StaticWebsite" && is_on(&child.source)) {
        return Err(place::not_implemented(request, unplayed::StaticWebsites, &[]));
    }
    let set = context.own.storage.properties(place::account(request));
    set.extend(root.children.into_iter().map(|child| (child.name, child.source)));
    Ok(Response::new(StatusCode::ACCEPTED))
}

/// Get Blob Service Stats, which only the secondary endpoint answers. Here it is never behind.
pub(super) fn statistics(
    context: &mut Context<'_>,
    _: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    if !place::is_secondary(request) {
        return Err(place::refusal(code::StatisticsOnPrimary));
    }
    let synchronized = wire_http_date(context.now);
    Ok(xml(
        StatusCode::OK,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceStats><GeoReplication><Status>live</Status><LastSyncTime>{synchronized}</LastSyncTime></GeoReplication></StorageServiceStats>"
        ),
    ))
}
