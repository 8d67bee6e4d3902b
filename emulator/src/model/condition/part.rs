//! What a condition consists of.

use super::language::{ConditionAttribute, ConditionSide};

/// What a condition may ask of an attribute that a request has one or several values of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    AnyOfAny,
    AllOfAny,
    AnyOfAll,
    AllOfAll,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    LikeIgnoreCase,
    StartsWith,
    StartsWithIgnoreCase,
    Guid,
}

/// A part of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConditionPart {
    Not(Box<ConditionPart>),
    All(Vec<ConditionPart>),
    Any(Vec<ConditionPart>),
    Action(String),
    SubOperation(String),
    Exists(ConditionSide, ConditionAttribute),
    Compare {
        side: ConditionSide,
        attribute: ConditionAttribute,
        over: Quantifier,
        comparison: Comparison,
        negated: bool,
        values: Vec<String>,
    },
}
