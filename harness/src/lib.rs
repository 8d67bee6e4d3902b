//! Restore drills for Azure Database for PostgreSQL backups.
//!
//! The harness puts a world into the emulator, a real PostgreSQL behind its servers, and plays
//! scenarios: files that state a claim, take steps and say what must come of them.

pub mod chaos;
pub mod check;
pub mod compare;
pub mod estate;
pub mod given_file;
pub mod harmless;
pub mod journal_file;
pub mod oracle;
pub mod page;
pub mod postgres;
pub mod private_file;
pub mod replay;
pub mod report;
pub mod run;
pub mod scenario;
pub mod scratch;
pub mod sequence;
pub mod serve;
pub mod sketch;
pub mod state_folder;
pub mod strategy;
pub mod sweep;
