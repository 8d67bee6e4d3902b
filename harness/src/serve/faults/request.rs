//! A fault of requests, as files and the admin endpoint write it.

use std::collections::BTreeMap;

use azdrill_emulator::fault::{CallMaker, Fault, FaultAnswer, FaultKind, OperationFault, Place};
use azdrill_emulator::model::Mishap;
use azdrill_emulator::rules::{OriginKind, Rules};
use serde::Deserialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::bounds::{
    error_code, final_status, from_one, header_names, headers, one, up_to_a_day_of_milliseconds, within_a_day,
};
use super::length::Length;
use super::when::When;
use crate::scenario::Misstated;
use crate::serve::known;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RequestFault {
    /// What other faults call it.
    #[serde(default)]
    pub(super) name: String,
    /// The operation's id; any if left out.
    #[serde(default)]
    operation: String,
    /// A part of the path; any if left out.
    #[serde(default)]
    path_contains: String,
    /// The caller's display name or object id; anybody if left out.
    #[serde(default)]
    principal: String,
    /// Where the caller stands; anywhere if left out.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    from: Option<OriginKind>,
    /// `client` or `service`: whose requests; both if left out.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    by: Option<CallMaker>,
    /// The first match to strike, from 1.
    #[serde(default = "one", deserialize_with = "from_one")]
    nth: u64,
    /// How many matches to strike.
    #[serde(default = "one", deserialize_with = "from_one")]
    times: u64,
    /// Which of the matches are struck, besides.
    #[serde(default)]
    pub(super) when: When,
    /// Whether it may never strike.
    #[serde(default)]
    optional: bool,
    /// What is answered instead of doing anything.
    answer: Option<Answer>,
    /// What is answered instead of the result of what was done all the same.
    lose_answer: Option<LoseAnswer>,
    /// How the operation ends that the request begins, nothing having been done: for a move of resources, with one of
    /// the codes of a vault's.
    fail_operation: Option<FailOperation>,
    /// How the operation is told to stand that the request begins, its work having been done.
    operation_told: Option<OperationWord>,
    /// The names of headers that the answer lacks.
    #[serde(default, deserialize_with = "header_names")]
    drop_headers: Option<Vec<String>>,
    /// That a read, or a query of Resource Graph, is answered as the same one was the last time (`true`).
    stale: Option<bool>,
    /// What happens on the connection, to requests that come over one.
    connection: Option<ConnectionWord>,
    /// As if azdrill's own disk were full (`true`): the first is done, the others are not.
    disk_full: Option<bool>,
    /// That nothing goes wrong (`true`): for faults that come after this one.
    pass: Option<bool>,
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
    /// The message; one that says it is a fault's if left out.
    #[serde(default)]
    message: String,
    /// Whether there is no body.
    #[serde(default)]
    empty: bool,
    /// More headers.
    #[serde(default, deserialize_with = "headers")]
    headers: BTreeMap<String, String>,
}

/// How an operation is told to stand, as files write it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum OperationWord {
    /// It runs for ever.
    Stick,
    /// Its end is told so much later on the world's clock.
    EndLate(Length),
    /// It is told as failed with this code.
    Fail(#[serde(deserialize_with = "error_code")] String),
}

/// What happens on the connection of a request, as files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, derive(ToSchema))]
#[serde(rename_all = "snake_case")]
enum ConnectionWord {
    /// It is closed before anything is done.
    Close,
    /// It is closed when all is done, and nothing answered.
    CloseWhenDone,
    /// The answer is held back for so many milliseconds.
    DelayMilliseconds(#[serde(deserialize_with = "up_to_a_day_of_milliseconds")] u64),
    /// It is closed behind so many bytes of the answer's body.
    CutAfterBytes(u64),
    /// The answer's body comes at so many bytes a second.
    SlowBytesPerSecond(#[serde(deserialize_with = "from_one")] u64),
    /// One bit of this byte of the answer's body is turned over.
    FlipBitAtByte(u64),
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

impl RequestFault {
    /// The fault.
    ///
    /// # Errors
    ///
    /// If it names an operation that is not there, says nothing to do, or its window is none.
    pub(super) fn fault(&self, rules: &Rules) -> Result<Fault, Misstated> {
        if !self.operation.is_empty() {
            known::operation(rules, &self.operation).map_err(|wrong| wrong.at("operation"))?;
        }
        Ok(Fault {
            name: self.name.clone(),
            place: self.place(),
            moment: self.when.moment(self.nth, self.times)?,
            optional: self.optional,
            kind: self.kind(rules)?,
        })
    }

    /// What it is about.
    pub(super) fn place(&self) -> Place {
        Place {
            operation: self.operation.clone(),
            path_contains: self.path_contains.clone(),
            principal: self.principal.clone(),
            from: self.from,
            by: self.by,
        }
    }

    /// Whether it strikes each match from the first on, so many at least.
    pub(super) fn strikes_every_time(&self, times: u64) -> bool {
        self.nth == 1 && self.times >= times && self.when == When::default()
    }

    /// Whether it is something that happens on a connection.
    pub(super) fn needs_connection(&self) -> bool {
        self.connection.is_some()
    }

    /// What goes wrong: the one thing that is said.
    pub(super) fn kind(&self, rules: &Rules) -> Result<FaultKind, Misstated> {
        let answer = self
            .answer
            .as_ref()
            .map(|own| Ok(FaultKind::Answer(own.answer())));
        let lost = self.lose_answer.as_ref();
        let lost = lost.map(|lost| Ok(FaultKind::LoseAnswer { status: lost.status }));
        let fails = self.fail_operation.as_ref();
        let told = self.operation_told.as_ref();
        let drop = self.drop_headers.as_ref();
        let said = [
            answer,
            lost,
            fails.map(|fails| fails.kind(&self.operation, rules)),
            told.map(|told| Ok(FaultKind::Operation(told.fault()))),
            drop.map(|names| Ok(FaultKind::DropHeaders { names: names.clone() })),
            self.stale
                .map(|stale| only_true(stale, FaultKind::Stale, "stale")),
            self.connection.map(|word| Ok(word.kind())),
            self.disk_full
                .map(|full| only_true(full, FaultKind::DiskFull, "disk_full")),
            self.pass.map(|pass| only_true(pass, FaultKind::Pass, "pass")),
        ];
        let mut said = said.into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(kind), None) => kind,
            _ => Err(Misstated::new(
                "a fault of a request needs one of `answer`, `lose_answer`, `fail_operation`, `operation_told`, \
                 `drop_headers`, `stale`, `connection`, `disk_full` and `pass`, and one of them only",
            )),
        }
    }
}

fn only_true(said: bool, kind: FaultKind, key: &'static str) -> Result<FaultKind, Misstated> {
    if said {
        return Ok(kind);
    }
    let wrong = format!("`{key}` is `true`, or is left out");
    Err(Misstated::new(wrong).at(key))
}

impl Answer {
    fn answer(&self) -> FaultAnswer {
        FaultAnswer {
            status: self.status,
            code: self.code.clone(),
            retry_after_seconds: self.retry_after_seconds,
            message: self.message.clone(),
            empty: self.empty,
            headers: self.headers.clone(),
        }
    }
}

impl OperationWord {
    fn fault(&self) -> OperationFault {
        match self {
            Self::Stick => OperationFault::Stick,
            Self::EndLate(by) => OperationFault::EndLate { by: by.0 },
            Self::Fail(code) => OperationFault::Fail { code: code.clone() },
        }
    }
}

impl ConnectionWord {
    fn kind(self) -> FaultKind {
        FaultKind::Deliver(match self {
            Self::Close => return FaultKind::Close,
            Self::CloseWhenDone => Mishap::Close,
            Self::DelayMilliseconds(milliseconds) => Mishap::Delay { milliseconds },
            Self::CutAfterBytes(after_bytes) => Mishap::CutBody { after_bytes },
            Self::SlowBytesPerSecond(bytes_per_second) => Mishap::SlowBody { bytes_per_second },
            Self::FlipBitAtByte(at_byte) => Mishap::FlipBit { at_byte },
        })
    }
}
