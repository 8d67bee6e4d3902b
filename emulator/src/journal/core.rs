//! The machine that is its journal, as a shell drives it.

use std::borrow::Cow;
use std::net::SocketAddr;

use super::answer_digest::AnswerDigest;
use super::input::Input;
use super::journalled::{Inner, Journalled};
use super::line::Journal;
use super::request::SentRequest;
use super::result::OutsideResult;
use crate::jobs::{Effect, EffectId, EffectResult};
use crate::machine::{Admission, Core, DatabaseRefusal, DatabaseRoute, NotKept};
use crate::model::{Extent, NetworkPath, Preparation, Request, Response, Timestamp};

impl Core for Journalled {
    fn admit(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Admission {
        let input = || Input::Admit {
            path: Cow::Borrowed(path),
            request: SentRequest::from(request),
        };
        let admit = |inner: &mut Inner| inner.azure.admit(now, path, request);
        // Who is let through has changed nothing.
        let answer = |admission: &Admission| {
            matches!(admission, Admission::Refuse(_)).then(|| AnswerDigest::of_admission(admission))
        };
        self.note_change(now, input, admit, answer).0
    }

    fn too_long(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Option<Response> {
        let input = || Input::TooLong {
            path: Cow::Borrowed(path),
            request: SentRequest::from(request),
        };
        let refuse = |inner: &mut Inner| inner.azure.too_long(now, path, request);
        let answer = |response: &Option<Response>| response.as_ref().map(AnswerDigest::of_response);
        self.note_change(now, input, refuse, answer).0
    }

    fn prepare(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Option<Preparation> {
        let input = || Input::Prepare {
            path: Cow::Borrowed(path),
            request: SentRequest::from(request),
        };
        let prepare = |inner: &mut Inner| inner.azure.prepare_noting(now, path, request);
        let answer = |(preparation, changed): &(Option<Preparation>, bool)| {
            changed.then(|| AnswerDigest::of_preparation(preparation.as_ref()))
        };
        let ((preparation, _), number) = self.note_change(now, input, prepare, answer);
        match number {
            Some(number) => preparation.map(|preparation| preparation.numbered(number)),
            None => preparation,
        }
    }

    fn call(&mut self, now: Timestamp, path: &NetworkPath, request: Request) -> Response {
        let Some(journal) = &mut self.journal else {
            return self.inner.azure.call(now, path, request);
        };
        // The request's turn is over once it is called: its line is begun before.
        let line = journal.line(
            now,
            &Input::Call {
                path: Cow::Borrowed(path),
                request: SentRequest::from(&request),
            },
        );
        let response = self.inner.azure.call(now, path, request);
        line.end(&AnswerDigest::of_response(&response));
        response
    }

    fn connect_database(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        host: &str,
    ) -> Result<DatabaseRoute, DatabaseRefusal> {
        let input = || Input::Connect {
            path: Cow::Borrowed(path),
            host: host.to_owned(),
        };
        let connect = |inner: &mut Inner| inner.azure.connect_database(now, path, host);
        self.note(now, input, connect, AnswerDigest::of_connection)
    }

    fn running_databases(&self) -> Vec<String> {
        self.inner.azure.running_databases()
    }

    fn note_entrance(&mut self, host: &str, address: Option<SocketAddr>) {
        let at = self.journal.as_ref().map_or(Timestamp::UNIX_EPOCH, Journal::last);
        let input = || Input::Entrance {
            host: host.to_owned(),
            address,
        };
        let enter = |inner: &mut Inner| inner.azure.note_entrance(host, address);
        self.note(at, input, enter, |()| AnswerDigest::default());
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        if !self.inner.azure.has_to_do(now) {
            return Vec::new();
        }
        let tick = |inner: &mut Inner| inner.azure.tick(now);
        self.note(
            now,
            || Input::Tick,
            tick,
            |effects| AnswerDigest::of_effects(effects),
        )
    }

    fn complete(&mut self, now: Timestamp, id: EffectId, result: EffectResult) {
        let ended = self.journal.is_some().then(|| OutsideResult::from(&result));
        let input = || Input::Complete {
            effect: id,
            // There is one wherever there is a journal.
            result: ended.unwrap_or(OutsideResult::WorkedOut),
        };
        let complete = |inner: &mut Inner| inner.azure.complete(now, id, result);
        self.note(now, input, complete, |()| AnswerDigest::default());
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.inner.azure.next_due()
    }

    fn knows_host(&self, host: &str) -> bool {
        self.inner.azure.knows_host(host)
    }

    fn outside(&self, host: &str) -> Option<String> {
        self.inner.azure.outside(host)
    }

    fn resolves(&self, host: &str) -> bool {
        self.inner.azure.resolves(host)
    }

    fn take_new_hosts(&mut self) -> Vec<String> {
        self.inner.azure.take_new_hosts()
    }

    fn take_released(&mut self) -> Vec<Extent> {
        // Whoever comes back to what is kept must find the bytes.
        if self.kept().is_err() {
            return Vec::new();
        }
        self.inner.azure.take_released()
    }

    fn kept(&mut self) -> Result<(), NotKept> {
        match self.journal.as_mut().and_then(Journal::failing) {
            Some(why) => Err(NotKept(why)),
            None => Ok(()),
        }
    }
}
