//! Plans that are aimed at what a command really calls, which a run without faults has shown.

mod called;
mod connection;
mod drawn;
mod job;
mod kind;
mod request;

use azdrill_emulator::entropy::Entropy;
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _};
use toml::{Table, Value};

use called::Called;
use connection::of_connection;
use drawn::{Drawn, number};
use job::of_job;
use kind::{KINDS, Kind};
use request::of_request;

use super::{Ends, Plan};
use crate::serve::Record;

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

/// Resource Manager has few tokens left for reads: a third of what the command reads at once, and one more a second.
fn few_tokens(called: &Called) -> Option<Drawn> {
    let reads: u64 = called
        .operations
        .values()
        .filter(|own| own.reads)
        .map(|own| own.count)
        .sum();
    let size = (reads / 3).max(1);
    let bucket = Table::from_iter([
        ("size".to_owned(), number(size)),
        ("refill_per_second".to_owned(), number(1)),
    ]);
    (reads > 1).then(|| Drawn {
        list: "throttling",
        fault: Table::from_iter([("reads".to_owned(), Value::Table(bucket))]),
        ends: Ends::Recovers,
        title: format!("Resource Manager lets {size} reads be made at once, and one more a second"),
    })
}

fn drawn(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    match kind {
        Kind::JobFails | Kind::JobBreaksOff | Kind::JobToldFailed | Kind::JobLate | Kind::JobNeverEnds => {
            of_job(kind, called, rng)
        }
        Kind::FewTokens => few_tokens(called),
        Kind::ServerRefuses
        | Kind::ServerBreaksOff
        | Kind::ServerBreaksDown
        | Kind::ServerEndsSessions
        | Kind::ServerIsFull => of_connection(kind, called, rng),
        _ => of_request(kind, called, rng),
    }
}
