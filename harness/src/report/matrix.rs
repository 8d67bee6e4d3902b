//! Who gets through, for every combination of what it depends on: by asking both machines.

use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use serde::Serialize;

use crate::run::RunError;
use crate::strategy::agreement::{Answer, RestoreEngine as _};
use crate::strategy::fold::{self, Row};
use crate::strategy::key_vault::SecretEngine as _;
use crate::strategy::sketch::{CrossTenant, Identity, Network, Sketch};
use crate::strategy::{key_vault, lower, product, table};

/// Any world of a matrix will do, as long as it is the same each time.
const SEED: u64 = 1;

/// A matrix of questions and both machines' answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixFinding {
    /// A word to find it by.
    pub name: &'static str,
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
    pub rows: Vec<MatrixRow>,
}

/// A row of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixRow {
    /// What it is about.
    pub words: Vec<String>,
    /// An answer for each column.
    pub cells: Vec<MatrixCell>,
}

/// What both machines answered to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixCell {
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

/// All of them.
///
/// # Errors
///
/// If the rules do not load, or a world cannot be put up.
pub(super) fn matrices() -> Result<Vec<MatrixFinding>, RunError> {
    let mut found = restores(&mut restore_engines()?);
    found.extend(secrets(&mut secret_engines()?));
    Ok(found)
}

fn unfounded(error: &impl std::fmt::Display) -> RunError {
    RunError::Emulator(error.to_string())
}

fn restore_engines() -> Result<[lower::EngineUnderTest; 2], RunError> {
    let engine = |profile| {
        let rules = Rules::load(profile, &Assumptions::new())?;
        lower::EngineUnderTest::with_rules(rules, SEED).map_err(|error| unfounded(&error))
    };
    Ok([engine(Profile::Documented)?, engine(Profile::Observed)?])
}

fn secret_engines() -> Result<[key_vault::lower::EngineUnderTest; 2], RunError> {
    let engine = |profile| {
        let rules = Rules::load(profile, &Assumptions::new())?;
        key_vault::lower::EngineUnderTest::with_rules(rules).map_err(|error| unfounded(&error))
    };
    Ok([engine(Profile::Documented)?, engine(Profile::Observed)?])
}

fn restores(engines: &mut [lower::EngineUnderTest; 2]) -> Vec<MatrixFinding> {
    let mut ask = |sketch: &Sketch| {
        let [documented, observed] = engines;
        MatrixCell {
            documented: by_rule(documented.validate(sketch)),
            observed: by_rule(observed.validate(sketch)),
        }
    };
    let settings = table::settings();
    let holdings = product::holdings();
    let by_network = fold::rows(&settings, &Network::OPEN, &mut |network| {
        let sketches = holdings.iter().map(|holding| Sketch {
            network: *network,
            grants: holding.grants.clone(),
            ..Sketch::in_order()
        });
        sketches.map(|sketch| ask(&sketch)).collect()
    });
    let by_identity = Identity::ALL.iter().map(|&identity| MatrixRow {
        words: vec![identity.label().to_owned()],
        cells: CrossTenant::ALL
            .iter()
            .map(|&cross_tenant| {
                ask(&Sketch {
                    identity,
                    cross_tenant,
                    ..Sketch::in_order()
                })
            })
            .collect(),
    });
    let by_identity = by_identity.collect();
    vec![
        MatrixFinding {
            name: "restore-network",
            title: "Restore as files: the account’s network and what the identity holds",
            question: "Does the validation of a restore of a flexible server pass, as the vault’s system-assigned \
                       identity? Roles without a place are on the account; SBDC is Storage Blob Data Contributor.",
            row_headings: settings.iter().map(|setting| setting.name).collect(),
            columns_are: "what the identity holds",
            columns: holdings.iter().map(|holding| holding.name).collect(),
            rows: by_network.into_iter().map(MatrixRow::from).collect(),
        },
        MatrixFinding {
            name: "restore-identity",
            title: "Restore as files: who restores, and copying across tenants",
            question: "Does the validation pass in a world that is otherwise in order?",
            row_headings: vec!["identity"],
            columns_are: "allowCrossTenantReplication of the account",
            columns: CrossTenant::ALL.iter().map(|setting| setting.label()).collect(),
            rows: by_identity,
        },
    ]
}

fn secrets(engines: &mut [key_vault::lower::EngineUnderTest; 2]) -> Vec<MatrixFinding> {
    use key_vault::sketch::{Model, Origin, PolicyHeld, RoleHeld, Sketch};
    let mut ask = |sketch: &Sketch| {
        let [documented, observed] = engines;
        MatrixCell {
            documented: by_code(documented.read(sketch)),
            observed: by_code(observed.read(sketch)),
        }
    };
    let settings = key_vault::table::settings();
    let by_network = fold::rows(&settings, &Sketch::IN_ORDER, &mut |sketch| {
        let origins = Origin::ALL.iter();
        origins
            .map(|&origin| ask(&Sketch { origin, ..*sketch }))
            .collect()
    });
    let mut found = vec![MatrixFinding {
        name: "secret-network",
        title: "Reading a secret: the key vault’s network and where one stands",
        question: "Is a secret answered to somebody who may read it?",
        row_headings: settings.iter().map(|setting| setting.name).collect(),
        columns_are: "where somebody stands",
        columns: Origin::ALL.iter().map(|origin| origin.label()).collect(),
        rows: by_network.into_iter().map(MatrixRow::from).collect(),
    }];
    let models = [
        (
            Model::Roles,
            "secret-roles",
            "Reading a secret: a key vault with Azure roles",
        ),
        (
            Model::Policies,
            "secret-policies",
            "Reading a secret: a key vault with access policies",
        ),
    ];
    for (model, name, title) in models {
        let rows = RoleHeld::ALL.iter().map(|&role| MatrixRow {
            words: vec![role.label().to_owned()],
            cells: PolicyHeld::ALL
                .iter()
                .map(|&policy| {
                    ask(&Sketch {
                        model,
                        role,
                        policy,
                        ..Sketch::IN_ORDER
                    })
                })
                .collect(),
        });
        found.push(MatrixFinding {
            name,
            title,
            question: "Is a secret answered to somebody who gets through the network?",
            row_headings: vec!["role"],
            columns_are: "the access policy somebody has",
            columns: PolicyHeld::ALL.iter().map(|policy| policy.label()).collect(),
            rows: rows.collect(),
        });
    }
    found
}

impl From<Row<MatrixCell>> for MatrixRow {
    fn from(row: Row<MatrixCell>) -> Self {
        Self {
            words: row.words,
            cells: row.cells,
        }
    }
}

fn by_rule(answer: Answer) -> Verdict {
    match answer {
        Answer::Passes => Verdict::Passes,
        Answer::Fails { gate, rules, .. } => Verdict::Refused {
            gate,
            because: rules.into_iter().next().unwrap_or_default(),
        },
        Answer::Odd(text) => Verdict::Odd(text),
    }
}

fn by_code(answer: Answer) -> Verdict {
    match answer {
        Answer::Passes => Verdict::Passes,
        Answer::Fails { gate, code, .. } => Verdict::Refused { gate, because: code },
        Answer::Odd(text) => Verdict::Odd(text),
    }
}
