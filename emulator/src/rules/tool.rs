//! What the tools that people work with can configure of backups, and what not: data for people. Nothing is decided by
//! it, so that it is read when somebody asks, and not with every machine.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::file::{RulesError, parse, row_error};
use super::source::SourceCheck;
use super::{Mark, Rules};

const FILE: &str = "tools.toml";

/// What each tool can configure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// The tools.
    #[serde(rename = "tool")]
    pub tools: Vec<Titled>,
    /// What is to be configured or done.
    #[serde(rename = "setting")]
    pub settings: Vec<Titled>,
    /// What a tool says to a setting, once for each pair that was looked up.
    #[serde(rename = "answer")]
    pub answers: Vec<ToolAnswer>,
}

/// A tool or a setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Titled {
    /// By which rows name it.
    pub name: String,
    /// What a person reads.
    pub title: String,
}

/// What a tool says to a setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolAnswer {
    /// The tool's name.
    pub tool: String,
    /// The setting's name.
    pub setting: String,
    /// Whether it can.
    pub answer: Configures,
    /// The argument, resource or command it can by.
    pub by: Option<String>,
    /// The version of the tool, or of its source, that was looked at.
    pub version: String,
    /// The first version that could, where it is told.
    pub since: Option<String>,
    /// What to mind.
    pub note: Option<String>,
    /// How sure we are.
    pub mark: Mark,
    /// Keys of [`Rules::sources`].
    pub sources: Vec<String>,
}

/// Whether a tool can configure something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Configures {
    /// It is declared, or there is a command for it.
    Can,
    /// Not so; but by something else of the tool's.
    OnlyBy,
    /// It cannot.
    Cannot,
}

impl Configures {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Can => "can",
            Self::OnlyBy => "only by",
            Self::Cannot => "cannot",
        }
    }
}

impl Tools {
    /// What a tool says to a setting, if anybody has looked it up.
    pub fn answer(&self, tool: &str, setting: &str) -> Option<&ToolAnswer> {
        self.answers
            .iter()
            .find(|row| row.tool == tool && row.setting == setting)
    }

    /// What a setting is called for people.
    pub fn title_of(&self, setting: &str) -> Option<&str> {
        let found = self.settings.iter().find(|one| one.name == setting);
        found.map(|one| one.title.as_str())
    }
}

impl Rules {
    /// What each tool can configure.
    ///
    /// # Errors
    ///
    /// If a row of `tools.toml` is wrong: a pair has two answers, names a tool or a setting without a row, says that it
    /// can and not by what, or names a source that is not there.
    pub fn tools(&self) -> Result<Tools, RulesError> {
        tools(include_str!("../../rules/tools.toml"), self)
    }
}

fn tools(text: &str, rules: &Rules) -> Result<Tools, RulesError> {
    let tools: Tools = parse(FILE, text)?;
    let known = SourceCheck::new(&rules.sources);
    let mut pairs = BTreeSet::new();
    for row in &tools.answers {
        let pair = (row.tool.as_str(), row.setting.as_str());
        let name = format!("{} of {}", row.setting, row.tool);
        let wrong = |what: &str| row_error(FILE, &name, what);
        known.check(FILE, &name, &row.sources)?;
        if !tools.tools.iter().any(|one| one.name == row.tool) {
            return Err(wrong("there is no such tool"));
        }
        if tools.title_of(&row.setting).is_none() {
            return Err(wrong("there is no such setting"));
        }
        if !pairs.insert(pair) {
            return Err(wrong("it is answered already"));
        }
        if row.by.is_some() == (row.answer == Configures::Cannot) {
            return Err(wrong("what can says by what, and what cannot does not"));
        }
        if row.answer == Configures::Cannot && row.note.is_none() {
            return Err(wrong("what cannot says why in `note`"));
        }
    }
    let answered = pairs.iter().map(|(tool, _)| *tool).collect();
    each_once(&tools.tools, &answered)?;
    let answered = pairs.iter().map(|(_, setting)| *setting).collect();
    each_once(&tools.settings, &answered)?;
    Ok(tools)
}

/// That no name has two rows, and each is answered about.
fn each_once(all: &[Titled], answered: &BTreeSet<&str>) -> Result<(), RulesError> {
    let mut names = BTreeSet::new();
    for one in all {
        if !names.insert(one.name.as_str()) {
            return Err(row_error(FILE, &one.name, "it has a row already"));
        }
        if !answered.contains(one.name.as_str()) {
            return Err(row_error(FILE, &one.name, "no answer is about it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Assumptions, Profile};

    const ROWS: &str = r#"
        [[tool]]
        name = "t"
        title = "a tool"
        [[setting]]
        name = "s"
        title = "a setting"
        [[answer]]
        tool = "t"
        setting = "s"
        answer = "can"
        by = "an argument"
        version = "1"
        mark = "code"
        sources = ["TF"]
    "#;

    fn rules() -> Rules {
        Rules::load(Profile::Observed, &Assumptions::new()).unwrap()
    }

    #[test]
    fn the_tools_load() {
        let tools = rules().tools().unwrap();
        assert!(tools.answers.len() > 50);
        let identity = tools.answer("azurerm", "instance_identity").unwrap();
        assert_eq!(identity.answer, Configures::Cannot);
    }

    #[test]
    fn wrong_rows_do_not_load() {
        let rules = rules();
        assert!(tools(ROWS, &rules).is_ok());
        let again = ROWS.split_once("[[answer]]").unwrap().1;
        for (text, says) in [
            (ROWS.replace("TF", "NONE"), "sources.toml has no `NONE`"),
            (ROWS.replace("tool = \"t\"", "tool = \"u\""), "no such tool"),
            (
                ROWS.replace("setting = \"s\"", "setting = \"u\""),
                "no such setting",
            ),
            (format!("{ROWS}[[answer]]{again}"), "answered already"),
            (ROWS.replace("by = \"an argument\"", ""), "says by what"),
            (ROWS.replace("\"can\"", "\"cannot\""), "says by what"),
            (
                ROWS.replace("\"can\"", "\"cannot\"")
                    .replace("by = \"an argument\"", ""),
                "says why",
            ),
            (ROWS.replace("\"can\"", "\"may\""), "unknown variant"),
            (
                format!("{ROWS}[[tool]]\nname = \"t\"\ntitle = \"again\"\n"),
                "a row already",
            ),
            (
                format!("{ROWS}[[setting]]\nname = \"o\"\ntitle = \"other\"\n"),
                "no answer is about it",
            ),
        ] {
            let error = tools(&text, &rules).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
    }
}
