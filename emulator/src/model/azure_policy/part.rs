//! What a rule consists of.

use super::field::PolicyField;
use super::operand::Operand;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    NotEquals,
    Like,
    NotLike,
    In,
    NotIn,
    Contains,
    NotContains,
    Exists,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
}

impl Operator {
    pub(super) const ALL: [Self; 13] = [
        Self::Equals,
        Self::NotEquals,
        Self::Like,
        Self::NotLike,
        Self::In,
        Self::NotIn,
        Self::Contains,
        Self::NotContains,
        Self::Exists,
        Self::Less,
        Self::LessOrEquals,
        Self::Greater,
        Self::GreaterOrEquals,
    ];

    /// The word for it where an evaluation is told; rules begin it with a small letter.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "Equals",
            Self::NotEquals => "NotEquals",
            Self::Like => "Like",
            Self::NotLike => "NotLike",
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Contains => "Contains",
            Self::NotContains => "NotContains",
            Self::Exists => "Exists",
            Self::Less => "Less",
            Self::LessOrEquals => "LessOrEquals",
            Self::Greater => "Greater",
            Self::GreaterOrEquals => "GreaterOrEquals",
        }
    }
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Field(PolicyField),
    Value {
        text: String,
        value: Operand,
    },
    /// How many items of an array fit.
    Count {
        over: PolicyField,
        fits: Option<Box<PolicyCondition>>,
    },
}

/// A condition, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PolicyCondition {
    All(Vec<PolicyCondition>),
    Any(Vec<PolicyCondition>),
    Not(Box<PolicyCondition>),
    Compare {
        what: Compared,
        operator: Operator,
        with: Operand,
    },
}
