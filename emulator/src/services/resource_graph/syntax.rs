//! A query as a tree.

use super::scalar::Scalar;

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    /// The table it begins with.
    pub(super) table: String,
    /// What is done to its rows, one after the other.
    pub(super) steps: Vec<TabularOperator>,
}

/// One operator on rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TabularOperator {
    Where(Expression),
    Project(Vec<NamedExpression>),
    ProjectAway(Vec<String>),
    ProjectRename(Vec<(String, String)>),
    Extend(Vec<NamedExpression>),
    Sort(Vec<SortOrder>),
    Take(usize),
    Count,
    Distinct(Vec<NamedExpression>),
    Summarize {
        values: Vec<Aggregate>,
        by: Vec<NamedExpression>,
    },
}

/// An expression with the name of the column it makes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedExpression {
    pub(super) name: String,
    pub(super) value: Expression,
}

/// By what rows are sorted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortOrder {
    pub(super) by: Expression,
    pub(super) ascending: bool,
    pub(super) nulls_first: bool,
}

/// A value made of many rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aggregate {
    pub(super) name: String,
    pub(super) function: AggregateFunction,
    pub(super) of: Option<Expression>,
}

/// How it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AggregateFunction {
    Count,
    CountIf,
    DistinctCount,
    Sum,
    Min,
    Max,
    Average,
    Set,
    List,
}

/// An expression over one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Constant(Scalar),
    Column(String),
    /// A member of an object, by name.
    Member(Box<Expression>, String),
    /// A member or an item, by what is in brackets.
    Index(Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
    Negated(Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// Whether a value is one of several.
    OneOf {
        value: Box<Expression>,
        choices: Vec<Expression>,
        with_case: bool,
        negated: bool,
    },
    Arithmetic(char, Box<Expression>, Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    EqualWithoutCase,
    NotEqualWithoutCase,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Of texts, with or without regard to case, and turned round or not.
    Text(TextTest, bool, bool),
}

/// What is asked of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
    Has,
}

impl Expression {
    /// Shows every expression inside, and this one.
    pub(super) fn visit<'a, E>(&'a self, see: &mut impl FnMut(&'a Self) -> Result<(), E>) -> Result<(), E> {
        see(self)?;
        match self {
            Self::Constant(_) | Self::Column(_) => Ok(()),
            Self::Member(inner, _) | Self::Negated(inner) => inner.visit(see),
            Self::Index(left, right) | Self::Compare(_, left, right) | Self::Arithmetic(_, left, right) => {
                left.visit(see)?;
                right.visit(see)
            }
            Self::Call(_, parts) | Self::All(parts) | Self::Any(parts) => {
                parts.iter().try_for_each(|part| part.visit(see))
            }
            Self::OneOf { value, choices, .. } => {
                value.visit(see)?;
                choices.iter().try_for_each(|choice| choice.visit(see))
            }
        }
    }

    /// The name a column is given that is made of this and named by nobody.
    pub(super) fn own_name(&self) -> Option<String> {
        match self {
            Self::Column(name) => Some(name.clone()),
            Self::Member(inner, name) => Some(format!("{}_{name}", inner.own_name()?)),
            _ => None,
        }
    }
}
