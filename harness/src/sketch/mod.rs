//! The vocabulary of sketches: for each question a world as far as its answer can tell worlds apart.
//!
//! Plain words and nothing else. The oracle reads a sketch as it stands; the engine gets a real
//! world that was made to look like it. So nothing of the emulator may be named here.

#[macro_use]
mod words;

mod product;

pub mod change_vault;
pub mod connect;
pub mod delete_vault;
pub mod guard;
pub mod identity;
pub mod keep_recovery_points;
pub mod operate_vault;
pub mod reach_blob;
pub mod read_secret;
pub mod restore_across_regions;
pub mod restore_as_files;
pub mod restore_to_database;
pub mod storage_network;
pub mod validate_backup;
pub mod validate_single_backup;

pub use product::{Dimension, Product, Shape, Word, dimension};
