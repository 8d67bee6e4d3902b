//! Would a request get in, and if not, why?

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::gateway::{Refusal, endpoint_of};
use azdrill_emulator::model::{NetworkPath, Request, Timestamp};
use azdrill_emulator::rules::cloud;
use azdrill_emulator::state::Principal;
use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;
#[cfg(test)]
use utoipa::ToSchema;

use super::problem::Problem;
use crate::run::rule_note;
use crate::serve::builder::SharedBuilder;
use crate::serve::origin;

/// A request that somebody might make.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields, expecting = "an object with a request")]
pub(super) struct Question {
    /// The method; `GET` if left out.
    #[serde(default = "get")]
    method: String,
    /// The address, `https://…`; a path alone is one of ARM.
    #[cfg_attr(
        test,
        schema(example = "https://drillrestore.blob.core.windows.net/restored/x")
    )]
    url: String,
    /// Who asks: an object id, an application id or a display name. Left out: somebody without a token.
    r#as: Option<String>,
    /// Where from, as `--from` says it: `internet`, `subnet:NAME`, `private-endpoint:NAME`.
    #[serde(default = "internet")]
    from: String,
}

fn get() -> String {
    "GET".to_owned()
}

fn internet() -> String {
    "internet".to_owned()
}

/// Whether it would get in.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Verdict {
    /// Whether every gate would let it through. What the service makes of it then is not asked.
    allowed: bool,
    /// The operation; empty if it is none we have.
    operation: String,
    /// The HTTP status of the refusal.
    status: Option<u16>,
    /// Its code.
    code: String,
    /// The gate that says no.
    gate: String,
    /// Why.
    reason: String,
    /// How sure we are.
    mark: String,
    /// The rules that decide.
    rules: Vec<RuleView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct RuleView {
    id: String,
    statement: String,
    mark: String,
    sources: Vec<String>,
}

/// Asks the gates about a request without making it.
#[cfg_attr(test, utoipa::path(
    post,
    path = "/_azdrill/explain",
    request_body = Question,
    responses(
        (status = 200, body = Verdict),
        (status = 400, body = Problem),
        (status = 415, body = Problem),
        (status = 422, body = Problem)
    )
))]
pub(super) async fn explain(
    State(builder): State<SharedBuilder>,
    sent: Result<Json<Question>, JsonRejection>,
) -> Result<Json<Verdict>, Problem> {
    let Json(question) = sent?;
    let world = builder.setup.world.as_ref().map(|scenario| &scenario.world);
    let path = origin(&question.from, world, builder.setup.seed).map_err(Problem::bad)?;
    let door = builder.driver.front_door();
    let now = door.clock().now();
    door.with_core(|azure| answer(azure, now, &path, &question))
        .map(Json)
}

fn answer(
    azure: &Azure,
    now: Timestamp,
    path: &NetworkPath,
    question: &Question,
) -> Result<Verdict, Problem> {
    let request = request(azure, now, question)?;
    Ok(match azure.decide(now, path, &request) {
        Ok(permit) => Verdict {
            allowed: true,
            operation: permit.operation(azure.rules()).id.to_string(),
            rules: views(azure, permit.rules.iter().map(|id| id.as_str())),
            ..Verdict::default()
        },
        Err(refusal) => verdict(azure, &refusal),
    })
}

fn verdict(azure: &Azure, refusal: &Refusal) -> Verdict {
    Verdict {
        allowed: false,
        operation: String::new(),
        status: Some(refusal.status.as_u16()),
        code: refusal.code.clone(),
        gate: refusal.gate.as_str().to_owned(),
        reason: refusal.reason.clone(),
        mark: refusal.mark.as_str().to_owned(),
        rules: views(azure, refusal.rules.iter().map(|id| id.as_str())),
    }
}

fn views<'a>(azure: &Azure, ids: impl Iterator<Item = &'a str>) -> Vec<RuleView> {
    ids.filter_map(|id| rule_note(azure.rules(), id))
        .map(|note| RuleView {
            id: note.id,
            statement: note.statement,
            mark: note.mark,
            sources: note.sources,
        })
        .collect()
}

fn request(azure: &Azure, now: Timestamp, question: &Question) -> Result<Request, Problem> {
    let whole = if question.url.starts_with('/') {
        format!("https://{}{}", cloud().arm_host(), question.url)
    } else {
        question.url.clone()
    };
    let url: Url = whole
        .parse()
        .map_err(|error| Problem::bad(format!("`{}` is no address: {error}", question.url)))?;
    let method: Method = question
        .method
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| Problem::bad(format!("`{}` is no method", question.method)))?;
    let host = url.host_str().unwrap_or_default();
    let endpoint = endpoint_of(host, url.path())
        .ok_or_else(|| Problem::bad(format!("`{host}` is no host of the fake Azure")))?;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let request = Request::new(method, host, &target);
    let Some(name) = &question.r#as else {
        return Ok(request);
    };
    let principal = principal(azure, name)?;
    let Some(audience) = cloud().audience(endpoint) else {
        return Ok(request);
    };
    let (token, _) = azure.tokens().issue(now, principal, audience);
    Ok(request.with_header("authorization", &format!("Bearer {token}")))
}

fn principal<'a>(azure: &'a Azure, name: &str) -> Result<&'a Principal, Problem> {
    let directory = &azure.state().directory;
    let id: Option<uuid::Uuid> = name.parse().ok();
    let mut found = directory.iter().filter(|principal| match id {
        Some(id) => principal.id.0 == id || principal.app_id == Some(id),
        None => principal.display_name == name,
    });
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Problem::bad(format!("there is nobody called `{name}`"))),
        (Some(_), Some(_)) => Err(Problem::bad(format!(
            "more than one is called `{name}`: say the object id"
        ))),
    }
}
