//! Page blobs.

use http::Method;

use super::world::{World, elements, refused};
use crate::model::{Body, Extent, Response};

fn made(length: &str) -> World {
    let mut world = World::new();
    let headers = [
        ("x-ms-blob-type", "PageBlob"),
        ("x-ms-blob-content-length", length),
    ];
    let answer = world.store("/box/disk", &headers, "");
    assert_eq!(answer.status, 201, "{answer:?}");
    world
}

fn write(world: &mut World, range: &str, headers: &[(&'static str, &str)], text: &str) -> Response {
    let mut all = vec![("x-ms-page-write", "update"), ("x-ms-range", range)];
    all.extend_from_slice(headers);
    world.store("/box/disk?comp=page", &all, text)
}

fn clear(world: &mut World, range: &str) -> Response {
    let headers = [("x-ms-page-write", "clear"), ("x-ms-range", range)];
    world.blob(Method::PUT, "/box/disk?comp=page", &headers)
}

fn extents(world: &mut World) -> Vec<Extent> {
    match world.blob(Method::GET, "/box/disk", &[]).body {
        Body::Stored(body) => body.extents,
        Body::Empty | Body::Bytes(_) => Vec::new(),
    }
}

fn ranges(world: &mut World, query: &str) -> Vec<(String, String)> {
    let answer = world.blob(Method::GET, &format!("/box/disk?comp=pagelist{query}"), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    let (starts, ends) = (elements(&answer, "Start"), elements(&answer, "End"));
    starts.into_iter().zip(ends).collect()
}

fn run(first: u64, last: u64) -> (String, String) {
    (first.to_string(), last.to_string())
}

#[test]
fn pages_are_written_cleared_and_listed() {
    let mut world = made("4096");
    assert_eq!(extents(&mut world), [Extent::zeros(4096)]);
    let page = "p".repeat(512);
    let answer = write(&mut world, "bytes=512-1023", &[], &page);
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-ms-blob-sequence-number")),
        (201, Some("0"))
    );
    assert_eq!(
        write(&mut world, "bytes=1024-2047", &[], &"q".repeat(1024)).status,
        201
    );
    assert_eq!(write(&mut world, "bytes=3584-4095", &[], &page).status, 201);
    assert_eq!(ranges(&mut world, ""), [run(512, 2047), run(3584, 4095)]);
    assert_eq!(ranges(&mut world, "&maxresults=1"), [run(512, 2047)]);
    assert_eq!(clear(&mut world, "bytes=1024-1535").status, 201);
    assert_eq!(
        ranges(&mut world, ""),
        [run(512, 1023), run(1536, 2047), run(3584, 4095)]
    );
    // The half of the second write that was cleared is given back, and no more.
    let half = Extent {
        length: 512,
        ..world.came_in[1]
    };
    assert_eq!(world.released, [half]);
    let got = world.blob(Method::GET, "/box/disk", &[("x-ms-range", "bytes=0-1023")]);
    assert_eq!((got.status.as_u16(), got.body.len()), (206, 1024));
    let list = world.blob(Method::GET, "/box/disk?comp=pagelist", &[]);
    assert_eq!(list.header("x-ms-blob-content-length"), Some("4096"));
    let diff = world.blob(Method::GET, "/box/disk?comp=pagelist&prevsnapshot=x", &[]);
    assert_eq!(refused(&diff, 501), "NotImplemented");
}

#[test]
fn pages_are_whole_and_within_the_blob() {
    let mut world = made("1024");
    let page = "p".repeat(512);
    for range in [
        "bytes=1-512",
        "bytes=0-510",
        "bytes=1024-1535",
        "bytes=512-1535",
        "bytes=0-",
    ] {
        assert_eq!(
            refused(&write(&mut world, range, &[], &page), 416),
            "InvalidPageRange",
            "{range}"
        );
    }
    assert_eq!(
        refused(&write(&mut world, "bytes=0-1023", &[], &page), 400),
        "InvalidHeaderValue"
    );
    let headers = [("x-ms-range", "bytes=0-511")];
    let answer = world.store("/box/disk?comp=page", &headers, &page);
    assert_eq!(refused(&answer, 400), "MissingRequiredHeader");
    world.put("/box/block", &[], "x");
    let answer = world.store("/box/block?comp=page", &[("x-ms-page-write", "update")], &page);
    assert_eq!(refused(&answer, 409), "InvalidBlobType");
    let odd = [
        ("x-ms-blob-type", "PageBlob"),
        ("x-ms-blob-content-length", "100"),
    ];
    assert_eq!(
        refused(&world.store("/box/odd", &odd, ""), 400),
        "InvalidHeaderValue"
    );
    let none = [("x-ms-blob-type", "PageBlob")];
    assert_eq!(
        refused(&world.store("/box/odd", &none, ""), 400),
        "MissingRequiredHeader"
    );
}

#[test]
fn sequence_numbers_are_set_raised_and_conditions() {
    let mut world = made("512");
    let target = "/box/disk?comp=properties";
    let action = |world: &mut World, action: &'static str, number: Option<&'static str>| {
        let mut headers = vec![("x-ms-sequence-number-action", action)];
        headers.extend(number.map(|number| ("x-ms-blob-sequence-number", number)));
        let answer = world.blob(Method::PUT, target, &headers);
        answer
            .header("x-ms-blob-sequence-number")
            .unwrap_or("refused")
            .to_owned()
    };
    assert_eq!(action(&mut world, "update", Some("7")), "7");
    assert_eq!(action(&mut world, "max", Some("5")), "7");
    assert_eq!(action(&mut world, "increment", None), "8");
    assert_eq!(action(&mut world, "increment", Some("1")), "refused");
    assert_eq!(action(&mut world, "max", None), "refused");
    let page = "p".repeat(512);
    for (name, number) in [
        ("x-ms-if-sequence-number-le", "7"),
        ("x-ms-if-sequence-number-lt", "8"),
        ("x-ms-if-sequence-number-eq", "9"),
    ] {
        let answer = write(&mut world, "bytes=0-511", &[(name, number)], &page);
        assert_eq!(refused(&answer, 412), "SequenceNumberConditionNotMet");
    }
    let answer = write(
        &mut world,
        "bytes=0-511",
        &[("x-ms-if-sequence-number-eq", "8")],
        &page,
    );
    assert_eq!(answer.status, 201);
}

#[test]
fn a_page_blob_is_cut_off_and_made_longer() {
    let mut world = made("1024");
    let target = "/box/disk?comp=properties";
    write(&mut world, "bytes=0-1023", &[], &"p".repeat(1024));
    assert_eq!(
        world
            .blob(Method::PUT, target, &[("x-ms-blob-content-length", "512")])
            .status,
        200
    );
    let cut = Extent {
        offset: world.came_in[0].offset + 512,
        length: 512,
        ..world.came_in[0]
    };
    assert_eq!(world.released, [cut]);
    world.blob(Method::PUT, target, &[("x-ms-blob-content-length", "2048")]);
    assert_eq!(ranges(&mut world, ""), [run(0, 511)]);
    assert_eq!(world.blob(Method::HEAD, "/box/disk", &[]).body.len(), 2048);
    world.put("/box/block", &[], "x");
    let answer = world.blob(
        Method::PUT,
        "/box/block?comp=properties",
        &[("x-ms-blob-content-length", "512")],
    );
    assert_eq!(refused(&answer, 409), "InvalidBlobType");
}
