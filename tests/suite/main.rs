//! The suite: what is true of every world, in one binary with one module per subject.

#![allow(clippy::unwrap_used, reason = "all of it is tests, helpers of tests too")]

mod alternatives;
mod anchors;
mod build_name;
mod circles;
mod claims;
mod codes;
mod expected;
mod jobs;
mod key_vault;
mod laws;
mod layering;
mod load_bearing;
mod matrix;
mod mistakes;
mod painting;
mod random;
mod report;
mod source;
mod tables;
mod tidy;
