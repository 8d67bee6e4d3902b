//! Conditions of role assignments: what must hold of a request besides its action.

use azdrill_emulator::model::{PrincipalId, Request, Response};
use azdrill_emulator::state::IdentityKind;
use http::Method;
use serde_json::{Value, json};

use crate::world::{ARM, World};

const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const ASSIGNER: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const DATA: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const TYPE: &str = "Microsoft.Authorization/roleAssignments";
const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

impl World {
    fn assigns(
        &mut self,
        who: PrincipalId,
        name: u128,
        role: &str,
        to: PrincipalId,
        more: &Value,
    ) -> Response {
        let mut properties = json!({
            "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
            "principalId": to,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            properties[key] = value.clone();
        }
        let request = self.about(who, Method::PUT, name);
        self.send(request.with_json(&json!({"properties": properties})))
    }

    fn about(&mut self, who: PrincipalId, method: Method, name: u128) -> Request {
        let target = format!(
            "{}/providers/{TYPE}/{}?api-version=2022-04-01",
            self.group(),
            uuid::Uuid::from_u128(name)
        );
        let token = self.token_for(who, "https://management.azure.com");
        Request::new(method, ARM, &target).with_header("authorization", &format!("Bearer {token}"))
    }

    fn token_for(&mut self, who: PrincipalId, audience: &str) -> String {
        let principal = self.azure.state().directory.get(who).expect("in the directory");
        self.azure.tokens().issue(self.now, principal, audience).0
    }

    fn blob(&mut self, who: PrincipalId, method: Method, target: &str) -> u16 {
        let token = self.token_for(who, "https://storage.azure.com");
        let request = Request::new(method, "target.blob.core.windows.net", target)
            .with_header("authorization", &format!("Bearer {token}"))
            .with_header("x-ms-version", "2024-11-04")
            .with_header("x-ms-blob-type", "BlockBlob");
        self.send(request).status.as_u16()
    }
}

fn condition(text: &str) -> Value {
    json!({"condition": text, "conditionVersion": "2.0"})
}

fn code(answer: &Response) -> (u16, String) {
    let code = answer.json_body()["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status.as_u16(), code)
}

/// As the portal writes it for whom assigning one role is left to.
fn only_reader() -> String {
    let part = |action: &str, side: &str| {
        format!(
            "((!(ActionMatches{{'{TYPE}/{action}'}})) OR (@{side}[{TYPE}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{{{READER}}}))"
        )
    };
    format!("{} AND {}", part("write", "Request"), part("delete", "Resource"))
}

#[test]
fn whom_assigning_one_role_is_left_to_assigns_no_other() {
    let mut world = World::new();
    let owner = world.operator.object_id;
    let helper = world.add_principal(0xa000, "helper", IdentityKind::Application);
    let other = world.add_principal(0xb000, "other", IdentityKind::Application);
    let given = world.assigns(owner, 1, ASSIGNER, helper, &condition(&only_reader()));
    assert_eq!(given.status, 201, "{given:?}");
    let properties = given.json_body()["properties"].clone();
    assert_eq!(
        (&properties["condition"], &properties["conditionVersion"]),
        (&json!(only_reader()), &json!("2.0"))
    );
    let none = Value::Null;
    assert_eq!(world.assigns(helper, 2, READER, other, &none).status, 201);
    let denied = (403, "AuthorizationFailed".to_owned());
    assert_eq!(code(&world.assigns(helper, 3, CONTRIBUTOR, other, &none)), denied);
    assert_eq!(code(&world.assigns(helper, 4, ASSIGNER, helper, &none)), denied);
    assert_eq!(world.assigns(owner, 5, CONTRIBUTOR, other, &none).status, 201);
    // Nor takes away what it may not give.
    let request = world.about(helper, Method::DELETE, 5);
    assert_eq!(code(&world.send(request)), denied);
    let request = world.about(helper, Method::DELETE, 2);
    assert_eq!(world.send(request).status, 200);
}

#[test]
fn a_condition_on_blobs_keeps_to_their_container_and_path() {
    let mut world = World::new();
    world.put_account();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let only = format!(
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'box' AND @Resource[{BLOBS}:path] StringLike 'mine/*'"
    );
    let only = format!(
        "((!(ActionMatches{{'{BLOBS}/write'}}) AND !(ActionMatches{{'{BLOBS}/add/action'}})) OR ({only}))"
    );
    let given = world.assigns(owner, 1, DATA, who, &condition(&only));
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(world.blob(who, Method::PUT, "/box/mine/one"), 201);
    assert_eq!(world.blob(who, Method::PUT, "/box/others/one"), 403);
    assert_eq!(world.blob(who, Method::GET, "/box/others/one"), 404);
}

/// What is not played would let through what it forbids.
#[test]
fn a_condition_that_is_not_played_is_refused_by_name() {
    let mut world = World::new();
    let owner = world.operator.object_id;
    let who = world.add_principal(0xa000, "who", IdentityKind::Application);
    let tags = format!("@Resource[{BLOBS}/tags:Project<$key_case_sensitive$>] StringEquals 'x'");
    let plain = format!("@Resource[{BLOBS}:path] StringEquals 'x'");
    for body in [
        condition(&tags),
        condition("true"),
        json!({"condition": plain}),
        json!({"condition": plain, "conditionVersion": "1.0"}),
    ] {
        let answer = world.assigns(owner, 1, DATA, who, &body);
        assert_eq!(
            code(&answer),
            (501, "NotImplementedByEmulator".to_owned()),
            "{body}"
        );
    }
    let request = world.about(owner, Method::GET, 1);
    assert_eq!(world.send(request).status, 404);
}
