//! Tests of lists in pages.

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
