//! What anybody may read, as far as the account allows it.

use http::Method;
use serde_json::json;

use super::world::{HOST, World, refused};
use crate::model::{Request, Response};

fn open() -> World {
    let mut world = World::new();
    allow(&mut world, true);
    for (name, access) in [("blobs", "blob"), ("whole", "container")] {
        let target = format!("/{name}?restype=container");
        let answer = world.blob(Method::PUT, &target, &[("x-ms-blob-public-access", access)]);
        assert_eq!(answer.status, 201, "{answer:?}");
        world.put(&format!("/{name}/b"), &[], "x");
    }
    world.put("/box/b", &[], "x");
    world
}

fn allow(world: &mut World, allowed: bool) {
    let sent = json!({"properties": {"allowBlobPublicAccess": allowed}});
    let target = "/providers/Microsoft.Storage/storageAccounts/acct";
    assert_eq!(world.arm(Method::PATCH, target, Some(sent)).status, 200);
}

fn anonymously(world: &mut World, method: Method, target: &str) -> Response {
    world.send(Request::new(method, HOST, target))
}

#[test]
fn anybody_reads_what_is_public_and_nothing_else() {
    let mut world = open();
    for (target, status) in [
        ("/blobs/b", 200),
        ("/whole/b", 200),
        ("/box/b", 401),
        ("/whole?restype=container&comp=list", 200),
        ("/whole?restype=container", 200),
        ("/blobs?restype=container&comp=list", 401),
        ("/blobs?restype=container", 401),
        ("/whole/b?comp=tags", 401),
        ("/whole?restype=container&comp=acl", 401),
        ("/?comp=list", 401),
        ("/whole/none", 404),
    ] {
        assert_eq!(
            anonymously(&mut world, Method::GET, target).status,
            status,
            "{target}"
        );
    }
    for method in [Method::PUT, Method::DELETE] {
        let answer = anonymously(&mut world, method, "/whole/b");
        assert_eq!(refused(&answer, 401), "NoAuthenticationInformation");
    }
    let head = world.blob(Method::HEAD, "/whole?restype=container", &[]);
    assert_eq!(head.header("x-ms-blob-public-access"), Some("container"));
    let arm = "/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/blobs";
    assert_eq!(
        world.arm(Method::GET, arm, None).json_body()["properties"]["publicAccess"],
        "Blob"
    );
}

#[test]
fn the_account_and_its_firewall_have_the_last_word() {
    let mut world = open();
    allow(&mut world, false);
    let answer = anonymously(&mut world, Method::GET, "/blobs/b");
    assert_eq!(refused(&answer, 409), "PublicAccessNotPermitted");
    // What is private asks for a credential as ever.
    let answer = anonymously(&mut world, Method::GET, "/box/b");
    assert_eq!(refused(&answer, 401), "NoAuthenticationInformation");
    allow(&mut world, true);
    assert_eq!(anonymously(&mut world, Method::GET, "/blobs/b").status, 200);
    let closed = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let target = "/providers/Microsoft.Storage/storageAccounts/acct";
    assert_eq!(world.arm(Method::PATCH, target, Some(closed)).status, 200);
    let answer = anonymously(&mut world, Method::GET, "/blobs/b");
    assert_eq!(refused(&answer, 403), "AuthorizationFailure");
}

#[test]
fn access_is_taken_back_and_goes_with_the_container() {
    let mut world = open();
    let acl = "/blobs?restype=container&comp=acl";
    assert_eq!(world.blob(Method::PUT, acl, &[]).status, 200);
    assert_eq!(anonymously(&mut world, Method::GET, "/blobs/b").status, 401);
    let arm = "/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/whole";
    let private = json!({"properties": {"publicAccess": "None"}});
    assert_eq!(world.arm(Method::PATCH, arm, Some(private)).status, 200);
    assert_eq!(anonymously(&mut world, Method::GET, "/whole/b").status, 401);
    let public = json!({"properties": {"publicAccess": "Container"}});
    assert_eq!(world.arm(Method::PATCH, arm, Some(public)).status, 200);
    assert_eq!(anonymously(&mut world, Method::GET, "/whole/b").status, 200);
    world.blob(Method::DELETE, "/whole?restype=container", &[]);
    world.blob(Method::PUT, "/whole?restype=container", &[]);
    world.put("/whole/b", &[], "x");
    assert_eq!(anonymously(&mut world, Method::GET, "/whole/b").status, 401);
}
