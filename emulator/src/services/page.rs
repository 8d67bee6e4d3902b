//! Lists in pages: `$top` says how many, `$skipToken` where to go on, `nextLink` names the next page.

use std::borrow::Borrow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::gateway::Refusal;
use crate::model::{Request, Response};

/// How many entries an answer holds where the client does not say. Most lists never get there.
const PAGE: usize = 1000;

/// Answers a list, or the page of it that the request asks for.
///
/// # Errors
///
/// 400 if `$top` is no number above zero, or `$skipToken` is none that an answer gave.
pub(super) fn list(request: &Request, found: &[impl Borrow<Value>]) -> Result<Response, Refusal> {
    let size = size(request)?;
    let from = match request.query_value("$skipToken") {
        None => 0,
        Some(token) => after(&token, found)?,
    };
    let rest = found.get(from..).unwrap_or_default();
    let page: Vec<&Value> = rest.iter().take(size).map(Borrow::borrow).collect();
    let next = (rest.len() > page.len()).then(|| next_link(request, from + page.len(), page.last().copied()));
    let mut body = json!({"value": page});
    if let Some(next) = next {
        body["nextLink"] = json!(next);
    }
    Ok(Response::json(StatusCode::OK, &body))
}

fn size(request: &Request) -> Result<usize, Refusal> {
    let Some(top) = request.query_value("$top") else {
        return Ok(PAGE);
    };
    match top.parse::<usize>() {
        Ok(top) if top > 0 => Ok(top.min(PAGE)),
        _ => Err(bad(
            "SyntheticInvalidTop",
            &format!("The value '{top}' of $top is not a number above zero."),
        )),
    }
}

fn bad(code: &str, text: &str) -> Refusal {
    Refusal {
        mark: crate::rules::Mark::Unverified,
        ..Refusal::arm(StatusCode::BAD_REQUEST, code, text)
    }
}

fn id_of(entry: Option<&Value>) -> &str {
    entry.and_then(|entry| entry["id"].as_str()).unwrap_or_default()
}

/// The token names the last entry as well as its place: entries may have come or gone since.
fn next_link(request: &Request, place: usize, last: Option<&Value>) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("{place};{}", id_of(last)));
    let kept: String = request
        .query_pairs()
        .iter()
        .filter(|(key, _)| !key.eq_ignore_ascii_case("$skipToken"))
        .map(|(key, value)| format!("{}={}&", escape(key), escape(value)))
        .collect();
    format!(
        "{}{}?{kept}%24skipToken={token}",
        request.authority(),
        request.path
    )
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The place behind the entry that a token names; the place it had, if it is gone.
fn after(token: &str, found: &[impl Borrow<Value>]) -> Result<usize, Refusal> {
    let unknown = || {
        bad(
            "SyntheticInvalidSkipToken",
            "The $skipToken is not one that an answer gave.",
        )
    };
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(unknown)?;
    let (place, id) = text.split_once(';').ok_or_else(unknown)?;
    let place: usize = place.parse().map_err(|_| unknown())?;
    Ok(found
        .iter()
        .position(|entry| id_of(Some(entry.borrow())) == id)
        .map_or(place.saturating_sub(1), |at| at + 1))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn ask(target: &str, found: &[Value]) -> Response {
        list(&Request::new(Method::GET, "management.azure.com", target), found).expect("answered")
    }

    fn entries(names: &[&str]) -> Vec<Value> {
        names.iter().map(|name| json!({"id": name})).collect()
    }

    fn ids(answer: &Response) -> Vec<String> {
        let body = answer.json_body();
        let value = body["value"].as_array().expect("a list").clone();
        value.iter().map(|entry| id_of(Some(entry)).to_owned()).collect()
    }

    fn next(answer: &Response) -> Option<String> {
        let body = answer.json_body();
        let link = body["nextLink"].as_str()?;
        Some(
            link.strip_prefix("https://management.azure.com")
                .expect("the same host")
                .to_owned(),
        )
    }

    #[test]
    fn a_list_is_whole_unless_a_client_asks_for_less() {
        let all = entries(&["a", "b", "c"]);
        let whole = ask("/x?api-version=1", &all);
        assert_eq!(ids(&whole), ["a", "b", "c"]);
        assert_eq!(next(&whole), None);
        let first = ask("/x?api-version=1&%24top=2&$filter=n+eq+%27a%26b%27", &all);
        assert_eq!(ids(&first), ["a", "b"]);
        let link = next(&first).expect("a next page");
        let asked = Request::new(Method::GET, "management.azure.com", &link);
        assert_eq!(asked.query_value("$filter").as_deref(), Some("n eq 'a&b'"));
        assert_eq!(asked.query_value("$top").as_deref(), Some("2"));
        let second = ask(&link, &all);
        assert_eq!(ids(&second), ["c"]);
        assert_eq!(next(&second), None);
    }

    #[test]
    fn nothing_is_left_out_or_told_twice_where_entries_come_and_go() {
        let link = next(&ask("/x?$top=2", &entries(&["a", "b", "c", "d"]))).expect("a next page");
        assert_eq!(ids(&ask(&link, &entries(&["0", "a", "b", "c", "d"]))), ["c", "d"]);
        assert_eq!(
            ids(&ask(&link, &entries(&["a", "c", "d"]))),
            ["c", "d"],
            "the last one is gone"
        );
    }

    #[test]
    fn a_very_long_list_has_pages_of_its_own_accord() {
        let names: Vec<String> = (0..2001).map(|number| number.to_string()).collect();
        let all: Vec<Value> = names.iter().map(|name| json!({"id": name})).collect();
        let mut target = "/x".to_owned();
        let mut sizes = Vec::new();
        loop {
            let answer = ask(&target, &all);
            sizes.push(ids(&answer).len());
            match next(&answer) {
                Some(link) => target = link,
                None => break,
            }
        }
        assert_eq!(sizes, [1000, 1000, 1]);
    }

    #[test]
    fn a_token_that_nobody_gave_is_refused() {
        let all = entries(&["a"]);
        for target in [
            "/x?$skipToken=x",
            "/x?$skipToken=",
            "/x?$top=0",
            "/x?$top=-1",
            "/x?$top=a",
        ] {
            let request = Request::new(Method::GET, "management.azure.com", target);
            assert_eq!(list(&request, &all).expect_err(target).status, 400);
        }
    }
}
