//! What no published type has an example of.

use http::Method;
use serde_json::json;

use super::walk::Walk;
use crate::model::Request;
use crate::rules::{ApiVersion, Assumptions, BodyType, JsonType, Member, Profile, Rules};

/// An array of which only the length is known.
#[test]
fn an_array_is_counted_whatever_is_in_it() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let version = ApiVersion::parse("2024-01-01").expect("a version");
    let mut list = Member::new(JsonType::Array);
    (list.least, list.most) = (Some(1), Some(2));
    let mut body = Member::new(JsonType::Object);
    body.members.push(("list".into(), list));
    let own = BodyType {
        name: "Microsoft.Network/examples".into(),
        version: version.clone(),
        with_comments: false,
        body,
    };
    let operation = rules
        .router
        .operation("VirtualNetworks_CreateOrUpdate")
        .expect("a row");
    let request = Request::new(Method::PUT, "management.azure.com", "/");
    let taken = |list: serde_json::Value| {
        let mut walk = Walk::new(&rules, operation, &own, version.clone(), &request);
        walk.whole(&mut json!({"list": list})).is_ok()
    };
    assert!(taken(json!([{}])) && taken(json!([1, "two"])));
    assert!(!taken(json!([])) && !taken(json!([1, 2, 3])));
}
