//! Both machines' answers to a question, as tables.

use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use serde::Serialize;

use super::answer::Answer;
use super::client::WorldError;
use super::fold::{self, Row};
use super::question::{Question, SEED};
use crate::sketch::Product;

/// A table of both machines' answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matrix {
    /// A word to find it by.
    pub name: String,
    /// Its heading.
    pub title: &'static str,
    /// What was asked in each cell.
    pub question: &'static str,
    /// What the words of a row are about.
    pub row_headings: Vec<&'static str>,
    /// What the columns are.
    pub columns_are: &'static str,
    /// Its columns.
    pub columns: Vec<&'static str>,
    /// Its rows. Those that differ in what makes no difference are one.
    pub rows: Vec<Row<Pair>>,
}

/// What both machines answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// The documented machine's.
    pub documented: Verdict,
    /// The observed machine's.
    pub observed: Verdict,
}

/// Whether something was let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It was.
    Passes,
    /// It was not.
    Refused {
        /// Who said no: `network`, `authorization`, `service`.
        gate: String,
        /// The rule, or the code where that tells more.
        because: String,
    },
    /// No answer to the question.
    Odd(String),
}

impl Verdict {
    pub(super) fn of<Q: Question>(answer: Answer) -> Self {
        match answer {
            Answer::Passes => Self::Passes,
            Answer::Fails { gate, rules, code } => Self::Refused {
                gate,
                because: Q::because(rules, code),
            },
            Answer::Odd(text) => Self::Odd(text),
        }
    }
}

/// What both machines have to say, beside each other: the documented one's first.
///
/// # Errors
///
/// If the rules do not load, or a world cannot be put up.
pub(super) fn of_both<Q: Question, T: Send>(ask: fn(&mut Q) -> T) -> Result<[T; 2], WorldError> {
    let of = |profile| machine::<Q>(profile, &Assumptions::new()).map(|mut machine| ask(&mut machine));
    std::thread::scope(|threads| {
        let documented = threads.spawn(|| of(Profile::Documented));
        let observed = of(Profile::Observed)?;
        let documented = documented.join();
        Ok([documented.map_err(|_| WorldError::Missing("answer"))??, observed])
    })
}

/// A machine with the question's world.
///
/// # Errors
///
/// If the rules do not load, or the world cannot be put up.
pub(super) fn machine<Q: Question>(profile: Profile, taken: &Assumptions) -> Result<Q, WorldError> {
    let rules = Rules::load(profile, taken).map_err(|error| WorldError::Rules(error.to_string()))?;
    Q::put_up(rules, SEED)
}

/// A machine's answers to every cell, in order.
pub(super) fn verdicts<Q: Question>(machine: &mut Q, product: &Product<Q::Sketch>) -> Vec<Verdict> {
    let cells = product.cells();
    cells
        .map(|sketch| Verdict::of::<Q>(machine.ask(&sketch)))
        .collect()
}

/// What is shown of a question.
///
/// # Errors
///
/// If the rules do not load, or a world cannot be put up.
pub fn matrices<Q: Question>() -> Result<Vec<Matrix>, WorldError> {
    let [documented, observed] = of_both(|machine: &mut Q| {
        let tables = Q::tables();
        let answers = tables.iter().map(|table| verdicts(machine, table.product()));
        answers.collect::<Vec<_>>()
    })?;
    let tables = Q::tables().into_iter().zip(documented.into_iter().zip(observed));
    let matrices = tables.filter_map(|(table, (documented, observed))| {
        let pairs = documented.into_iter().zip(observed);
        let mut pairs = pairs.map(|(documented, observed)| Pair { documented, observed });
        let (settings, columns) = table.parts()?;
        Some(Matrix {
            name: format!("{}-{}", Q::NAME, table.name),
            title: table.title,
            question: Q::ASKED,
            row_headings: settings.iter().map(|setting| setting.name()).collect(),
            columns_are: table.columns_are,
            columns: (0..columns.len()).map(|word| columns.label(word)).collect(),
            rows: fold::rows(settings, columns.len(), &mut pairs),
        })
    });
    Ok(matrices.collect())
}
