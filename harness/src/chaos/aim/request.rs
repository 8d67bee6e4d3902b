//! Faults of requests.

use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};
use toml::{Table, Value};

use super::called::Called;
use super::drawn::{Drawn, number, table};
use super::kind::Kind;
use crate::chaos::Ends;

pub(super) fn of_request(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
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
