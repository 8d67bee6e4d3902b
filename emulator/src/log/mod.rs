//! What was asked and what was answered, with the reason. Holds no secret: what signs a query is taken
//! out, and bodies get in only if they are asked for, without passwords, keys and tokens.

mod bodies;
mod known;
mod secrets;

use std::collections::VecDeque;
use std::sync::Arc;

use http::{HeaderMap, Method};

use crate::gateway::{NOT_IMPLEMENTED, Refusal, endpoint_of};
use crate::model::{Request, Response, Timestamp, type_path};
use crate::rules::{Endpoint, Gate, Mark, OriginKind, RuleId};

pub use bodies::Bodies;
pub use secrets::without_secrets;

/// About how many bytes all bodies that are kept take at most; the oldest go first.
const BODIES_MAX: usize = 64 * 1024 * 1024;
/// The most exchanges kept; the oldest go first.
const KEPT_MAX: usize = 20_000;

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When, on our clock.
    pub at: Timestamp,
    /// Counts all exchanges, from 1.
    pub number: u64,
    /// Who asked.
    pub caller: String,
    /// Whose call it was.
    pub asked: CallOrigin,
    /// Where the caller stood: outside work for a service stands where the service does.
    pub from: OriginKind,
    /// The method.
    pub method: Method,
    /// The host.
    pub host: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without what signs it.
    pub query: String,
    /// The operation; empty if there is none.
    pub operation: Arc<str>,
    /// The status answered.
    pub status: u16,
    /// The rules it was decided by, whether it was let through or refused.
    pub rules: Vec<RuleId>,
    /// Who said no, and why.
    pub refused: Option<RefusedBecause>,
    /// Whether a fault struck it.
    pub faulted: bool,
    /// Why what was asked about has failed: a long-running operation.
    pub failed: Option<FailedBecause>,
    /// What was sent and answered, if that is kept.
    pub bodies: Option<Box<Bodies>>,
}

impl Exchange {
    /// The API version asked for; empty if there is none.
    pub fn api_version(&self) -> &str {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(name, _)| name.eq_ignore_ascii_case("api-version"))
            .map_or("", |(_, version)| version)
    }

    /// What was asked for, if it is something the emulator has not: the method with the type of a
    /// resource and an action, or with the path where paths have no types. `None` for everything
    /// else, a refusal included.
    pub fn not_implemented(&self) -> Option<String> {
        let code = &self.refused.as_ref()?.code;
        NOT_IMPLEMENTED.contains(&code.as_str()).then(|| {
            let what = match endpoint_of(&self.host, &self.path) {
                Some(Endpoint::Arm) => type_path(&self.path),
                _ => self.path.clone(),
            };
            format!("{} {what}", self.method)
        })
    }
}

/// Whose call an exchange was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOrigin {
    /// A client's, or outside work's.
    ByClient,
    /// One of the fake services'.
    ByService,
    /// One of the fake services asked whether the gates would let a call through, and made none.
    OnlyWhether,
}

/// Why an exchange ended in a no.
#[derive(Clone, Debug)]
pub struct RefusedBecause {
    /// The gate.
    pub gate: Gate,
    /// The code on the wire.
    pub code: String,
    /// Why, for a person.
    pub reason: String,
    /// The rules that decided.
    pub rules: Vec<RuleId>,
    /// How sure we are.
    pub mark: Mark,
}

impl RefusedBecause {
    pub(crate) fn of(refusal: &Refusal) -> Self {
        Self {
            gate: refusal.gate,
            code: refusal.code.clone(),
            reason: refusal.reason.clone(),
            rules: refusal.rules.clone(),
            mark: refusal.mark,
        }
    }
}

/// Why a long-running operation has failed, as the answer to who asks about it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedBecause {
    /// The gate.
    pub gate: String,
    /// The rules that decided.
    pub rules: Vec<String>,
    /// How sure we are.
    pub mark: String,
}

impl FailedBecause {
    /// From an answer's headers of ours.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        Some(Self {
            gate: text("x-azdrill-gate")?,
            rules: text("x-azdrill-rules")?
                .split(',')
                .filter(|rule| !rule.is_empty())
                .map(str::to_owned)
                .collect(),
            mark: text("x-azdrill-mark").unwrap_or_default(),
        })
    }
}

/// Something worth knowing that is no exchange.
#[derive(Clone, Debug)]
pub struct Note {
    /// When, on our clock.
    pub at: Timestamp,
    /// What, for a person.
    pub text: String,
    /// What it is about: a stage (`validate_restore`), a job.
    pub about: String,
    /// The rules it comes of; where it is about a no, those that decided.
    pub rules: Vec<RuleId>,
    /// Who said no and why, if it is about a no.
    pub refused: Option<RefusedBecause>,
}

/// The exchanges and notes of a run.
#[derive(Debug, Default)]
pub struct Log {
    exchanges: VecDeque<Exchange>,
    notes: Vec<Note>,
    count: u64,
    keeps_bodies: bool,
    bodies_bytes: usize,
    known: known::KnownSecrets,
}

impl Log {
    /// From now on bodies are kept as well, without their secrets.
    pub fn keep_bodies(&mut self) {
        self.keeps_bodies = true;
    }

    /// The bodies of an exchange without their secrets, if bodies are kept.
    pub(crate) fn bodies(&mut self, request: &Request, response: &Response) -> Option<Box<Bodies>> {
        if !self.keeps_bodies {
            return None;
        }
        self.known.learn(request);
        let mut told = bodies::bodies(request, response);
        for body in [&mut told.asked, &mut told.answered].into_iter().flatten() {
            self.known.hide(body);
        }
        Some(told)
    }

    /// Adds an exchange; its number is filled in, and its query loses what signs it.
    pub fn push(&mut self, mut exchange: Exchange) {
        self.count += 1;
        exchange.number = self.count;
        exchange.query = secrets::shown_query(exchange.query);
        if self.exchanges.len() == KEPT_MAX
            && let Some(oldest) = self.exchanges.pop_front()
        {
            self.bodies_bytes -= oldest.bodies.map_or(0, |bodies| bodies.bytes);
        }
        self.bodies_bytes += exchange.bodies.as_ref().map_or(0, |bodies| bodies.bytes);
        self.exchanges.push_back(exchange);
        if self.bodies_bytes > BODIES_MAX {
            self.forget_bodies();
        }
    }

    /// Gives up the oldest bodies until the rest has room.
    fn forget_bodies(&mut self) {
        for exchange in &mut self.exchanges {
            if self.bodies_bytes <= BODIES_MAX / 2 {
                return;
            }
            self.bodies_bytes -= exchange.bodies.take().map_or(0, |bodies| bodies.bytes);
        }
    }

    /// Adds a note.
    pub fn note(&mut self, at: Timestamp, about: &str, text: String, refused: Option<RefusedBecause>) {
        let rules = refused
            .as_ref()
            .map_or(Vec::new(), |refused| refused.rules.clone());
        self.add(Note {
            at,
            text,
            about: about.to_owned(),
            rules,
            refused,
        });
    }

    /// Adds a note of something that has happened because a rule has it so.
    pub fn applied(&mut self, at: Timestamp, about: &str, text: String, rule: RuleId) {
        self.add(Note {
            at,
            text,
            about: about.to_owned(),
            rules: vec![rule],
            refused: None,
        });
    }

    fn add(&mut self, note: Note) {
        if self.notes.len() < KEPT_MAX {
            self.notes.push(note);
        }
    }

    /// How many exchanges there have been.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exchanges kept whose number is greater than `after`.
    pub fn since(&self, after: u64) -> impl Iterator<Item = &Exchange> {
        self.exchanges
            .iter()
            .filter(move |exchange| exchange.number > after)
    }

    /// The notes.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
