//! Words in files that must name something there is. A misspelt one would be a check that cannot fail.

use azdrill_emulator::rules::{Gate, RuleId, Rules};
use azdrill_emulator::services::data_protection::STAGES;

use crate::scenario::{Misstated, nearest, shown};

/// What the log calls a connection to a database server, which has no row of its own.
pub(crate) const DATABASE_CONNECTION: &str = "DatabaseConnection";

const GATES: [Gate; 9] = [
    Gate::Route,
    Gate::Authentication,
    Gate::Network,
    Gate::Authorization,
    Gate::Throttling,
    Gate::Lock,
    Gate::Policy,
    Gate::Service,
    Gate::Fault,
];

/// Checks the id of an operation.
///
/// # Errors
///
/// What is wrong, with the id that looks most like it.
pub(crate) fn operation(rules: &Rules, id: &str) -> Result<(), Misstated> {
    let all = rules.router.operations().iter().map(|row| &*row.id);
    one_of("operation", id, all.chain([DATABASE_CONNECTION]))
}

/// Checks that a database server can be called that.
///
/// # Errors
///
/// What is wrong.
pub(crate) fn server_name(rules: &Rules, name: &str) -> Result<(), Misstated> {
    let form = &rules.names.flexible_server;
    if name.is_empty() || form.admits(&name.to_ascii_lowercase()) {
        return Ok(());
    }
    Err(Misstated::new(format!(
        "server {}: no server can be called so",
        shown(name)
    )))
}

/// Checks the id of a rule.
///
/// # Errors
///
/// What is wrong, with the id that looks most like it.
pub(crate) fn rule(id: &str) -> Result<(), Misstated> {
    let all: Vec<&str> = RuleId::all().map(RuleId::as_str).collect();
    one_of("rule", id, all.into_iter())
}

/// Checks that a rule can be taken in that way.
///
/// # Errors
///
/// What is wrong, with the alternatives there are.
pub(crate) fn alternative(rules: &Rules, id: &str, alternative: &str) -> Result<(), Misstated> {
    rule(id)?;
    let known = RuleId::named(id).ok().map(|id| rules.rule(id));
    let names = || {
        known
            .iter()
            .flat_map(|rule| rule.alternatives.keys().map(String::as_str))
    };
    if names().count() < 2 {
        return Err(Misstated::new(format!(
            "rule {id}: it has no alternatives to choose from"
        )));
    }
    let all: Vec<&str> = names().collect();
    one_of("alternative", alternative, all.iter().copied()).map_err(|wrong| wrong.of_these(&all))
}

/// Checks the name of a built-in role.
///
/// # Errors
///
/// What is wrong, with the name that looks most like it.
pub(crate) fn role(rules: &Rules, name: &str) -> Result<(), Misstated> {
    if rules.built_in_role(name).is_some() {
        return Ok(());
    }
    let all: Vec<&str> = rules
        .built_in_roles
        .iter()
        .map(|role| role.name.as_ref())
        .collect();
    one_of("built-in role", name, all.into_iter())
}

/// Checks the name of a gate.
///
/// # Errors
///
/// What is wrong, with the names there are.
pub(crate) fn gate(name: &str) -> Result<(), Misstated> {
    one_of("gate", name, GATES.into_iter().map(Gate::as_str))
}

/// Checks the name of a stage of backups and restores.
///
/// # Errors
///
/// What is wrong, with the names there are.
pub(crate) fn stage(name: &str) -> Result<(), Misstated> {
    one_of("stage", name, STAGES.into_iter()).map_err(|wrong| wrong.of_these(&STAGES))
}

/// Checks that a word is one of these.
///
/// # Errors
///
/// What is wrong, with the one that looks most like it.
pub(crate) fn one_of<'a>(
    what: &str,
    word: &str,
    all: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Misstated> {
    if all.clone().any(|known| known == word) {
        return Ok(());
    }
    let wrong = Misstated::new(format!("{what} {}: there is no such thing", shown(word)));
    Err(wrong.meant(nearest(word, all)))
}
