//! Azure Policy's language: what a rule asks of a resource as a request would have it, and what it says then.
//!
//! What is played is what stands here: conditions on fields, values and counts, joined by `allOf`, `anyOf` and `not`;
//! parameters; the effects that let a request through or forbid it. Whatever else a definition says is found out when
//! it is written, so that it can be refused.

mod evaluate;
mod field;
mod language;
mod operand;
mod parameter;
mod part;
mod read;
mod rule;
#[cfg(test)]
mod tests;
mod unread;

pub use evaluate::{EvaluatedExpression, PolicySubject};
pub use language::{PolicyAlias, PolicyLanguage};
pub use parameter::PolicyParameter;
pub use rule::{PolicyEffect, PolicyMode, PolicyRule, WrongParameters};
pub use unread::PolicyUnread;
