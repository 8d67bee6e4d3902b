//! What a client of the blob service signs, and how: the texts as the pages about authorizing requests have them, and
//! nothing of the emulator's own reading of them.

use azdrill_emulator::model::{Request, Timestamp, wire_http_date};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::form_urlencoded::Serializer;

/// The version that signatures are made for, and requests.
pub(super) const VERSION: &str = "2022-11-02";

/// A user delegation key: what it says about itself, and itself.
#[derive(Clone, Debug, Default)]
pub(super) struct DelegationKey {
    /// `skoid`, `sktid`, `skt`, `ske`, `sks`, `skv`.
    pub(super) says: [String; 6],
    /// The key, base64.
    pub(super) value: String,
}

impl DelegationKey {
    /// Reads the service's answer. `None` if something is missing in it.
    pub(super) fn read(answer: &str) -> Option<Self> {
        let element = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<{name}>"))?;
            Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
        };
        Some(Self {
            says: [
                element("SignedOid")?,
                element("SignedTid")?,
                element("SignedStart")?,
                element("SignedExpiry")?,
                element("SignedService")?,
                element("SignedVersion")?,
            ],
            value: element("Value")?,
        })
    }
}

/// What a signature says, whatever its kind. What is empty it does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Says {
    /// `sp`.
    pub(super) letters: &'static str,
    /// `st`.
    pub(super) start: String,
    /// `se`.
    pub(super) expiry: String,
    /// `sip`.
    pub(super) addresses: &'static str,
    /// `spr`.
    pub(super) protocols: &'static str,
}

impl Says {
    /// A service signature for a resource, `/blob/account/container[/blob]` of the kind `c` or `b`. `policy` is the
    /// stored access policy it names.
    pub(super) fn service(&self, key: &str, kind: &str, resource: &str, policy: &str) -> String {
        let text = [
            self.letters,
            &self.start,
            &self.expiry,
            resource,
            policy,
            self.addresses,
            self.protocols,
            VERSION,
            kind,
        ]
        .join("\n")
            // Snapshot, encryption scope, and five headers of the answer.
            + &"\n".repeat(7);
        self.query(&[("sr", kind), ("si", policy)], &signature(key, &text))
    }

    /// A signature made with a user delegation key.
    pub(super) fn delegated(&self, key: &DelegationKey, kind: &str, resource: &str) -> String {
        let [object, tenant, start, expiry, service, version] = &key.says;
        let text = [
            self.letters,
            &self.start,
            &self.expiry,
            resource,
            object,
            tenant,
            start,
            expiry,
            service,
            version,
            // Authorized and unauthorized agents, a correlation id.
            "",
            "",
            "",
            self.addresses,
            self.protocols,
            VERSION,
            kind,
        ]
        .join("\n")
            + &"\n".repeat(7);
        let pairs = [
            ("sr", kind),
            ("skoid", object),
            ("sktid", tenant),
            ("skt", start),
            ("ske", expiry),
            ("sks", service),
            ("skv", version),
        ];
        self.query(&pairs, &signature(&key.value, &text))
    }

    /// An account signature for services and kinds of resources.
    pub(super) fn account(&self, key: &str, account: &str, services: &str, types: &str) -> String {
        let text = [
            account,
            self.letters,
            services,
            types,
            &self.start,
            &self.expiry,
            self.addresses,
            self.protocols,
            VERSION,
            // Encryption scope, and the end of the last line.
            "",
            "",
        ]
        .join("\n");
        self.query(&[("ss", services), ("srt", types)], &signature(key, &text))
    }

    fn query(&self, own: &[(&str, &str)], signature: &str) -> String {
        let said = [
            ("sv", VERSION),
            ("sp", self.letters),
            ("st", &self.start),
            ("se", &self.expiry),
            ("sip", self.addresses),
            ("spr", self.protocols),
            ("sig", signature),
        ];
        let mut query = Serializer::new(String::new());
        for (name, value) in said.iter().chain(own).filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }
}

/// A request without a body, signed with an account's key and dated.
pub(super) fn with_key(request: Request, account: &str, key: &str, date: Timestamp) -> Request {
    let request = request.with_header("x-ms-date", &wire_http_date(date));
    // Twelve lines: the method, and eleven headers that such a request has not.
    let mut text = format!("{}{}", request.method, "\n".repeat(12));
    let headers = request.headers.iter();
    let mut own: Vec<String> = headers
        .filter(|(name, _)| name.as_str().starts_with("x-ms-"))
        .map(|(name, value)| format!("{name}:{}\n", value.to_str().unwrap_or_default()))
        .collect();
    own.sort();
    text += &own.concat();
    text += &format!("/{account}{}", request.path);
    let mut query: Vec<String> = request
        .query
        .pairs()
        .map(|(name, value)| format!("\n{name}:{value}"))
        .collect();
    query.sort();
    text += &query.concat();
    let shown = format!("SharedKey {account}:{}", signature(key, &text));
    request.with_header("authorization", &shown)
}

fn signature(key: &str, text: &str) -> String {
    let key = STANDARD.decode(key).unwrap_or_default();
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(&key).map(|mac| mac.chain_update(text.as_bytes()));
    mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes()))
        .unwrap_or_default()
}
