//! What to do where a rule says no.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::load::{parse, row_error};
use super::{RuleId, RulesError, Statement};

/// Rules that refuse and have no statement in a row of their own.
const UNSTATED: [&str; 4] = ["RBAC", "LOCK", "KV-POLICY", "TOKEN-EXPIRED"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixesFile {
    fix: Vec<FixRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixRow {
    rules: Vec<RuleId>,
    text: String,
}

/// Reads the fixes. Each is of a rule there is, and no rule has two.
pub(super) fn load(
    text: &str,
    statements: &BTreeMap<RuleId, Statement>,
) -> Result<BTreeMap<RuleId, String>, RulesError> {
    let file: FixesFile = parse("fixes.toml", text)?;
    let mut fixes = BTreeMap::new();
    for row in file.fix {
        for id in row.rules {
            let wrong = |what| Err(row_error("fixes.toml", id.as_str(), what));
            if !statements.contains_key(&id) && !UNSTATED.contains(&id.as_str()) {
                return wrong("there is no such rule");
            }
            if fixes.contains_key(&id) {
                return wrong("it has a fix already");
            }
            fixes.insert(id, row.text.clone());
        }
    }
    Ok(fixes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn every_prerequisite_that_can_fail_has_a_fix() {
        for profile in [Profile::Documented, Profile::Observed] {
            let rules = Rules::load(profile, &Assumptions::new()).unwrap();
            for row in &rules.prerequisites {
                let nothing_to_do = ["FX-B-06", "SS-B-CLOSED"].contains(&row.id.as_str());
                assert!(rules.fixes.contains_key(&row.id) || nothing_to_do, "{}", row.id);
            }
        }
    }

    #[test]
    fn a_fix_is_of_one_rule_there_is() {
        let says = |text: &str| load(text, &BTreeMap::new()).unwrap_err().to_string();
        assert!(says("[[fix]]\nrules = [\"NONE\"]\ntext = \"x\"\n").contains("no such rule"));
        let twice = "[[fix]]\nrules = [\"RBAC\", \"RBAC\"]\ntext = \"x\"\n";
        assert!(says(twice).contains("a fix already"));
    }
}
