//! Harness.

pub mod postgres;
