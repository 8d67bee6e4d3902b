//! Questions: from plain sketches to real worlds of the emulator, and what it answers in them.
//!
//! A sketch is lowered twice, by different code: here to a world the engine decides on, and in
//! [`crate::oracle`] to what the documents and the observations say. [`question`] compares the two.

pub mod answer;
pub mod change_vault;
pub mod client;
pub mod connect;
pub mod delete_vault;
pub mod differences;
pub mod fold;
pub mod foundation;
pub mod keep_recovery_points;
pub mod kept;
pub mod known;
pub mod matrix;
pub mod movement;
pub mod operate_vault;
pub mod painted;
pub mod question;
pub mod reach_blob;
pub mod read_secret;
pub mod restore_across_regions;
pub mod restore_as_files;
pub mod restore_to_database;
pub mod scene;
pub mod storage_network;
pub mod table;
pub mod text;
pub mod validate_backup;
pub mod validate_single_backup;

mod guarded_vaults;

pub use client::WorldError;
