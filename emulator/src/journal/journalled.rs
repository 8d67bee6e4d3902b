//! The machine that can only be changed by what a journal can hold.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Sink;
use super::answer_digest::AnswerDigest;
use super::beginning::{Beginning, Header};
use super::give::give;
use super::input::{Given, Input};
use super::line::Journal;
use crate::azure::{Azure, KeptWorld, NotNow};
use crate::fault::{DatabaseFault, Fault, JobFault, RegionFault, ThrottlingFault};
use crate::model::Timestamp;
use crate::rules::RulesError;
use crate::world::{self, Operator};

/// A fake Azure that is its journal. It can be looked at as an [`Azure`], and changed by nothing that is not a
/// method of this: each is an [`Input`].
pub struct Journalled {
    pub(super) inner: Inner,
    pub(super) journal: Option<Journal>,
}

/// What inputs change.
pub(super) struct Inner {
    pub(super) azure: Azure,
    kept: BTreeMap<String, Kept>,
}

struct Kept {
    at: Timestamp,
    world: KeptWorld,
}

/// Why a kept world was not brought back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBroughtBack {
    /// There is none of that name.
    #[error("no snapshot is called `{0}`")]
    Unknown(String),
    /// It cannot be now.
    #[error(transparent)]
    NotNow(#[from] NotNow),
}

impl Journalled {
    /// An empty Azure that keeps no journal.
    ///
    /// # Errors
    ///
    /// If the rules do not load, or an assumption does not fit them.
    pub fn new(beginning: &Beginning) -> Result<Self, RulesError> {
        Ok(Self {
            inner: Inner {
                azure: beginning.azure()?,
                kept: BTreeMap::new(),
            },
            journal: None,
        })
    }

    /// An empty Azure whose journal goes there; `of` says for a person what is played.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_journal(beginning: Beginning, of: &str, sink: Box<dyn Sink>) -> Result<Self, RulesError> {
        let mut machine = Self::new(&beginning)?;
        machine.journal = Some(Journal::begin(sink, &Header::new(of, beginning)));
        Ok(machine)
    }

    /// The first thing of every world: [`world::found`], with a certificate (DER) the operator may sign in with.
    pub fn found(&mut self, now: Timestamp, certificate: Option<&[u8]>) -> Operator {
        let input = || {
            Input::Given(Given::Foundation {
                certificate: certificate.map(|der| STANDARD.encode(der)),
            })
        };
        let found = |inner: &mut Inner| {
            let operator = world::found(&mut inner.azure, now);
            if let Some(certificate) = certificate {
                world::admit_certificate(&mut inner.azure, &operator, certificate.to_vec());
            }
            operator
        };
        self.note(now, input, found, |_| AnswerDigest::default())
    }

    /// Gives the world something that no call can give.
    ///
    /// # Errors
    ///
    /// In words, if there is no such role, or this is the foundation, which [`Self::found`] gives.
    pub fn give(&mut self, now: Timestamp, given: &Given) -> Result<(), String> {
        let input = || Input::Given(given.clone());
        let give = |inner: &mut Inner| give(&mut inner.azure, now, given);
        let answer = |given: &Result<(), String>| match given {
            Ok(()) => AnswerDigest::default(),
            Err(why) => AnswerDigest::said(why.clone()),
        };
        self.note(now, input, give, answer)
    }

    /// Puts a fault of requests in place, behind those that are there.
    pub fn put_fault(&mut self, now: Timestamp, fault: Fault) {
        let input = || Input::Fault(fault.clone());
        let put = |inner: &mut Inner| inner.azure.faults_mut().push(now, fault.clone());
        self.note(now, input, put, |()| AnswerDigest::default());
    }

    /// Puts a fault of connections to database servers in place, behind those that are there.
    pub fn put_connection_fault(&mut self, now: Timestamp, fault: DatabaseFault) {
        let input = || Input::ConnectionFault(fault.clone());
        let put = |inner: &mut Inner| inner.azure.faults_mut().push_connection(now, fault.clone());
        self.note(now, input, put, |()| AnswerDigest::default());
    }

    /// Puts a fault of jobs in place, behind those that are there.
    pub fn put_job_fault(&mut self, now: Timestamp, fault: JobFault) {
        let input = || Input::JobFault(fault.clone());
        let put = |inner: &mut Inner| inner.azure.faults_mut().push_job(now, fault.clone());
        self.note(now, input, put, |()| AnswerDigest::default());
    }

    /// Has the services of a region answer, or not.
    pub fn put_region_fault(&mut self, now: Timestamp, fault: &RegionFault) {
        let input = || Input::RegionFault(fault.clone());
        let put = |inner: &mut Inner| inner.azure.faults_mut().set_region(fault);
        self.note(now, input, put, |()| AnswerDigest::default());
    }

    /// Has Resource Manager refuse what is too much.
    pub fn put_throttling_fault(&mut self, now: Timestamp, fault: ThrottlingFault) {
        let input = || Input::ThrottlingFault(fault.clone());
        let put = |inner: &mut Inner| inner.azure.put_throttling(now, fault.clone());
        self.note(now, input, put, |()| AnswerDigest::default());
    }

    /// Takes all faults away.
    pub fn clear_faults(&mut self, now: Timestamp) {
        let clear = |inner: &mut Inner| inner.azure.faults_mut().clear();
        self.note(now, || Input::ClearFaults, clear, |()| AnswerDigest::default());
    }

    /// Keeps the world under a name; what was kept under it before is let go of.
    ///
    /// # Errors
    ///
    /// If work is under way; then nothing has changed.
    pub fn keep(&mut self, now: Timestamp, name: &str) -> Result<(), NotNow> {
        let keep = |inner: &mut Inner| {
            let world = inner.azure.keep()?;
            if let Some(earlier) = inner.kept.insert(name.to_owned(), Kept { at: now, world }) {
                inner.azure.forget(earlier.world);
            }
            Ok(())
        };
        let input = || Input::Keep {
            name: name.to_owned(),
        };
        let answer = |kept: &Result<(), NotNow>| kept.is_ok().then(AnswerDigest::default);
        self.note_change(now, input, keep, answer).0
    }

    /// Makes the world as it was when it was kept under that name: [`Azure::come_back_to`].
    ///
    /// # Errors
    ///
    /// If there is none of that name, or it cannot be now; then nothing has changed.
    pub fn come_back(&mut self, now: Timestamp, name: &str) -> Result<Vec<String>, NotBroughtBack> {
        let come_back = |inner: &mut Inner| {
            let kept = inner.kept.get(name);
            let kept = kept.ok_or_else(|| NotBroughtBack::Unknown(name.to_owned()))?;
            Ok(inner.azure.come_back_to(&kept.world)?)
        };
        let input = || Input::ComeBack {
            name: name.to_owned(),
        };
        let answer = |surplus: &Result<Vec<String>, _>| {
            let surplus = surplus.as_ref().ok()?;
            Some(AnswerDigest::said(surplus.join(", ")))
        };
        self.note_change(now, input, come_back, answer).0
    }

    /// Lets go of what was kept under that name; whether there was something.
    pub fn forget(&mut self, now: Timestamp, name: &str) -> bool {
        if !self.inner.kept.contains_key(name) {
            return false;
        }
        let forget = |inner: &mut Inner| {
            if let Some(kept) = inner.kept.remove(name) {
                inner.azure.forget(kept.world);
            }
        };
        let input = || Input::Forget {
            name: name.to_owned(),
        };
        self.note(now, input, forget, |()| AnswerDigest::default());
        true
    }

    /// The names under which worlds are kept, and from when they are.
    pub fn kept(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.inner
            .kept
            .iter()
            .map(|(name, kept)| (name.as_str(), kept.at))
    }

    /// Puts another empty Azure in the place of this one. What was kept is gone, the log goes on. Answers with
    /// the database engine's keys of servers that are to be removed.
    ///
    /// # Errors
    ///
    /// If the rules do not load, or an assumption does not fit them; then nothing has changed.
    pub fn begin_again(&mut self, now: Timestamp, beginning: &Beginning) -> Result<Vec<String>, RulesError> {
        let fresh = beginning.azure()?;
        let begin = |inner: &mut Inner| {
            for (_, kept) in std::mem::take(&mut inner.kept) {
                inner.azure.forget(kept.world);
            }
            inner.azure.make_way_for(fresh)
        };
        let input = || Input::BeginAgain(Box::new(beginning.clone()));
        Ok(self.note(now, input, begin, |keys| AnswerDigest::said(keys.join(", "))))
    }

    /// Takes note that the world which began has been built. It changes nothing.
    pub fn note_built(&mut self, now: Timestamp) {
        self.note(now, || Input::Built, |_| (), |()| AnswerDigest::default());
    }

    /// Takes note that the clock was moved to this time: whoever comes back to what is kept goes on from there. It
    /// changes nothing.
    pub fn note_time(&mut self, now: Timestamp) {
        self.note(now, || Input::Advanced, |_| (), |()| AnswerDigest::default());
    }

    /// Takes note that a database server which runs was started again behind Azure's back, and listens at this
    /// address now.
    pub fn move_server(&mut self, now: Timestamp, key: &str, address: SocketAddr) {
        let input = || Input::Moved {
            key: key.to_owned(),
            address,
        };
        let moved = |inner: &mut Inner| inner.azure.move_server(key, address);
        self.note(now, input, moved, |()| AnswerDigest::default());
    }

    /// From now on the log keeps bodies as well, without their secrets. No answer depends on it.
    pub fn keep_bodies(&mut self) {
        self.inner.azure.keep_bodies();
    }

    /// Breaks off, as a mistake of ours would make it: in what always changes something, or in what may not.
    #[cfg(test)]
    pub(super) fn break_off(&mut self, always: bool) {
        let breaks = |_: &mut Inner| panic!("on purpose");
        let (at, input) = (Timestamp::UNIX_EPOCH, || Input::Tick);
        if always {
            self.note(at, input, breaks, |()| AnswerDigest::default());
        } else {
            self.note_change(at, input, breaks, |()| None);
        }
    }

    /// Everything there is to know of it, in lines: see [`Azure::whole`].
    #[cfg(test)]
    pub(super) fn whole(&self) -> String {
        let Self {
            inner: Inner { azure, kept },
            // What it writes is held against another by itself.
            journal: _,
        } = self;
        let mut text = azure.whole();
        for (name, Kept { at, world }) in kept {
            text += &format!("\nkept as {name} at {at}: {}", world.whole());
        }
        text
    }

    /// Does something, and writes down what and what came of it. Should it break off, that is written down.
    pub(super) fn note<'a, T>(
        &mut self,
        now: Timestamp,
        input: impl FnOnce() -> Input<'a>,
        play: impl FnOnce(&mut Inner) -> T,
        answer: impl FnOnce(&T) -> AnswerDigest,
    ) -> T {
        let Some(journal) = &mut self.journal else {
            return play(&mut self.inner);
        };
        let line = journal.line(now, &input());
        let value = play(&mut self.inner);
        line.end(&answer(&value));
        value
    }

    /// Does something that may change nothing: `answer` says what came of it if it did, and only then is it written
    /// down. Answers with its line's number besides. Should it break off, that is written down.
    pub(super) fn note_change<'a, T>(
        &mut self,
        now: Timestamp,
        input: impl FnOnce() -> Input<'a>,
        play: impl FnOnce(&mut Inner) -> T,
        answer: impl FnOnce(&T) -> Option<AnswerDigest>,
    ) -> (T, Option<u64>) {
        let Some(journal) = &mut self.journal else {
            return (play(&mut self.inner), None);
        };
        let attempt = journal.attempt(now, input);
        let value = play(&mut self.inner);
        let number = attempt.end(answer(&value).as_ref());
        (value, number)
    }
}

impl Deref for Journalled {
    type Target = Azure;

    fn deref(&self) -> &Azure {
        &self.inner.azure
    }
}
