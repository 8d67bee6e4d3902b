//! Azure Resource Graph: one query over everything a caller may read, in a part of the Kusto query
//! language. What is not played is refused by name, never passed over.

mod evaluate;
mod expression;
mod functions;
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::services) mod fuzzing;
mod lexer;
mod means;
mod parser;
mod problem;
mod scalar;
mod steps;
mod syntax;
mod tables;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Handler, Preparer, json_body};
use crate::gateway::{Permit, Refusal};
use crate::model::{Preparation, Request, Response};
use crate::rules::Limits;
use crate::services::budget::{Bounds, Budget};
use crate::state::field;
use means::Means;
use problem::Problem;
use steps::Table;
use syntax::Query;
use tables::{FoundResource, Viewer};

/// The most rows an answer holds, and how many it holds where the client does not say.
const PAGE: usize = 1000;
/// From this version on rows are objects unless the client says otherwise; before, a table.
const OBJECTS_FROM: &str = "2020-04-01";

pub(super) fn handler(operation: &str) -> Option<Handler> {
    (operation == "ResourceGraph_Query").then_some(query as Handler)
}

fn query(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Result<Response, Refusal> {
    let answer = match request.prepared::<Answer>() {
        Some(answer) => answer.clone(),
        None => running(context, permit, request, &*json_body(request)?).and_then(AcceptedQuery::carry_out),
    };
    answer.map_err(|problem| problem.refuse(context))
}

/// What a query is answered with.
type Answer = Result<Response, Problem>;

pub(super) fn preparer(operation: &str) -> Option<Preparer> {
    (operation == "ResourceGraph_Query").then_some(prepare as Preparer)
}

fn prepare(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Option<Preparation> {
    let sent = json_body(request).ok()?;
    let running = running(context, permit, request, &sent);
    Some(Preparation::new(move || -> Answer {
        running.and_then(AcceptedQuery::carry_out)
    }))
}

/// A query, what it begins with, and how it is answered. Taken under the core's lock, and carried out
/// beside it.
struct AcceptedQuery {
    text: String,
    found: Vec<FoundResource>,
    query: Query,
    means: Means,
    page: AnswerPage,
    as_table: bool,
}

impl AcceptedQuery {
    fn carry_out(self) -> Answer {
        let steps = self.query.steps.iter();
        let table = steps
            .into_iter()
            .try_fold(Table::of(&self.found), |table, step| {
                table.step(step, &self.means)
            })?;
        let body = self.page.answer(table, &self.text, self.as_table);
        Ok(Response::json(StatusCode::OK, &body))
    }
}

fn running(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
    sent: &Value,
) -> Result<AcceptedQuery, Problem> {
    let text = field(sent, "query").as_str().unwrap_or_default();
    let groups = field(sent, "managementGroups").as_array();
    if groups.is_some_and(|groups| !groups.is_empty()) {
        return Err(Problem::NotPlayed {
            what: "a query over management groups".to_owned(),
            instead: "subscriptions".to_owned(),
        });
    }
    let subscriptions = field(sent, "subscriptions").as_array();
    let reader = Viewer {
        context,
        permit,
        subscriptions: subscriptions
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_ascii_lowercase))
            .collect(),
    };
    let limits = &context.rules.limits;
    let query = parse(text, limits)?;
    let means = Means {
        now: context.now,
        budget: Budget::new(Bounds::of(limits)),
    };
    let options = field(sent, "options");
    let version = request.query_value("api-version").unwrap_or_default();
    Ok(AcceptedQuery {
        text: text.to_owned(),
        found: reader.table(&query.table)?,
        query,
        means,
        page: AnswerPage::read(options, text)?,
        as_table: match field(options, "resultFormat").as_str() {
            Some(format) => format.eq_ignore_ascii_case("table"),
            None => version.as_str() < OBJECTS_FROM,
        },
    })
}

/// Reads a query that is no longer than it may be.
fn parse(text: &str, limits: &Limits) -> Result<Query, Problem> {
    let most = limits.query_characters.most;
    if text.len() as u64 > most {
        return Err(Problem::Misused(format!(
            "The query is longer than {most} characters, which is azdrill's limit"
        )));
    }
    let query = parser::parse(text)?;
    let most = limits.query_operators.most;
    if query.steps.len() as u64 > most {
        return Err(Problem::Misused(format!(
            "The query has more than {most} operators, which is azdrill's limit"
        )));
    }
    Ok(query)
}

/// Which rows of what was found an answer holds.
struct AnswerPage {
    skipped: usize,
    size: usize,
}

impl AnswerPage {
    fn read(options: &Value, query: &str) -> Result<Self, Problem> {
        let number = |name: &str| match field(options, name) {
            Value::Null => Ok(None),
            value => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .map(Some)
                .ok_or_else(|| Problem::Misused(format!("{name} must be a whole number"))),
        };
        let skipped = match field(options, "$skipToken").as_str() {
            // A token says where to go on; what is skipped besides has been skipped already.
            Some(token) if !token.is_empty() => place_of(token, query).ok_or_else(|| {
                Problem::Misused("$skipToken must be one that an answer to this query gave".to_owned())
            })?,
            _ => number("$skip")?.unwrap_or_default(),
        };
        let size = number("$top")?.unwrap_or(PAGE);
        if size == 0 || size > PAGE {
            return Err(Problem::Misused(format!(
                "$top must be from 1 to {PAGE}, and not {size}"
            )));
        }
        Ok(Self { skipped, size })
    }

    fn answer(&self, found: Table, query: &str, as_table: bool) -> Value {
        let total = found.rows.len();
        // What comes next can only be told where rows can be told apart.
        let has_id = found.columns.iter().any(|column| column == "id");
        let rows: Vec<_> = found
            .rows
            .into_iter()
            .skip(self.skipped)
            .take(self.size)
            .collect();
        let next = self.skipped + rows.len();
        let more = next < total && !rows.is_empty();
        let count = rows.len();
        let data = if as_table {
            let columns: Vec<Value> = found
                .columns
                .iter()
                .map(
                    |name| json!({"name": name, "type": type_of(rows.iter().map(|row| &row[name.as_str()]))}),
                )
                .collect();
            let rows: Vec<Vec<Value>> = rows
                .into_iter()
                .map(|mut row| {
                    let names = found.columns.iter();
                    names.map(|name| row[name.as_str()].take()).collect()
                })
                .collect();
            json!({"columns": columns, "rows": rows})
        } else {
            rows.into_iter().map(Value::Object).collect()
        };
        let mut body = json!({
            "totalRecords": total,
            "count": count,
            "data": data,
            "facets": [],
            "resultTruncated": if more && !has_id { "true" } else { "false" },
        });
        if more && has_id {
            body["$skipToken"] = json!(token_of(next, query));
        }
        body
    }
}

/// The word for the type of a column.
fn type_of<'a>(values: impl Iterator<Item = &'a Value>) -> &'static str {
    let mut found = None;
    for value in values {
        let kind = match value {
            Value::Null => continue,
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) | Value::Object(_) => "object",
        };
        if found.is_some_and(|found| found != kind) {
            return "object";
        }
        found = Some(kind);
    }
    found.unwrap_or("string")
}

/// A token names the query it goes on with.
fn token_of(place: usize, query: &str) -> String {
    STANDARD.encode(format!("{place};{query}"))
}

fn place_of(token: &str, query: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (place, asked) = text.split_once(';')?;
    if asked == query { place.parse().ok() } else { None }
}
