//! Seeded mistakes: engines that are wrong in one way each. The property that holds of the emulator
//! must report every one of them, or it proves nothing.

use azdrill::oracle::Profile;
use azdrill::strategy::answer::Answer;
use azdrill::strategy::question::{Disagreement, Engine, Question, engine, first_disagreement, rules_for};
use azdrill_emulator::model::ActionPattern;
use azdrill_emulator::rules::Rules;

use super::nearby::nearby;

/// How many settings need be out of order for every mistake to show.
const SETTINGS: usize = 3;

/// What is wrong with an engine.
pub(crate) enum Wrong<S> {
    /// It takes one world for another.
    Sees(fn(&mut S)),
    /// Its rules are wrong.
    Rules(fn(&mut Rules)),
    /// It goes by another profile.
    Profile(fn(&mut Profile)),
}

/// An engine that is wrong in one way.
pub(crate) struct Mistake<S> {
    name: &'static str,
    /// The book by which it is one.
    by: Profile,
    wrong: Wrong<S>,
}

impl<S> Mistake<S> {
    /// A mistake by what was observed.
    pub(crate) fn new(name: &'static str, wrong: Wrong<S>) -> Self {
        Self {
            name,
            by: Profile::OBSERVED,
            wrong,
        }
    }

    /// The same, but by the documents.
    pub(crate) fn documented(self) -> Self {
        Self {
            by: Profile::DOCUMENTED,
            ..self
        }
    }
}

/// An engine that takes one world for another.
pub(crate) fn sees<S>(name: &'static str, mislead: fn(&mut S)) -> Mistake<S> {
    Mistake::new(name, Wrong::Sees(mislead))
}

/// An engine with other rules.
pub(crate) fn spoilt<S>(name: &'static str, spoil: fn(&mut Rules)) -> Mistake<S> {
    Mistake::new(name, Wrong::Rules(spoil))
}

/// An engine that takes one world for another.
struct Misled<'a, Q, F> {
    engine: &'a mut Q,
    mislead: F,
}

impl<Q: Question, F: Fn(&mut Q::Sketch)> Engine<Q::Sketch> for Misled<'_, Q, F> {
    fn ask(&mut self, sketch: &Q::Sketch) -> Answer {
        let mut seen = sketch.clone();
        (self.mislead)(&mut seen);
        self.engine.ask(&seen)
    }
}

/// Runs the property on the emulator, taking each world for another one.
pub(crate) fn misled<Q: Question>(
    profile: Profile,
    emulator: &mut Q,
    mislead: impl Fn(&mut Q::Sketch),
    cells: impl IntoIterator<Item = Q::Sketch>,
) -> Option<Disagreement<Q::Sketch>> {
    let mut engine = Misled {
        engine: emulator,
        mislead,
    };
    first_disagreement::<Q>(profile, &mut engine, cells).0
}

/// Runs the property on an engine with a mistake.
fn caught<Q: Question>(emulator: &mut Q, mistake: &Mistake<Q::Sketch>) -> Option<Disagreement<Q::Sketch>> {
    let (profile, cells) = (mistake.by, nearby(SETTINGS));
    match mistake.wrong {
        Wrong::Sees(mislead) => {
            // Where it takes a world for itself it is the emulator, which is right.
            let taken_for_others = cells.filter(|sketch: &Q::Sketch| {
                let mut seen = sketch.clone();
                mislead(&mut seen);
                seen != *sketch
            });
            misled(profile, emulator, mislead, taken_for_others)
        }
        Wrong::Rules(spoil) => {
            let mut rules = rules_for(profile).unwrap();
            spoil(&mut rules);
            let mut engine = Q::put_up(rules, 1).unwrap();
            first_disagreement::<Q>(profile, &mut engine, cells).0
        }
        Wrong::Profile(change) => {
            let mut other = profile;
            change(&mut other);
            first_disagreement::<Q>(profile, &mut engine::<Q>(other).unwrap(), cells).0
        }
    }
}

/// Every one of these is caught, and an engine that is misled into nothing is not: that it holds of the emulator
/// everywhere is what [`super::agreement`] shows.
#[allow(clippy::print_stdout, reason = "shown with `--nocapture`")]
pub(crate) fn all_are_caught<Q: Question>(mistakes: &[Mistake<Q::Sketch>]) {
    let mut emulators = [Profile::OBSERVED, Profile::DOCUMENTED].map(|by| (by, engine::<Q>(by).unwrap()));
    for (profile, emulator) in &mut emulators {
        let found = misled(*profile, emulator, |_| {}, nearby(1));
        assert!(found.is_none(), "{}", found.unwrap());
    }
    for mistake in mistakes {
        let emulator = emulators.iter_mut().find(|(by, _)| *by == mistake.by);
        let (_, emulator) = emulator.expect("one of the two books");
        let Some(found) = caught(emulator, mistake) else {
            panic!("nobody noticed: {}", mistake.name);
        };
        println!("{}: caught ({:?}): {found}", mistake.name, mistake.by.book);
    }
}

/// Gives a role a data action.
pub(crate) fn add_data_action(rules: &mut Rules, role: &str, pattern: &str) {
    let role = rules.built_in_roles.named_mut(role);
    role.expect("a built-in role").permissions_mut()[0]
        .data_actions
        .push(ActionPattern::new(pattern));
}
