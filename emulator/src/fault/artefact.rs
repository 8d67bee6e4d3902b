//! What goes wrong with the files a job writes, though it is told as having gone well.

use serde::{Deserialize, Serialize};

/// How many bytes read as zeros where a part of a file has gone: a sector of an old disk.
pub(crate) const LOST_BYTES: u64 = 512;

/// What goes wrong with the files of a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtefactFault {
    /// A file is not written.
    LeaveOut {
        /// A part of its name.
        file: String,
    },
    /// A file ends early.
    Cut {
        /// A part of its name.
        file: String,
        /// How much of it is there, in bytes.
        bytes: u64,
    },
    /// A few bytes of a file (512) read as zeros.
    Zero {
        /// A part of its name.
        file: String,
        /// Where they begin.
        at_byte: u64,
    },
    /// The files are those of the recovery point before the one that was asked for.
    OlderPoint,
}

/// A file that a job is about to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Artefact<'a> {
    pub(crate) name: &'a str,
    pub(crate) length: u64,
}

impl ArtefactFault {
    /// Which of the files it strikes: the first in which it would change something.
    pub(crate) fn strikes(&self, files: &[Artefact<'_>]) -> Option<usize> {
        let (part, longer_than) = match self {
            Self::LeaveOut { file } => (file, 0),
            Self::Cut { file, bytes } => (file, *bytes),
            Self::Zero { file, at_byte } => (file, *at_byte),
            Self::OlderPoint => return None,
        };
        files
            .iter()
            .position(|file| file.name.contains(part.as_str()) && file.length > longer_than)
    }
}

impl std::fmt::Display for ArtefactFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let its = |part: &str| match part {
            "" => "its first file".to_owned(),
            part => format!("its file `{part}`"),
        };
        match self {
            Self::LeaveOut { file } => write!(f, "{} is not written", its(file)),
            Self::Cut { file, bytes } => write!(f, "{} ends after {bytes} bytes", its(file)),
            Self::Zero { file, at_byte } => write!(
                f,
                "{LOST_BYTES} bytes of {} read as zeros from byte {at_byte} on",
                its(file)
            ),
            Self::OlderPoint => f.write_str("its files are those of the recovery point before"),
        }
    }
}
