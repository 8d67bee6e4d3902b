//! What is told of a run: all that was answered and all that the log says, in order. Two runs are the same if their
//! transcripts are.

use std::fmt::Write as _;

use azdrill_emulator::log::{Exchange, Note, RefusedBecause};
use azdrill_emulator::model::Response;
use sha2::{Digest as _, Sha256};

use super::seen::Seen;
use crate::sequence::world::World;

/// The text so far.
#[derive(Default)]
pub(super) struct Transcript(String);

impl Transcript {
    /// A line of its own.
    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// An answer, with all its headers.
    pub(super) fn answer(&mut self, response: &Response) {
        let _ = writeln!(self.0, "answered {}", response.status.as_u16());
        let mut headers: Vec<(&str, &[u8])> = response
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        headers.sort_unstable();
        for (name, value) in headers {
            let _ = writeln!(self.0, "  {name}: {}", String::from_utf8_lossy(value));
        }
        self.line(&String::from_utf8_lossy(response.body.bytes()));
    }

    /// An exchange of the log.
    pub(super) fn exchange(&mut self, own: &Exchange) {
        let _ = write!(
            self.0,
            "{} {} {} {} {}{}?{} {} {}",
            own.number,
            own.at,
            own.caller,
            own.method,
            own.host,
            own.path,
            own.query,
            own.operation,
            own.status
        );
        for rule in &own.rules {
            let _ = write!(self.0, " {}", rule.as_str());
        }
        if own.faulted {
            self.0.push_str(" by a fault");
        }
        self.refusal(own.refused.as_ref());
        self.0.push('\n');
    }

    fn refusal(&mut self, refused: Option<&RefusedBecause>) {
        if let Some(own) = refused {
            let _ = write!(
                self.0,
                " refused by {}: {} {}",
                own.gate.as_str(),
                own.code,
                own.reason
            );
            for rule in &own.rules {
                let _ = write!(self.0, " {}", rule.as_str());
            }
        }
    }

    /// A note of the log.
    pub(super) fn note(&mut self, own: &Note) {
        let _ = write!(self.0, "note {} {}: {}", own.at, own.about, own.text);
        self.refusal(own.refused.as_ref());
        self.0.push('\n');
    }

    /// A job that has come further.
    pub(super) fn job(&mut self, own: &Seen) {
        let _ = writeln!(
            self.0,
            "job {} {} {} {} {} {:?}",
            own.id,
            own.kind.as_str(),
            own.status,
            own.code,
            own.started,
            own.ended
        );
    }

    /// Everything that exists, at the end.
    pub(super) fn state(&mut self, world: &World) {
        for resource in world.azure().state().resources.values() {
            let _ = writeln!(self.0, "{} {} {}", resource.id, resource.created, *resource.body);
        }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// What tells it from others.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}
