//! Every question: emulator and oracle agree in every cell, or in as many as can be walked; wrong engines are caught;
//! what both machines answer is kept as tables.

mod agreement;
mod mistakes;
mod nearby;
mod regressions;
mod tables;
mod weights;
mod words;

mod change_vault;
mod connect;
mod delete_vault;
mod keep_recovery_points;
mod operate_vault;
mod reach_blob;
mod read_secret;
mod restore_across_regions;
mod restore_as_files;
mod restore_to_database;
mod validate_backup;
mod validate_single_backup;
