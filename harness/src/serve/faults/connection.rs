//! A fault of connections to database servers, as files and the admin endpoint write it.

use azdrill_emulator::fault::{ConnectionFault, DatabaseFault};
use azdrill_emulator::rules::{OriginKind, Rules};
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::bounds::{from_one, one, up_to_a_day};
use super::when::When;
use crate::scenario::Misstated;
use crate::serve::known;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionEntry {
    /// What other faults call it.
    #[serde(default)]
    pub(super) name: String,
    /// The server's name; any if left out.
    #[serde(default)]
    pub(super) server: String,
    /// Where the client stands; anywhere if left out.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    from: Option<OriginKind>,
    #[serde(default = "one", deserialize_with = "from_one")]
    nth: u64,
    #[serde(default = "one", deserialize_with = "from_one")]
    times: u64,
    /// Which of the matches are struck, besides.
    #[serde(default)]
    pub(super) when: When,
    /// Whether it may never strike.
    #[serde(default)]
    optional: bool,
    fault: ConnectionWord,
}

/// What goes wrong with a connection, as files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum ConnectionWord {
    Refuse,
    AcceptThenClose,
    StallSeconds(#[serde(deserialize_with = "up_to_a_day")] u64),
    ResetAfterBytes(u64),
    SlowBytesPerSecond(#[serde(deserialize_with = "from_one")] u64),
    CrashAfterBytes(u64),
    EndSessionsAfterBytes(u64),
    TooManyClients,
    ReadOnly,
}

impl ConnectionEntry {
    /// The fault.
    ///
    /// # Errors
    ///
    /// If no server can have that name, or its window is none.
    pub(super) fn fault(&self, rules: &Rules) -> Result<DatabaseFault, Misstated> {
        known::server_name(rules, &self.server).map_err(|wrong| wrong.at("server"))?;
        Ok(DatabaseFault {
            name: self.name.clone(),
            server: self.server.clone(),
            from: self.from,
            moment: self.when.moment(self.nth, self.times)?,
            optional: self.optional,
            kind: self.fault.into(),
        })
    }
}

impl From<ConnectionWord> for ConnectionFault {
    fn from(word: ConnectionWord) -> Self {
        match word {
            ConnectionWord::Refuse => Self::Refuse,
            ConnectionWord::AcceptThenClose => Self::AcceptThenClose,
            ConnectionWord::StallSeconds(seconds) => Self::Stall { seconds },
            ConnectionWord::ResetAfterBytes(bytes) => Self::ResetAfter { bytes },
            ConnectionWord::SlowBytesPerSecond(bytes_per_second) => Self::Slow { bytes_per_second },
            ConnectionWord::CrashAfterBytes(bytes) => Self::CrashAfter { bytes },
            ConnectionWord::EndSessionsAfterBytes(bytes) => Self::EndSessionsAfter { bytes },
            ConnectionWord::TooManyClients => Self::TooManyClients,
            ConnectionWord::ReadOnly => Self::ReadOnly,
        }
    }
}
