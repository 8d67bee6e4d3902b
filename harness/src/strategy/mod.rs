//! Abstract worlds: plain sketches, every combination of what is in them, and the way from a sketch
//! to a real world of the emulator.
//!
//! A sketch is lowered twice, by different code: here to a world the engine decides on, and in
//! [`crate::oracle`] to what the documents and the observations say. [`agreement`] compares the two.

#[macro_use]
mod words;

pub mod agreement;
pub mod by_calls;
pub mod fold;
pub mod key_vault;
pub mod lower;
pub mod movement;
pub mod product;
pub mod sketch;
pub mod table;

mod client;
mod founded;
mod paint;
mod settings;
