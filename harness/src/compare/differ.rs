//! What was recorded beside what is answered.

use azdrill_emulator::model::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::align::Alignment;
use super::recording::{Interaction, code_of};

/// Addresses a client follows.
const ADDRESSES: [&str; 2] = ["azure-asyncoperation", "location"];
/// What stands in our own recordings where something is secret.
pub(super) const HIDDEN: &str = "(hidden)";
/// Members whose text is for people to read, and differs in words.
const PROSE: [&str; 2] = ["message", "recommendedAction"];

/// What kind of difference it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Another status, or another code.
    Status,
    /// What was asked for is not played, and refused by name.
    NotPlayed,
    /// Recorded, and not answered.
    Missing,
    /// Answered, and not recorded.
    Extra,
    /// Another value.
    Value,
}

impl DifferenceKind {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::NotPlayed => "not_played",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Value => "value",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Which kind.
    pub kind: DifferenceKind,
    /// Where: members and items with dots between them; `status`, or `header.` and a name.
    pub path: String,
    /// What was recorded.
    pub expected: Value,
    /// What is answered here.
    pub got: Value,
}

/// What holding two answers against each other came to.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerComparison {
    pub(super) differences: Vec<Difference>,
    /// Fields that one of the two has.
    pub(super) fields: usize,
    /// Fields that both have.
    pub(super) fields_equal: usize,
    /// Of those, how many have the same value.
    pub(super) values_equal: usize,
}

/// Holds answers against recorded ones.
pub(super) struct Holder<'a> {
    pub(super) alignment: &'a mut Alignment,
    /// What later requests name: of two that could be meant, it is the one they ask about.
    pub(super) named_later: &'a str,
    held: AnswerComparison,
}

impl<'a> Holder<'a> {
    pub(super) fn new(alignment: &'a mut Alignment, named_later: &'a str) -> Self {
        Self {
            alignment,
            named_later,
            held: AnswerComparison::default(),
        }
    }

    /// An answer beside the recorded one.
    pub(super) fn hold(mut self, recorded: &Interaction, ours: &Response) -> AnswerComparison {
        let body = ours.json_body();
        let status = ours.status.as_u16();
        let (expected, got) = (recorded.code(), code_of(&body));
        if recorded.status != status || expected != got {
            let word = |status: u16, code: &str| Value::String(format!("{status} {code}").trim().to_owned());
            let kind = if status == 501 {
                DifferenceKind::NotPlayed
            } else {
                DifferenceKind::Status
            };
            // Bodies of different answers have nothing to do with each other.
            self.held.differences.push(Difference {
                kind,
                path: "status".to_owned(),
                expected: word(recorded.status, expected),
                got: word(status, got),
            });
            return self.held;
        }
        for name in ADDRESSES {
            self.address(name, recorded.answer_header(name), ours.header(name));
        }
        if recorded.has_answer {
            self.values("", &recorded.answer, &body);
        }
        self.held
    }

    fn address(&mut self, name: &str, recorded: Option<&str>, ours: Option<&str>) {
        if recorded.is_none() && ours.is_none() {
            return;
        }
        let value =
            |text: Option<&str>| text.map_or(Value::Null, |text| Value::String(without_signature(text)));
        let path = format!("header.{name}");
        match (recorded, ours) {
            (Some(recorded), Some(ours)) => {
                self.leaf(&path, &value(Some(recorded)), &value(Some(ours)));
            }
            (recorded, ours) => self.absent(&path, value(recorded), value(ours)),
        }
    }

    fn values(&mut self, path: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => self.members(path, recorded, ours),
            (Value::Array(recorded), Value::Array(ours)) => self.items(path, recorded, ours),
            (recorded, ours) => self.leaf(path, recorded, ours),
        }
    }

    fn members(&mut self, path: &str, recorded: &Map<String, Value>, ours: &Map<String, Value>) {
        if recorded.is_empty() && ours.is_empty() {
            self.held.fields += 1;
            self.held.fields_equal += 1;
            self.held.values_equal += 1;
        }
        for (name, value) in recorded {
            // Ids as names of members: user-assigned identities.
            let of_ours = ours.get(name).or_else(|| {
                let aligned = self.alignment.to_ours(name);
                ours.iter()
                    .find(|(other, _)| other.eq_ignore_ascii_case(&aligned))
                    .map(|(_, value)| value)
            });
            let path = joined(path, name);
            match of_ours {
                Some(of_ours) => self.values(&path, value, of_ours),
                None => self.absent(&path, value.clone(), Value::Null),
            }
        }
        for (name, value) in ours {
            let is_recorded = recorded
                .keys()
                .any(|known| known == name || self.alignment.to_ours(known).eq_ignore_ascii_case(name));
            if !is_recorded {
                self.absent(&joined(path, name), Value::Null, value.clone());
            }
        }
    }

    fn items(&mut self, path: &str, recorded: &[Value], ours: &[Value]) {
        if recorded.is_empty() && ours.is_empty() {
            return self.leaf(path, &Value::Null, &Value::Null);
        }
        let mut left: Vec<usize> = (0..ours.len()).collect();
        let mut pairs = vec![None; recorded.len()];
        if recorded.len() == ours.len() {
            pairs = (0..ours.len()).map(Some).collect();
            left.clear();
        } else {
            // The best first: those that later requests are about, then those that are most alike.
            let mut order: Vec<usize> = (0..recorded.len()).collect();
            order.sort_by_key(|at| !self.is_named_later(&recorded[*at]));
            for at in order {
                let best = (0..left.len()).max_by_key(|place| likeness(&recorded[at], &ours[left[*place]]));
                pairs[at] = best.map(|place| left.remove(place));
            }
        }
        for (at, of_ours) in pairs.into_iter().enumerate() {
            let path = joined(path, &at.to_string());
            match of_ours {
                Some(of_ours) => self.values(&path, &recorded[at], &ours[of_ours]),
                None => self.absent(&path, recorded[at].clone(), Value::Null),
            }
        }
        for place in left {
            self.absent(
                &joined(path, &place.to_string()),
                Value::Null,
                ours[place].clone(),
            );
        }
    }

    fn is_named_later(&self, item: &Value) -> bool {
        let name = item["name"].as_str().or_else(|| item["id"].as_str());
        name.is_some_and(|name| !name.is_empty() && self.named_later.contains(name))
    }

    /// A field that one of the two has not.
    fn absent(&mut self, path: &str, expected: Value, got: Value) {
        self.held.fields += leaves(&expected).max(leaves(&got)).max(1);
        let kind = if got.is_null() && !expected.is_null() || got.is_null() && expected.is_null() {
            DifferenceKind::Missing
        } else {
            DifferenceKind::Extra
        };
        self.held.differences.push(Difference {
            kind,
            path: path.to_owned(),
            expected,
            got,
        });
    }

    fn leaf(&mut self, path: &str, recorded: &Value, ours: &Value) {
        self.held.fields += 1;
        self.held.fields_equal += 1;
        let same = match (recorded, ours) {
            (Value::String(recorded), Value::String(ours)) => {
                let prose = PROSE.iter().any(|name| path.ends_with(name));
                // What it was nobody can say; what it says is for people; that it says something is not.
                if recorded == HIDDEN {
                    true
                } else if prose {
                    recorded.is_empty() == ours.is_empty()
                } else {
                    self.alignment.agree(recorded, ours)
                }
            }
            (Value::Number(recorded), Value::Number(ours)) => recorded.as_f64() == ours.as_f64(),
            (recorded, ours) => recorded == ours,
        };
        if same {
            self.held.values_equal += 1;
        } else {
            self.held.differences.push(Difference {
                kind: DifferenceKind::Value,
                path: path.to_owned(),
                expected: recorded.clone(),
                got: ours.clone(),
            });
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    // A dot in a name would part it.
    let name = name.replace('.', "_");
    if path.is_empty() {
        name
    } else {
        format!("{path}.{name}")
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(leaves).sum::<usize>().max(1),
        Value::Object(members) => members.values().map(leaves).sum::<usize>().max(1),
        _ => 1,
    }
}

/// In how many leaves two values are the same as they stand.
fn likeness(left: &Value, right: &Value) -> usize {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => left
            .iter()
            .map(|(name, value)| right.get(name).map_or(0, |other| likeness(value, other)))
            .sum(),
        (Value::Array(left), Value::Array(right)) => left
            .iter()
            .zip(right)
            .map(|(left, right)| likeness(left, right))
            .sum(),
        (left, right) => usize::from(left == right),
    }
}

/// An address without what signs it.
fn without_signature(address: &str) -> String {
    let Some((place, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let version = query
        .split('&')
        .find(|pair| pair.to_ascii_lowercase().starts_with("api-version="));
    match version {
        Some(version) => format!("{place}?{version}"),
        None => place.to_owned(),
    }
}
