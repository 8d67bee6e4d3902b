//! Sequences are played on model and emulator, and a failing one is told so that a person can read it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use azdrill::oracle::Expected;
use azdrill::sequence::step::Step;
use azdrill::sequence::world::World;
use azdrill::strategy::answer::Answer;
use azdrill::strategy::question::agrees;
use proptest::strategy::{BoxedStrategy, Just, Strategy as _};
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, strategy::Sequential};

use crate::generate::NextStep;
use crate::model::{Beginning, Model};
use crate::seen::Seen;

thread_local! {
    static TALLY: RefCell<Tally> = RefCell::default();
}

/// How often what was done, and how often what was refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// All steps.
    pub(crate) steps: u64,
    /// By kind: done, refused.
    pub(crate) kinds: BTreeMap<&'static str, (u64, u64)>,
    /// Validations, exchanges of keys and jobs that ended well, and badly.
    pub(crate) ended: (u64, u64),
    pub(crate) jobs: (u64, u64),
    pub(crate) expired: u64,
}

/// The tally of this thread, which begins anew.
pub(crate) fn take_tally() -> Tally {
    TALLY.take()
}

/// The model as the library knows it.
pub(crate) struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let beginning = Beginning {
            profile: azdrill::oracle::Profile::OBSERVED,
            encrypted: false,
            recorded: true,
            mistake: None,
        };
        Just(Model::new(beginning)).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        NextStep::after(model).boxed()
    }

    fn apply(model: Model, step: &Step) -> Model {
        model.step(step)
    }
}

/// What is played, and what came of it so far.
pub(crate) struct Played {
    world: Seen,
    told: Vec<(Step, Expected, Answer)>,
    points: usize,
    jobs: usize,
    deleted: bool,
}

/// The emulator as the library knows it.
pub(crate) struct Sequences;

impl StateMachineTest for Sequences {
    type SystemUnderTest = Played;
    type Reference = Reference;

    fn init_test(model: &Model) -> Played {
        Played {
            world: Seen::new(World::begin(model.beginning.world())),
            told: Vec::new(),
            points: 0,
            jobs: 0,
            deleted: false,
        }
    }

    fn apply(mut played: Played, model: &Model, step: Step) -> Played {
        let refused = model.told != Expected::Passes;
        let every = played.told.len().is_multiple_of(64);
        let before = refused.then(|| played.world.everything(every));
        let answer = played.world.take(&step, model.ticket);
        let as_expected = fits(&model.told, &answer);
        played.told.push((step, model.told.clone(), answer));
        if !as_expected {
            played.fail(model, "the answer");
        }
        if before.is_some_and(|before| before != played.world.everything(every)) {
            played.fail(model, "a refused call changed something");
        }
        for (ticket, expected) in &model.ended {
            let answer = played.world.ended(*ticket);
            if !fits(expected, &answer) {
                let what = format!("operation {ticket}: expected {expected:?}, ended as {answer:?}");
                played.fail(model, &what);
            }
        }
        let toggled = played.deleted != model.deleted.is_some();
        played.deleted = model.deleted.is_some();
        if let Some(differs) = played.world.differs(model, toggled || every) {
            played.fail(model, &differs);
        }
        played.count(model, &step);
        played
    }
}

impl Played {
    /// Breaks off. Not by a panic, whose hook would print each attempt at making the sequence shorter.
    fn fail(&self, model: &Model, what: &str) -> ! {
        let mut text = format!("{what}\n  in a world that begins as {:?}\n", model.beginning);
        for (number, (step, expected, answer)) in self.told.iter().enumerate() {
            let _ = writeln!(text, "  {:>3}. {step:?}", number + 1);
            let _ = writeln!(
                text,
                "       expected {}, answered {}",
                wanted(expected),
                given(answer)
            );
        }
        std::panic::resume_unwind(Box::new(text))
    }

    fn count(&mut self, model: &Model, step: &Step) {
        let gone = self.points > model.points.len() && model.instance.is_some();
        let ended = |failed: bool| {
            let jobs = &model.jobs[self.jobs..];
            let ended = jobs.iter().take_while(|job| job.ended.is_some());
            ended.filter(|job| job.failed.is_some() == failed).count() as u64
        };
        let (well, badly) = (ended(false), ended(true));
        let operations = model.ended.iter();
        let passed = operations
            .filter(|(_, answer)| *answer == Expected::Passes)
            .count() as u64;
        TALLY.with_borrow_mut(|tally| {
            tally.steps += 1;
            let kind = tally.kinds.entry(step.act.kind()).or_default();
            match model.told {
                Expected::Passes => kind.0 += 1,
                Expected::Fails { .. } => kind.1 += 1,
            }
            tally.ended.0 += passed;
            tally.ended.1 += model.ended.len() as u64 - passed;
            tally.jobs.0 += well;
            tally.jobs.1 += badly;
            tally.expired += u64::from(gone);
        });
        self.points = model.points.len();
        self.jobs += usize::try_from(well + badly).unwrap_or_default();
    }
}

fn wanted(expected: &Expected) -> String {
    match expected {
        Expected::Passes => "yes".to_owned(),
        Expected::Fails { gate, rules, code } => format!("no: {code} by {gate:?} {rules:?}"),
    }
}

fn given(answer: &Answer) -> String {
    match answer {
        Answer::Passes => "yes".to_owned(),
        Answer::Fails { gate, rules, code } => format!("no: {code} by {gate} {rules:?}"),
        Answer::Odd(text) => format!("oddly: {text}"),
    }
}

/// As [`agrees`]; where the model names no rules, gate and code count.
fn fits(expected: &Expected, answer: &Answer) -> bool {
    match (expected, answer) {
        (Expected::Fails { rules, .. }, Answer::Fails { gate, code, .. }) if rules.is_empty() => {
            let bare = Answer::Fails {
                gate: gate.clone(),
                rules: Vec::new(),
                code: code.clone(),
            };
            agrees(expected, &bare)
        }
        _ => agrees(expected, answer),
    }
}

/// How many sequences are played, how long they are, and from which seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) sequences: u32,
    pub(crate) steps: usize,
    pub(crate) seed: u64,
}

/// Plays sequences from a beginning.
///
/// # Errors
///
/// The shortest failing one that was found: its text, and how many steps it has.
pub(crate) fn play(beginning: Beginning, size: Size) -> Result<(), (String, usize)> {
    let config = Config {
        cases: size.sequences,
        rng_seed: RngSeed::Fixed(size.seed),
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..Config::default()
    };
    let sequences = Sequential::new(
        size.steps.into(),
        move || Just(Model::new(beginning)).boxed(),
        Reference::preconditions,
        Reference::transitions,
        Reference::apply,
    );
    let mut runner = TestRunner::new(config.clone());
    let result = runner.run(&sequences, |(model, steps, seen)| {
        Sequences::test_sequential(config.clone(), model, steps, seen);
        Ok(())
    });
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, (_, steps, _))) => Err((why.to_string(), steps.len())),
        Err(TestError::Abort(why)) => Err((why.to_string(), 0)),
    }
}
