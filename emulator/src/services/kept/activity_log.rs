//! The activity log: what was written in the control plane, as far as our own log still has it.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::gateway::{Permit, Refusal};
use crate::log::{CallOrigin, Exchange};
use crate::model::{Request, ResourceId, Response, Timestamp, type_path, wire_hundred_nanoseconds};
use crate::rules::{Endpoint, Operation, unplayed};
use crate::services::{Context, page};

/// What `$filter` asks for.
#[derive(Default)]
struct ActivityFilter {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    group: Option<String>,
    resource: Option<String>,
    provider: Option<String>,
}

impl ActivityFilter {
    /// Clauses joined by `and`, as the interface has them. `None`: one is none of them.
    fn read(text: &str) -> Option<Self> {
        let mut filter = Self::default();
        for clause in text
            .split(" and ")
            .map(str::trim)
            .filter(|clause| !clause.is_empty())
        {
            let (name, rest) = clause.split_once(' ')?;
            let (operator, value) = rest.trim().split_once(' ')?;
            let value = value.trim().trim_matches('\'').to_owned();
            match (
                name.to_ascii_lowercase().as_str(),
                operator.to_ascii_lowercase().as_str(),
            ) {
                ("eventtimestamp", "ge") => filter.from = Some(value.parse().ok()?),
                ("eventtimestamp", "le") => filter.until = Some(value.parse().ok()?),
                ("resourcegroupname", "eq") => filter.group = Some(value),
                ("resourceuri" | "resourceid", "eq") => filter.resource = Some(value),
                ("resourceprovider", "eq") => filter.provider = Some(value),
                _ => return None,
            }
        }
        Some(filter)
    }

    fn holds(&self, exchange: &Exchange, id: &ResourceId) -> bool {
        let is = |wanted: &Option<String>, text: Option<&str>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| text.is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
        };
        let kind = id.resource_type().unwrap_or_default();
        self.from.is_none_or(|from| exchange.at >= from)
            && self.until.is_none_or(|until| exchange.at <= until)
            && is(&self.group, id.resource_group())
            && is(&self.resource, Some(id.as_str()))
            && is(&self.provider, kind.split('/').next())
    }
}

/// The newest first. Reads are none of it, nor is what nobody has a row for.
pub(super) fn list(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let text = request.query_value("$filter").unwrap_or_default();
    let Some(filter) = ActivityFilter::read(&text) else {
        return Err(Refusal::not_played(unplayed::ActivityLogFilter, &[]));
    };
    let router = &context.rules.router;
    let subscription = permit.scope.subscription().unwrap_or_default();
    let mut found: Vec<Value> = context
        .log
        .since(0)
        .filter(|exchange| exchange.asked != CallOrigin::OnlyWhether && exchange.method != Method::GET)
        .filter_map(|exchange| {
            let row = router.operation(&exchange.operation)?;
            let id: ResourceId = exchange.path.parse().ok()?;
            let inside = id
                .subscription()
                .is_some_and(|id| id.eq_ignore_ascii_case(subscription));
            (row.endpoint == Endpoint::Arm && inside && filter.holds(exchange, &id))
                .then(|| event(row, exchange, &id))
                .flatten()
        })
        .collect();
    found.reverse();
    page::list(request, &found)
}

fn event(row: &Operation, exchange: &Exchange, id: &ResourceId) -> Option<Value> {
    let action = row.action.as_ref()?.as_str();
    let both = |value: &str| json!({"value": value, "localizedValue": value});
    let status = StatusCode::from_u16(exchange.status).ok()?;
    let word = status.canonical_reason().unwrap_or_default();
    let (state, level) = match exchange.status {
        202 => ("Accepted", "Informational"),
        status if status < 400 => ("Succeeded", "Informational"),
        _ => ("Failed", "Error"),
    };
    let time = wire_hundred_nanoseconds(exchange.at);
    let kind = type_path(&exchange.path);
    Some(json!({
        "id": format!("{id}/events/{}", exchange.number),
        "eventDataId": exchange.number.to_string(),
        "channels": "Operation",
        "level": level,
        "authorization": {"action": action, "scope": id},
        "caller": exchange.caller,
        "category": both("Administrative"),
        "eventName": both("EndRequest"),
        "operationName": both(action),
        "resourceGroupName": id.resource_group(),
        "resourceProviderName": both(kind.split('/').next().unwrap_or_default()),
        "resourceType": both(&kind),
        "resourceId": id,
        "status": both(state),
        "subStatus": {
            "value": word.replace(' ', ""),
            "localizedValue": format!("{word} (HTTP Status Code: {})", exchange.status),
        },
        "eventTimestamp": time,
        "submissionTimestamp": time,
        "subscriptionId": id.subscription(),
        "properties": {"statusCode": word.replace(' ', "")},
    }))
}
