//! That what two documents claim is played, or said not to be.

use azdrill::scenario::Library;
use azdrill_emulator::rules::{Assumptions, Profile, Rules};

use crate::source::root;

/// The cells of every row of the tables in a Markdown text, but for their heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells.first() != Some(&"claim"))
        .collect()
}

/// What stands in backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_claim_is_played_or_says_why_not() {
    let text = std::fs::read_to_string(root().join("docs/claims.md")).unwrap();
    let library = Library::find(None, root()).unwrap();
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let mut wrong = Vec::new();
    let rows = rows(&text);
    for row in &rows {
        let [claim, shown, by] = row.as_slice() else {
            wrong.push(format!("{row:?} has not three columns"));
            continue;
        };
        match shown.strip_prefix("Not played: ") {
            Some(why) if why.len() < 20 => wrong.push(format!("{claim}: `{why}` is no reason")),
            Some(_) => {}
            None if quoted(shown).is_empty() => wrong.push(format!("{claim}: names no scenario")),
            None => {
                let absent = quoted(shown)
                    .into_iter()
                    .filter(|name| library.get(name).is_err());
                wrong.extend(absent.map(|name| format!("{claim}: there is no scenario `{name}`")));
            }
        }
        let is_stated = |id: &str| rules.stated.values().any(|rule| rule.id.as_str() == id);
        let absent = quoted(by).into_iter().filter(|id| !is_stated(id));
        wrong.extend(absent.map(|id| format!("{claim}: there is no rule `{id}`")));
    }
    assert!(rows.len() > 40, "only {} claims were read", rows.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
