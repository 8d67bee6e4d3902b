//! Callers other than the operator: what they are, what they hold, what they ask.

use std::fmt::Display;

use azdrill_emulator::model::{PrincipalId, Request, Response};
use azdrill_emulator::state::{IdentityKind, Principal};
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{ARM, World};

const GRAPH: &str = "graph.microsoft.com";
/// Of the storage account there is.
pub(crate) const BLOBS_HOST: &str = "target.blob.core.windows.net";
pub(crate) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
pub(crate) const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

impl World {
    /// Puts a principal into the directory.
    pub(crate) fn add_principal(&mut self, number: u128, name: &str, identity: IdentityKind) -> PrincipalId {
        let id = PrincipalId(Uuid::from_u128(number));
        let tenant = self.operator.tenant;
        self.azure.state_mut().directory.insert(Principal {
            id,
            app_id: (identity == IdentityKind::Application).then(|| Uuid::from_u128(number + 1)),
            tenant,
            display_name: name.to_owned(),
            identity,
            secret: None,
            certificates: Vec::new(),
        });
        id
    }

    /// A request with somebody's token.
    pub(crate) fn request_as(&self, who: PrincipalId, method: Method, host: &str, target: &str) -> Request {
        let audience = match host {
            ARM => "https://management.azure.com",
            GRAPH => "https://graph.microsoft.com",
            _ => "https://storage.azure.com",
        };
        let principal = self.azure.state().directory.get(who).expect("in the directory");
        let token = self.azure.tokens().issue(self.now, principal, audience).0;
        Request::new(method, host, target).with_header("authorization", &format!("Bearer {token}"))
    }

    /// Calls ARM as somebody, at a version that is usual where the target names none.
    pub(crate) fn arm_as(
        &mut self,
        who: PrincipalId,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Response {
        let target = self.with_version(target);
        let request = self.request_as(who, method, ARM, &target);
        self.send_with(request, body)
    }

    /// Calls Microsoft Graph as somebody.
    pub(crate) fn graph_as(
        &mut self,
        who: PrincipalId,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Response {
        let request = self.request_as(who, method, GRAPH, &format!("/v1.0{target}"));
        self.send_with(request, body)
    }

    /// Calls it as the operator.
    pub(crate) fn graph(&mut self, method: Method, target: &str, body: Option<&Value>) -> Response {
        let who = self.operator.object_id;
        self.graph_as(who, method, target, body)
    }

    /// Gives somebody a role, by its id, at a scope.
    pub(crate) fn give(&mut self, scope: &str, role: &str, to: impl Serialize) -> Response {
        let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{scope}{role}").as_bytes());
        let body = assignment(role, &json!({"principalId": to}));
        let answer = self.put(&assignment_at(scope, name), &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }
}

/// Where an assignment stands.
pub(crate) fn assignment_at(scope: &str, name: impl Display) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

/// The body of one with these properties.
pub(crate) fn assignment(role: &str, properties: &Value) -> Value {
    let mut properties = properties.clone();
    properties["roleDefinitionId"] = json!(format!(
        "/providers/Microsoft.Authorization/roleDefinitions/{role}"
    ));
    json!({"properties": properties})
}

/// The status and the code of an answer that refuses.
pub(crate) fn refusal(answer: &Response) -> (u16, String) {
    let code = answer.json_body()["error"]["code"].clone();
    let code = code.as_str().unwrap_or_default();
    (answer.status.as_u16(), code.to_owned())
}
