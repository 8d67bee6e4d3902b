//! Lists, and the pages and filters of them.

use http::StatusCode;
use serde_json::{Value, json};

use super::filter::{self, GraphFilter};
use super::query_options::{number, option};
use super::{describe, written};
use crate::gateway::Refusal;
use crate::model::{Request, Response};
use crate::rules::{cloud, code, unplayed};
use crate::services::Context;
use crate::state::field;

pub(super) type Answer = Result<Response, Refusal>;

/// Answers a list, or the page of it that the request asks for.
pub(super) fn answer(_: &Context<'_>, request: &Request, collection: &str, found: Vec<Value>) -> Answer {
    let skipped = number(request, "skiptoken", 0)?.unwrap_or_default();
    let top = number(request, "top", 1)?.unwrap_or(usize::MAX);
    let counts = match option(request, "count").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(written::bad(format!(
                "Invalid value '{other}' for $count query option."
            )));
        }
    };
    let count = found.len();
    let more = found.len().saturating_sub(skipped) > top;
    let page = found.into_iter().skip(skipped).take(top);
    let page: Vec<Value> = page.map(|object| describe::shown(request, object)).collect();
    let mut body = json!({
        "@odata.context": cloud().graph.context(collection),
        "value": page,
    });
    if counts {
        body["@odata.count"] = json!(count);
    }
    if more {
        let kept: Vec<String> = request
            .query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.to_ascii_lowercase().contains("skiptoken="))
            .map(str::to_owned)
            .collect();
        body["@odata.nextLink"] = json!(format!(
            "{}{}?{}&$skiptoken={}",
            request.authority(),
            request.path,
            kept.join("&"),
            skipped + top
        ));
    }
    Ok(Response::json(StatusCode::OK, &body))
}

/// Answers those of the objects that the request's `$filter` lets through.
pub(super) fn filtered(
    context: &Context<'_>,
    request: &Request,
    collection: &str,
    objects: impl Iterator<Item = Value>,
) -> Answer {
    let text = option(request, "filter").unwrap_or_default();
    let filter = GraphFilter::read(&text).map_err(|part| {
        if filter::is_of_graph(&part) {
            return Refusal::not_played(unplayed::GraphFilter, &[("part", &part)]);
        }
        Refusal::of(code::Request_UnsupportedQuery, &[("part", &part)])
    })?;
    let objects: Vec<Value> = objects.collect();
    check_members(context, &filter, collection, &objects)?;
    let objects = objects.into_iter();
    let found = objects.filter(|object| filter.holds(object)).collect();
    answer(context, request, collection, found)
}

/// Refuses a filter on a member that objects of the kind have not, and on one that nothing is known of here:
/// an empty list would say that nobody has such a one.
fn check_members(
    context: &Context<'_>,
    filter: &GraphFilter,
    collection: &str,
    objects: &[Value],
) -> Result<(), Refusal> {
    let kind = context.rules.directory.kind(collection.trim_end_matches('s'));
    for member in filter.members() {
        if !kind.has(member) {
            let fill = [("member", member), ("kind", &*kind.name)];
            return Err(Refusal::of(code::GraphPropertyUnknown, &fill));
        }
        let is_told = |object: &Value| matches!(field(object, member), Value::String(_) | Value::Array(_));
        if !kind.is_text(member) && !objects.iter().any(is_told) && !objects.is_empty() {
            return Err(Refusal::not_played(
                unplayed::GraphFilterOn,
                &[("member", member)],
            ));
        }
    }
    Ok(())
}
