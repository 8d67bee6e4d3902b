//! What an account says about itself.

use bytes::Bytes;
use http::StatusCode;

use crate::gateway::{Permit, Refusal};
use crate::model::{Request, Response};
use crate::services::Context;

/// The settings of the blob service nobody can change here.
const PROPERTIES: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties>\
<Logging><Version>1.0</Version><Read>false</Read><Write>false</Write><Delete>false</Delete><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>\
<HourMetrics><Version>1.0</Version><Enabled>true</Enabled><IncludeAPIs>true</IncludeAPIs><RetentionPolicy><Enabled>true</Enabled><Days>7</Days></RetentionPolicy></HourMetrics>\
<MinuteMetrics><Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></MinuteMetrics>\
<Cors /><DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy><StaticWebsite><Enabled>false</Enabled></StaticWebsite>\
</StorageServiceProperties>";

/// An answer in XML.
pub(super) fn xml(status: StatusCode, text: String) -> Response {
    Response::new(status)
        .with_header("content-type", "application/xml")
        .with_body(Bytes::from(text))
}

pub(super) fn information(
    context: &mut Context<'_>,
    permit: &Permit,
    _: &Request,
) -> Result<Response, Refusal> {
    let account = context.state.resource(&permit.scope);
    let text = |pointer: &str| account.map_or("", |account| account.text(pointer));
    let hierarchical = account.is_some_and(|account| account.at("/properties/isHnsEnabled") == true);
    Ok(Response::new(StatusCode::OK)
        .with_header("x-ms-sku-name", text("/sku/name"))
        .with_header("x-ms-account-kind", text("/kind"))
        .with_header("x-ms-is-hns-enabled", &hierarchical.to_string()))
}

pub(super) fn properties(_: &mut Context<'_>, _: &Permit, _: &Request) -> Result<Response, Refusal> {
    Ok(xml(StatusCode::OK, PROPERTIES.to_owned()))
}
