//! Which plans are wanted.

use std::path::Path;

use azdrill::chaos::{Ends, Incident, Plan, aimed, incident, incidents};
use azdrill::serve::{FaultFile, Record};
use azdrill_emulator::rules::Rules;

use crate::cli::failure::Failure;

/// The largest file of faults, in bytes.
const FILE_MAX: u64 = 4 * 1024 * 1024;

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
    pub(super) fn read(what: &str, runs: u64) -> Result<Self, Failure> {
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
            return Ok(Self::Known(vec![of_file(Path::new(what))?]));
        }
        Ok(Self::Known(vec![named(what)?.plan()]))
    }

    /// Checks what can be before anything runs.
    pub(super) fn check(&self, rules: &Rules) -> Result<(), Failure> {
        if let Self::Known(plans) = self {
            for plan in plans {
                // A file is told with its place.
                if plan.name.ends_with(".toml") {
                    FaultFile::read(Path::new(&plan.name), rules)?;
                }
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
        let near = names.max_by(|one, other| one.0.total_cmp(&other.0));
        let near = near
            .map(|(_, near)| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        Failure::Plain(format!(
            "no incident `{name}`{near} `azdrill incidents` lists them"
        ))
    })
}

/// A file of faults as a plan.
fn of_file(file: &Path) -> Result<Plan, Failure> {
    let cannot = |why: String| format!("cannot read {}: {why}", file.display());
    let size = std::fs::metadata(file)
        .map_err(|error| cannot(error.to_string()))?
        .len();
    if size > FILE_MAX {
        return Err(cannot(format!("it has more than {FILE_MAX} bytes")).into());
    }
    let text = std::fs::read_to_string(file).map_err(|error| cannot(error.to_string()))?;
    let faults = toml::from_str(&text).map_err(|error| cannot(error.message().to_owned()))?;
    Ok(Plan {
        name: file.display().to_string(),
        title: "the faults of a file".to_owned(),
        ends: Ends::Either,
        faults,
    })
}
