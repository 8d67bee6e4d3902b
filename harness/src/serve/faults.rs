//! Faults a file puts in place.

use std::path::Path;

use azdrill_emulator::azure::Azure;
use azdrill_emulator::fault::{ConnectionFault, DatabaseFault, Fault, FaultKind};
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::machine::Core as _;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::rules::{OriginKind, Rules};
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer};
#[cfg(test)]
use utoipa::ToSchema;

use super::known;
use crate::scenario::{Misstated, ScenarioError, read_checked, shown};

/// What goes wrong in a run, as a file (or the admin endpoint) says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
struct ConnectionEntry {
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

fn one() -> u64 {
    1
}

/// A number that counts: there is no match number 0.
fn from_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number > 0 {
        return Ok(number);
    }
    Err(de::Error::invalid_value(Unexpected::Unsigned(0), &"1 or more"))
}

/// The status of an answer that ends a request.
fn final_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (200..=599).contains(&status) {
        return Ok(status);
    }
    let given = Unexpected::Unsigned(u64::from(status));
    Err(de::Error::invalid_value(given, &"an HTTP status from 200 to 599"))
}

/// The longest code of an error. Azure's longest has 90 letters.
const CODE_MAX: usize = 128;

/// The longest anybody is told to wait.
const DAY: u64 = 24 * 60 * 60;

/// A code of an error is one printable word: it stands in a body and in a header.
fn error_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let code = String::deserialize(deserializer)?;
    if (1..=CODE_MAX).contains(&code.len()) && code.bytes().all(|letter| letter.is_ascii_graphic()) {
        return Ok(code);
    }
    let shown = shown(&code);
    let wanted = "a code of 1 to 128 printable letters without spaces, such as ServerBusy";
    Err(de::Error::invalid_value(Unexpected::Str(&shown), &wanted))
}

fn up_to_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    if seconds <= DAY {
        return Ok(seconds);
    }
    let given = Unexpected::Unsigned(seconds);
    Err(de::Error::invalid_value(
        given,
        &"up to 86400 seconds, which is a day",
    ))
}

fn within_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    up_to_a_day(deserializer).map(Some)
}

impl FaultFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what it should be: with line and column, if a fault names an
    /// operation that is not there or says nothing to do, as well.
    pub fn read(path: &Path, rules: &Rules) -> Result<Self, ScenarioError> {
        let shown_in = "README.md shows what a file of faults may say";
        read_checked(path, shown_in, |file: &Self| file.check(rules))
    }

    /// Checks everything that can be checked before there is a world.
    ///
    /// # Errors
    ///
    /// What cannot be.
    pub(crate) fn check(&self, rules: &Rules) -> Result<(), Misstated> {
        self.faults(rules).map(|_| ())
    }

    /// The faults of requests, once everything that can be checked before there is a world has been.
    fn faults(&self, rules: &Rules) -> Result<Vec<Fault>, Misstated> {
        for (number, entry) in self.connections.iter().enumerate() {
            known::server_name(rules, &entry.server)
                .map_err(|wrong| wrong.at("server").in_entry("connection", number))?;
        }
        let requests = self.requests.iter().enumerate();
        requests
            .map(|(number, entry)| {
                let fault = entry.fault(rules);
                fault.map_err(|wrong| wrong.in_entry("request", number))
            })
            .collect()
    }

    /// The database servers its faults wait for that are not among these.
    pub fn waits_for(&self, servers: &[String]) -> Vec<String> {
        let named = self.connections.iter().map(|entry| &entry.server);
        let unknown = named
            .filter(|name| !name.is_empty() && !servers.iter().any(|own| own.eq_ignore_ascii_case(name)));
        unknown.cloned().collect()
    }

    /// Puts the faults in place, behind those that are there.
    ///
    /// # Errors
    ///
    /// If a fault names an operation that is not there or says nothing to do; nothing is put in place
    /// then.
    pub fn apply(&self, machine: &mut Journalled, now: Timestamp) -> Result<(), String> {
        let requests = self.faults(machine.rules()).map_err(|wrong| wrong.to_string())?;
        for fault in requests {
            machine.put_fault(now, fault);
        }
        for entry in &self.connections {
            let fault = DatabaseFault {
                server: entry.server.clone(),
                from: entry.from,
                nth: entry.nth,
                times: entry.times,
                optional: entry.optional,
                kind: entry.fault.into(),
            };
            machine.put_connection_fault(now, fault);
        }
        Ok(())
    }
}

/// The faults that should have struck and have not, each in a sentence; where one waits for a database
/// server that is not there, with those that are.
pub(crate) fn unstruck(azure: &Azure) -> Vec<String> {
    let hosts = azure.running_databases();
    let servers: Vec<&str> = hosts.iter().filter_map(|host| host.split('.').next()).collect();
    let told = azure.faults().unstruck().map(|fault| {
        let there = |name: &str| servers.iter().any(|own| own.eq_ignore_ascii_case(name));
        match fault.server.filter(|name| !there(name)) {
            None => fault.what,
            Some(name) => format!("{}; {}", fault.what, no_server(name, &servers)),
        }
    });
    told.collect()
}

fn no_server(name: &str, servers: &[&str]) -> String {
    let all = match servers {
        [] => "there is none at all".to_owned(),
        servers => format!("there are {}", servers.join(", ")),
    };
    format!("no server `{name}` was running at the end: {all}")
}

impl RequestFault {
    fn fault(&self, rules: &Rules) -> Result<Fault, Misstated> {
        if !self.operation.is_empty() {
            known::operation(rules, &self.operation).map_err(|wrong| wrong.at("operation"))?;
        }
        let kind = match (&self.answer, &self.lose_answer) {
            (Some(answer), None) => FaultKind::Answer {
                status: answer.status,
                code: answer.code.clone(),
                retry_after_seconds: answer.retry_after_seconds,
            },
            (None, Some(lost)) => FaultKind::LoseAnswer { status: lost.status },
            _ => {
                return Err(Misstated::new(
                    "a fault of a request needs `answer` or `lose_answer`, and not both",
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

#[cfg(test)]
mod tests {
    use azdrill_emulator::journal::Beginning;
    use azdrill_emulator::rules::{Assumptions, Profile};
    use azdrill_emulator::services::Settings;
    use miette::Diagnostic as _;

    use super::*;

    fn machine() -> Journalled {
        let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 1, Settings::default());
        Journalled::new(&beginning).unwrap()
    }

    #[test]
    fn a_file_of_faults_is_put_in_place() {
        let file: FaultFile = toml::from_str(
            "[[request]]\noperation = \"Blob_PutBlock\"\nnth = 2\nanswer = { status = 503, code = \"ServerBusy\" }\n\
             [[connection]]\nserver = \"drill\"\nfrom = \"internet\"\nfault = { reset_after_bytes = 10 }\n\
             [[connection]]\nfault = \"refuse\"\n",
        )
        .unwrap();
        let mut machine = machine();
        file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap();
        assert!(!machine.faults().is_empty());
        let told = machine.faults().describe();
        assert!(
            told[1].contains("to drill: it is reset once the server has sent 10 bytes"),
            "{told:?}"
        );
        assert!(told[2].contains("to any: it is refused"), "{told:?}");
    }

    #[test]
    fn a_fault_that_makes_no_sense_is_refused_whole() {
        let says = |text: &str| {
            let file: FaultFile = toml::from_str(text).unwrap();
            let mut machine = machine();
            let error = file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(machine.faults().is_empty());
            error
        };
        let typo = "[[request]]\nanswer = { status = 503, code = \"x\" }\n[[request]]\noperation = \"Blob_PutBlok\"\nlose_answer = { status = 500 }\n";
        assert!(says(typo).contains("Did you mean `Blob_PutBlock`?"));
        assert!(says("[[request]]\n").contains("needs `answer` or `lose_answer`"));
    }

    /// Refused at that place, with those words; and what is told to do.
    #[track_caller]
    fn refused_at(text: &str, line: usize, column: usize, says: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("faults.toml");
        std::fs::write(&file, text).unwrap();
        let told = FaultFile::read(&file, machine().rules()).unwrap_err();
        let help = told.help().map(|help| help.to_string()).unwrap_or_default();
        let told = told.to_string();
        assert!(
            told.contains(&format!("faults.toml, line {line}, column {column}")),
            "{told}"
        );
        assert!(told.contains(says), "{told}");
        help
    }

    #[test]
    fn what_makes_no_sense_is_refused_where_it_stands() {
        for (text, line, column, says) in [
            (
                "[[request]]\nnth = 0\nlose_answer = { status = 500 }\n",
                2,
                7,
                "expected 1 or more",
            ),
            (
                "[[request]]\nlose_answer = { status = 999 }\n",
                2,
                26,
                "expected an HTTP status",
            ),
            (
                "[[request]]\nanswer = { status = 100, code = \"x\" }\n",
                2,
                21,
                "expected an HTTP status",
            ),
            (
                "[[connection]]\ntimes = 0\nfault = \"refuse\"\n",
                2,
                9,
                "expected 1 or more",
            ),
            (
                "[[connection]]\nfault = { slow_bytes_per_second = 0 }\n",
                2,
                9,
                "expected 1 or more",
            ),
            (
                "[[request]]\nlose_answer = { status = 500 }\n\n[[request]]\nlose_answer = { status = 500 }\noperation = \"Blob_PutBlok\"\n",
                6,
                13,
                "operation Blob_PutBlok: there is no such thing",
            ),
            (
                "\n[[request]]\nnth = 2\n",
                2,
                1,
                "needs `answer` or `lose_answer`",
            ),
            (
                "[[connection]]\nserver = \"a b\"\nfault = \"refuse\"\n",
                2,
                10,
                "no server can be called so",
            ),
        ] {
            let help = refused_at(text, line, column, says);
            if text.contains("Blok") {
                assert_eq!(help, "did you mean `Blob_PutBlock`?");
            }
        }
    }

    #[test]
    fn codes_are_words_and_waiting_has_an_end() {
        for (text, line, column, says) in [
            (
                "[[request]]\nanswer = { status = 503, code = \"\" }\n",
                2,
                33,
                "expected a code of 1 to 128 printable letters",
            ),
            (
                "[[request]]\nanswer = { status = 503, code = \"a\\r\\nb\" }\n",
                2,
                33,
                "expected a code of 1 to 128 printable letters",
            ),
            (
                "[[request]]\nanswer = { status = 503, code = \"x\", retry_after_seconds = 86401 }\n",
                2,
                60,
                "expected up to 86400 seconds",
            ),
            (
                "[[connection]]\nfault = { stall_seconds = 99999999 }\n",
                2,
                9,
                "expected up to 86400 seconds",
            ),
        ] {
            refused_at(text, line, column, says);
        }
    }

    #[test]
    fn what_never_struck_says_which_servers_there_are() {
        let file: FaultFile = toml::from_str(
            "[[connection]]\nserver = \"dril\"\nfault = \"refuse\"\n\
             [[request]]\noptional = true\nlose_answer = { status = 500 }\n",
        )
        .unwrap();
        let mut machine = machine();
        file.apply(&mut machine, Timestamp::UNIX_EPOCH).unwrap();
        let told = unstruck(&machine);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("no server `dril` was running at the end"),
            "{told:?}"
        );
        assert_eq!(file.waits_for(&["drill".to_owned()]), ["dril"]);
    }
}
