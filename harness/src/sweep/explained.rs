//! The log explains every refusal.

use azdrill_emulator::log::{CallOrigin, Exchange};

use super::invariant::{Broken, Invariant};
use super::mistake::Mistake;

/// Holds an exchange against that: a refusal says which gate made it, why, with which code.
pub(super) fn check(exchange: &Exchange, mistake: Option<Mistake>) -> Result<(), Broken> {
    if exchange.status < 400 || exchange.faulted || exchange.asked == CallOrigin::OnlyWhether {
        return Ok(());
    }
    let told = exchange
        .refused
        .as_ref()
        .filter(|_| mistake != Some(Mistake::Unexplained));
    let lacks = match told {
        None => "does not say who refused it",
        Some(own) if own.reason.is_empty() => "does not say why",
        Some(own) if own.rules.is_empty() && own.code.is_empty() => "names neither rule nor code",
        Some(_) => return Ok(()),
    };
    let what = format!(
        "{} {}{} was answered {}, and the log {lacks}",
        exchange.method, exchange.host, exchange.path, exchange.status
    );
    Err(Broken::new(Invariant::RefusalIsExplained, what))
}
