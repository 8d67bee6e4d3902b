//! The suite: what is true of every world, in one binary with one module per subject.

#![allow(clippy::unwrap_used, reason = "all of it is tests, helpers of tests too")]

mod alternatives;
mod build_name;
mod circles;
mod claims;
mod codes;
mod expected;
mod layering;
mod questions;
mod repeatable;
mod report;
mod source;
mod sweeps;
mod tidy;
mod tools;
