//! What happens to an answer on its way to a client, where a fault says so.

use serde::{Deserialize, Serialize};

/// Something that happens to an answer on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mishap {
    /// It is held back.
    Delay {
        /// How long, in milliseconds of the machine's own time.
        milliseconds: u64,
    },
    /// The connection is closed instead.
    Close,
    /// The connection is closed in the middle of its body.
    CutBody {
        /// Behind how many bytes; before the last one of a shorter body.
        after_bytes: u64,
    },
    /// Its body comes slowly.
    SlowBody {
        /// How fast, in bytes a second of the machine's own time.
        bytes_per_second: u64,
    },
    /// One bit of its body is another.
    FlipBit {
        /// In which byte, from 0; in the last one of a shorter body.
        at_byte: u64,
    },
}

impl Mishap {
    /// The same, of a body of this length: what is to happen behind its end happens at its last byte.
    #[must_use]
    pub fn within(self, length: u64) -> Self {
        let last = length.saturating_sub(1);
        match self {
            Self::CutBody { after_bytes } => Self::CutBody {
                after_bytes: after_bytes.min(last),
            },
            Self::FlipBit { at_byte } => Self::FlipBit {
                at_byte: at_byte.min(last),
            },
            other => other,
        }
    }
}

impl std::fmt::Display for Mishap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Delay { milliseconds } => write!(f, "the answer held back for {milliseconds} ms"),
            Self::Close => f.write_str("the connection closed instead of an answer"),
            Self::CutBody { after_bytes } => {
                write!(
                    f,
                    "the connection closed behind {after_bytes} bytes of the answer"
                )
            }
            Self::SlowBody { bytes_per_second } => {
                write!(f, "the answer sent at {bytes_per_second} bytes a second")
            }
            Self::FlipBit { at_byte } => write!(f, "a bit of byte {at_byte} of the answer turned over"),
        }
    }
}
