//! Faults of connections to database servers.

use rand::{Rng, RngExt as _};
use toml::{Table, Value};

use super::called::Called;
use super::drawn::{Drawn, number, table};
use super::kind::Kind;
use crate::chaos::Ends;

/// A fault of one of the connections a command makes.
pub(super) fn of_connection(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    if called.connections == 0 {
        return None;
    }
    let nth = rng.random_range(1..=called.connections);
    let mut once_sent = |key| table(key, Value::Integer(rng.random_range(50..5000)));
    let (fault, what): (Value, _) = match kind {
        Kind::ServerRefuses => ("refuse".into(), "is refused"),
        Kind::ServerIsFull => ("too_many_clients".into(), "finds no place left"),
        Kind::ServerBreaksDown => (
            once_sent("crash_after_bytes"),
            "is on it when the server breaks down",
        ),
        Kind::ServerEndsSessions => (
            once_sent("end_sessions_after_bytes"),
            "is ended with all others in the middle",
        ),
        _ => (once_sent("reset_after_bytes"), "is reset in the middle"),
    };
    let fault = Table::from_iter([("nth".to_owned(), number(nth)), ("fault".to_owned(), fault)]);
    Some(Drawn {
        list: "connection",
        fault,
        ends: Ends::Either,
        title: format!("connection {nth} to a database server {what}"),
    })
}
