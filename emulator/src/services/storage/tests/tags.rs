//! Index tags.

use http::Method;

use super::world::{World, elements, refused, text};

fn tags(pairs: &[(&str, &str)]) -> String {
    let all: String = pairs
        .iter()
        .map(|(name, value)| format!("<Tag><Key>{name}</Key><Value>{value}</Value></Tag>"))
        .collect();
    format!("<?xml version=\"1.0\"?><Tags><TagSet>{all}</TagSet></Tags>")
}

fn owner() -> World {
    let mut world = World::new();
    world.give("Storage Blob Data Owner");
    world
}

#[test]
fn tags_are_set_read_counted_and_listed() {
    let mut world = owner();
    world.put("/box/b", &[("x-ms-tags", "kind=nightly&day=2026-03-02")], "x");
    let head = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(head.header("x-ms-tag-count"), Some("2"));
    let got = world.blob(Method::GET, "/box/b?comp=tags", &[]);
    assert_eq!(elements(&got, "Key"), ["day", "kind"]);
    let body = tags(&[("kind", "weekly &amp; more")]).replace(" &amp; more", "");
    assert_eq!(
        world
            .blob_with(Method::PUT, "/box/b?comp=tags", &[], &body)
            .status,
        204
    );
    let after = world.blob(Method::HEAD, "/box/b", &[]);
    assert_eq!(
        after.header("etag"),
        head.header("etag"),
        "tags are no change of the blob"
    );
    let list = world.blob(Method::GET, "/box?restype=container&comp=list&include=tags", &[]);
    assert!(
        text(&list).contains("<Tags><TagSet><Tag><Key>kind</Key><Value>weekly</Value>"),
        "{}",
        text(&list)
    );
    for (bad, code) in [
        (tags(&[("", "x")]), "EmptyTagName"),
        (tags(&[("a", "1"), ("a", "2")]), "DuplicateTagNames"),
        (tags(&[("a", &"x".repeat(257))]), "TagsTooLarge"),
        (tags(&[("a", "x!")]), "InvalidInput"),
        ("<Tags>".to_owned(), "InvalidXmlDocument"),
    ] {
        let answer = world.blob_with(Method::PUT, "/box/b?comp=tags", &[], &bad);
        assert_eq!(refused(&answer, 400), code);
    }
    let many: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "x")).collect();
    let answer = world.blob_with(Method::PUT, "/box/b?comp=tags", &[], &tags(&many));
    assert_eq!(refused(&answer, 400), "TagsTooLarge");
}

#[test]
fn blobs_are_found_by_their_tags() {
    let mut world = owner();
    world.blob(Method::PUT, "/box-2?restype=container", &[]);
    for (target, tags) in [
        ("/box/a", "kind=nightly&day=01"),
        ("/box/b", "kind=nightly&day=02"),
        ("/box-2/c", "kind=nightly&day=03"),
        ("/box-2/d", "kind=weekly&day=03"),
    ] {
        assert_eq!(world.put(target, &[("x-ms-tags", tags)], "x").status, 201);
    }
    let names = |world: &mut World, target: &str| {
        let answer = world.blob(Method::GET, target, &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        elements(&answer, "Name")
    };
    let nightly = "%22kind%22%20%3D%20%27nightly%27";
    let everywhere = format!("/?comp=blobs&where={nightly}");
    assert_eq!(names(&mut world, &everywhere), ["a", "b", "c"]);
    let late = format!("{everywhere}%20AND%20day%20%3E%20%2701%27");
    assert_eq!(names(&mut world, &late), ["b", "c"]);
    let one = format!("{everywhere}%20AND%20%40container%20%3D%20%27box-2%27");
    assert_eq!(names(&mut world, &one), ["c"]);
    let within = format!("/box?restype=container&comp=blobs&where={nightly}");
    assert_eq!(names(&mut world, &within), ["a", "b"]);
    let first = world.blob(Method::GET, &format!("{everywhere}&maxresults=2"), &[]);
    let marker = elements(&first, "NextMarker").remove(0);
    assert_eq!(
        names(&mut world, &format!("{everywhere}&maxresults=2&marker={marker}")),
        ["c"]
    );
    let answer = world.blob(Method::GET, "/?comp=blobs&where=kind", &[]);
    assert_eq!(refused(&answer, 400), "InvalidQueryParameterValue");
}

#[test]
fn tags_take_a_permission_of_their_own_and_can_be_a_condition() {
    let mut world = World::new();
    // The role of a contributor has none of the actions for tags.
    let answer = world.put("/box/b", &[("x-ms-tags", "a=1")], "x");
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    assert_eq!(world.released, world.came_in);
    world.put("/box/b", &[], "x");
    for (method, target) in [
        (Method::GET, "/box/b?comp=tags"),
        (Method::PUT, "/box/b?comp=tags"),
        (Method::GET, "/?comp=blobs&where=a%3D%271%27"),
    ] {
        assert_eq!(
            refused(&world.blob(method, target, &[]), 403),
            "AuthorizationPermissionMismatch"
        );
    }
    world.give("Storage Blob Data Owner");
    assert_eq!(world.put("/box/b", &[("x-ms-tags", "a=1")], "x").status, 201);
    let when = |condition: &'static str| [("x-ms-if-tags", condition)];
    assert_eq!(world.blob(Method::GET, "/box/b", &when("a = '1'")).status, 200);
    let answer = world.blob(Method::GET, "/box/b", &when("a <> '1'"));
    assert_eq!(refused(&answer, 412), "ConditionNotMet");
    assert_eq!(
        refused(&world.put("/box/b", &when("a = '2'"), "x"), 412),
        "ConditionNotMet"
    );
    assert_eq!(
        refused(&world.blob(Method::DELETE, "/box/b", &when("a =")), 400),
        "InvalidHeaderValue"
    );
    assert_eq!(world.blob(Method::DELETE, "/box/b", &when("a = '1'")).status, 202);
}
