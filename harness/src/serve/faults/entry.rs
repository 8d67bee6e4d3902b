//! One fault, as files and the admin endpoint write it.

use azdrill_emulator::fault::{ConnectionFault, DatabaseFault, Fault, FaultKind, RegionFault};
use azdrill_emulator::rules::{OriginKind, Rules};
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::bounds::{error_code, final_status, from_one, one, up_to_a_day, within_a_day};
use crate::scenario::{Misstated, check_region};
use crate::serve::known;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RequestFault {
    /// The operation's id; any if left out.
    #[serde(default)]
    operation: String,
    /// A part of the path; any if left out.
    #[serde(default)]
    path_contains: String,
    /// The first match to strike, from 1.
    #[serde(default = "one", deserialize_with = "from_one")]
    nth: u64,
    /// How many matches to strike.
    #[serde(default = "one", deserialize_with = "from_one")]
    times: u64,
    /// Whether it may never strike.
    #[serde(default)]
    optional: bool,
    /// What is answered instead of doing anything.
    answer: Option<Answer>,
    /// What is answered instead of the result of what was done all the same.
    lose_answer: Option<LoseAnswer>,
    /// How the operation ends that the request begins: for a move of resources, with one of the codes of a vault's.
    fail_operation: Option<FailOperation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(deserialize_with = "final_status")]
    status: u16,
    #[serde(deserialize_with = "error_code")]
    code: String,
    #[serde(default, deserialize_with = "within_a_day")]
    retry_after_seconds: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct LoseAnswer {
    #[serde(deserialize_with = "final_status")]
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct FailOperation {
    #[serde(deserialize_with = "error_code")]
    code: String,
}

impl FailOperation {
    /// What it does to an operation.
    fn kind(&self, operation: &str, rules: &Rules) -> Result<FaultKind, Misstated> {
        let row = rules.router.operation(operation);
        let codes = row.map_or(&[][..], |row| &row.can_end_with);
        let codes: Vec<&str> = codes.iter().map(|code| code.row().wire_code()).collect();
        if codes.is_empty() {
            let all = rules.router.operations().iter();
            let all = all.filter(|row| !row.can_end_with.is_empty());
            let all: Vec<&str> = all.map(|row| &*row.id).collect();
            let wrong = format!(
                "`fail_operation` needs `operation` to be one whose work can be made to fail: {}",
                all.join(", ")
            );
            return Err(Misstated::new(wrong));
        }
        if !codes.contains(&self.code.as_str()) {
            let wrong = format!("{operation} does not end with {}", self.code);
            return Err(Misstated::new(wrong)
                .of_these(&codes)
                .at("code")
                .at("fail_operation"));
        }
        Ok(FaultKind::FailOperation {
            code: self.code.clone(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionEntry {
    /// The server's name; any if left out.
    #[serde(default)]
    server: String,
    /// Where the client stands; anywhere if left out.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    from: Option<OriginKind>,
    #[serde(default = "one", deserialize_with = "from_one")]
    nth: u64,
    #[serde(default = "one", deserialize_with = "from_one")]
    times: u64,
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
}

/// A region whose services do not answer from here on, or answer again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RegionEntry {
    /// The region whose services do not answer.
    down: Option<String>,
    /// The region whose services answer again.
    up: Option<String>,
}

impl RegionEntry {
    /// The fault.
    ///
    /// # Errors
    ///
    /// If it names none or two, or one that is not there.
    pub(super) fn fault(&self, rules: &Rules) -> Result<RegionFault, Misstated> {
        let (key, region, down) = match (&self.down, &self.up) {
            (Some(region), None) => ("down", region, true),
            (None, Some(region)) => ("up", region, false),
            _ => {
                return Err(Misstated::new(
                    "a fault of a region needs `down` or `up`, and not both",
                ));
            }
        };
        check_region(region, rules).map_err(|wrong| wrong.at(key))?;
        Ok(RegionFault {
            region: region.clone(),
            down,
        })
    }
}

impl ConnectionEntry {
    /// The name of the server it waits for; empty for any.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// The fault.
    ///
    /// # Errors
    ///
    /// If no server can have that name.
    pub(super) fn fault(&self, rules: &Rules) -> Result<DatabaseFault, Misstated> {
        known::server_name(rules, &self.server).map_err(|wrong| wrong.at("server"))?;
        Ok(DatabaseFault {
            server: self.server.clone(),
            from: self.from,
            nth: self.nth,
            times: self.times,
            optional: self.optional,
            kind: self.fault.into(),
        })
    }
}

impl RequestFault {
    /// The fault.
    ///
    /// # Errors
    ///
    /// If it names an operation that is not there, or says nothing to do.
    pub(super) fn fault(&self, rules: &Rules) -> Result<Fault, Misstated> {
        if !self.operation.is_empty() {
            known::operation(rules, &self.operation).map_err(|wrong| wrong.at("operation"))?;
        }
        let kind = match (&self.answer, &self.lose_answer, &self.fail_operation) {
            (Some(answer), None, None) => FaultKind::Answer {
                status: answer.status,
                code: answer.code.clone(),
                retry_after_seconds: answer.retry_after_seconds,
            },
            (None, Some(lost), None) => FaultKind::LoseAnswer { status: lost.status },
            (None, None, Some(fails)) => fails.kind(&self.operation, rules)?,
            _ => {
                return Err(Misstated::new(
                    "a fault of a request needs `answer`, `lose_answer` or `fail_operation`, and one of them only",
                ));
            }
        };
        Ok(Fault {
            operation: self.operation.clone(),
            path_contains: self.path_contains.clone(),
            nth: self.nth,
            times: self.times,
            optional: self.optional,
            kind,
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
        }
    }
}
