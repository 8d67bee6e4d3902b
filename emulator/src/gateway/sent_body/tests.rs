//! What no published type has an example of.

use http::Method;
use serde_json::json;

use super::walk::{Step, Walk};
use super::wrong::Wrong;
use crate::model::Request;
use crate::rules::{ApiVersion, Assumptions, BodyType, JsonType, Mark, Member, Profile, Rules};

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

/// A walk through the body of a virtual network, by rules that are read once.
fn walk(look: impl FnOnce(&mut Walk<'_>)) {
    walk_of("Microsoft.Network/virtualNetworks", look);
}

/// The same through another type's.
fn walk_of(kind: &str, look: impl FnOnce(&mut Walk<'_>)) {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let operation = rules
        .router
        .operation("VirtualNetworks_CreateOrUpdate")
        .expect("a row");
    let own = rules.bodies.get(kind).expect("a type");
    let request = Request::new(Method::PUT, "management.azure.com", "/");
    look(&mut Walk::new(
        &rules,
        operation,
        own,
        own.version.clone(),
        &request,
    ));
}

/// What is not taken is told in a header: a name of 64 letters is told whole, of a longer one as much; and so many names.
#[test]
fn what_is_not_taken_is_told_as_far_as_a_header_goes() {
    for (wrong, name) in [
        (json!(7), "an integer"),
        (json!(7.0), "an integer"),
        (json!(7.5), "a number"),
    ] {
        walk(|walk| {
            let found = walk.whole(&mut json!({"location": wrong}));
            assert!(
                matches!(found, Err(Wrong::Type { found, .. }) if found == name),
                "{wrong}"
            );
        });
    }
    let mut body = json!({"location": "westeurope", "x".repeat(64): 1, "y".repeat(65): 1});
    for number in 0..20 {
        body[format!("z{number:02}")] = json!(1);
    }
    walk(|walk| {
        assert!(walk.whole(&mut body).is_ok());
        assert_eq!(body, json!({"location": "westeurope"}));
        assert_eq!(walk.ignored[..2], ["x".repeat(64), "y".repeat(64)]);
        assert_eq!(walk.ignored.len(), 16);
    });
}

fn object(members: Vec<(&str, Member)>) -> Member {
    let mut own = Member::new(JsonType::Object);
    own.members = members
        .into_iter()
        .map(|(name, member)| (name.into(), member))
        .collect();
    own
}

/// What a resource was answered with may be sent back whole, but only where a resource stands.
#[test]
fn what_an_answer_has_is_no_surplus_of_the_resource_itself() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let version = ApiVersion::parse("2024-01-01").expect("a version");
    let mut map = Member::new(JsonType::Object);
    map.each = Some(Box::new(object(vec![("a", Member::new(JsonType::Integer))])));
    let mut list = Member::new(JsonType::Array);
    list.each.clone_from(&map.each);
    let inner = object(vec![("a", Member::new(JsonType::Integer))]);
    let own = BodyType {
        name: "Microsoft.Network/examples".into(),
        version: version.clone(),
        with_comments: false,
        body: object(vec![("map", map), ("list", list), ("inner", inner)]),
    };
    let ignored = |operation: &str, method: Method| {
        let operation = rules.router.operation(operation).expect("a row");
        let request = Request::new(method, "management.azure.com", "/");
        let mut walk = Walk::new(&rules, operation, &own, version.clone(), &request);
        let mut body = json!({"ID": "x", "etag": "y", "map": {"one": {"a": 1, "id": "x"}}, "list": [{"id": "x"}], "inner": {"id": "x"}});
        assert!(walk.whole(&mut body).is_ok());
        walk.ignored
    };
    let put = ignored("VirtualNetworks_CreateOrUpdate", Method::PUT);
    assert_eq!(put, ["map.one.id", "list[0].id", "inner.id"]);
    let post = ignored("BackupVaults_CheckNameAvailability", Method::POST);
    assert_eq!(post, ["ID", "etag", "map.one.id", "list[0].id", "inner.id"]);
}

/// What a client must not read again is not said to it either.
#[test]
fn a_secret_that_is_wrong_is_not_repeated() {
    let mut member = Member::new(JsonType::String);
    for (write_only, repeated) in [(false, true), (true, false)] {
        member.write_only = write_only;
        let Wrong::Value { sent, .. } = super::wrong::wrong_value(&member, "longer".to_owned(), "hunter2")
        else {
            panic!("it is about a value");
        };
        assert_eq!(sent.contains("hunter2"), repeated, "{sent}");
    }
}

/// The providers leave out where all their settings stand, and which item of a list it is; we do not.
#[test]
fn a_place_is_written_in_two_ways() {
    walk(|walk| {
        for step in [
            Step::Member("properties".into()),
            Step::Member("subnets".into()),
            Step::Item(0),
            Step::Member("properties".into()),
        ] {
            walk.path.push(step);
        }
        assert_eq!(walk.place(true), "subnets[*].properties");
        assert_eq!(walk.place(false), "properties.subnets[0].properties");
    });
}

/// What is wrong is told by its place, the body itself as such; and how sure that is says the row of its provider, since
/// a code seen once stands for every body that is refused.
#[test]
fn what_is_wrong_is_told_by_its_place_and_as_surely_as_its_provider_was_seen_to() {
    for (kind, body, what, mark) in [
        (
            "Microsoft.Network/virtualNetworks",
            json!("x"),
            "The body must be of the kind `object`, and is a string.",
            Mark::Reported,
        ),
        (
            "Microsoft.Network/virtualNetworks",
            json!({"location": 7}),
            "`location` must be of the kind `string`, and is an integer.",
            Mark::Reported,
        ),
        // A limit that has a code of its own is as sure as that one.
        (
            "Microsoft.Storage/storageAccounts",
            json!({"sku": {"name": "Floppy"}}),
            "",
            Mark::Doc,
        ),
        (
            "Microsoft.Storage/storageAccounts",
            json!({"properties": {"isHnsEnabled": 7}}),
            "`properties.isHnsEnabled` must be of the kind `boolean`, and is an integer.",
            Mark::Reported,
        ),
        (
            "Microsoft.ManagedIdentity/userAssignedIdentities",
            json!({"location": 7}),
            "`location` must be of the kind `string`, and is an integer.",
            Mark::Inferred,
        ),
    ] {
        walk_of(kind, |walk| {
            let mut body = body.clone();
            let wrong = walk.whole(&mut body).expect_err("it is wrong");
            let refusal = walk.refuse(wrong);
            assert!(what.is_empty() || refusal.reason == what, "{}", refusal.reason);
            assert_eq!(refusal.mark, mark, "{kind}");
            let details = usize::from(kind.starts_with("Microsoft.Network"));
            assert_eq!(refusal.details.len(), details, "{kind}");
            // A provider names it without what all its settings stand in.
            assert!(!refusal.message.contains(": properties."), "{}", refusal.message);
        });
    }
}

/// A body may be left out where nothing in it must be there.
#[test]
fn a_body_is_left_out_where_nothing_is_required() {
    for (kind, may) in [
        ("Microsoft.Storage/storageAccounts", false),
        ("Microsoft.Network/virtualNetworks", true),
    ] {
        walk_of(kind, |walk| {
            assert_eq!(walk.whole(&mut json!(null)).is_ok(), may, "{kind}");
        });
    }
}

/// What is taken stays in the order it was sent in, and gets the names it is published by.
#[test]
fn a_body_keeps_its_order() {
    walk(|walk| {
        let mut body = json!({"tags": {}, "Location": "westeurope", "properties": {}});
        assert!(walk.whole(&mut body).is_ok());
        let names: Vec<&String> = body.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["tags", "properties", "location"]);
    });
}

/// A word is taken in any case and kept in the published one; where nothing is known of a value, all of it is kept.
#[test]
fn words_are_kept_as_published_and_what_is_unknown_as_sent() {
    walk_of("Microsoft.Storage/storageAccounts", |walk| {
        let mut body =
            json!({"location": "westeurope", "kind": "storagev2", "sku": {"name": "standard_lrs"}});
        assert!(walk.whole(&mut body).is_ok());
        assert_eq!(
            body,
            json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
        );
    });
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let version = ApiVersion::parse("2024-01-01").expect("a version");
    let own = BodyType {
        name: "Microsoft.Network/examples".into(),
        version: version.clone(),
        with_comments: false,
        body: object(vec![
            ("any", Member::new(JsonType::Any)),
            ("object", Member::new(JsonType::Object)),
        ]),
    };
    let operation = rules
        .router
        .operation("VirtualNetworks_CreateOrUpdate")
        .expect("a row");
    let request = Request::new(Method::PUT, "management.azure.com", "/");
    let sent = json!({"any": {"a": 1}, "object": {"b": 2}});
    let mut body = sent.clone();
    let mut walk = Walk::new(&rules, operation, &own, version.clone(), &request);
    assert!(walk.whole(&mut body).is_ok());
    assert_eq!(body, sent);
}
