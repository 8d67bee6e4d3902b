//! How each provider refuses a body.

use serde::Deserialize;

use super::super::Mark;
use super::super::file::{RulesError, parse, row_error};
use super::super::source::SourceCheck;
use crate::rules::Code;

const FILE: &str = "bodies/refusals.toml";

/// The envelope a provider's refusal of a body travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyShape {
    /// Azure Resource Manager's.
    Arm,
    /// The same, with what is wrong in `details`.
    ArmDetails,
    /// The Backup service's.
    UserFacing,
}

/// How the provider of some types refuses a body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyRefusal {
    /// What the names of the types begin with; the first row that fits counts.
    pub types: String,
    /// The envelope.
    pub shape: BodyShape,
    /// The row of `errors.toml` for a value of another kind than it should be, or a body that is
    /// no object.
    pub kind: Code,
    /// For a member that is not there.
    pub missing: Code,
    /// For a value that is none of those there are.
    pub value: Code,
    /// What stands in `details`, for the envelope that has them.
    pub detail: Option<Code>,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl BodyRefusal {
    pub(super) fn covers(&self, name: &str) -> bool {
        name.get(..self.types.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(&self.types))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusalsFile {
    refusal: Vec<BodyRefusal>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<BodyRefusal>, RulesError> {
    let rows = parse::<RefusalsFile>(FILE, text)?.refusal;
    for row in &rows {
        known.check(FILE, &row.types, &row.sources)?;
        if row.detail.is_some() != (row.shape == BodyShape::ArmDetails) {
            return Err(row_error(
                FILE,
                &row.types,
                "`detail` belongs to the envelope `arm_details`",
            ));
        }
    }
    Ok(rows)
}
