//! A run, drawn from a seed: the world it begins in, what is done there, and what goes wrong. The same seed draws the
//! same run, whatever was drawn before.

use azdrill_emulator::entropy::Entropy;
use rand::{Rng, RngExt as _};

use super::wrong::{Wrong, WrongKinds};
use crate::oracle::Profile;
use crate::sequence::Beginning;
use crate::sequence::draw::Draw;
use crate::sequence::step::{Act, Person, Restore, Role, Step};
use crate::sketch::restore_as_files::{Container, Prefix};

/// The fewest and the most steps of a run.
const STEPS: std::ops::RangeInclusive<usize> = 10..=24;
/// The most faults of a run.
const FAULTS_MAX: usize = 4;
/// How often what a seed has switched off is drawn again.
const REDRAWS: usize = 20;

/// What is done at a step of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Somebody asks for something, or time passes.
    Act(Step),
    /// The same, sent a second time at once, as by whoever has got no answer. Only what may be repeated.
    Twice(Step),
    /// The operator reads the instance and its recovery points.
    Reads,
    /// The rows in the server change.
    RowsChange,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What it was drawn from.
    pub seed: u64,
    /// The world.
    pub beginning: Beginning,
    /// What is done.
    pub doings: Vec<Doing>,
    /// What goes wrong, each with the step it is put in place before.
    pub faults: Vec<(usize, Wrong)>,
}

impl Drawn {
    /// The run of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Entropy::from_seed(seed).fork("sweep").rng();
        let beginning = Beginning {
            profile: if rng.random_bool(0.5) {
                Profile::OBSERVED
            } else {
                Profile::DOCUMENTED
            },
            encrypted: rng.random_bool(0.2),
            recorded: rng.random_bool(0.5),
        };
        let doings = doings(beginning, &mut rng);
        let kinds = WrongKinds::some(&mut rng);
        let wanted = rng.random_range(0..=FAULTS_MAX);
        let mut faults: Vec<(usize, Wrong)> = (0..wanted)
            .map(|_| (rng.random_range(0..doings.len()), kinds.draw(&mut rng)))
            .collect();
        faults.sort_by_key(|(before, _)| *before);
        Self {
            seed,
            beginning,
            doings,
            faults,
        }
    }

    /// Everything of it, in lines: what a replay line is held against.
    pub fn told(&self) -> String {
        format!("{:?}\n{:?}\n{:?}", self.beginning, self.doings, self.faults)
    }
}

/// What leads to a recovery point and a restore, in order, and then on.
fn leading(encrypted: bool) -> Vec<Act> {
    let what = Restore {
        newest: true,
        container: Container::There,
        prefix: Prefix::Free,
    };
    let restore = Act::Restore { what, approved: true };
    let mut acts: Vec<Act> = [Role::BacksUp, Role::ReadsGroup, Role::WritesAccount]
        .map(Act::Grant)
        .into();
    if encrypted {
        acts.push(Act::Grant(Role::UsesKey));
    }
    acts.extend([
        Act::Wait(660),
        Act::Protect,
        Act::Wait(900),
        Act::BackUp,
        Act::Wait(1200),
        restore,
        Act::Wait(600),
    ]);
    acts
}

/// A few steps that lead on come first, mostly; the others are of the kinds that are on for this seed.
fn doings(beginning: Beginning, rng: &mut impl Rng) -> Vec<Doing> {
    let kinds: u64 = rng.random::<u64>() | rng.random::<u64>();
    let leading = leading(beginning.encrypted);
    let begun = if rng.random_bool(0.75) {
        leading.len() - rng.random_range(0..4_usize)
    } else {
        0
    };
    let mut next = 0;
    let by = Person::Operator;
    let mut doings = Vec::new();
    while next < begun {
        doings.push(Doing::Act(Step {
            act: leading[next],
            by,
        }));
        next += 1;
    }
    let wanted = rng.random_range(STEPS);
    for _ in 0..wanted {
        let helpful = leading[next % leading.len()];
        let mut step = Step { act: helpful, by };
        for _ in 0..REDRAWS {
            let mut number = |below: u32| rng.random_range(0..below.max(1));
            step = Draw::from(&mut number, beginning.encrypted).step(helpful);
            if step.act == helpful || is_on(kinds, step.act.kind()) {
                break;
            }
        }
        if step.act == helpful {
            next += 1;
        }
        doings.push(match rng.random_range(0..20_u8) {
            0..=1 => Doing::RowsChange,
            2..=3 => Doing::Reads,
            4..=6 if is_idempotent(step.act) => Doing::Twice(step),
            _ => Doing::Act(step),
        });
    }
    doings
}

/// Whether a kind of step is among those of a seed: about three of four are.
fn is_on(kinds: u64, kind: &str) -> bool {
    let number: u32 = kind.bytes().map(u32::from).sum();
    kind == "wait" || kinds >> (number % 64) & 1 == 1
}

/// Whether doing it twice is to do it once: ARM's puts, patches and deletions.
fn is_idempotent(act: Act) -> bool {
    match act {
        Act::Grant(_)
        | Act::Revoke(_)
        | Act::Set(_)
        | Act::IdentityOff
        | Act::IdentityOn
        | Act::Protect
        | Act::Delete
        | Act::Guard
        | Act::Unguard
        | Act::Immutable { .. }
        | Act::SoftDelete { .. }
        | Act::EnableKey(_) => true,
        Act::Wait(_)
        | Act::IdentityRecycled
        | Act::BackUp
        | Act::Validate(_)
        | Act::Restore { .. }
        | Act::Undelete
        | Act::Change { .. }
        | Act::UnlockGuard
        | Act::UnlockInstance
        | Act::ExchangeKey { .. } => false,
    }
}

impl std::fmt::Debug for Doing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Act(step) => write!(f, "{step:?}"),
            Self::Twice(step) => write!(f, "{step:?}, sent twice"),
            Self::Reads => f.write_str("the instance and its recovery points are read"),
            Self::RowsChange => f.write_str("the rows change"),
        }
    }
}
