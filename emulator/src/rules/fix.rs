//! What to do where a rule says no.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{parse, row_error};
use super::{Rule, RuleId, RulesError};

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

/// Reads the fixes into the rules they are of. No rule has two.
pub(super) fn load(text: &str, rules: &mut BTreeMap<RuleId, Rule>) -> Result<(), RulesError> {
    let file: FixesFile = parse("fixes.toml", text)?;
    for row in file.fix {
        for id in row.rules {
            let Some(rule) = rules.get_mut(&id) else {
                return Err(row_error("fixes.toml", id.as_str(), "there is no such rule"));
            };
            if rule.fix.replace(row.text.clone()).is_some() {
                return Err(row_error("fixes.toml", id.as_str(), "it has a fix already"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Check, Profile, Rules};

    #[test]
    fn every_prerequisite_that_can_fail_has_a_fix() {
        for profile in [Profile::Documented, Profile::Observed] {
            let rules = Rules::load(profile, &Assumptions::new()).unwrap();
            for row in &rules.prerequisites {
                // What is always met, or worth a note and no more, needs none.
                let goes_on = matches!(
                    row.check,
                    Check::MayBeGone { .. }
                        | Check::GoesOn { .. }
                        | Check::None {}
                        | Check::Setting { only_warns: true, .. }
                        | Check::NotLocked { only_warns: true, .. }
                        | Check::TakenFor { only_warns: true, .. }
                        | Check::Version { only_warns: true, .. }
                );
                let nothing_to_do = goes_on || row.id.as_str() == "SS-B-CLOSED";
                assert!(rules.rule(row.id).fix.is_some() || nothing_to_do, "{}", row.id);
            }
        }
    }

    #[test]
    fn a_fix_is_of_one_rule_there_is() {
        let mut rules = Rules::load(Profile::Observed, &Assumptions::new())
            .unwrap()
            .stated;
        let mut says = |text: &str| load(text, &mut rules).unwrap_err().to_string();
        assert!(says("[[fix]]\nrules = [\"NONE\"]\ntext = \"x\"\n").contains("no rule `NONE`"));
        let twice = "[[fix]]\nrules = [\"RBAC\", \"RBAC\"]\ntext = \"x\"\n";
        assert!(says(twice).contains("a fix already"));
    }
}
