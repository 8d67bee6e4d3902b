//! One call of a command, and what else the emulator told, as a record holds them.

use std::collections::BTreeMap;

use azdrill_emulator::log::{CallOrigin, Exchange, Note, RefusedBecause};
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{Gate, OriginKind};
use serde::Serialize;
use serde_json::Value;
#[cfg(test)]
use utoipa::ToSchema;

/// Where `az` looks for newer versions of itself, whatever it was asked to do.
const HOUSEKEEPING: &str = "azcliprod.blob.core.windows.net";

/// One call.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub struct Call {
    /// Its number.
    pub number: u64,
    /// When, on the world's clock.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// When, in real seconds from the beginning of the run.
    pub seconds: f64,
    /// Who asked.
    pub caller: String,
    /// Whether one of the fake services asked.
    pub by_service: bool,
    /// The method.
    pub method: String,
    /// The host.
    pub host: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without what signs it.
    pub query: String,
    /// The API version asked for; empty if there is none.
    pub api_version: String,
    /// The operation; empty if there is none.
    pub operation: String,
    /// The status answered.
    pub status: u16,
    /// Who said no and why, if somebody did.
    pub refused: Option<Refused>,
    /// What was asked for, if azdrill does not have it: the method with the type of a resource and an
    /// action, or with the path.
    pub not_implemented: Option<String>,
    /// Whether a fault struck it that was put in place.
    pub faulted: bool,
    /// Why the long-running operation this asked about has failed, if it has.
    pub failed: Option<Failed>,
    /// Headers of the request that change what is answered, if bodies are kept.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub request_headers: BTreeMap<String, String>,
    /// What was sent, without its secrets, if bodies are kept; of what is no JSON its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    pub request_body: Option<Value>,
    /// Headers of the answer that clients go by, if bodies are kept.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub response_headers: BTreeMap<String, String>,
    /// What was answered, without its secrets, if bodies are kept; of what is no JSON its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    pub response_body: Option<Value>,
}

/// Why a long-running operation has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub struct Failed {
    /// The gate.
    pub gate: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// How sure we are.
    pub mark: String,
}

/// A no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub struct Refused {
    /// The gate.
    pub gate: String,
    /// The code on the wire.
    pub code: String,
    /// Why, for a person.
    pub reason: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// How sure we are.
    pub mark: String,
}

/// A call that was refused, with the no.
#[derive(Clone, Copy, Debug)]
pub struct RefusedCall<'a> {
    /// The call.
    pub call: &'a Call,
    /// The no.
    pub refused: &'a Refused,
}

/// Something the emulator told that is no call.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub struct Told {
    /// When, on the world's clock.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// When, in real seconds from the beginning of the run.
    pub seconds: f64,
    /// What it is about: a stage (`validate_restore`), a job.
    pub about: String,
    /// What.
    pub text: String,
    /// Who said no and why, if it is about a no.
    pub refused: Option<Refused>,
}

impl Told {
    pub(super) fn of(note: &Note, seconds: f64) -> Self {
        Self {
            at: note.at,
            seconds,
            about: note.about.clone(),
            text: note.text.clone(),
            refused: note.refused.as_ref().map(Refused::of),
        }
    }
}

impl Call {
    pub(crate) fn of(exchange: &Exchange, seconds: f64) -> Self {
        let bodies = exchange.bodies.as_deref();
        let headers = |kept: &[(&str, String)]| {
            kept.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect()
        };
        Self {
            number: exchange.number,
            at: exchange.at,
            seconds,
            caller: exchange.caller.clone(),
            by_service: exchange.asked != CallOrigin::ByClient || exchange.from == OriginKind::Service,
            method: exchange.method.to_string(),
            host: exchange.host.clone(),
            path: exchange.path.clone(),
            operation: exchange.operation.to_string(),
            status: exchange.status,
            refused: exchange.refused.as_ref().map(Refused::of),
            not_implemented: exchange.not_implemented(),
            faulted: exchange.faulted,
            query: exchange.query.clone(),
            api_version: exchange.api_version().to_owned(),
            failed: exchange.failed.as_ref().map(|failed| Failed {
                gate: failed.gate.clone(),
                rules: failed.rules.clone(),
                mark: failed.mark.clone(),
            }),
            request_headers: bodies.map_or_else(BTreeMap::new, |bodies| headers(&bodies.asked_headers)),
            request_body: bodies.and_then(|bodies| bodies.asked.clone()),
            response_headers: bodies.map_or_else(BTreeMap::new, |bodies| headers(&bodies.answered_headers)),
            response_body: bodies.and_then(|bodies| bodies.answered.clone()),
        }
    }

    /// Whether another call differs in nothing but time.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        (&self.caller, &self.method, &self.host, &self.path, self.status)
            == (
                &other.caller,
                &other.method,
                &other.host,
                &other.path,
                other.status,
            )
            && self.refused == other.refused
            && self.faulted == other.faulted
    }

    /// Whether something that was to go wrong has struck it: a fault, or a limit that Resource Manager refuses beyond.
    pub(crate) fn is_struck(&self) -> bool {
        let by = [Gate::Fault.as_str(), Gate::Throttling.as_str()];
        let refused = self.refused.as_ref();
        self.faulted || refused.is_some_and(|refused| by.contains(&refused.gate.as_str()))
    }

    /// Whether it has nothing to do with what the command was for.
    pub(crate) fn is_housekeeping(&self) -> bool {
        self.host == HOUSEKEEPING
    }
}

impl Refused {
    pub(super) fn of(because: &RefusedBecause) -> Self {
        Self {
            gate: because.gate.as_str().to_owned(),
            code: because.code.clone(),
            reason: because.reason.clone(),
            rules: because
                .rules
                .iter()
                .map(|rule| rule.as_str().to_owned())
                .collect(),
            mark: because.mark.as_str().to_owned(),
        }
    }

    /// Whether it is a service's own no, and none of permissions or networks.
    pub(super) fn is_of_service(&self) -> bool {
        self.gate == Gate::Service.as_str()
    }
}
