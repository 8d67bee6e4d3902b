//! What a command is judged by.

/// What a command is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// It ended within its bound.
    Ended,
    /// It tried again what passes by itself.
    Retried,
    /// It did not go on trying what cannot be.
    Stopped,
    /// It waited as long as it was told to.
    Waited,
    /// It did not hammer.
    Calm,
    /// It did nothing twice that it was to do once.
    Once,
    /// Where it gave up, it said why, and ended with another code than 0.
    Told,
    /// It reported success only where all was there.
    True,
    /// It left nothing behind.
    Clean,
}

impl Judgement {
    /// All of them, in the order they are told.
    pub const ALL: [Self; 9] = [
        Self::Ended,
        Self::Retried,
        Self::Stopped,
        Self::Waited,
        Self::Calm,
        Self::Once,
        Self::Told,
        Self::True,
        Self::Clean,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Retried => "retried",
            Self::Stopped => "stopped",
            Self::Waited => "waited",
            Self::Calm => "calm",
            Self::Once => "once",
            Self::Told => "told",
            Self::True => "true",
            Self::Clean => "clean",
        }
    }
}

/// Whether something was as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was.
    Held,
    /// It was not, for this reason.
    Missed(String),
    /// There was no occasion for it.
    NotAsked,
}
