//! Work that goes on after its answer: begun, and stepped until it waits for something.

use http::{HeaderValue, StatusCode};

use super::Azure;
use crate::exchange::IncomingRequest;
use crate::jobs::WorkflowId;
use crate::log::CallOrigin;
use crate::model::Timestamp;
use crate::services::{Input, Next, Outbound, Workflow};

/// The most steps one workflow takes without sleeping; more is a bug, not a plan.
const STEPS_MAX: usize = 10_000;

impl Azure {
    /// Begins what a handler, or a step of other work, has started.
    pub(super) fn begin(&mut self, now: Timestamp, started: Vec<Box<dyn Workflow>>) {
        for workflow in started {
            let id = WorkflowId(self.agenda.next_number());
            self.workflows.insert(id, workflow);
            self.agenda.wake_at(now, id);
        }
    }

    /// Gives an inner call the token it is to carry.
    fn sign(&mut self, now: Timestamp, outbound: &mut Outbound) {
        let Some(id) = outbound.principal else { return };
        let Some(principal) = self.state.directory.get(id) else {
            return;
        };
        let key = (id, outbound.audience);
        let fresh = self
            .inner_tokens
            .get(&key)
            .filter(|(until, _)| now < *until)
            .map(|(_, token)| token.clone());
        let token = match fresh {
            Some(token) => token,
            None => {
                let (token, seconds) = self.tokens.issue(now, principal, outbound.audience);
                let until = now + jiff::SignedDuration::from_secs(seconds / 2);
                self.inner_tokens.insert(key, (until, token.clone()));
                token
            }
        };
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
            outbound
                .request
                .headers
                .insert(http::header::AUTHORIZATION, value);
        }
    }

    /// Steps a workflow until it waits for something.
    pub(super) fn run(&mut self, now: Timestamp, id: WorkflowId, first: Input) {
        let Some(mut workflow) = self.workflows.remove(&id) else {
            return;
        };
        let mut input = first;
        for _ in 0..STEPS_MAX {
            let mut started = Vec::new();
            let next = workflow.step(&mut self.context(now, None, &mut started), input);
            self.begin(now, started);
            match next {
                Next::Call(mut outbound) => {
                    self.sign(now, &mut outbound);
                    input = Input::Answered(self.answer(
                        now,
                        &outbound.path,
                        outbound.request,
                        CallOrigin::ByService,
                    ));
                }
                Next::Ask(mut outbound) => {
                    self.sign(now, &mut outbound);
                    let verdict = self.decide(now, &outbound.path, &outbound.request);
                    let (permit, refusal) = (verdict.as_ref().ok(), verdict.as_ref().err());
                    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
                    let came = IncomingRequest {
                        path: &outbound.path,
                        request: outbound.request,
                        asked: CallOrigin::OnlyWhether,
                    };
                    self.record(now, came, permit, Err(status), refusal);
                    input = Input::Asked(verdict);
                }
                Next::Work(work) => {
                    self.agenda.ask(work, id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::Sleep(duration) => {
                    self.agenda.wake_at(now + duration, id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::Watch => {
                    self.agenda.wake_on_change(id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::WatchOthers => {
                    self.agenda.wake_on_end(id);
                    self.workflows.insert(id, workflow);
                    return;
                }
                Next::Done => {
                    self.agenda.ended(now);
                    return;
                }
            }
        }
        self.log.note(
            now,
            "emulator",
            "a workflow took too many steps and was given up".to_owned(),
            None,
        );
    }
}
