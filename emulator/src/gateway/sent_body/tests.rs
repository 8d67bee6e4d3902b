//! What no published type has an example of.

use http::Method;
use serde_json::json;

use super::walk::Walk;
use super::wrong::Wrong;
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

/// What is not taken is told in a header: a name of 64 letters is told whole, of a longer one as much; and so many names.
#[test]
fn what_is_not_taken_is_told_as_far_as_a_header_goes() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let operation = rules
        .router
        .operation("VirtualNetworks_CreateOrUpdate")
        .expect("a row");
    let own = rules
        .bodies
        .get("Microsoft.Network/virtualNetworks")
        .expect("a type");
    let request = Request::new(Method::PUT, "management.azure.com", "/");
    let mut walk = Walk::new(&rules, operation, own, own.version.clone(), &request);
    for (wrong, name) in [
        (json!(7), "an integer"),
        (json!(7.0), "an integer"),
        (json!(7.5), "a number"),
    ] {
        let mut walk = Walk::new(&rules, operation, own, own.version.clone(), &request);
        let found = walk.whole(&mut json!({"location": wrong}));
        assert!(
            matches!(found, Err(Wrong::Type { found, .. }) if found == name),
            "{wrong}"
        );
    }
    let mut body = json!({"location": "westeurope", "x".repeat(64): 1, "y".repeat(65): 1});
    for number in 0..20 {
        body[format!("z{number:02}")] = json!(1);
    }
    assert!(walk.whole(&mut body).is_ok());
    assert_eq!(body, json!({"location": "westeurope"}));
    assert_eq!(walk.ignored[..2], ["x".repeat(64), "y".repeat(64)]);
    assert_eq!(walk.ignored.len(), 16);
}
