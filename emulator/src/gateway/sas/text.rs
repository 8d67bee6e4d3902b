//! The texts that signatures sign, and signatures of our own.

use crate::gateway::shared_key;
use crate::model::{self, Timestamp};
use crate::rules::SignatureFacts;

/// What is signed, by name.
#[derive(Clone, Copy)]
pub(super) enum Query<'a> {
    /// As a request has it.
    Sent(&'a model::Query),
    /// As a signature of our own is to say it.
    Said(&'a [(&'a str, &'a str)]),
}

impl<'a> Query<'a> {
    /// What is not there is empty. Letter case makes no difference.
    pub(super) fn get(self, name: &str) -> &'a str {
        let found = match self {
            Self::Sent(query) => query.value(name),
            Self::Said(pairs) => pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| *value),
        };
        found.unwrap_or_default()
    }
}

/// What a signature is for. All values are secrets or signed; none is logged.
pub(super) struct Signature<'a> {
    pub(super) query: Query<'a>,
    pub(super) facts: &'a SignatureFacts,
}

impl<'a> Signature<'a> {
    fn lines<const N: usize>(&self, names: [&str; N]) -> [&'a str; N] {
        names.map(|name| self.query.get(name))
    }

    /// The time that names a snapshot or a version, which only a signature for one of those signs.
    fn timestamp(&self) -> &'a str {
        match self.query.get("sr") {
            "bs" => self.query.get("snapshot"),
            "bv" => self.query.get("versionid"),
            _ => "",
        }
    }

    /// The string to sign of a service SAS. `resource` is `/blob/account/container[/blob]`.
    pub(super) fn service_text(&self, resource: &str) -> String {
        let version = self.query.get("sv");
        let mut lines: Vec<&str> = self.lines(["sp", "st", "se"]).to_vec();
        lines.push(resource);
        lines.extend(self.lines(["si", "sip", "spr", "sv"]));
        if version >= self.facts.resource_signed_from.as_str() {
            lines.extend(self.lines(["sr"]));
            lines.push(self.timestamp());
        }
        if version >= self.facts.encryption_scope_from.as_str() {
            lines.extend(self.lines(["ses"]));
        }
        lines.extend(self.lines(["rscc", "rscd", "rsce", "rscl", "rsct"]));
        lines.join("\n")
    }

    /// The string to sign of a user delegation SAS. `demands` are the two texts of what a request
    /// must carry.
    pub(super) fn delegated_text(&self, resource: &str, demands: &[String; 2]) -> String {
        let version = self.query.get("sv");
        let since = |first: &str| version >= first;
        let mut lines: Vec<&str> = self.lines(["sp", "st", "se"]).to_vec();
        lines.push(resource);
        lines.extend(self.lines(["skoid", "sktid", "skt", "ske", "sks", "skv"]));
        if since(&self.facts.agents_from) {
            lines.extend(self.lines(["saoid", "suoid", "scid"]));
        }
        if since(&self.facts.delegated_user_from) {
            lines.extend(self.lines(["skdutid", "sduoid"]));
        }
        lines.extend(self.lines(["sip", "spr", "sv", "sr"]));
        lines.push(self.timestamp());
        if since(&self.facts.encryption_scope_from) {
            lines.extend(self.lines(["ses"]));
        }
        if since(&self.facts.demands_from) {
            lines.extend(demands.iter().map(String::as_str));
        }
        lines.extend(self.lines(["rscc", "rscd", "rsce", "rscl", "rsct"]));
        lines.join("\n")
    }

    /// The string to sign of an account SAS.
    pub(super) fn account_text(&self, account: &str) -> String {
        let mut lines = vec![account];
        lines.extend(self.lines(["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]));
        if self.query.get("sv") >= self.facts.encryption_scope_from.as_str() {
            lines.extend(self.lines(["ses"]));
        }
        lines.join("\n") + "\n"
    }
}

/// A container-level service signature with these permissions, as a query string without `?`.
/// `None` if the key is not base64.
pub(crate) fn container_signature(
    facts: &SignatureFacts,
    key: &str,
    account: &str,
    container: &str,
    permissions: &str,
    expires: Timestamp,
) -> Option<String> {
    let expires = crate::model::wire_seconds(expires);
    let parameters = [
        ("sv", facts.version_of_services.as_str()),
        ("sr", "c"),
        ("spr", "https"),
        ("se", &expires),
        ("sp", permissions),
    ];
    service_signature(facts, key, &format!("/blob/{account}/{container}"), &parameters)
}

/// A service signature for a resource (`/blob/account/container[/blob]`) that says these things, as
/// a query string without `?`. `None` if the key is not base64.
pub(crate) fn service_signature(
    facts: &SignatureFacts,
    key: &str,
    resource: &str,
    parameters: &[(&str, &str)],
) -> Option<String> {
    let query = Query::Said(parameters);
    let text = Signature { query, facts }.service_text(resource);
    signed(key, &text, parameters)
}

/// An account signature that says these things, as a query string without `?`. `None` if the key is
/// not base64.
pub(crate) fn account_signature(
    facts: &SignatureFacts,
    key: &str,
    account: &str,
    parameters: &[(&str, &str)],
) -> Option<String> {
    let query = Query::Said(parameters);
    let text = Signature { query, facts }.account_text(account);
    signed(key, &text, parameters)
}

/// Signs a text, and puts the query string together.
fn signed(key: &str, text: &str, parameters: &[(&str, &str)]) -> Option<String> {
    let signature = shared_key::sign(key, text)?;
    let pairs = parameters
        .iter()
        .copied()
        .chain([("sig", signature.as_str())])
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        });
    Some(pairs.collect::<Vec<_>>().join("&"))
}
