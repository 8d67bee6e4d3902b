//! What a PostgreSQL server cannot be, and what it stays once it has been made.

use serde::Deserialize;

use super::file::{RulesError, parse};
use super::source::SourceCheck;
use super::stated::{Rule, RuleKind, of_network};
use super::{Code, Gate, Mark, RuleId, code};

const FILE: &str = "server_settings.toml";

/// How something that cannot be is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impossible {
    id: RuleId,
    /// The parameter that the refusal names.
    pub parameter: String,
    /// Why, in our words.
    pub because: String,
    /// The row of the errors, where it is not the provider's usual one.
    pub code: Option<Code>,
    /// Rules that say so of a particular case.
    #[serde(default)]
    pub also: Vec<RuleId>,
    /// How sure we are that it cannot be.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// A flavour of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerFlavour {
    /// A flexible server.
    Flexible,
    /// A single server.
    Single,
}

/// A setting that is what it was when the server was made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedSetting {
    /// Of which servers.
    pub of: ServerFlavour,
    /// Its place below `properties`, names with points between them.
    pub setting: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// What an administrator's password must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRule {
    categories: usize,
    login_part: usize,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl PasswordRule {
    /// Whether the administrator of that login may have it. How long it may be is a limit of the body.
    pub fn admits(&self, password: &str, login: &str) -> bool {
        let kinds: [fn(char) -> bool; 4] = [
            |sign| sign.is_ascii_uppercase(),
            |sign| sign.is_ascii_lowercase(),
            |sign| sign.is_ascii_digit(),
            |sign| !sign.is_ascii_alphanumeric(),
        ];
        let present = kinds.iter().filter(|kind| password.contains(**kind)).count();
        present >= self.categories && !self.holds_part(password, login)
    }

    fn holds_part(&self, password: &str, login: &str) -> bool {
        let (password, login) = (password.to_ascii_lowercase(), login.to_ascii_lowercase());
        let runs = login.split(|sign: char| !sign.is_ascii_alphanumeric());
        runs.filter(|run| !run.is_empty()).any(|run| {
            let part = self.login_part.min(login.len());
            run.as_bytes()
                .windows(part)
                .any(|part| password.as_bytes().windows(part.len()).any(|own| own == part))
        })
    }
}

/// What a PostgreSQL server cannot be, and what it stays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// What an administrator's password must have.
    pub password: PasswordRule,
    /// What stays as it was when the server was made.
    pub fixed: Vec<FixedSetting>,
    impossible: Vec<Impossible>,
}

impl ServerSettings {
    /// How something that cannot be is refused: by the row of that rule, if it is one of these.
    pub fn row(&self, rule: RuleId) -> Option<&Impossible> {
        self.impossible.iter().find(|row| row.id == rule)
    }

    /// The rows, as rules among the others.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.impossible.iter().map(|row| Rule {
            kind: RuleKind::Refusal,
            gate: Some(Gate::Service),
            code: Some(row.code.unwrap_or(code::BodyOfPostgreSQL)),
            ..of_network(row.id, &row.because, "server_settings", row.mark, &row.sources)
        })
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<ServerSettings, RulesError> {
    let settings: ServerSettings = parse(FILE, text)?;
    known.check(FILE, "password", &settings.password.sources)?;
    for row in &settings.fixed {
        known.check(FILE, &row.setting, &row.sources)?;
    }
    for row in &settings.impossible {
        known.check(FILE, row.id.as_str(), &row.sources)?;
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn passwords_have_three_kinds_of_characters_and_no_part_of_the_login() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let admits = |password: &str, login: &str| rules.server_settings.password.admits(password, login);
        for (password, login) in [
            ("Not-a-secret-1!", "drill"),
            ("abcdef12!", "drill"),
            ("ABCdef123", "drill"),
            ("Dr-il-1-drl", "drill"),
            ("it's \"one\" 1", "pg"),
            ("Passwort-Ä1", "ä"),
        ] {
            assert!(admits(password, login), "{password} {login}");
        }
        for (password, login) in [
            ("aaaaaaaa1", "drill"),
            ("AAAAAAAA!", "drill"),
            ("My-drill-1", "drill"),
            ("My-DRI-1x", "drill"),
            ("My-min-1x", "db_admin"),
            ("Stop-gp-1", "gp"),
        ] {
            assert!(!admits(password, login), "{password} {login}");
        }
    }
}
