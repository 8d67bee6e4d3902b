//! Which changes are asked about, in which order, and what is known of them from the last run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use miette::{Result, miette};

use crate::accepted::{self, Accepted};
use crate::mutant::{Mutant, Name};
use crate::outcome::{Kept, Outcome};
use crate::{Arguments, Keep, OUTCOMES};

/// The numbers of the changes that are asked for.
pub(crate) fn chosen(arguments: &Arguments, mutants: &[Mutant]) -> Result<BTreeSet<u32>> {
    let among = arguments.among.as_deref().map(accepted::names).transpose()?;
    let is_asked = |mutant: &Mutant| {
        let place = format!("{}: {}", mutant.name.file, mutant.name.within);
        if among.as_ref().is_some_and(|names| !names.contains(&mutant.name)) {
            return false;
        }
        arguments.only.is_empty() || arguments.only.iter().any(|part| place.contains(part))
    };
    let asked = (1..)
        .zip(mutants)
        .filter(|(_, mutant)| is_asked(mutant))
        .map(|(number, _)| number);
    let count = arguments.sample.unwrap_or(usize::MAX);
    let chosen: BTreeSet<u32> = drawn(arguments.seed, mutants, asked)
        .into_iter()
        .take(count)
        .collect();
    if chosen.is_empty() {
        return Err(miette!("there is no such change"));
    }
    Ok(chosen)
}

/// The numbers of the changes that are compiled. A run that was broken off goes on with the same binary; one that asks
/// again what was missed has fewer, and is built sooner.
pub(crate) fn put_in(
    arguments: &Arguments,
    mutants: &[Mutant],
    chosen: &BTreeSet<u32>,
    last: &BTreeMap<Name, Outcome>,
) -> BTreeSet<u32> {
    let again = matches!(arguments.keep, Some(Keep::Caught | Keep::Judged));
    let is_known = |number: u32| last.contains_key(&mutants[number as usize - 1].name);
    let wanted = chosen.iter().copied();
    wanted.filter(|number| !(again && is_known(*number))).collect()
}

/// Numbers in an order drawn by a seed. A run that is broken off has asked about a fair sample by then, and a small sample
/// is the beginning of a larger one. Each change draws by its own name: what is changed elsewhere in the engine makes no
/// other sample.
pub(crate) fn drawn(seed: u64, mutants: &[Mutant], numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let draw = |number: u32| {
        let mut hasher = DefaultHasher::new();
        (seed, &mutants[number as usize - 1].name).hash(&mut hasher);
        (hasher.finish(), number)
    };
    let mut drawn: Vec<(u64, u32)> = numbers.map(draw).collect();
    drawn.sort_unstable();
    drawn.into_iter().map(|(_, number)| number).collect()
}

/// What is taken over of the last run, and the changes without those that need not be asked about again.
pub(crate) fn goes_on(
    arguments: &Arguments,
    scratch: &Path,
    mutants: &[Mutant],
    accepted: &Accepted,
    mut chosen: BTreeSet<u32>,
) -> (BTreeSet<u32>, BTreeMap<Name, Outcome>) {
    let Some(keep) = arguments.keep else {
        return (chosen, BTreeMap::new());
    };
    let text = fs::read_to_string(scratch.join(OUTCOMES)).unwrap_or_default();
    let mut last: BTreeMap<Name, Outcome> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Kept>(line).ok())
        .map(|own| (own.name, own.outcome))
        .collect();
    if keep == Keep::Judged {
        let is_judged = |name: &Name| {
            let survived = last.get(name).is_some_and(Outcome::survived);
            survived && (accepted.has(name) || accepted.is_late(name))
        };
        chosen.retain(|number| !is_judged(&mutants[*number as usize - 1].name));
    }
    if keep != Keep::All {
        last.retain(|_, outcome| !outcome.survived());
    }
    (chosen, last)
}
