//! Every reader of something a client writes, as a function of bytes that must not panic, hang or recurse
//! without end. `fuzz/` drives them by coverage; a test replays what it kept.

#[cfg(test)]
mod replay;
mod requests;

use std::sync::LazyLock;

use crate::rules::{Assumptions, Limits, Profile, Rules};
use crate::server::fuzzing as server;
use crate::services::fuzzing as services;

/// Something to be fed with bytes.
pub type Target = fn(&[u8]);

/// All of them, by name; the corpus of each stands in a folder of that name.
pub const TARGETS: [(&str, Target); 14] = [
    ("authority", server::authority),
    ("batch", services::batch),
    ("condition", condition),
    ("connection_string", services::connection_string),
    ("expression", expression),
    ("filter", services::filter),
    ("interval", services::interval),
    ("merge", services::merge),
    ("query", query),
    ("request", requests::request),
    ("startup", server::startup),
    ("tag_query", services::tag_query),
    ("template", template),
    ("xml", services::xml),
];

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(Profile::Observed, &Assumptions::new()).expect("a test loads the same"));

fn limits() -> &'static Limits {
    &RULES.limits
}

fn condition(data: &[u8]) {
    services::condition(&RULES.conditions, data);
}

fn expression(data: &[u8]) {
    services::expression(&RULES, data);
}

fn query(data: &[u8]) {
    services::query(limits(), data);
}

fn template(data: &[u8]) {
    services::template(&RULES, data);
}
