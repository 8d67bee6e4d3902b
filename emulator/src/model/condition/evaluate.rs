//! Says whether a condition holds of a request.

use super::Condition;
use super::language::{ConditionAttribute as Attribute, ConditionSide as Side};
use super::part::{Comparison, ConditionPart, Quantifier};
use crate::model::{Action, ActionPattern};

/// Whether something holds, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// What it depends on is not known yet.
    NotYet,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::NotYet => Self::NotYet,
        }
    }
}

/// What is known of a request that conditions ask about: a value for each attribute there is one of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What the resource has.
    pub resource: Vec<(Attribute, String)>,
    /// What the request says of it; `None` while its body has not been read.
    pub request: Option<Vec<(Attribute, String)>>,
    /// The suboperation, where there are several of an action.
    pub sub_operation: String,
}

impl Facts {
    /// Nothing, and nothing to come.
    pub fn none() -> Self {
        Self {
            request: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// The value of an attribute; the outer `None` where it is not known yet.
    fn value(&self, side: Side, attribute: Attribute) -> Option<Option<&str>> {
        let all = match side {
            Side::Resource => &self.resource,
            Side::Request => self.request.as_ref()?,
        };
        let found = all.iter().find(|(known, _)| *known == attribute);
        Some(found.map(|(_, value)| value.as_str()))
    }
}

impl Condition {
    /// Whether it holds of a request to perform an action. One that is not played never does.
    pub fn holds(&self, action: &Action, facts: &Facts) -> Truth {
        match &self.part {
            Ok(part) => part.holds(action, facts),
            Err(_) => Truth::No,
        }
    }
}

impl ConditionPart {
    fn holds(&self, action: &Action, facts: &Facts) -> Truth {
        let any_is = |parts: &[Self], wanted: Truth| {
            let mut found = wanted.not();
            for part in parts {
                match part.holds(action, facts) {
                    truth if truth == wanted => return wanted,
                    Truth::NotYet => found = Truth::NotYet,
                    Truth::Yes | Truth::No => {}
                }
            }
            found
        };
        match self {
            Self::Not(part) => part.holds(action, facts).not(),
            Self::All(parts) => any_is(parts, Truth::No),
            Self::Any(parts) => any_is(parts, Truth::Yes),
            Self::Action(pattern) => Truth::of(ActionPattern::new(pattern.as_str()).matches(action)),
            Self::SubOperation(name) => Truth::of(name.eq_ignore_ascii_case(&facts.sub_operation)),
            Self::Exists(side, attribute) => match facts.value(*side, *attribute) {
                None => Truth::NotYet,
                Some(value) => Truth::of(value.is_some()),
            },
            Self::Compare {
                side,
                attribute,
                over,
                comparison,
                negated,
                values,
            } => match facts.value(*side, *attribute) {
                None => Truth::NotYet,
                // What is not there is like nothing, and unlike nothing either.
                Some(None) => Truth::No,
                Some(Some(found)) => {
                    let fits = |value: &String| comparison.fits(found, value) != *negated;
                    // A request has one value of each attribute, so that any of its own are all of them.
                    Truth::of(match over {
                        Quantifier::AnyOfAny | Quantifier::AllOfAny => values.iter().any(fits),
                        Quantifier::AnyOfAll | Quantifier::AllOfAll => values.iter().all(fits),
                    })
                }
            },
        }
    }
}

impl Comparison {
    fn fits(self, found: &str, wanted: &str) -> bool {
        let lower = |text: &str| text.to_lowercase();
        match self {
            Self::Equals => found == wanted,
            Self::EqualsIgnoreCase => lower(found) == lower(wanted),
            Self::Like => like(found, wanted),
            Self::LikeIgnoreCase => like(&lower(found), &lower(wanted)),
            Self::StartsWith => found.starts_with(wanted),
            Self::StartsWithIgnoreCase => lower(found).starts_with(&lower(wanted)),
            // With hyphens and without.
            Self::Guid => match (found.parse::<uuid::Uuid>(), wanted.parse::<uuid::Uuid>()) {
                (Ok(found), Ok(wanted)) => found == wanted,
                _ => false,
            },
        }
    }
}

/// Whether a text is like a pattern, in which `*` stands for any run of letters and `?` for one.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut next) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some('*') => {
                retry = Some((next + 1, at));
                next += 1;
            }
            Some(&letter) if letter == '?' || letter == text[at] => {
                at += 1;
                next += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    (next, at) = (after, from + 1);
                    retry = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[next..].iter().all(|&letter| letter == '*')
}
