//! A small world: an operator with everything, one account, one container.

use http::Method;
use jiff::SignedDuration;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::azure::{Azure, KeptWorld};
use crate::machine::Core;
use crate::model::{Body, Extent, NetworkPath, Request, ResourceId, Response, StoredBody, Timestamp};
use crate::rules::{Assumptions, Profile, Rules};
use crate::services::Settings;
use crate::world::{Operator, assign, found};

pub(super) const HOST: &str = "acct.blob.core.windows.net";
const ARM: &str = "management.azure.com";

pub(super) struct World {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) operator: Operator,
    arm_token: String,
    blob_token: String,
    next_offset: u64,
    /// Every extent that ever came in.
    pub(super) came_in: Vec<Extent>,
    /// Every extent that was released.
    pub(super) released: Vec<Extent>,
    /// A world to come back to.
    pub(super) kept: Option<KeptWorld>,
}

impl World {
    /// With a resource group `rg` and nothing in it.
    pub(super) fn empty() -> Self {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let mut azure = Azure::new(rules, Settings::default(), 1);
        let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
        let operator = found(&mut azure, now);
        let scope = ResourceId::from_segments(["subscriptions", &operator.subscription]);
        azure.with_context(now, |context| {
            let role = "Storage Blob Data Contributor";
            assign(context, operator.object_id, role, &scope, SignedDuration::ZERO);
        });
        let principal = azure
            .state()
            .directory
            .get(operator.object_id)
            .expect("found")
            .clone();
        let token = |audience| azure.tokens().issue(now, &principal, audience).0;
        let (arm_token, blob_token) = (
            token("https://management.azure.com/"),
            token("https://storage.azure.com/"),
        );
        let mut world = Self {
            azure,
            now,
            operator,
            arm_token,
            blob_token,
            next_offset: 0,
            came_in: Vec::new(),
            released: Vec::new(),
            kept: None,
        };
        let group = world.arm(Method::PUT, "", Some(json!({"location": "westeurope"})));
        assert_eq!(group.status, 201);
        world
    }

    /// With an account `acct` and a container `c`.
    pub(super) fn new() -> Self {
        let mut world = Self::empty();
        let answer = world.arm(
            Method::PUT,
            "/providers/Microsoft.Storage/storageAccounts/acct",
            Some(json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})),
        );
        assert_eq!(answer.status, 202, "{answer:?}");
        world.azure.tick(world.now);
        let answer = world.blob(Method::PUT, "/box?restype=container", &[]);
        assert_eq!(answer.status, 201, "{answer:?}");
        world
    }

    /// New tokens: the old ones have not lived as long as the clock was turned on.
    pub(super) fn renew_tokens(&mut self) {
        self.arm_token = self.token("https://management.azure.com/");
        self.blob_token = self.token("https://storage.azure.com/");
    }

    /// The operator's token for an audience.
    pub(super) fn token(&self, audience: &str) -> String {
        let directory = &self.azure.state().directory;
        let principal = directory.get(self.operator.object_id).expect("found");
        self.azure.tokens().issue(self.now, principal, audience).0
    }

    /// Gives the operator one more role, in the whole subscription.
    pub(super) fn give(&mut self, role: &str) {
        let scope = ResourceId::from_segments(["subscriptions", &self.operator.subscription]);
        let (who, now) = (self.operator.object_id, self.now);
        self.azure.with_context(now, |context| {
            assign(context, who, role, &scope, SignedDuration::ZERO);
        });
    }

    /// Makes another account.
    pub(super) fn add_account(&mut self, name: &str, body: Value) {
        let target = format!("/providers/Microsoft.Storage/storageAccounts/{name}");
        let answer = self.arm(Method::PUT, &target, Some(body));
        assert!(answer.status.is_success(), "{answer:?}");
        self.azure.tick(self.now);
    }

    pub(super) fn group(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/rg", self.operator.subscription)
    }

    pub(super) fn account(&self) -> ResourceId {
        format!(
            "{}/providers/Microsoft.Storage/storageAccounts/acct",
            self.group()
        )
        .parse()
        .expect("an id")
    }

    /// Calls as the request says, with no credential added.
    pub(super) fn send(&mut self, request: Request) -> Response {
        if let Body::Stored(body) = &request.body {
            self.came_in.extend_from_slice(&body.extents);
        }
        let answer = self.azure.call(self.now, &NetworkPath::internet(), request);
        self.released.extend(self.azure.take_released());
        answer
    }

    /// Keeps the world as it is, in the place of what was kept before.
    pub(super) fn keep(&mut self) {
        let kept = self.azure.keep().expect("nothing is under way");
        self.forget();
        self.kept = Some(kept);
    }

    /// Comes back to the world that was kept, if one was.
    pub(super) fn bring_back(&mut self) {
        if let Some(kept) = &self.kept {
            self.azure.come_back_to(kept).expect("nothing is under way");
            self.released.extend(self.azure.take_released());
        }
    }

    /// Lets go of the world that was kept.
    pub(super) fn forget(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.azure.forget(kept);
            self.released.extend(self.azure.take_released());
        }
    }

    /// Calls ARM; `target` is below the resource group.
    pub(super) fn arm(&mut self, method: Method, target: &str, body: Option<Value>) -> Response {
        let separator = if target.contains('?') { '&' } else { '?' };
        let target = format!("{}{target}{separator}api-version=2025-08-01", self.group());
        self.arm_at(method, &target, body)
    }

    /// Calls ARM at a whole path.
    pub(super) fn arm_at(&mut self, method: Method, target: &str, body: Option<Value>) -> Response {
        let bearer = format!("Bearer {}", self.arm_token);
        let request = Request::new(method, ARM, target).with_header("authorization", &bearer);
        self.send(match body {
            Some(body) => request.with_json(&body),
            None => request,
        })
    }

    pub(super) fn request(&self, method: Method, target: &str, headers: &[(&'static str, &str)]) -> Request {
        let bearer = format!("Bearer {}", self.blob_token);
        let mut request = Request::new(method, HOST, target)
            .with_header("authorization", &bearer)
            .with_header("x-ms-version", "2026-10-06");
        for (name, value) in headers {
            request = request.with_header(name, value);
        }
        request
    }

    /// Calls the blob service.
    pub(super) fn blob(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
    ) -> Response {
        let request = self.request(method, target, headers);
        self.send(request)
    }

    /// Calls the blob service with a body in memory.
    pub(super) fn blob_with(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Response {
        let mut request = self.request(method, target, headers);
        request.body = Body::Bytes(bytes::Bytes::from(body.to_owned()));
        self.send(request)
    }

    /// A body at rest: new bytes nobody else has, with the MD5 of `text`.
    pub(super) fn stored(&mut self, text: &str) -> Body {
        let length = text.len() as u64;
        if length == 0 {
            return Body::Empty;
        }
        let extent = Extent {
            segment: 7,
            offset: self.next_offset,
            length,
        };
        self.next_offset += length;
        Body::Stored(StoredBody {
            extents: vec![extent],
            length,
            md5: Some(Md5::digest(text).into()),
        })
    }

    /// Calls the blob service with a body at rest.
    pub(super) fn store(&mut self, target: &str, headers: &[(&'static str, &str)], text: &str) -> Response {
        let mut request = self.request(Method::PUT, target, headers);
        request.body = self.stored(text);
        self.send(request)
    }

    /// Put Blob of a block blob.
    pub(super) fn put(&mut self, target: &str, headers: &[(&'static str, &str)], text: &str) -> Response {
        let mut all = vec![("x-ms-blob-type", "BlockBlob")];
        all.extend_from_slice(headers);
        self.store(target, &all, text)
    }

    /// Put Block, with an id made of the text.
    pub(super) fn block(&mut self, target: &str, id: &str, text: &str) -> Response {
        let id = encode(id).replace('=', "%3D").replace('+', "%2B");
        self.store(&format!("{target}?comp=block&blockid={id}"), &[], text)
    }

    /// Put Block List.
    pub(super) fn commit(
        &mut self,
        target: &str,
        headers: &[(&'static str, &str)],
        list: &[(&str, &str)],
    ) -> Response {
        let body = block_list(list);
        self.blob_with(Method::PUT, &format!("{target}?comp=blocklist"), headers, &body)
    }
}

pub(super) fn encode(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

pub(super) fn block_list(list: &[(&str, &str)]) -> String {
    let items: String = list
        .iter()
        .map(|(tag, id)| format!("<{tag}>{}</{tag}>", encode(id)))
        .collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{items}</BlockList>")
}

/// The error code of an answer that must be a refusal with this status.
#[track_caller]
pub(super) fn refused(answer: &Response, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    answer
        .header("x-ms-error-code")
        .map(str::to_owned)
        .unwrap_or_else(|| {
            answer.json_body()["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
}

/// The texts of the elements of that name.
pub(super) fn elements(answer: &Response, name: &str) -> Vec<String> {
    let text = text(answer);
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&begin)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(&end)?.0.to_owned()))
        .collect()
}

/// The body as text.
pub(super) fn text(answer: &Response) -> String {
    String::from_utf8(answer.body.bytes().to_vec()).expect("UTF-8")
}
