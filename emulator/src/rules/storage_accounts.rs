//! What a storage account can be.

use serde::Deserialize;
use serde_json::Value;

use super::Mark;
use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use crate::model::Timestamp;

const FILE: &str = "storage_accounts.toml";

/// What storage accounts can be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFacts {
    /// The kinds there are.
    #[serde(rename = "kind")]
    pub kinds: Vec<AccountKind>,
    alike: Vec<AlikeSkus>,
    #[serde(rename = "tier")]
    tiers: Vec<SkuTier>,
    secondary: Secondary,
    /// What a new account has.
    pub new: NewAccount,
    #[serde(rename = "switch")]
    switches: Vec<SwitchedFlag>,
    /// What an account keeps.
    pub settled: SettledProperties,
    not_played: Vec<NotPlayed>,
    kept: Vec<Kept>,
}

/// Whose body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageBody {
    /// An account's.
    Account,
    /// A container's.
    Container,
    /// That of an account's blob service.
    BlobService,
    /// That of an account's lifecycle policy.
    ManagementPolicy,
}

/// What a body may ask for and is refused by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotPlayed {
    of: StorageBody,
    rows: Vec<Unplayed>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unplayed {
    at: String,
    /// The words that ask for it; whatever says anything at all where there are none.
    #[serde(default)]
    is: Vec<String>,
    /// The words that do not.
    #[serde(default)]
    not: Vec<String>,
    what: String,
}

/// What a body may ask for and is kept without effect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    of: StorageBody,
    at: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

impl Unplayed {
    fn asks(&self, value: &Value) -> bool {
        let word = match value {
            Value::Bool(flag) => flag.to_string(),
            Value::String(text) => text.clone(),
            _ => String::new(),
        };
        let is = |words: &[String]| words.iter().any(|own| own.eq_ignore_ascii_case(&word));
        if self.is.is_empty() {
            says_something(value) && !is(&self.not)
        } else {
            is(&self.is)
        }
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The value at a place, without regard to the case of names.
fn at<'a>(body: &'a Value, place: &str) -> &'a Value {
    place.split('.').fold(body, |value, name| {
        let mut members = value.as_object().into_iter().flatten();
        let found = members.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map_or(&Value::Null, |(_, value)| value)
    })
}

/// A kind of account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountKind {
    /// Its name.
    pub name: String,
    /// What accounts of it may be of.
    pub skus: Vec<String>,
    /// The tiers blobs may have by default; the first is taken where none is said.
    pub access_tiers: Vec<String>,
    /// Whether one of them must be said.
    #[serde(default)]
    pub asked: bool,
    /// Whether it has blobs.
    #[serde(default = "yes")]
    pub blobs: bool,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

fn yes() -> bool {
    true
}

/// SKUs that can be made into one another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlikeSkus {
    skus: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// The tier of SKUs whose names begin alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkuTier {
    begins: String,
    tier: String,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// SKUs with an endpoint to read at in the paired region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secondary {
    skus: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// What an account has that the request did not say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its kind.
    pub kind: String,
    /// Its SKU.
    pub sku: String,
    properties: Value,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// A flag that accounts have since some time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchedFlag {
    property: String,
    value: bool,
    since: Timestamp,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

/// What an account is made with and keeps.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledProperties {
    /// Paths below `properties`, with slashes.
    pub properties: Vec<String>,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

impl AccountKind {
    /// Whether an account of this kind may be of a SKU.
    pub fn takes(&self, sku: &str) -> bool {
        self.skus.iter().any(|own| own.eq_ignore_ascii_case(sku))
    }
}

impl AccountFacts {
    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&AccountKind> {
        self.kinds
            .iter()
            .find(|kind| kind.name.eq_ignore_ascii_case(name))
    }

    /// Whether an account of one SKU can be made into one of another.
    pub fn converts(&self, from: &str, to: &str) -> bool {
        let has = |row: &AlikeSkus, sku: &str| row.skus.iter().any(|own| own.eq_ignore_ascii_case(sku));
        from.eq_ignore_ascii_case(to) || self.alike.iter().any(|row| has(row, from) && has(row, to))
    }

    /// A SKU's tier.
    pub fn tier_of(&self, sku: &str) -> &str {
        let begins = |row: &&SkuTier| {
            let start = sku.get(..row.begins.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(&row.begins))
        };
        self.tiers.iter().find(begins).map_or("", |row| &row.tier)
    }

    /// Whether an account of a SKU can be read at its second endpoint.
    pub fn reads_secondary(&self, sku: &str) -> bool {
        self.secondary
            .skus
            .iter()
            .any(|own| own.eq_ignore_ascii_case(sku))
    }

    /// The properties an account made at that time has where the request does not say them.
    pub fn new_properties(&self, now: Timestamp) -> Value {
        let mut properties = self.new.properties.clone();
        for flag in &self.switches {
            properties[&flag.property] = if now < flag.since {
                Value::Null
            } else {
                Value::Bool(flag.value)
            };
        }
        properties
    }

    /// What a body asks for that is not played, if anything, with its place.
    pub fn not_played(&self, of: StorageBody, body: &Value) -> Option<String> {
        let rows = self.not_played.iter().filter(|table| table.of == of);
        rows.flat_map(|table| &table.rows)
            .find(|row| row.asks(at(body, &row.at)))
            .map(|row| {
                let place = row.at.trim_start_matches("properties.");
                format!("{} ({place})", row.what)
            })
    }

    /// The places of what a body asks for that is kept without effect.
    pub fn kept(&self, of: StorageBody, body: &Value) -> Vec<&str> {
        let tables = self.kept.iter().filter(|table| table.of == of);
        let places = tables.flat_map(|table| &table.at).map(String::as_str);
        places.filter(|place| says_something(at(body, place))).collect()
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<AccountFacts, RulesError> {
    let facts = parse::<AccountFacts>(FILE, text)?;
    for kind in &facts.kinds {
        known.check(FILE, &kind.name, &kind.sources)?;
        if kind.asked && kind.access_tiers.is_empty() {
            return Err(row_error(FILE, &kind.name, "it has no tier to ask for"));
        }
    }
    for row in &facts.alike {
        known.check(FILE, &row.skus.join(" "), &row.sources)?;
    }
    for row in &facts.tiers {
        known.check(FILE, &row.tier, &row.sources)?;
    }
    for row in &facts.switches {
        known.check(FILE, &row.property, &row.sources)?;
    }
    known.check(FILE, "secondary", &facts.secondary.sources)?;
    known.check(FILE, "new", &facts.new.sources)?;
    for table in &facts.not_played {
        for row in &table.rows {
            known.check(FILE, &row.at, &table.sources)?;
        }
    }
    for table in &facts.kept {
        known.check(FILE, &table.at.join(" "), &table.sources)?;
    }
    known.check(FILE, "settled", &facts.settled.sources)?;
    Ok(facts)
}
