//! Telling of one exchange.

use std::collections::BTreeMap;

use azdrill_emulator::log::{CallOrigin, Exchange};
use azdrill_emulator::rules::OriginKind;
use serde_json::Value;

use super::Replayed;
use super::print::{labelled, second};
use crate::harmless::harmless;
use crate::page::{Ink, Page};
use crate::run::{certainty, cited, for_people, found as without_statement, rule_note, source_list};
use crate::serve::{Call, place};

/// More letters of a header's value are not shown.
const HEADER_MAX: usize = 160;

/// One exchange: who asked what from where, and who said what and why. `None` where the log no longer has it.
pub fn explained(page: &Page, replayed: &Replayed, number: u64) -> Option<String> {
    let azure = replayed.azure();
    let exchange = azure.log().since(number.saturating_sub(1)).next()?;
    if exchange.number != number {
        return None;
    }
    let mut sources = BTreeMap::new();
    let head = format!("exchange {number}, at {}", second(exchange.at));
    let input = replayed.last.as_ref().map_or(0, |last| last.number);
    let mut text = format!("\n{} (input {input})\n", page.ink(Ink::Bold, &head));
    let mut say = |label: &str, told: &str| text += &labelled(page, label, told);
    say("who", &who(exchange));
    say("from", from(exchange.from));
    let place = place(&Call::of(exchange, 0.0));
    say("asked", &for_people(&format!("{} {place}", exchange.method)));
    if !exchange.query.is_empty() {
        say("query", &for_people(&exchange.query));
    }
    if !exchange.operation.is_empty() {
        say("operation", &exchange.operation);
    }
    let verdict = match (&exchange.refused, exchange.faulted) {
        (Some(refused), _) => format!("{} {}", exchange.status, refused.code),
        (None, true) => format!("{}, by a fault that was put in place", exchange.status),
        (None, false) => exchange.status.to_string(),
    };
    say("answered", verdict.trim_end());
    if let Some(bodies) = &exchange.bodies {
        text += &sent(page, "sent", &bodies.asked_headers, bodies.asked.as_ref());
        text += &sent(
            page,
            "came back",
            &bodies.answered_headers,
            bodies.answered.as_ref(),
        );
    }
    let mut say = |label: &str, told: &str| text += &labelled(page, label, told);
    if let Some(refused) = &exchange.refused {
        let notes: Vec<_> = refused
            .rules
            .iter()
            .filter_map(|id| rule_note(azure.rules(), id.as_str()))
            .collect();
        say("gate", refused.gate.as_str());
        say(
            "reason",
            &for_people(without_statement(&refused.reason, notes.iter())),
        );
        for note in &notes {
            say(
                "rule",
                &format!("{} {}", cited(note, &mut sources), note.statement),
            );
        }
        say("sure", &certainty(refused.mark.as_str(), &refused.code));
    }
    if let Some(failed) = &exchange.failed {
        say("failed at", &failed.gate);
        for note in failed.rules.iter().filter_map(|id| rule_note(azure.rules(), id)) {
            say(
                "rule",
                &format!("{} {}", cited(&note, &mut sources), note.statement),
            );
        }
    }
    Some(text + &source_list(page, &sources))
}

/// Headers and a body, as the log has them: without their secrets.
fn sent(page: &Page, label: &str, headers: &[(&str, String)], body: Option<&Value>) -> String {
    let mut text = String::new();
    let label_of = |text: &str| if text.is_empty() { label } else { "" };
    for (name, value) in headers {
        let told = format!("{name}: {}", begun(value));
        text += &labelled(page, label_of(&text), &told);
    }
    match body {
        None => {}
        // What the log keeps of what is no JSON.
        Some(body) if body["x-azdrill-bytes"].is_u64() => {
            let told = format!("({} bytes that are not shown)", body["x-azdrill-bytes"]);
            text += &labelled(page, label_of(&text), &told);
        }
        Some(body) => {
            for line in format!("{body:#}").lines() {
                let label = page.ink(Ink::Dim, &format!("  {:<10} ", label_of(&text)));
                // As it is: a document that is wrapped is another one.
                text += &format!("{label}{}\n", harmless(line));
            }
        }
    }
    text
}

/// A header's value; of a long one its beginning.
fn begun(value: &str) -> String {
    match value.char_indices().nth(HEADER_MAX) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

fn who(exchange: &Exchange) -> String {
    let name = match exchange.caller.as_str() {
        "" => "somebody who was not known",
        name => name,
    };
    match exchange.asked {
        CallOrigin::ByClient => name.to_owned(),
        CallOrigin::ByService => format!("{name}, a call between services"),
        CallOrigin::OnlyWhether => format!("{name}, a service that only asked whether it might"),
    }
}

fn from(origin: OriginKind) -> &'static str {
    match origin {
        OriginKind::Internet => "the internet",
        OriginKind::Subnet => "a subnet",
        OriginKind::Service => "where Azure's services stand",
        OriginKind::PrivateEndpoint => "a private endpoint",
    }
}
