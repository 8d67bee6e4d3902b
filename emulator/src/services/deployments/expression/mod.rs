//! Template expressions: a text that begins with `[` and ends with `]`, but not with `[[`.
//!
//! The grammar is small: strings in single quotes with the quote doubled inside, whole numbers,
//! function calls, and behind any of these members (`.name`) and elements (`[index]`).

mod check;
mod evaluate;
mod function;
mod functions;
mod parse;

pub(super) use check::check;
pub(super) use evaluate::{
    Local, LocalKind, Problem, Reference, Scope, count_of, evaluate, loops_of, repeat_input,
};
pub(super) use function::Function;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Text(String),
    Number(i64),
    Call {
        function: String,
        arguments: Vec<Expression>,
    },
    Member(Box<Expression>, String),
    Element(Box<Expression>, Box<Expression>),
}
