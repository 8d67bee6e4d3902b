//! Would a request get in, and if not, why?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use azdrill_emulator::model::NetworkPath;
use azdrill_emulator::rules::Rules;
use serde::{Deserialize, Serialize};
#[cfg(test)]
use utoipa::ToSchema;

use super::problem::Problem;
use crate::check::{Asked, Checked, Cited, Fix, explain as explain_one};
use crate::serve::builder::SharedBuilder;
use crate::serve::{asked_request, origin, principal_named};

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
#[serde(rename_all = "camelCase")]
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
    /// What was meant to let it through, and does not.
    near_misses: Vec<String>,
    /// The smallest changes that let it through, each made in a copy of the world and tried there; what opens least
    /// first.
    fixes: Vec<Fix>,
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
    // Changes are looked for in copies, so that nobody is held up meanwhile.
    let copy = door.with_core(|azure| azure.copy());
    let (operator, profile) = (builder.operator.object_id, builder.setup.profile);
    let other = Rules::load(profile.other(), &builder.setup.assumptions());
    let other = Arc::new(other.map_err(|error| Problem::bad(error.to_string()))?);
    let found = tokio::task::spawn_blocking(move || {
        let checked = Checked {
            world: &copy,
            now,
            operator,
            profile,
            other,
        };
        answer(&checked, &path, &question)
    });
    found
        .await
        .map_err(|_| Problem::bad("the question could not be answered".to_owned()))?
        .map(Json)
}

fn answer(checked: &Checked<'_>, path: &NetworkPath, question: &Question) -> Result<Verdict, Problem> {
    let azure = checked.world;
    let request = asked_request(&question.method, &question.url).map_err(Problem::bad)?;
    let by = question
        .r#as
        .as_deref()
        .map(|name| principal_named(azure, name))
        .transpose();
    let asked = Asked::Request {
        by: by.map_err(Problem::bad)?,
        from: path.clone(),
        request: Box::new(request.clone()),
    };
    let explained = explain_one(checked, &asked).into_iter().flatten().next();
    let explained = explained.ok_or_else(|| Problem::bad("the operator of the world is gone".to_owned()))?;
    let Some(finding) = explained.finding else {
        return Ok(Verdict {
            allowed: true,
            operation: azure.operation_of(&request).unwrap_or_default(),
            rules: explained.rules.into_iter().map(view).collect(),
            ..Verdict::default()
        });
    };
    let how = finding.how;
    Ok(Verdict {
        status: how.as_ref().map(|own| own.status),
        code: how.as_ref().map(|own| own.code.clone()).unwrap_or_default(),
        gate: how.as_ref().map(|own| own.gate.clone()).unwrap_or_default(),
        reason: how.as_ref().map(|own| own.reason.clone()).unwrap_or_default(),
        mark: how.as_ref().map(|own| own.mark.clone()).unwrap_or_default(),
        rules: how.into_iter().flat_map(|own| own.rules).map(view).collect(),
        near_misses: finding.near_misses,
        fixes: finding.fixes,
        ..Verdict::default()
    })
}

fn view(cited: Cited) -> RuleView {
    RuleView {
        id: cited.id,
        statement: cited.statement,
        mark: cited.mark,
        sources: cited.sources,
    }
}
