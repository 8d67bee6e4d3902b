//! Lists, page by page.

use http::Method;

use super::world::{World, refused, text};

/// The texts of all elements of a name, in order.
fn all<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    text.split(&format!("<{tag}>"))
        .skip(1)
        .filter_map(|rest| rest.split(&format!("</{tag}>")).next())
        .collect()
}

fn list(world: &mut World, query: &str) -> String {
    let answer = world.blob(
        Method::GET,
        &format!("/box?restype=container&comp=list{query}"),
        &[],
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    text(&answer)
}

#[test]
fn a_list_of_blobs_has_azures_elements_in_azures_order() {
    let mut world = World::new();
    let etag = world
        .put("/box/a&b", &[("x-ms-meta-k", "v<")], "hello")
        .header("etag")
        .expect("tagged")
        .trim_matches('"')
        .to_owned();
    let time = "Mon, 02 Mar 2026 06:00:00 GMT";
    assert_eq!(
        list(&mut world, "&include=metadata&prefix=a"),
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://acct.blob.core.windows.net/\" ContainerName=\"box\"><Prefix>a</Prefix><Blobs><Blob><Name>a&amp;b</Name><Properties><Creation-Time>{time}</Creation-Time><Last-Modified>{time}</Last-Modified><Etag>{etag}</Etag><Content-Length>5</Content-Length><Content-Type>application/octet-stream</Content-Type><Content-Encoding /><Content-Language /><Content-CRC64 /><Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><Metadata><k>v&lt;</k></Metadata><OrMetadata /></Blob></Blobs><NextMarker /></EnumerationResults>"
        )
    );
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let mut world = World::new();
    for name in ["a", "d/1", "d/2", "d/e/3", "e", "f/1", "g"] {
        world.put(&format!("/box/{name}"), &[], "x");
    }
    for size in 1..=8 {
        let (mut flat, mut tree, mut marker) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = list(&mut world, &format!("&maxresults={size}&marker={marker}"));
            let names = all(&page, "Name");
            assert!(names.len() <= size);
            flat.extend(names.into_iter().map(str::to_owned));
            match all(&page, "NextMarker").first() {
                Some(next) => marker = (*next).to_owned(),
                None => break,
            }
        }
        assert_eq!(flat, ["a", "d/1", "d/2", "d/e/3", "e", "f/1", "g"]);
        marker.clear();
        loop {
            let query = format!("&maxresults={size}&delimiter=%2F&marker={marker}");
            let page = list(&mut world, &query);
            tree.extend(all(&page, "Name").into_iter().map(str::to_owned));
            match all(&page, "NextMarker").first() {
                Some(next) => marker = (*next).to_owned(),
                None => break,
            }
        }
        assert_eq!(tree, ["a", "d/", "e", "f/", "g"], "pages of {size}");
    }
}

#[test]
fn prefixes_and_delimiters_make_folders() {
    let mut world = World::new();
    for name in ["d/1", "d/e/2", "d/e/3", "d0", "c"] {
        world.put(&format!("/box/{name}"), &[], "x");
    }
    let page = list(&mut world, "&prefix=d/&delimiter=/");
    assert!(page.contains("<Prefix>d/</Prefix><Delimiter>/</Delimiter><Blobs>"));
    assert!(page.contains("<BlobPrefix><Name>d/e/</Name></BlobPrefix></Blobs>"));
    assert_eq!(all(&page, "Name"), ["d/1", "d/e/"]);
    assert_eq!(all(&list(&mut world, "&prefix=zz"), "Name"), Vec::<&str>::new());
}

#[test]
fn uncommitted_blobs_show_if_asked_for() {
    let mut world = World::new();
    world.block("/box/staged", "a", "x");
    world.put("/box/whole", &[], "x");
    assert_eq!(all(&list(&mut world, ""), "Name"), ["whole"]);
    let page = list(&mut world, "&include=uncommittedblobs");
    assert_eq!(all(&page, "Name"), ["staged", "whole"]);
}

#[test]
fn names_xml_cannot_write_are_encoded() {
    let mut world = World::new();
    world.put("/box/a%EF%BF%BEb", &[], "x");
    let listed = list(&mut world, "");
    assert!(
        listed.contains("<Name Encoded=\"true\">a%EF%BF%BEb</Name>"),
        "{listed}"
    );
}

#[test]
fn lists_refuse_what_they_cannot_read() {
    let mut world = World::new();
    for (query, code) in [
        ("maxresults=0", "OutOfRangeQueryParameterValue"),
        ("maxresults=many", "InvalidQueryParameterValue"),
        ("marker=nonsense", "InvalidQueryParameterValue"),
    ] {
        for target in [
            format!("/box?restype=container&comp=list&{query}"),
            format!("/?comp=list&{query}"),
        ] {
            assert_eq!(refused(&world.blob(Method::GET, &target, &[]), 400), code);
        }
    }
    let none = "/none?restype=container&comp=list";
    assert_eq!(
        refused(&world.blob(Method::GET, none, &[]), 404),
        "ContainerNotFound"
    );
}

#[test]
fn containers_are_listed_page_by_page() {
    let mut world = World::new();
    for name in ["aaa", "bbb", "bbc"] {
        world.blob(
            Method::PUT,
            &format!("/{name}?restype=container"),
            &[("x-ms-meta-a", "1")],
        );
    }
    let first = text(&world.blob(Method::GET, "/?comp=list&maxresults=2", &[]));
    assert!(first.contains("<MaxResults>2</MaxResults><Containers><Container><Name>aaa</Name>"));
    assert!(first.contains("<Etag>\"0x8D"));
    assert!(!first.contains("<Metadata"));
    assert_eq!(all(&first, "Name"), ["aaa", "bbb"]);
    let marker = all(&first, "NextMarker")[0].to_owned();
    let target = format!("/?comp=list&include=metadata&marker={marker}");
    let second = text(&world.blob(Method::GET, &target, &[]));
    assert_eq!(all(&second, "Name"), ["bbc", "box"]);
    assert!(second.contains("<Metadata><a>1</a></Metadata>"));
    assert!(second.contains("<Metadata /></Container>"));
    let some = text(&world.blob(Method::GET, "/?comp=list&prefix=bb", &[]));
    assert_eq!(all(&some, "Name"), ["bbb", "bbc"]);
}
