//! Faults a file puts in place.

use std::path::Path;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::fault::{ConnectionFault, DatabaseFault, Fault, FaultKind};
use azdrill_emulator::rules::OriginKind;
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::known;
use crate::scenario::{ScenarioError, read_toml};

/// What goes wrong in a run, as a file (or the admin endpoint) says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FaultFile {
    /// Faults of requests.
    #[serde(default, rename = "request")]
    requests: Vec<RequestFault>,
    /// Faults of connections to database servers.
    #[serde(default, rename = "connection")]
    connections: Vec<ConnectionEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct RequestFault {
    /// The operation's id; any if left out.
    #[serde(default)]
    operation: String,
    /// A part of the path; any if left out.
    #[serde(default)]
    path_contains: String,
    /// The first match to strike, from 1.
    #[serde(default = "one")]
    nth: u64,
    /// How many matches to strike.
    #[serde(default = "one")]
    times: u64,
    /// What is answered instead of doing anything.
    answer: Option<Answer>,
    /// What is answered instead of the result of what was done all the same.
    lose_answer: Option<LoseAnswer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    code: String,
    retry_after_seconds: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct LoseAnswer {
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
struct ConnectionEntry {
    /// The server's name; any if left out.
    #[serde(default)]
    server: String,
    /// Where the client stands; anywhere if left out.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    from: Option<OriginKind>,
    #[serde(default = "one")]
    nth: u64,
    #[serde(default = "one")]
    times: u64,
    fault: ConnectionWord,
}

/// What goes wrong with a connection, as files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum ConnectionWord {
    Refuse,
    AcceptThenClose,
    StallSeconds(u64),
    ResetAfterBytes(u64),
    SlowBytesPerSecond(u64),
}

fn one() -> u64 {
    1
}

impl FaultFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be; with line and column.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        read_toml(path, "README.md shows what a file of faults may say")
    }

    /// Puts the faults in place, behind those that are there.
    ///
    /// # Errors
    ///
    /// If a fault names an operation that is not there or says nothing to do; nothing is put in place
    /// then.
    pub fn apply(&self, azure: &mut Azure) -> Result<(), String> {
        let requests: Vec<Fault> = self
            .requests
            .iter()
            .map(|entry| entry.fault(azure))
            .collect::<Result<_, _>>()?;
        for fault in requests {
            azure.faults_mut().push(fault);
        }
        for entry in &self.connections {
            azure.faults_mut().push_connection(DatabaseFault {
                server: entry.server.clone(),
                from: entry.from,
                nth: entry.nth,
                times: entry.times,
                kind: entry.fault.into(),
            });
        }
        Ok(())
    }
}

impl RequestFault {
    fn fault(&self, azure: &Azure) -> Result<Fault, String> {
        if !self.operation.is_empty() {
            known::operation(azure.rules(), &self.operation)?;
        }
        let status = |status: u16| match http::StatusCode::from_u16(status) {
            Ok(_) => Ok(status),
            Err(_) => Err(format!("status = {status}: no HTTP status")),
        };
        let kind = match (&self.answer, &self.lose_answer) {
            (Some(answer), None) => FaultKind::Answer {
                status: status(answer.status)?,
                code: answer.code.clone(),
                retry_after_seconds: answer.retry_after_seconds,
            },
            (None, Some(lost)) => FaultKind::LoseAnswer {
                status: status(lost.status)?,
            },
            _ => return Err("a fault of a request needs `answer` or `lose_answer`, and not both".to_owned()),
        };
        Ok(Fault {
            operation: self.operation.clone(),
            path_contains: self.path_contains.clone(),
            nth: self.nth,
            times: self.times,
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

#[cfg(test)]
mod tests {
    use azdrill_emulator::rules::{Assumptions, Profile, Rules};
    use azdrill_emulator::services::Settings;

    use super::*;

    fn azure() -> Azure {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
        Azure::new(rules, Settings::default(), 1)
    }

    #[test]
    fn a_file_of_faults_is_put_in_place() {
        let file: FaultFile = toml::from_str(
            "[[request]]\noperation = \"Blob_PutBlock\"\nnth = 2\nanswer = { status = 503, code = \"ServerBusy\" }\n\
             [[connection]]\nserver = \"drill\"\nfrom = \"internet\"\nfault = { reset_after_bytes = 10 }\n\
             [[connection]]\nfault = \"refuse\"\n",
        )
        .unwrap();
        let mut azure = azure();
        file.apply(&mut azure).unwrap();
        let from = azdrill_emulator::model::NetworkPath::internet();
        let faults = azure.faults_mut();
        assert!(!faults.is_empty());
        assert_eq!(
            faults.strike_connection("drill", &from),
            Some(ConnectionFault::ResetAfter { bytes: 10 })
        );
        assert_eq!(
            faults.strike_connection("other", &from),
            Some(ConnectionFault::Refuse)
        );
    }

    #[test]
    fn a_fault_that_makes_no_sense_is_refused_whole() {
        let says = |text: &str| {
            let file: FaultFile = toml::from_str(text).unwrap();
            let mut azure = azure();
            let error = file.apply(&mut azure).unwrap_err();
            assert!(azure.faults_mut().is_empty());
            error
        };
        let typo = "[[request]]\nanswer = { status = 503, code = \"x\" }\n[[request]]\noperation = \"Blob_PutBlok\"\nlose_answer = { status = 500 }\n";
        assert!(says(typo).contains("Did you mean `Blob_PutBlock`?"));
        assert!(says("[[request]]\n").contains("needs `answer` or `lose_answer`"));
        assert!(says("[[request]]\nlose_answer = { status = 7 }\n").contains("no HTTP status"));
    }
}
