//! A journal's lines: how they are written.

use serde::{Deserialize, Serialize};

use super::Sink;
use super::answer_digest::AnswerDigest;
use super::beginning::Header;
use super::input::Input;
use crate::model::Timestamp;

/// What a line holds after the first.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Counts inputs, from 1.
    pub(super) n: u64,
    /// The world's time.
    pub(super) at: Timestamp,
    pub(super) input: Input<'static>,
    pub(super) answer: AnswerDigest,
}

/// A journal being written.
pub(super) struct Journal {
    sink: Box<dyn Sink>,
    count: u64,
    last: Timestamp,
    buffer: Vec<u8>,
}

impl Journal {
    /// Writes the first line.
    pub(super) fn begin(mut sink: Box<dyn Sink>, header: &Header) -> Self {
        let mut buffer = Vec::new();
        append(&mut buffer, header);
        buffer.push(b'\n');
        sink.take(&buffer);
        Self {
            sink,
            count: 0,
            last: Timestamp::UNIX_EPOCH,
            buffer,
        }
    }

    /// Why what was written is not kept, if it is not.
    pub(super) fn failing(&mut self) -> Option<String> {
        self.sink.failing()
    }

    /// When the last input was.
    pub(super) fn last(&self) -> Timestamp {
        self.last
    }

    /// Something is about to be done of which only what comes of it says whether it changed anything. Should it
    /// break off, it is written down.
    pub(super) fn attempt<'a, F: FnOnce() -> Input<'a>>(
        &mut self,
        at: Timestamp,
        input: F,
    ) -> Attempt<'_, 'a, F> {
        Attempt {
            journal: self,
            at,
            input: Some(input),
        }
    }

    /// Begins a line; it is written when its answer is there, or else when it is let go of.
    pub(super) fn line(&mut self, at: Timestamp, input: &Input<'_>) -> Line<'_> {
        self.count += 1;
        self.last = at;
        self.buffer.clear();
        // Written bit by bit: the input may be long, and is there no longer than now.
        self.buffer.extend_from_slice(b"{\"n\":");
        append(&mut self.buffer, &self.count);
        self.buffer.extend_from_slice(b",\"at\":");
        append(&mut self.buffer, &at);
        self.buffer.extend_from_slice(b",\"input\":");
        append(&mut self.buffer, input);
        self.buffer.extend_from_slice(b",\"answer\":");
        Line {
            journal: self,
            ended: false,
        }
    }
}

/// Texts, numbers and what is made of them: writing them into memory does not fail.
fn append(buffer: &mut Vec<u8>, value: &impl Serialize) {
    if serde_json::to_writer(&mut *buffer, value).is_err() {
        buffer.extend_from_slice(b"null");
    }
}

/// A line being written. Should the machine break off, the input that made it do so is in the journal.
pub(super) struct Line<'a> {
    journal: &'a mut Journal,
    ended: bool,
}

impl Line<'_> {
    /// The input's number.
    pub(super) fn number(&self) -> u64 {
        self.journal.count
    }

    pub(super) fn end(mut self, answer: &AnswerDigest) {
        self.write(answer);
    }

    fn write(&mut self, answer: &AnswerDigest) {
        self.ended = true;
        let journal = &mut *self.journal;
        append(&mut journal.buffer, answer);
        journal.buffer.extend_from_slice(b"}\n");
        journal.sink.take(&journal.buffer);
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.write(&AnswerDigest::broke_off());
        }
    }
}

/// Something that is in no journal if it changes nothing.
pub(super) struct Attempt<'j, 'a, F: FnOnce() -> Input<'a>> {
    journal: &'j mut Journal,
    at: Timestamp,
    /// What it is, until it is over.
    input: Option<F>,
}

impl<'a, F: FnOnce() -> Input<'a>> Attempt<'_, 'a, F> {
    /// It is over; its line's number, if what came of it is to be written down.
    pub(super) fn end(mut self, answer: Option<&AnswerDigest>) -> Option<u64> {
        let input = self.input.take();
        let (input, answer) = (input?, answer?);
        let line = self.journal.line(self.at, &input());
        let number = line.number();
        line.end(answer);
        Some(number)
    }
}

impl<'a, F: FnOnce() -> Input<'a>> Drop for Attempt<'_, 'a, F> {
    fn drop(&mut self) {
        if let Some(input) = self.input.take() {
            // Whoever lets go of a line has not ended it.
            drop(self.journal.line(self.at, &input()));
        }
    }
}
