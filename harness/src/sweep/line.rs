//! One line that plays a run again: what it was drawn from, and what of it is kept.

use azdrill_emulator::journal::Header;
use sha2::{Digest as _, Sha256};

use super::drawn::Drawn;
use super::numbers::{read, written};
use super::play::Kept;

/// What every line begins with: the word, and the format's number.
pub const BEGINS: &str = "sweep/1/";
/// How much of a digest is in a line, in hexadecimal digits.
const DIGITS: usize = 12;

/// Why a line is not played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is no line, or not as it was written.
    #[error(
        "this line is not as a sweep printed it: it begins with `sweep/1/`, has nine parts between slashes, and its last \
         part is made of the others. Copy it whole, or sweep its seed again: `azdrill chaos --seeds 1 --from SEED`"
    )]
    Damaged,
    /// Another build has printed it.
    #[error(
        "another build of azdrill has printed this line: {theirs}, and this is {ours}. Play it with that one, or sweep \
         its seed again with this: `azdrill chaos --seeds 1 --from {seed}`"
    )]
    OtherBuild {
        /// The build that printed it.
        theirs: String,
        /// This one.
        ours: String,
        /// Its seed.
        seed: u64,
    },
}

/// The digest of a text, as far as lines have it.
pub(super) fn short_digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))[..DIGITS].to_owned()
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What this build is called in lines.
pub fn own_build() -> &'static str {
    let build = Header::own_build();
    build.get(..DIGITS).unwrap_or(build)
}

/// A line, as far as it says what is to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose steps: [`super::VAULT`], or a scenario's name.
    pub what: String,
    /// Whether on a real PostgreSQL.
    pub with_postgres: bool,
    /// The seed.
    pub seed: u64,
    steps: String,
    faults: String,
    drawn: String,
}

impl Line {
    /// Of a run and what is kept of it. `told` is all of the run, as it was drawn.
    pub fn of(what: &str, with_postgres: bool, seed: u64, told: &str, kept: &Kept) -> Self {
        Self {
            what: what.to_owned(),
            with_postgres,
            seed,
            steps: written(&kept.steps),
            faults: written(&kept.faults),
            drawn: short_digest(told),
        }
    }

    /// Reads one that this build has printed.
    ///
    /// # Errors
    ///
    /// If it is none, is damaged, or another build has printed it.
    pub fn read(text: &str) -> Result<Self, LineError> {
        let text = text.trim();
        let rest = text.strip_prefix(BEGINS).ok_or(LineError::Damaged)?;
        let (whole, sum) = text.rsplit_once('/').ok_or(LineError::Damaged)?;
        if short_digest(whole) != sum {
            return Err(LineError::Damaged);
        }
        let parts: Vec<&str> = rest.split('/').collect();
        let [build, what, rows, seed, steps, faults, drawn, _] = parts.as_slice() else {
            return Err(LineError::Damaged);
        };
        let seed = seed.parse().map_err(|_| LineError::Damaged)?;
        let with_postgres = match *rows {
            "postgres" => true,
            "memory" => false,
            _ => return Err(LineError::Damaged),
        };
        if *build != own_build() {
            return Err(Self::of_another(build, seed));
        }
        Ok(Self {
            what: (*what).to_owned(),
            with_postgres,
            seed,
            steps: (*steps).to_owned(),
            faults: (*faults).to_owned(),
            drawn: (*drawn).to_owned(),
        })
    }

    fn of_another(build: &str, seed: u64) -> LineError {
        LineError::OtherBuild {
            theirs: build.to_owned(),
            ours: own_build().to_owned(),
            seed,
        }
    }

    /// What is kept of the run as it is drawn now: so many steps and faults, told so.
    ///
    /// # Errors
    ///
    /// If another run is drawn from the seed now, or it has no such steps.
    pub fn kept(&self, told: &str, steps: usize, faults: usize) -> Result<Kept, LineError> {
        if short_digest(told) != self.drawn {
            return Err(Self::of_another("one that draws other runs", self.seed));
        }
        Ok(Kept {
            steps: read(&self.steps, steps).ok_or(LineError::Damaged)?,
            faults: read(&self.faults, faults).ok_or(LineError::Damaged)?,
        })
    }

    /// What is kept of a run.
    ///
    /// # Errors
    ///
    /// As [`Self::kept`].
    pub fn kept_of(&self, drawn: &Drawn) -> Result<Kept, LineError> {
        self.kept(&drawn.told(), drawn.doings.len(), drawn.faults.len())
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = if self.with_postgres { "postgres" } else { "memory" };
        let text = format!(
            "{BEGINS}{}/{}/{rows}/{}/{}/{}/{}",
            own_build(),
            self.what,
            self.seed,
            self.steps,
            self.faults,
            self.drawn
        );
        write!(f, "{text}/{}", short_digest(&text))
    }
}
