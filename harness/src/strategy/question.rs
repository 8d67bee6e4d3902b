//! What is asked of engine and oracle, and when their answers agree.

use azdrill_emulator::rules::{self, Rules};

use super::answer::Answer;
use super::client::WorldError;
use super::scene::Scene;
use super::table::Table;
use crate::oracle::{Book, Expected, Profile, SYNTHETIC};
use crate::sketch::{Product, Shape};

/// Anything that claims to know the answers.
pub trait Engine<S> {
    /// Puts the sketch's world up and asks.
    fn ask(&mut self, sketch: &S) -> Answer;
}

impl<S, E: Engine<S> + ?Sized> Engine<S> for &mut E {
    fn ask(&mut self, sketch: &S) -> Answer {
        (**self).ask(sketch)
    }
}

/// A question: the worlds it is asked about, the oracle's answer, and the emulator to ask. Whoever
/// implements it is that emulator, with one world that each sketch in turn is painted on.
pub trait Question: Engine<Self::Sketch> + Sized {
    /// A world as far as the answer can tell worlds apart.
    type Sketch: Shape;
    /// What it is called by.
    const NAME: &'static str;
    /// The question itself.
    const ASKED: &'static str;

    /// The oracle's answer.
    fn expected(profile: Profile, sketch: &Self::Sketch) -> Expected;

    /// Puts the world up.
    ///
    /// # Errors
    ///
    /// If a call is refused that a world in order would let through.
    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError>;

    /// What is walked whole, which takes seconds: everything, or what of it a refusal mostly depends on. In the first of
    /// them the machines are compared.
    fn products() -> Vec<Product<Self::Sketch>> {
        vec![Product::whole()]
    }

    /// The ways to take the rules that can make a difference to it, besides the two books.
    fn other_profiles() -> Vec<Profile> {
        Vec::new()
    }

    /// What is shown of it.
    fn tables() -> Vec<Table<Self::Sketch>>;

    /// The cell in the words of a scenario's file, where it has some.
    fn scene(_sketch: &Self::Sketch) -> Option<Scene> {
        None
    }

    /// What a table says of a refusal besides the gate.
    fn because(rules: Vec<String>, _code: String) -> String {
        rules.into_iter().next().unwrap_or_default()
    }
}

/// The emulator with the rules of a profile, and the question's world in it.
///
/// # Errors
///
/// If the rules do not load, or the world cannot be put up.
pub fn engine<Q: Question>(profile: Profile) -> Result<Q, WorldError> {
    Q::put_up(rules_for(profile)?, SEED)
}

/// The seed worlds are built from where it does not matter.
pub const SEED: u64 = 1;

/// The rules of the emulator that stand for a profile of the oracle.
///
/// # Errors
///
/// If they do not load.
pub fn rules_for(profile: Profile) -> Result<Rules, WorldError> {
    let book = match profile.book {
        Book::Documented => rules::Profile::Documented,
        Book::Observed => rules::Profile::Observed,
    };
    let points = [
        (
            "FX-RF-05",
            profile.either_is_enough,
            ["either_alone", "both_required"],
        ),
        ("NET-UAMI", profile.user_assigned_covered, ["covered", "denied"]),
        (
            "SS-B-05-TRUST",
            profile.trusted_for_postgresql,
            ["covers_postgresql", "virtual_machines_only"],
        ),
        (
            "PG-N-EVERYONE",
            profile.everyone_is_services_too,
            ["services_too", "only_the_azure_rule"],
        ),
        (
            "SS-RD-06",
            profile.name_asked_at_validation,
            ["at_validation", "at_job"],
        ),
    ];
    let assumptions = points.map(|(rule, holds, [yes, no])| {
        let taken = if holds { yes } else { no };
        (rule.to_owned(), taken.to_owned())
    });
    Rules::load(book, &assumptions.into()).map_err(|error| WorldError::Rules(error.to_string()))
}

/// A cell in which engine and oracle say different things.
#[derive(Clone, Debug)]
pub struct Disagreement<S> {
    /// The cell.
    pub sketch: S,
    /// The oracle's word.
    pub expected: Expected,
    /// The engine's.
    pub answer: Answer,
}

impl<S: std::fmt::Debug> std::fmt::Display for Disagreement<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "expected {:?}, answered {:?}, in {:?}",
            self.expected, self.answer, self.sketch
        )
    }
}

/// Whether an answer is what was expected: outcome, gate, every rule, code.
pub fn agrees(expected: &Expected, answer: &Answer) -> bool {
    match (expected, answer) {
        (Expected::Passes, Answer::Passes) => true,
        (
            Expected::Fails { gate, rules, code },
            Answer::Fails {
                gate: own_gate,
                rules: own_rules,
                code: own_code,
            },
        ) => {
            let same_code = match *code {
                SYNTHETIC => own_code.starts_with("Synthetic"),
                code => own_code == code,
            };
            own_gate == gate.as_str() && own_rules == rules && same_code
        }
        _ => false,
    }
}

/// THE property: in every cell the engine answers what the oracle expects. The first cell in which
/// it does not, and how many cells were looked at.
pub fn first_disagreement<Q: Question>(
    profile: Profile,
    engine: &mut dyn Engine<Q::Sketch>,
    cells: impl IntoIterator<Item = Q::Sketch>,
) -> (Option<Disagreement<Q::Sketch>>, usize) {
    let mut count = 0;
    for sketch in cells {
        count += 1;
        let expected = Q::expected(profile, &sketch);
        let answer = engine.ask(&sketch);
        if !agrees(&expected, &answer) {
            let found = Disagreement {
                sketch,
                expected,
                answer,
            };
            return (Some(found), count);
        }
    }
    (None, count)
}
