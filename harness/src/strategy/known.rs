//! Every question there is.

use super::change_vault::ChangeVault;
use super::client::WorldError;
use super::connect::Connect;
use super::delete_vault::DeleteVault;
use super::differences::{Differences, differences};
use super::keep_recovery_points::KeepRecoveryPoints;
use super::matrix::{self, Matrix};
use super::operate_vault::OperateVault;
use super::question::Question;
use super::reach_blob::ReachBlob;
use super::read_secret::ReadSecret;
use super::restore_across_regions::RestoreAcrossRegions;
use super::restore_as_files::RestoreAsFiles;
use super::restore_to_database::RestoreToDatabase;
use super::validate_backup::ValidateBackup;
use super::validate_single_backup::ValidateSingleBackup;

/// A question, as far as one need know of it who does not know its sketches.
pub struct KnownQuestion {
    /// What it is called by.
    pub name: &'static str,
    /// The question itself.
    pub asked: &'static str,
    /// How many cells are walked whole.
    pub cells: fn() -> usize,
    /// Both machines' answers.
    pub matrices: fn() -> Result<Vec<Matrix>, WorldError>,
    /// Where they differ.
    pub differences: fn() -> Result<Differences, WorldError>,
}

impl KnownQuestion {
    const fn of<Q: Question>() -> Self {
        Self {
            name: Q::NAME,
            asked: Q::ASKED,
            cells: || Q::products().iter().map(crate::sketch::Product::len).sum(),
            matrices: matrix::matrices::<Q>,
            differences: differences::<Q>,
        }
    }
}

/// All of them.
pub const KNOWN: [KnownQuestion; 12] = [
    KnownQuestion::of::<RestoreAsFiles>(),
    KnownQuestion::of::<ReadSecret>(),
    KnownQuestion::of::<ValidateBackup>(),
    KnownQuestion::of::<Connect>(),
    KnownQuestion::of::<ValidateSingleBackup>(),
    KnownQuestion::of::<RestoreToDatabase>(),
    KnownQuestion::of::<OperateVault>(),
    KnownQuestion::of::<ReachBlob>(),
    KnownQuestion::of::<ChangeVault>(),
    KnownQuestion::of::<DeleteVault>(),
    KnownQuestion::of::<RestoreAcrossRegions>(),
    KnownQuestion::of::<KeepRecoveryPoints>(),
];
