//! The cells in which the two machines differ, and the rules that make the difference.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use azdrill_emulator::rules::{Assumptions, Profile, RuleId, Rules};
use serde::Serialize;

use super::answer::Answer;
use super::client::WorldError;
use super::fold;
use super::matrix::{Pair, Verdict, machine, of_both, verdicts};
use super::question::Question;
use crate::sketch::Product;

/// Cells in which the machines differ in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The settings by name, each with the words it may have.
    pub settings: Vec<(&'static str, String)>,
    /// What the documented machine answers.
    pub documented: Verdict,
    /// What the observed one does.
    pub observed: Verdict,
    /// The rules that have to be taken as observed, in this order, for the documented machine to answer so: found in
    /// the first of the cells.
    pub rules: Vec<String>,
}

/// How many cells there are, in how many the machines differ, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Differences {
    /// The settings of which every combination was asked about; the others are in order.
    pub of: Vec<&'static str>,
    /// How many cells that are.
    pub cells: usize,
    /// In how many of them the machines differ.
    pub differing: usize,
    /// Where.
    pub differences: Vec<Difference>,
}

/// Asks both machines in every cell of a question's first product.
///
/// # Errors
///
/// If the rules do not load, or a world cannot be put up.
pub fn differences<Q: Question>() -> Result<Differences, WorldError> {
    let product = Q::products().swap_remove(0);
    let [documented, observed] = of_both(|machine: &mut Q| verdicts(machine, &Q::products()[0]))?;
    let mut found = Differences {
        of: product
            .dimensions()
            .iter()
            .map(|dimension| dimension.name())
            .collect(),
        cells: documented.len(),
        differing: 0,
        differences: Vec::new(),
    };
    let mut pairs = documented
        .into_iter()
        .zip(observed)
        .map(|(documented, observed)| {
            let differs = documented != observed;
            found.differing += usize::from(differs);
            differs.then_some(Pair { documented, observed })
        });
    let rows = fold::rows(product.dimensions(), 1, &mut pairs);
    let mut causes = Causes::<Q>::new()?;
    for row in rows {
        let Some(Some(Pair { documented, observed })) = row.cells.into_iter().next() else {
            continue;
        };
        found.differences.push(Difference {
            settings: settings(&product, row.words),
            documented,
            observed,
            rules: causes.of(&product.cell(&row.first))?,
        });
    }
    Ok(found)
}

fn settings<S: crate::sketch::Shape>(
    product: &Product<S>,
    words: Vec<String>,
) -> Vec<(&'static str, String)> {
    let names = product.dimensions().iter().map(|dimension| dimension.name());
    names.zip(words).collect()
}

/// Looks for the rules that make a difference: those the machines take differently are taken as observed on the
/// documented machine, one after the other.
struct Causes<Q> {
    observed: Q,
    /// The rules the machines take differently, with what the observed one takes.
    choices: BTreeMap<RuleId, String>,
    /// Documented machines that take some rules as observed.
    turned: BTreeMap<Vec<RuleId>, Q>,
}

impl<Q: Question> Causes<Q> {
    fn new() -> Result<Self, WorldError> {
        let rules = Rules::load(Profile::Documented, &Assumptions::new());
        let rules = rules.map_err(|error| WorldError::Rules(error.to_string()))?;
        let differing = rules.stated.values().filter(|rule| rule.differs());
        Ok(Self {
            observed: machine(Profile::Observed, &Assumptions::new())?,
            choices: differing.map(|rule| (rule.id, rule.observed.clone())).collect(),
            turned: BTreeMap::new(),
        })
    }

    /// The documented machine's answer with some rules taken as observed.
    fn ask(&mut self, turned: &[RuleId], sketch: &Q::Sketch) -> Result<Answer, WorldError> {
        let machine = match self.turned.entry(turned.to_vec()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(open) => {
                let taken = turned.iter().map(|id| (id.to_string(), self.choices[id].clone()));
                open.insert(machine(Profile::Documented, &taken.collect())?)
            }
        };
        Ok(machine.ask(sketch))
    }

    /// The rules that make the difference in a cell. None if no one of them alone changes anything.
    fn of(&mut self, sketch: &Q::Sketch) -> Result<Vec<String>, WorldError> {
        let wanted = self.observed.ask(sketch);
        let mut turned: Vec<RuleId> = Vec::new();
        let mut answer = self.ask(&turned, sketch)?;
        let choices: Vec<RuleId> = self.choices.keys().copied().collect();
        while answer != wanted {
            let mut changed = None;
            for id in choices.iter().filter(|id| !turned.contains(id)) {
                let more: Vec<RuleId> = turned.iter().chain([id]).copied().collect();
                let now = self.ask(&more, sketch)?;
                if now != answer {
                    changed = Some((more, now));
                    break;
                }
            }
            let Some((more, now)) = changed else {
                return Ok(Vec::new());
            };
            (turned, answer) = (more, now);
        }
        Ok(turned.iter().map(RuleId::to_string).collect())
    }
}
