//! Which plans are wanted.

use std::path::Path;

use azdrill::chaos::{Incident, Plan, aimed, incident, incidents};
use azdrill::serve::{FaultFile, Record};
use azdrill_emulator::rules::Rules;

use crate::cli::failure::Failure;
use crate::cli::given::WorldArguments;

/// What plans are wanted.
pub(super) enum Wanted {
    /// Known before anything runs.
    Known(Vec<Plan>),
    /// Those of these numbers under a seed, aimed at what the command calls.
    Aimed {
        seed: u64,
        numbers: std::ops::RangeInclusive<u64>,
    },
}

impl Wanted {
    /// Reads what was asked for.
    pub(super) fn read(
        what: &str,
        runs: u64,
        rules: &Rules,
        world: &WorldArguments,
    ) -> Result<Self, Failure> {
        if let Ok(seed) = what.parse() {
            return Ok(Self::Aimed {
                seed,
                numbers: 1..=runs,
            });
        }
        if let Some((seed, number)) = what.split_once('.')
            && let (Ok(seed), Ok(number)) = (seed.parse(), number.parse())
        {
            return Ok(Self::Aimed {
                seed,
                numbers: number..=number,
            });
        }
        if what == "all-incidents" {
            return Ok(Self::Known(incidents().iter().map(Incident::plan).collect()));
        }
        if what.contains('/') || what.ends_with(".toml") {
            return Ok(Self::Known(vec![of_file(Path::new(what), rules, world)?]));
        }
        Ok(Self::Known(vec![named(what)?.plan()]))
    }

    /// How many plans there are at the most.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Known(plans) => u64::try_from(plans.len()).unwrap_or(u64::MAX),
            Self::Aimed { numbers, .. } => {
                let after = numbers.end().saturating_sub(*numbers.start());
                after.saturating_add(1)
            }
        }
    }

    /// Checks what can be before anything runs.
    pub(super) fn check(&self, rules: &Rules) -> Result<(), Failure> {
        if let Self::Known(plans) = self {
            for plan in plans {
                plan.file(rules).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// The plans, once it is known what the command calls.
    pub(super) fn plans(self, record: &Record, rules: &Rules) -> Result<Vec<Plan>, Failure> {
        let plans: Vec<Plan> = match self {
            Self::Known(plans) => plans,
            Self::Aimed { seed, numbers } => {
                numbers.filter_map(|number| aimed(record, seed, number)).collect()
            }
        };
        if plans.is_empty() {
            return Err("the command calls nothing that a fault could be aimed at"
                .to_owned()
                .into());
        }
        for plan in &plans {
            plan.file(rules).map_err(|error| error.to_string())?;
        }
        Ok(plans)
    }
}

/// The incident of a name.
pub(super) fn named(name: &str) -> Result<&'static Incident, Failure> {
    incident(name).ok_or_else(|| {
        let names = incidents()
            .iter()
            .map(|own| (strsim::jaro_winkler(&own.name, name), &own.name));
        let near = names.filter(|(likeness, _)| *likeness > 0.85);
        let near = near.max_by(|one, other| one.0.total_cmp(&other.0));
        let near = near
            .map(|(_, near)| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        Failure::Plain(format!(
            "no incident `{name}`{near} `azdrill incidents` lists them; a seed is a number, one plan of it `7.3`, a file \
             a path with a `/` or the ending .toml"
        ))
    })
}

/// A file of faults as a plan.
fn of_file(file: &Path, rules: &Rules, world: &WorldArguments) -> Result<Plan, Failure> {
    // It is refused with its place, if it is.
    let read = FaultFile::read(file, rules)?;
    world.doubt(file, &read, rules)?;
    let cannot = |why: String| format!("cannot read {}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| cannot(error.to_string()))?;
    let mut faults: toml::Table =
        toml::from_str(&text).map_err(|error| cannot(error.message().to_owned()))?;
    faults.retain(|_, list| list.is_array());
    Ok(Plan {
        name: file.display().to_string(),
        title: match read.title() {
            "" => "the faults of a file".to_owned(),
            title => title.to_owned(),
        },
        ends: read.ends(),
        faults,
    })
}
