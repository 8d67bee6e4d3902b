//! Plans that are aimed at what a command really calls, which a run without faults has shown.

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::entropy::Entropy;
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};
use toml::{Table, Value};

use super::{Ends, Plan};
use crate::serve::Record;

/// What connections to database servers are called in a record.
const CONNECTION: &str = "DatabaseConnection";

/// What can go wrong, each with what is struck by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Throttled,
    Unavailable,
    InternalError,
    LostAnswer,
    ClosedBefore,
    ClosedAfter,
    CutShort,
    Delayed,
    NoLongerAllowed,
    StaleRead,
    NoRetryAfter,
    OperationLate,
    OperationToldFailed,
    JobFails,
    JobToldFailed,
    JobLate,
    JobNeverEnds,
    ServerRefuses,
    ServerBreaksOff,
}

const KINDS: [Kind; 19] = [
    Kind::Throttled,
    Kind::Unavailable,
    Kind::InternalError,
    Kind::LostAnswer,
    Kind::ClosedBefore,
    Kind::ClosedAfter,
    Kind::CutShort,
    Kind::Delayed,
    Kind::NoLongerAllowed,
    Kind::StaleRead,
    Kind::NoRetryAfter,
    Kind::OperationLate,
    Kind::OperationToldFailed,
    Kind::JobFails,
    Kind::JobToldFailed,
    Kind::JobLate,
    Kind::JobNeverEnds,
    Kind::ServerRefuses,
    Kind::ServerBreaksOff,
];

/// What the command called.
#[derive(Debug, Default)]
struct Called {
    /// Operations by id.
    operations: BTreeMap<String, Usual>,
    jobs: BTreeSet<String>,
    connections: u64,
}

/// How an operation is called without faults.
#[derive(Debug, Default)]
struct Usual {
    /// How often.
    count: u64,
    /// Whether it reads.
    reads: bool,
    /// Whether it begins something that goes on after its answer.
    begins: bool,
    /// Whether its answer says when to come again.
    tells_when: bool,
}

impl Called {
    fn of(record: &Record) -> Self {
        let mut called = Self::default();
        let own = record
            .calls
            .iter()
            .filter(|call| !call.by_service && !call.is_housekeeping());
        for call in own {
            if call.operation == CONNECTION {
                called.connections += 1;
            } else if !call.operation.is_empty() {
                let usual = called.operations.entry(call.operation.clone()).or_default();
                usual.count += 1;
                usual.reads = call.method == "GET";
                usual.tells_when |= call.response_headers.contains_key("retry-after");
                usual.begins |=
                    call.status == 202 || call.response_headers.contains_key("azure-asyncoperation");
            }
        }
        called.jobs = record.jobs.iter().map(|job| job.operation.clone()).collect();
        called
    }

    /// The operations a kind can strike.
    fn targets<'a>(&'a self, kind: Kind) -> Vec<(&'a str, u64, bool)> {
        let all = self.operations.iter();
        let shown = |(id, own): (&'a String, &Usual)| (id.as_str(), own.count, own.reads);
        match kind {
            Kind::CutShort => all.filter(|(_, own)| own.reads).map(shown).collect(),
            // The first of several has nothing before it.
            Kind::StaleRead => all
                .filter(|(_, own)| own.reads && own.count > 1)
                .map(shown)
                .collect(),
            Kind::NoRetryAfter => all.filter(|(_, own)| own.tells_when).map(shown).collect(),
            Kind::OperationLate | Kind::OperationToldFailed => all
                .filter(|(_, own)| own.begins && !own.reads)
                .map(shown)
                .collect(),
            _ => all.map(shown).collect(),
        }
    }
}

/// The plan of that number under a seed: one to three faults, of a few kinds, at what the command calls. The same seed
/// and number, and the same calls, give the same plan. `None` if the command called nothing.
pub fn aimed(record: &Record, seed: u64, number: u64) -> Option<Plan> {
    let called = Called::of(record);
    let mut rng = Entropy::from_seed(seed)
        .fork("chaos")
        .fork(&number.to_string())
        .rng();
    // Each plan has some kinds alone: with all of them at once, one would hide the others.
    let some: Vec<Kind> = KINDS.into_iter().filter(|_| rng.random_bool(0.4)).collect();
    let kinds = if some.is_empty() { KINDS.to_vec() } else { some };
    let wanted = rng.random_range(1..=3);
    let mut plan = Plan {
        name: format!("{seed}.{number}"),
        title: String::new(),
        ends: Ends::Recovers,
        faults: Table::new(),
    };
    let mut titles = Vec::new();
    // What cannot strike anything is drawn again, a bounded number of times.
    for _ in 0..KINDS.len() * 4 {
        if titles.len() >= wanted {
            break;
        }
        let kind = kinds.choose(&mut rng).copied()?;
        if let Some(drawn) = drawn(kind, &called, &mut rng) {
            let list = plan
                .faults
                .entry(drawn.list)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(Value::Table(drawn.fault));
            }
            plan.ends = worse(plan.ends, drawn.ends);
            titles.push(drawn.title);
        }
    }
    plan.title = titles.join("; ");
    (!plan.is_empty()).then_some(plan)
}

/// What both come to: who has to give up because of one has to.
fn worse(one: Ends, other: Ends) -> Ends {
    match (one, other) {
        (Ends::GivesUp, _) | (_, Ends::GivesUp) => Ends::GivesUp,
        (Ends::Either, _) | (_, Ends::Either) => Ends::Either,
        (Ends::Recovers, Ends::Recovers) => Ends::Recovers,
    }
}

struct Drawn {
    list: &'static str,
    fault: Table,
    ends: Ends,
    title: String,
}

fn drawn(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    match kind {
        Kind::JobFails | Kind::JobToldFailed | Kind::JobLate | Kind::JobNeverEnds => {
            of_job(kind, called, rng)
        }
        Kind::ServerRefuses | Kind::ServerBreaksOff => of_connection(kind, called, rng),
        _ => of_request(kind, called, rng),
    }
}

fn of_job(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    let jobs: Vec<&String> = called.jobs.iter().collect();
    let job = (*jobs.choose(rng)?).clone();
    let (fault, ends, what): (Value, _, _) = match kind {
        Kind::JobFails => (
            table("fail", "CloudInternalError".into()),
            Ends::Either,
            "fails at once",
        ),
        Kind::JobToldFailed => {
            let code = "LongRunningRestoreTrackingFailure".into();
            (
                table("fail_though_done", code),
                Ends::Either,
                "is told as failed when its work is done",
            )
        }
        Kind::JobLate => (
            table("end_late", "8s".into()),
            Ends::Recovers,
            "is told as ended eight seconds late",
        ),
        _ => ("stick".into(), Ends::GivesUp, "never ends"),
    };
    let title = format!("a {job} job {what}");
    let fault = Table::from_iter([
        ("job".to_owned(), Value::String(job)),
        ("fault".to_owned(), fault),
    ]);
    Some(Drawn {
        list: "job",
        fault,
        ends,
        title,
    })
}

fn of_connection(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    if called.connections == 0 {
        return None;
    }
    let nth = rng.random_range(1..=called.connections);
    let (fault, what): (Value, _) = match kind {
        Kind::ServerRefuses => ("refuse".into(), "is refused"),
        _ => {
            let bytes = Value::Integer(rng.random_range(50..5000));
            (table("reset_after_bytes", bytes), "is reset in the middle")
        }
    };
    let fault = Table::from_iter([("nth".to_owned(), number(nth)), ("fault".to_owned(), fault)]);
    Some(Drawn {
        list: "connection",
        fault,
        ends: Ends::Either,
        title: format!("connection {nth} to a database server {what}"),
    })
}

fn of_request(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    let targets = called.targets(kind);
    let (operation, count, reads) = targets.choose(rng).copied()?;
    let ((key, value), ends, what) = if let Some(answered) = answered(kind, operation, reads) {
        answered
    } else if let Some(on_the_way) = on_the_way(kind, reads, rng) {
        on_the_way
    } else {
        told(kind)
    };
    let nth = rng.random_range(1..=count);
    let mut fault = Table::new();
    fault.insert("operation".to_owned(), operation.into());
    fault.insert("nth".to_owned(), number(nth));
    match kind {
        Kind::NoLongerAllowed => {
            fault.insert("times".to_owned(), Value::Integer(1_000_000));
        }
        Kind::Throttled | Kind::Unavailable => {
            fault.insert("times".to_owned(), Value::Integer(rng.random_range(1..=2)));
        }
        _ => {}
    }
    fault.insert("optional".to_owned(), Value::Boolean(true));
    fault.insert(key.to_owned(), value);
    Some(Drawn {
        list: "request",
        fault,
        ends,
        title: format!("{operation} number {nth} {what}"),
    })
}

/// The key and value of what goes wrong, what automation comes to, and the words for it.
type Wrong = ((&'static str, Value), Ends, &'static str);

/// Who sends again what may have been done takes a risk; who gives up does not.
fn if_repeated(reads: bool) -> Ends {
    if reads { Ends::Recovers } else { Ends::Either }
}

fn answered(kind: Kind, operation: &str, reads: bool) -> Option<Wrong> {
    let answer = |status: i64, code: &str, wait: Option<i64>| {
        let mut answer = Table::new();
        answer.insert("status".to_owned(), Value::Integer(status));
        answer.insert("code".to_owned(), code.into());
        if let Some(seconds) = wait {
            answer.insert("retry_after_seconds".to_owned(), Value::Integer(seconds));
        }
        ("answer", Value::Table(answer))
    };
    let of_storage = operation.starts_with("Blob") || operation.starts_with("Container");
    Some(match kind {
        Kind::Throttled if of_storage => (answer(503, "ServerBusy", Some(2)), Ends::Recovers, "is throttled"),
        Kind::Throttled => (
            answer(429, "TooManyRequests", Some(2)),
            Ends::Recovers,
            "is throttled",
        ),
        Kind::Unavailable => {
            let answer = answer(503, "ServiceUnavailable", Some(1));
            (answer, Ends::Recovers, "is answered with 503")
        }
        Kind::InternalError => {
            let answer = answer(500, "InternalServerError", None);
            (answer, if_repeated(reads), "is answered with 500")
        }
        Kind::NoLongerAllowed => {
            let answer = answer(403, "AuthorizationFailed", None);
            (answer, Ends::GivesUp, "is refused from then on")
        }
        Kind::LostAnswer => {
            let lost = ("lose_answer", table("status", Value::Integer(504)));
            (lost, if_repeated(reads), "is done, and its answer is lost")
        }
        _ => return None,
    })
}

fn on_the_way(kind: Kind, reads: bool, rng: &mut impl Rng) -> Option<Wrong> {
    let on = |value: Value| ("connection", value);
    Some(match kind {
        Kind::ClosedBefore => (
            on("close".into()),
            if_repeated(reads),
            "finds its connection closed",
        ),
        Kind::ClosedAfter => {
            let closed = on("close_when_done".into());
            (closed, if_repeated(reads), "is done, and its connection closed")
        }
        Kind::CutShort => {
            let bytes = Value::Integer(rng.random_range(0..200));
            (
                on(table("cut_after_bytes", bytes)),
                Ends::Either,
                "is answered in part",
            )
        }
        Kind::Delayed => {
            let late = table("delay_milliseconds", Value::Integer(1500));
            (on(late), Ends::Recovers, "is answered late")
        }
        _ => return None,
    })
}

/// What is told otherwise than it is.
fn told(kind: Kind) -> Wrong {
    match kind {
        Kind::StaleRead => (
            ("stale", Value::Boolean(true)),
            Ends::Recovers,
            "is answered as before",
        ),
        Kind::NoRetryAfter => {
            let names = Value::Array(vec!["retry-after".into()]);
            (
                ("drop_headers", names),
                Ends::Recovers,
                "is answered without Retry-After",
            )
        }
        Kind::OperationLate => {
            let late = table("end_late", "5s".into());
            (
                ("operation_told", late),
                Ends::Recovers,
                "is told as ended five seconds late",
            )
        }
        _ => {
            let failed = table("fail", "CloudInternalError".into());
            (
                ("operation_told", failed),
                Ends::Either,
                "is told as failed when it is done",
            )
        }
    }
}

fn table(key: &str, value: Value) -> Value {
    Value::Table(Table::from_iter([(key.to_owned(), value)]))
}

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
