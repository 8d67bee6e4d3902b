//! Settings that no server can have, and changes that none can be given: refused before anything changes.
//! What cannot be, and how it is refused, stands in `server_settings.toml`.

mod flexible;
mod network;
mod proposal;
mod single;

use crate::gateway::Refusal;
use crate::rules::{Mark, RuleId, ServerFlavour, code, rule};
use crate::services::Context;
pub(super) use proposal::ServerProposal;
use proposal::{SettingResult, says, text, unless};

/// Refuses what a server cannot be.
///
/// # Errors
///
/// 400 with the provider's code; 501 for what could be on Azure and is not played.
pub(super) fn check(asked: &ServerProposal<'_>) -> Result<(), Refusal> {
    stays(asked)?;
    let found = match asked.flavour() {
        ServerFlavour::Flexible => {
            flexible::check_played(asked)?;
            flexible::check(asked).and_then(|()| network::check(asked))
        }
        ServerFlavour::Single => {
            single::check_played(asked)?;
            single::check(asked)
        }
    };
    found
        .and_then(|()| password(asked))
        .map_err(|rule| refuse(asked.context, rule))
}

/// Refuses to change what stays as it was when the server was made.
fn stays(asked: &ServerProposal<'_>) -> Result<(), Refusal> {
    if asked.existing.is_none() {
        return Ok(());
    }
    let rows = &asked.context.rules.server_settings.fixed;
    for row in rows.iter().filter(|row| row.of == asked.flavour()) {
        let path: Vec<&str> = row.setting.split('.').collect();
        if !says(asked.sent(&path)) || asked.is_already(&path) {
            continue;
        }
        let name = path.last().copied().unwrap_or_default();
        let why = format!("`{}` stays what it was when the server was made", row.setting);
        let mut refusal = Refusal::of(code::BodyOfPostgreSQL, &[("name", name)])
            .because(why)
            .by([rule::PG_FIXED]);
        refusal.mark = refusal.mark.max(row.mark).max(Mark::Inferred);
        return Err(refusal);
    }
    Ok(())
}

/// How something that cannot be is refused: by its rule, whose row says how.
pub(super) fn refuse(context: &Context<'_>, rule: RuleId) -> Refusal {
    let row = context.rules.server_settings.row(rule);
    let (parameter, code) = row.map_or(("", None), |row| (row.parameter.as_str(), row.code));
    let stated = context.rules.rule(rule);
    let mut refusal = Refusal::of(code.unwrap_or(code::BodyOfPostgreSQL), &[("name", parameter)])
        .because(stated.statement.clone())
        .by([rule])
        .by(row.into_iter().flat_map(|row| row.also.iter().copied()));
    // Reports show that this code names parameters; that it names this one, only some of them.
    let is_known = code.is_some() || stated.mark() == Mark::Reported;
    let least = if is_known { stated.mark() } else { Mark::Inferred };
    refusal.mark = refusal.mark.max(stated.mark()).max(least);
    refusal
}

/// The administrator's password, where one is said.
fn password(asked: &ServerProposal<'_>) -> SettingResult {
    let password = text(asked.sent, &["administratorLoginPassword"]);
    let login = text(asked.wanted, &["administratorLogin"]);
    let wanted = &asked.context.rules.server_settings.password;
    unless(
        password.is_empty() || wanted.admits(password, login),
        rule::PG_PASSWORD,
    )
}
