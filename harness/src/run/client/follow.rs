//! Following what a call has begun to its end, and waiting for what takes time.

use azdrill_emulator::machine::Core;
use azdrill_emulator::model::Timestamp;
use azdrill_emulator::server::LATEST;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use super::{Client, Settles};
use crate::run::ended::{Ended, marks, refused, succeeded, target_of};
use crate::run::error::RunError;
use crate::run::progress;

/// How often an operation is asked about before it counts as stuck.
const POLLS_MAX: usize = 500;
/// How long something is waited for that a fault may have stuck, on the world's clock: longer than any job takes.
const PATIENCE: SignedDuration = SignedDuration::from_hours(48);
/// What an operation that has ended is called; whatever else it is called, it goes on (ARM's contract
/// of asynchronous operations).
const TERMINAL: [&str; 3] = ["Succeeded", "Failed", "Canceled"];

/// What goes on by more tells how far it has come.
const LONG: SignedDuration = SignedDuration::from_hours(366 * 24);
/// How far it goes at a time.
const STRETCH: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Client {
    /// Makes a call and follows it to its end.
    pub(in crate::run) async fn operate(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Ended, RunError> {
        let is_put = method == Method::PUT;
        let response = self.send(method, path, body).await?;
        if !response.status.is_success() {
            let why = self.look(|core| {
                let log = core.log();
                let last = log.since(log.count().saturating_sub(1)).last();
                let refused = last.and_then(|exchange| exchange.refused.as_ref());
                refused.map(|because| because.reason.clone()).unwrap_or_default()
            });
            self.settle().await;
            return Ok(Ended {
                why,
                ..refused(&response)
            });
        }
        if self.settles == Settles::Not && response.status == StatusCode::ACCEPTED {
            return Ok(Ended {
                status: response.status.as_u16().to_string(),
                ..Ended::default()
            });
        }
        for hold in std::mem::take(&mut self.holds) {
            hold.wait().await;
        }
        self.settle().await;
        if let Some(address) = target_of(response.header("azure-asyncoperation")) {
            let mut ended = self.follow_status(&address).await?;
            if is_put && ended.status == "Succeeded" {
                ended.value = self.send(Method::GET, path, None).await?.json_body();
            }
            return Ok(ended);
        }
        if let Some(address) = target_of(response.header("location")) {
            return self.follow_location(&address).await;
        }
        Ok(succeeded(&response))
    }

    async fn settle(&self) {
        match self.settles {
            Settles::InTurn => self.driver.settle().await,
            Settles::Beside => self.driver.settle_beside().await,
            Settles::Not => {}
        }
    }

    async fn follow_status(&mut self, address: &str) -> Result<Ended, RunError> {
        let until = self.patience();
        for _ in 0..POLLS_MAX {
            let response = self.send(Method::GET, address, None).await?;
            if !response.status.is_success() {
                return Ok(refused(&response));
            }
            let body = response.json_body();
            let status = body["status"].as_str().unwrap_or_default().to_owned();
            if TERMINAL.iter().any(|word| status.eq_ignore_ascii_case(word)) {
                return Ok(Ended {
                    status,
                    error: body["error"].clone(),
                    value: body["properties"].clone(),
                    marks: marks(&response),
                    why: String::new(),
                });
            }
            if self.waits_in_vain(until) {
                return Ok(Ended {
                    status,
                    ..Ended::default()
                });
            }
            self.wait().await?;
        }
        Err(RunError::Stuck(address.to_owned()))
    }

    async fn follow_location(&mut self, address: &str) -> Result<Ended, RunError> {
        let until = self.patience();
        for _ in 0..POLLS_MAX {
            let response = self.send(Method::GET, address, None).await?;
            if response.status != StatusCode::ACCEPTED {
                return Ok(if response.status.is_success() {
                    succeeded(&response)
                } else {
                    refused(&response)
                });
            }
            if self.waits_in_vain(until) {
                return Ok(Ended {
                    status: response.status.as_u16().to_string(),
                    ..Ended::default()
                });
            }
            self.wait().await?;
        }
        Err(RunError::Stuck(address.to_owned()))
    }

    /// Until when something is waited for that a fault may have stuck.
    fn patience(&self) -> Timestamp {
        self.now().saturating_add(PATIENCE).unwrap_or(Timestamp::MAX)
    }

    /// Whether something does not end because of a fault.
    fn waits_in_vain(&self, until: Timestamp) -> bool {
        self.look(|core| core.faults().struck().0 > 0)
            && (self.now() >= until || self.look(|core| core.next_due()).is_none_or(|due| due >= until))
    }

    /// Lets whatever is due next happen.
    pub(in crate::run) async fn wait(&mut self) -> Result<(), RunError> {
        let is_due = |due| due <= self.now();
        if self.settles == Settles::Beside && self.look(|core| core.next_due()).is_some_and(is_due) {
            self.settle().await;
            return Ok(());
        }
        if self.settles != Settles::InTurn {
            let what = "time stands still while a job is held: what is asked then must be answered at once";
            return Err(RunError::Scenario(what.to_owned()));
        }
        self.driver.settle().await;
        let now = self.now();
        let due = self.look(|core| core.next_due());
        let step = due.map_or(SignedDuration::from_secs(1), |due| due.duration_since(now));
        self.advance(step.max(SignedDuration::from_secs(1))).await
    }

    /// Moves the clock.
    pub(in crate::run) async fn advance(&mut self, by: SignedDuration) -> Result<(), RunError> {
        let until = self.now().checked_add(by).ok().filter(|until| *until <= LATEST);
        let until = until.ok_or(RunError::EndOfTime)?;
        // Whoever waits for years is told how far they have gone.
        let stretch = if by > LONG { STRETCH } else { by };
        loop {
            let left = until.duration_since(self.now());
            let gone = self.driver.advance(left.min(stretch)).await;
            gone.map_err(|error| RunError::Emulator(error.to_string()))?;
            if left <= stretch {
                return Ok(());
            }
            progress::tell(&format!("{} of {}", day(self.now()), day(until)));
        }
    }

    /// Reads a resource until it is as wanted, or a fault keeps it from becoming so.
    pub(in crate::run) async fn read_until(
        &mut self,
        path: &str,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, RunError> {
        self.ask_until(Method::GET, path, None, done).await
    }

    /// The same, of what is asked for.
    pub(in crate::run) async fn ask_until(
        &mut self,
        method: Method,
        path: &str,
        asked: Option<&Value>,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, RunError> {
        let until = self.patience();
        for _ in 0..POLLS_MAX {
            let body = self.send(method.clone(), path, asked).await?.json_body();
            if done(&body) || self.waits_in_vain(until) {
                return Ok(body);
            }
            self.wait().await?;
        }
        Err(RunError::Stuck(path.to_owned()))
    }
}

/// The day of a time.
fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}
