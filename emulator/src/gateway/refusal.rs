//! A no: which gate said it, and why.

use http::StatusCode;
use serde_json::{Value, json};

use super::Caller;
use crate::model::{Request, type_path};
use crate::network::NetworkVerdict;
use crate::rules::{Code, Endpoint, Gate, Mark, RuleId, Unplayed, code};

/// The envelope an error travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{"error":{"code","message"}}`.
    Arm,
    /// The Backup service's envelope with a `UserFacingError` inside.
    UserFacing,
    /// The Backup service's plain envelope with null members, for what it does not know.
    UserFacingPlain,
    /// Storage's XML.
    Blob,
    /// Entra ID's `error`/`error_description`.
    Entra,
    /// Key Vault's, in which a code may stand inside another as `innererror`.
    KeyVault,
}

/// The codes of answers to what the emulator has not: ours, each in the style of its endpoint.
pub(crate) const NOT_IMPLEMENTED: [&str; 3] =
    ["NotImplemented", "NotImplementedByEmulator", "not_implemented"];

/// A no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Who said it.
    pub gate: Gate,
    /// The HTTP status.
    pub status: StatusCode,
    /// The code on the wire.
    pub code: String,
    /// The code it stands inside of, where the envelope has a place for that.
    pub within: Option<String>,
    /// The message on the wire.
    pub message: String,
    /// What to do, where the envelope has a place for it.
    pub action: String,
    /// Why, in our words, for the log and for people; nothing secret.
    pub reason: String,
    /// The rules that decided, each once: the row of the error it is made of, as long as no other is named.
    pub rules: Vec<RuleId>,
    /// How sure we are that Azure answers like this.
    pub mark: Mark,
    /// The envelope.
    pub shape: Shape,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// Who was refused, where that had been established.
    pub caller: String,
    /// What the answer goes into, where ARM's envelope or storage's has it.
    pub details: Vec<Value>,
    /// What ARM's envelope carries besides, where Azure Policy says no.
    pub disallowed: Option<Box<Disallowed>>,
}

/// What Azure Policy does not let be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disallowed {
    /// The name of the resource.
    pub target: String,
    /// Which assignments forbid it, and why.
    pub violations: Vec<Value>,
}

impl Refusal {
    /// A refusal by a service, in ARM's envelope. `fill` replaces `{names}`.
    pub fn of(code: Code, fill: &[(&str, &str)]) -> Self {
        Self::in_shape(Shape::Arm, code, fill)
    }

    /// A refusal by the blob service. `fill` replaces `{names}`.
    pub fn of_blob(code: Code, fill: &[(&str, &str)]) -> Self {
        Self::in_shape(Shape::Blob, code, fill)
    }

    /// A refusal by the Backup service. `fill` replaces `{names}`.
    pub fn user_facing(code: Code, fill: &[(&str, &str)]) -> Self {
        Self::in_shape(Shape::UserFacing, code, fill)
    }

    /// A refusal by Key Vault's data plane. `fill` replaces `{names}`.
    pub fn key_vault(code: Code, fill: &[(&str, &str)]) -> Self {
        Self::in_shape(Shape::KeyVault, code, fill)
    }

    /// A refusal in this envelope, with what the code's row says. `fill` replaces `{names}`.
    pub fn in_shape(shape: Shape, code: Code, fill: &[(&str, &str)]) -> Self {
        let error = code.row();
        let message = filled(&error.message, fill);
        let detail = error.authentication_detail.as_ref();
        Self {
            gate: Gate::Service,
            status: StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST),
            code: error.wire_code().to_owned(),
            within: error.within.clone(),
            action: filled(&error.action, fill),
            reason: message.clone(),
            message,
            rules: vec![error.code.rule()],
            mark: error.mark,
            shape,
            headers: Vec::new(),
            caller: String::new(),
            details: detail
                .map(|detail| json!({"AuthenticationErrorDetail": detail}))
                .into_iter()
                .collect(),
            disallowed: None,
        }
    }

    /// The same refusal with a reason of our own.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same refusal with the rules that decided, each once and in the order they were named.
    #[must_use]
    pub fn by(mut self, rules: impl IntoIterator<Item = RuleId>) -> Self {
        self.name(rules);
        self
    }

    /// The rules that decided, as far as they are more than the error's own row.
    pub(crate) fn stated(&self) -> impl Iterator<Item = RuleId> {
        let rules = self.rules.iter().copied();
        rules.filter(|rule| !rule.is_error())
    }

    /// Names rules that had a say besides those that are named already.
    pub(crate) fn name(&mut self, rules: impl IntoIterator<Item = RuleId>) {
        for rule in rules {
            self.rules.retain(|named| !named.is_error());
            if !self.rules.contains(&rule) {
                self.rules.push(rule);
            }
        }
    }

    /// The same refusal, to this caller.
    #[must_use]
    pub(super) fn to(mut self, caller: &Caller) -> Self {
        self.caller.clone_from(&caller.name);
        self
    }

    /// The same refusal by another gate.
    #[must_use]
    pub fn at(mut self, gate: Gate) -> Self {
        self.gate = gate;
        self
    }

    /// A body that is not the JSON it should be. `at` is line and column.
    pub fn invalid_json(error: &serde_json::Error) -> Self {
        Self::of(code::RequestIsNoJson, &[("error", &error.to_string())])
    }

    pub(super) fn unknown_host(host: &str) -> Self {
        Self::of(code::UnknownHost, &[("host", host)]).at(Gate::Route)
    }

    pub(super) fn unknown_account(host: &str) -> Self {
        let name = host.split('.').next().unwrap_or(host);
        Self::of_blob(code::AccountUnknown, &[("name", name)]).at(Gate::Route)
    }

    pub(super) fn bad_path(endpoint: Endpoint, path: &str) -> Self {
        let fill = [("path", path)];
        match endpoint {
            Endpoint::Blob => Self::of_blob(code::PathOfBlobInvalid, &fill),
            _ => Self::of(code::InvalidRequestUri, &fill),
        }
        .at(Gate::Route)
    }

    /// Something an operation may ask for that is not played: refused by name, and nothing is kept of it. `fill`
    /// replaces `{names}`.
    pub(crate) fn not_played(row: Unplayed, fill: &[(&str, &str)]) -> Self {
        Self::not_played_text(&filled(row.what(), fill))
    }

    /// The same, where what it is follows from a row of another file.
    pub(crate) fn not_played_text(what: &str) -> Self {
        let message = format!("azdrill does not play {what}. Azure may take it.");
        Self {
            headers: vec![("x-azdrill-not-implemented", what.to_owned())],
            ..Self::of(code::NotPlayed, &[("what", &message)])
        }
    }

    /// The same of the blob service.
    pub(crate) fn blob_not_played(request: &Request, row: Unplayed, fill: &[(&str, &str)]) -> Self {
        Self::blob_not_played_text(request, &filled(row.what(), fill))
    }

    /// The same of the blob service, where what it is follows from a row of another file.
    pub(super) fn blob_not_played_text(request: &Request, what: &str) -> Self {
        let message = format!("azdrill does not implement {what} at {}.", request.host);
        Self {
            headers: vec![("x-azdrill-not-implemented", what.to_owned())],
            ..Self::of_blob(code::NotPlayedByBlobs, &[("what", &message)])
        }
    }

    /// The emulator has no such operation. Said plainly, so that nobody takes it for Azure's word.
    pub(super) fn unknown_operation(endpoint: Endpoint, request: &Request) -> Self {
        let asked = format!("{} {}", request.method, request.path);
        let (what, message) = match endpoint {
            Endpoint::Arm => {
                let what = format!("{} {}", request.method, type_path(&request.path));
                let message = format!(
                    "azdrill does not implement `{what}` at {}. It was asked as `{asked}`.",
                    request.host
                );
                (what, message)
            }
            _ => {
                let chosen = if endpoint == Endpoint::Blob {
                    chosen_by(request)
                } else {
                    String::new()
                };
                let what = format!("{asked}{chosen}");
                let message = format!("azdrill does not implement `{what}` at {}.", request.host);
                (what, message)
            }
        };
        let (shape, row) = match endpoint {
            Endpoint::Blob => (Shape::Blob, code::NotPlayedByBlobs),
            Endpoint::Login => (Shape::Entra, code::NotPlayedAtSignIn),
            Endpoint::KeyVault => (Shape::KeyVault, code::NotPlayed),
            // Not 404: clients take that for "there is none", and go on as if it were so.
            Endpoint::Arm | Endpoint::Graph | Endpoint::Imds => (Shape::Arm, code::NotPlayed),
            // Our own: nobody takes it for Azure's, and what is not there is not there.
            Endpoint::Admin => (Shape::Arm, code::NotOurs),
        };
        let mut refusal = Self::in_shape(shape, row, &[("what", &message)]);
        refusal.headers.push(("x-azdrill-not-implemented", what));
        refusal.at(Gate::Route)
    }

    pub(super) fn storage_network(verdict: NetworkVerdict<'_>, rules: Vec<RuleId>) -> Self {
        Self {
            mark: verdict.mark,
            ..Self::of_blob(code::AuthorizationFailure, &[])
                .at(Gate::Network)
                .because(verdict.reason)
                .by(rules)
        }
    }
}

/// The text with its `{names}` filled in, each once: braces in what is filled in are nobody's.
fn filled(text: &str, fill: &[(&str, &str)]) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let named = part.split_once('}');
        let value = named.and_then(|(name, rest)| {
            let own = fill.iter().find(|(own, _)| *own == name);
            own.map(|(_, value)| (*value, rest))
        });
        match value {
            Some((value, rest)) => {
                filled.push_str(value);
                filled.push_str(rest);
            }
            None => {
                filled.push('{');
                filled.push_str(part);
            }
        }
    }
    filled
}

/// What of a query chooses between operations on blobs: the rest may hold a signature.
fn chosen_by(request: &Request) -> String {
    let chosen = ["restype", "comp"]
        .into_iter()
        .filter_map(|key| Some(format!("{key}={}", request.query_value(key)?)));
    let chosen: Vec<String> = chosen.collect();
    if chosen.is_empty() {
        String::new()
    } else {
        format!("?{}", chosen.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let fill = [("name", "{other}"), ("other", "x")];
        assert_eq!(
            filled("a {name} b {other} {unknown} c{", &fill),
            "a {other} b x {unknown} c{"
        );
    }

    /// The blob service and the Backup service's plain envelope name their code in a header; a code of ours is marked as
    /// such, and no other.
    #[test]
    fn headers_tell_a_code_where_azures_do_and_ours_always() {
        let request = Request::new(Method::GET, "management.azure.com", "/x");
        // A fault may refuse by no rule at all.
        let mut by_none = Refusal::of(code::AuthorizationFailed, &[]);
        by_none.rules.clear();
        assert_eq!(by_none.respond(&request).header("x-azdrill-rules"), None);
        for (shape, named) in [
            (Shape::Arm, false),
            (Shape::UserFacing, false),
            (Shape::UserFacingPlain, true),
            (Shape::Blob, true),
            (Shape::Entra, false),
            (Shape::KeyVault, false),
        ] {
            for (code, ours) in [
                (code::AuthorizationFailed, false),
                (code::SyntheticInstanceBusy, true),
            ] {
                let refusal = Refusal::in_shape(shape, code, &[]);
                let answer = refusal.respond(&request);
                let header = answer.header("x-ms-error-code");
                assert_eq!(header, named.then_some(&*refusal.code), "{shape:?}");
                let synthetic = answer.header("x-azdrill-synthetic");
                assert_eq!(synthetic, ours.then_some("true"), "{shape:?}");
                let marks = refusal.marks();
                let marked = marks.iter().any(|(name, _)| *name == "x-azdrill-synthetic");
                assert_eq!(marked, ours, "{shape:?}");
            }
        }
    }

    /// What is not there is told by what was asked, with what of its query chooses and nothing else of it.
    #[test]
    fn what_of_a_query_chooses_is_told_and_nothing_else() {
        for (target, told) in [
            ("/box/b", "GET /box/b"),
            ("/box/b?sig=secret", "GET /box/b"),
            (
                "/box?restype=container&comp=lease&sig=x",
                "GET /box?restype=container&comp=lease",
            ),
        ] {
            let request = Request::new(Method::GET, "acct.blob.core.windows.net", target);
            let answer = Refusal::unknown_operation(Endpoint::Blob, &request).respond(&request);
            assert_eq!(answer.header("x-azdrill-not-implemented"), Some(told), "{target}");
        }
        let request = Request::new(Method::GET, "graph.microsoft.com", "/v1.0/none?comp=x");
        let answer = Refusal::unknown_operation(Endpoint::Graph, &request).respond(&request);
        let told = answer.header("x-azdrill-not-implemented");
        assert_eq!(told, Some("GET /v1.0/none"));
    }

    #[test]
    fn a_rule_is_named_once_however_often_it_had_a_say() {
        let ids = |names: &[&str]| {
            names
                .iter()
                .map(|name| RuleId::named(name).expect("it has a row"))
                .collect::<Vec<_>>()
        };
        let mut refusal = Refusal::of(code::AuthorizationFailed, &[])
            .by(ids(&["SS-B-05", "KV-9"]))
            .by(ids(&["SS-B-05"]));
        refusal.name(ids(&["KV-9", "SS-B-04"]));
        assert_eq!(refusal.rules, ids(&["SS-B-05", "KV-9", "SS-B-04"]));
        let answer = refusal.respond(&Request::new(Method::GET, "management.azure.com", "/x"));
        assert_eq!(answer.header("x-azdrill-rules"), Some("SS-B-05,KV-9,SS-B-04"));
    }
}
