//! What the arguments of `run` and `serve` name: read, and checked before anything is built.

use std::path::Path;

use azdrill::journal_file::JournalFile;
use azdrill::scenario::Scenario;
use azdrill::serve::{FaultFile, origin};
use azdrill_emulator::model::NetworkPath;
use azdrill_emulator::rules::{Profile, Rules};

use super::failure::Failure;
use super::replay::journal;
use super::{assumptions, certificate, library};

/// What is named.
pub(super) struct Named<'a> {
    /// A world or a scenario.
    pub(super) world: Option<&'a str>,
    /// Whose word is taken.
    pub(super) profile: Profile,
    /// Alternatives taken besides.
    pub(super) assume: &'a [(String, String)],
    /// A file of faults.
    pub(super) faults: Option<&'a Path>,
    /// A certificate.
    pub(super) certificate: Option<&'a Path>,
    /// Where a journal goes.
    pub(super) journal: Option<&'a Path>,
}

/// What it is.
pub(super) struct Given {
    /// The rules, with what is assumed on the command line.
    pub(super) rules: Rules,
    /// The world, if one was named.
    pub(super) world: Option<Scenario>,
    /// The faults; none if no file was named.
    pub(super) faults: FaultFile,
    /// The certificate (DER).
    pub(super) certificate: Option<Vec<u8>>,
    /// The journal that is to be written.
    pub(super) journal: Option<JournalFile>,
}

impl Given {
    /// Reads all of it; nothing is changed.
    pub(super) fn read(named: &Named<'_>, folder: Option<&Path>) -> Result<Self, Failure> {
        let world = match named.world {
            Some(name) => Some(library(folder)?.world(name)?),
            None => None,
        };
        let rules = Rules::load(named.profile, &assumptions(named.assume));
        let rules = rules.map_err(|error| error.to_string())?;
        if let Some(world) = &world {
            world.check(&rules)?;
        }
        let faults = match named.faults {
            Some(file) => FaultFile::read(file, &rules)?,
            None => FaultFile::default(),
        };
        Ok(Self {
            rules,
            world,
            faults,
            certificate: named.certificate.map(certificate::read).transpose()?,
            journal: journal(named.journal)?,
        })
    }

    /// The place in the network that `--from` names.
    pub(super) fn origin(&self, word: &str, seed: u64) -> Result<NetworkPath, String> {
        let world = self.world.as_ref().map(|world| &world.world);
        origin(word, world, seed).map_err(|error| format!("--from: {error}"))
    }
}
