//! Putting what a journal holds into a machine.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::aftermath::{Aftermath, BytesMoved};
use super::answer_digest::AnswerDigest;
use super::input::{Given, Input};
use super::journalled::Journalled;
use super::request::SentRequest;
use crate::jobs::{Effect, EffectId, Work, WorkOut};
use crate::machine::Core as _;
use crate::model::{Preparation, Prepared, Request, Timestamp};

/// What was asked to be worked out, until it is wanted.
#[derive(Default)]
pub(super) struct Workshop {
    preparations: BTreeMap<u64, Preparation>,
    /// What was wanted for another preparation, until the call wants it as well.
    prepared: BTreeMap<u64, Prepared>,
    work: BTreeMap<EffectId, WorkOut>,
    /// What is left to do once all has been played.
    pub(super) aftermath: Aftermath,
    /// What the last input did to the bytes of the blob store.
    pub(super) moved: BytesMoved,
}

impl Workshop {
    /// The request, with what was worked out for it; it is asked for no more if this is the `last` time. What
    /// another build does not work out beforehand it does when it is called.
    fn request(&mut self, sent: SentRequest<'_>, last: bool) -> Result<Request, String> {
        let numbers = sent.prepared().to_vec();
        let mut request = sent.request()?;
        for number in numbers {
            let before = self.prepared.remove(&number);
            let now = || Some(self.preparations.remove(&number)?.carry_out());
            let Some(prepared) = before.or_else(now) else {
                continue;
            };
            if !last {
                self.prepared.insert(number, prepared.clone());
            }
            request.prepared.push(prepared);
        }
        Ok(request)
    }

    fn take(&mut self, effects: &[Effect]) {
        self.aftermath.asked(effects);
        for effect in effects {
            if let Work::WorkOut(work) = &effect.work {
                self.work.insert(effect.id, work.clone());
            }
        }
    }
}

impl Journalled {
    /// Plays the input of that number.
    ///
    /// # Errors
    ///
    /// If it is none that could have been.
    pub(super) fn play(
        &mut self,
        number: u64,
        now: Timestamp,
        input: Input<'_>,
        workshop: &mut Workshop,
    ) -> Result<AnswerDigest, String> {
        workshop.aftermath.comes(&input);
        Ok(match input {
            Input::Given(Given::Foundation { certificate }) => {
                let certificate = certificate.map(|text| STANDARD.decode(text)).transpose();
                let certificate = certificate.map_err(|error| format!("the certificate: {error}"))?;
                let operator = self.found(now, certificate.as_deref());
                workshop.aftermath.began(operator);
                AnswerDigest::default()
            }
            Input::Given(given) => match self.give(now, &given) {
                Ok(()) => AnswerDigest::default(),
                Err(why) => AnswerDigest::said(why),
            },
            Input::Admit { path, request } => {
                let request = workshop.request(request, false)?;
                AnswerDigest::of_admission(&self.admit(now, &path, &request))
            }
            Input::TooLong { path, request } => {
                let request = workshop.request(request, false)?;
                let response = self.too_long(now, &path, &request);
                response
                    .as_ref()
                    .map_or_else(AnswerDigest::default, AnswerDigest::of_response)
            }
            Input::Prepare { path, request } => {
                let request = workshop.request(request, false)?;
                let preparation = self.prepare(now, &path, &request);
                let answer = AnswerDigest::of_preparation(preparation.as_ref());
                if let Some(preparation) = preparation {
                    let numbered = preparation.numbered(number);
                    workshop.preparations.insert(number, numbered);
                }
                answer
            }
            Input::Call { path, request } => {
                let request = workshop.request(request, true)?;
                workshop.moved = BytesMoved::of(&request);
                let (writer, place) = (workshop.aftermath.writer_of(&request), request.path.clone());
                let response = self.call(now, &path, request);
                workshop.aftermath.answered(writer, place, &response);
                AnswerDigest::of_response(&response)
            }
            Input::Connect { path, host } => {
                AnswerDigest::of_connection(&self.connect_database(now, &path, &host))
            }
            Input::Entrance { host, address } => {
                self.note_entrance(&host, address);
                AnswerDigest::default()
            }
            Input::Tick => {
                let effects = self.tick(now);
                workshop.take(&effects);
                AnswerDigest::of_effects(&effects)
            }
            Input::Complete { effect, result } => {
                let work = workshop.work.remove(&effect);
                self.complete(now, effect, result.result(work.as_ref()));
                AnswerDigest::default()
            }
            other => self.play_change(now, other)?,
        })
    }

    /// What is no matter of services.
    fn play_change(&mut self, now: Timestamp, input: Input<'_>) -> Result<AnswerDigest, String> {
        match input {
            Input::Fault(fault) => self.put_fault(now, fault),
            Input::ConnectionFault(fault) => self.put_connection_fault(now, fault),
            Input::JobFault(fault) => self.put_job_fault(now, fault),
            Input::RegionFault(fault) => self.put_region_fault(now, &fault),
            Input::ThrottlingFault(fault) => self.put_throttling_fault(now, fault),
            Input::ClearFaults => self.clear_faults(now),
            Input::Keep { name } => {
                if let Err(why) = self.keep(now, &name) {
                    return Ok(AnswerDigest::said(why.to_string()));
                }
            }
            Input::ComeBack { name } => {
                return Ok(match self.come_back(now, &name) {
                    Ok(surplus) => AnswerDigest::said(surplus.join(", ")),
                    Err(why) => AnswerDigest::said(why.to_string()),
                });
            }
            Input::Forget { name } => {
                self.forget(now, &name);
            }
            Input::Built => self.note_built(now),
            Input::Advanced => self.note_time(now),
            Input::Moved { key, address } => self.move_server(now, &key, address),
            Input::BeginAgain(beginning) => {
                let servers = self.begin_again(now, &beginning);
                let servers = servers.map_err(|error| format!("the rules: {error}"))?;
                return Ok(AnswerDigest::said(servers.join(", ")));
            }
            _ => return Err("this is no change of a world".to_owned()),
        }
        Ok(AnswerDigest::default())
    }
}
