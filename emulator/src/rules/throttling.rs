//! How much may be asked of Azure Resource Manager, and how its answers say what is left.

use http::Method;
use serde::{Deserialize, Serialize};

use super::file::{RulesError, parse, row_error};
use super::source::{Evidence, SourceCheck};

const FILE: &str = "throttling.toml";

/// What Resource Manager counts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// What changes nothing.
    Reads,
    /// What writes, and what is done by an action.
    Writes,
    /// What deletes.
    Deletes,
}

impl RequestKind {
    /// Its word in a refusal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "read",
            Self::Writes => "write",
            Self::Deletes => "delete",
        }
    }
}

/// A bucket of tokens. A request takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenBucket {
    /// How many it holds.
    pub size: u32,
    /// How many come back each second.
    pub refill_per_second: u32,
}

/// What a principal may ask for in a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLimits {
    /// What it may read.
    pub reads: TokenBucket,
    /// What it may write.
    pub writes: TokenBucket,
    /// What it may delete.
    pub deletes: TokenBucket,
}

impl RequestLimits {
    /// The bucket for a kind of requests.
    pub fn of(&self, kind: RequestKind) -> TokenBucket {
        match kind {
            RequestKind::Reads => self.reads,
            RequestKind::Writes => self.writes,
            RequestKind::Deletes => self.deletes,
        }
    }
}

/// What answers of a provider with limits of its own say in the place of Resource Manager's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnLimit {
    /// `x-ms-ratelimit-remaining-subscription-resource-requests`.
    ResourceRequests,
    /// Nothing.
    None,
}

/// How much may be asked of Azure Resource Manager.
#[derive(Clone, Debug)]
pub struct Throttling {
    kinds: Vec<(RequestKind, Vec<Method>)>,
    own: Vec<(String, Vec<Method>, OwnLimit)>,
    /// What a principal may ask for.
    pub limits: RequestLimits,
    /// How many times that all principals of a subscription together may.
    pub together: u32,
}

impl Throttling {
    /// As what a request counts.
    pub fn kind(&self, method: &Method) -> Option<RequestKind> {
        let mut kinds = self.kinds.iter();
        kinds
            .find(|(_, methods)| methods.contains(method))
            .map(|(kind, _)| *kind)
    }

    /// What a provider's answers say in the place of Resource Manager's limits.
    pub fn own(&self, provider: &str, method: &Method) -> Option<OwnLimit> {
        let mut own = self.own.iter();
        own.find(|(name, methods, _)| name.eq_ignore_ascii_case(provider) && methods.contains(method))
            .map(|(.., header)| *header)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThrottlingFile {
    together: Together,
    kind: Vec<KindRow>,
    own: Vec<OwnRow>,
}

#[derive(Deserialize)]
struct Together {
    times: u32,
    #[serde(flatten)]
    evidence: Evidence,
}

#[derive(Deserialize)]
struct KindRow {
    name: RequestKind,
    methods: Vec<String>,
    size: u32,
    refill_per_second: u32,
    #[serde(flatten)]
    evidence: Evidence,
}

#[derive(Deserialize)]
struct OwnRow {
    provider: String,
    methods: Vec<String>,
    header: OwnLimit,
    #[serde(flatten)]
    evidence: Evidence,
}

fn methods(row: &str, names: &[String]) -> Result<Vec<Method>, RulesError> {
    let methods: Result<Vec<Method>, _> = names.iter().map(|name| name.parse()).collect();
    methods.map_err(|_| row_error(FILE, row, "a method is none"))
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Throttling, RulesError> {
    let file: ThrottlingFile = parse(FILE, text)?;
    known.check(FILE, "together", &file.together.evidence.sources)?;
    let mut kinds = Vec::new();
    for row in &file.kind {
        let name = row.name.word();
        known.check(FILE, name, &row.evidence.sources)?;
        kinds.push((row.name, methods(name, &row.methods)?));
    }
    let bucket = |kind: RequestKind| {
        let row = file.kind.iter().find(|row| row.name == kind);
        let row = row.ok_or_else(|| row_error(FILE, kind.word(), "there is no row for it"))?;
        Ok(TokenBucket {
            size: row.size,
            refill_per_second: row.refill_per_second,
        })
    };
    let limits = RequestLimits {
        reads: bucket(RequestKind::Reads)?,
        writes: bucket(RequestKind::Writes)?,
        deletes: bucket(RequestKind::Deletes)?,
    };
    let mut own = Vec::new();
    for row in &file.own {
        known.check(FILE, &row.provider, &row.evidence.sources)?;
        own.push((
            row.provider.clone(),
            methods(&row.provider, &row.methods)?,
            row.header,
        ));
    }
    Ok(Throttling {
        kinds,
        own,
        limits,
        together: file.together.times,
    })
}
