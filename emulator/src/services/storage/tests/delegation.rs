//! User delegation keys, and what is signed with them.

use http::Method;
use jiff::SignedDuration;

use super::world::{HOST, World, elements, refused};
use crate::gateway::sign;
use crate::model::{Request, Response, wire_seconds};

const TARGET: &str = "/?restype=service&comp=userdelegationkey";

fn key_info(world: &World, hours: i64) -> String {
    let expiry = wire_seconds(world.now + SignedDuration::from_hours(hours));
    format!("<?xml version=\"1.0\"?><KeyInfo><Start></Start><Expiry>{expiry}</Expiry></KeyInfo>")
}

/// What a key says, and itself.
fn get_key(world: &mut World) -> Vec<String> {
    key_for(world, 24)
}

/// The same of one that is for so many hours.
fn key_for(world: &mut World, hours: i64) -> Vec<String> {
    let body = key_info(world, hours);
    let answer = world.blob_with(Method::POST, TARGET, &[], &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    [
        "SignedOid",
        "SignedTid",
        "SignedStart",
        "SignedExpiry",
        "SignedService",
        "SignedVersion",
        "Value",
    ]
    .into_iter()
    .flat_map(|name| elements(&answer, name))
    .collect()
}

/// A signature for the container `box`.
fn sas(world: &World, key: &[String], permissions: &str) -> String {
    sas_of(world, key, permissions, ("2026-10-06", 5, 3))
}

/// The same of a version, whose text has so many lines for agents and a certain user, and so many for encryption scope and
/// demands.
fn sas_of(
    world: &World,
    key: &[String],
    permissions: &str,
    (signed, users, demands): (&str, usize, usize),
) -> String {
    let expires = wire_seconds(world.now + SignedDuration::from_hours(1));
    let [oid, tid, start, expiry, service, version, value] = key else {
        panic!("{key:?}")
    };
    let text = format!(
        "{permissions}\n\n{expires}\n/blob/acct/box\n{oid}\n{tid}\n{start}\n{expiry}\n{service}\n{version}\n{}\n\n{signed}\nc\n\n{}\n\n\n\n",
        "\n".repeat(users),
        "\n".repeat(demands),
    );
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let signature = encoded(&sign(value, &text).expect("signed"));
    format!(
        "sv={signed}&sr=c&sp={permissions}&se={}&skoid={oid}&sktid={tid}&skt={}&ske={}&sks={service}&skv={version}&sig={signature}",
        encoded(&expires),
        encoded(start),
        encoded(expiry),
    )
}

fn with(world: &mut World, method: Method, target: &str, sas: &str) -> Response {
    let separator = if target.contains('?') { '&' } else { '?' };
    let mut request = Request::new(method.clone(), HOST, &format!("{target}{separator}{sas}"))
        .with_header("x-ms-version", "2026-10-06");
    if method == Method::PUT {
        request = request.with_header("x-ms-blob-type", "BlockBlob");
        request.body = world.stored("x");
    }
    world.send(request)
}

#[test]
fn a_signature_of_a_principal_reaches_what_it_says() {
    let mut world = World::new();
    let key = get_key(&mut world);
    let all = sas(&world, &key, "rcwdl");
    assert_eq!(with(&mut world, Method::PUT, "/box/b", &all).status, 201);
    assert_eq!(with(&mut world, Method::GET, "/box/b", &all).status, 200);
    let list = "/box?restype=container&comp=list";
    assert_eq!(with(&mut world, Method::GET, list, &all).status, 200);
    let read = sas(&world, &key, "r");
    let answer = with(&mut world, Method::DELETE, "/box/b", &read);
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    let tampered = read.replace("sp=r", "sp=rd");
    let answer = with(&mut world, Method::DELETE, "/box/b", &tampered);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    // It needs no account key, nor that there be any.
    let off = serde_json::json!({"properties": {"allowSharedKeyAccess": false}});
    let target = "/providers/Microsoft.Storage/storageAccounts/acct";
    assert_eq!(world.arm(Method::PATCH, target, Some(off)).status, 200);
    assert_eq!(with(&mut world, Method::GET, "/box/b", &read).status, 200);
}

/// The lines of the text to sign came one version after the other: agents and a correlation id, the encryption scope, a
/// certain user, what a request must carry.
#[test]
fn each_version_signs_the_lines_there_were() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let key = get_key(&mut world);
    for of in [
        ("2019-12-12", 0, 0),
        ("2020-02-10", 3, 0),
        ("2020-10-02", 3, 0),
        ("2020-12-06", 3, 1),
        ("2025-05-05", 3, 1),
        ("2025-07-05", 5, 1),
        ("2026-04-06", 5, 3),
    ] {
        let read = sas_of(&world, &key, "r", of);
        assert_eq!(
            with(&mut world, Method::GET, "/box/b", &read).status,
            200,
            "{of:?}"
        );
        let one_line_more = sas_of(&world, &key, "r", (of.0, of.1, of.2 + 1));
        let answer = with(&mut world, Method::GET, "/box/b", &one_line_more);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed", "{of:?}");
    }
}

#[test]
fn it_can_do_no_more_than_its_principal_at_that_time() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let key = get_key(&mut world);
    let all = sas(&world, &key, "rt");
    // The letter is there, the role is not.
    let answer = with(&mut world, Method::GET, "/box/b?comp=tags", &all);
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
    assert_eq!(with(&mut world, Method::GET, "/box/b", &all).status, 200);
    let (who, scope) = (world.operator.object_id, world.operator.subscription.clone());
    let scope: crate::model::ResourceId = format!("/subscriptions/{scope}").parse().expect("an id");
    let names: Vec<String> = world
        .azure
        .state()
        .access
        .assignments()
        .filter(|assignment| assignment.principal == who)
        .map(|assignment| assignment.name.clone())
        .collect();
    let now = world.now;
    for name in names {
        world.azure.state_mut().access.remove(&scope, &name, now);
    }
    let answer = with(&mut world, Method::GET, "/box/b", &all);
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
}

#[test]
fn keys_run_out_and_can_be_revoked() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let key = get_key(&mut world);
    let read = sas(&world, &key, "r");
    let target = "/providers/Microsoft.Storage/storageAccounts/acct/revokeUserDelegationKeys";
    assert_eq!(world.arm(Method::POST, target, None).status, 200);
    let answer = with(&mut world, Method::GET, "/box/b", &read);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    let again = get_key(&mut world);
    assert_ne!(again[6], key[6]);
    let read = sas(&world, &again, "r");
    assert_eq!(with(&mut world, Method::GET, "/box/b", &read).status, 200);
    world.now += SignedDuration::from_hours(24);
    let late = sas(&world, &again, "r");
    let answer = with(&mut world, Method::GET, "/box/b", &late);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
}

#[test]
fn a_key_is_for_a_week_at_most_and_for_a_principal() {
    let mut world = World::new();
    for hours in [0, 7 * 24 + 1] {
        let body = key_info(&world, hours);
        let answer = world.blob_with(Method::POST, TARGET, &[], &body);
        assert_eq!(refused(&answer, 400), "InvalidXmlNodeValue");
    }
    let week = key_for(&mut world, 7 * 24);
    world.put("/box/b", &[], "x");
    let read = sas(&world, &week, "r");
    assert_eq!(with(&mut world, Method::GET, "/box/b", &read).status, 200);
    let answer = world.blob_with(Method::POST, TARGET, &[], "<KeyInfo/>");
    assert_eq!(refused(&answer, 400), "InvalidXmlNodeValue");
    let answer = world.blob_with(Method::POST, TARGET, &[], "no XML");
    assert_eq!(refused(&answer, 400), "InvalidXmlDocument");
    let sas = super::gates::account_sas(&world, "b", "sco", "rwdlacup");
    let answer = with(&mut world, Method::POST, TARGET, &sas);
    assert_eq!(refused(&answer, 403), "AuthorizationPermissionMismatch");
}

#[test]
fn nobody_signs_with_an_empty_key_or_for_another() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let mut key = get_key(&mut world);
    let good = sas(&world, &key, "r");
    // An empty key would be everybody's.
    let no_signature = good.split("&sig=").next().unwrap_or_default().to_owned() + "&sig=";
    let answer = with(&mut world, Method::GET, "/box/b", &no_signature);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    let other = good.replace(&key[0], "00000000-0000-0000-0000-000000000001");
    let answer = with(&mut world, Method::GET, "/box/b", &other);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
    // What was signed for an account's key is nothing for this one.
    key[6] = super::gates::key(&world);
    let by_account = sas(&world, &key, "r");
    let answer = with(&mut world, Method::GET, "/box/b", &by_account);
    assert_eq!(refused(&answer, 403), "AuthenticationFailed");
}

#[test]
fn signatures_that_name_another_user_are_refused_by_that_name() {
    let mut world = World::new();
    world.put("/box/b", &[], "x");
    let key = get_key(&mut world);
    let read = sas(&world, &key, "r");
    for name in ["saoid", "suoid", "skdutid", "sduoid"] {
        let named = format!("{read}&{name}=00000000-0000-0000-0000-000000000001");
        let answer = with(&mut world, Method::GET, "/box/b", &named);
        assert_eq!(refused(&answer, 403), "AuthenticationFailed");
        let last = world.azure.log().since(0).last().expect("an exchange");
        let reason = &last.refused.as_ref().expect("refused").reason;
        assert!(
            reason.contains(&format!("name another user ({name})")),
            "{reason}"
        );
    }
}
