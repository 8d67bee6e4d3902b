//! Signals that ask to end, whenever they come: what is being done is dropped, and dropping it
//! removes what it has made.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;

/// How long what is under way may take to end in good order once a signal has come.
const PATIENCE: Duration = Duration::from_secs(5);

/// The signals. From the moment this is made none of them ends the process by itself.
pub(super) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if hanging up is to be ignored, as `nohup` arranges.
    hang_up: Option<Signal>,
}

impl Interrupts {
    pub(super) fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::Plain(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            hang_up: if hanging_up_is_ignored() {
                None
            } else {
                Some(listen(SignalKind::hangup())?)
            },
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one, and answers with its number.
    pub(super) async fn next(&mut self) -> u8 {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = hang_up => 1,
        }
    }

    /// Does something, unless a signal comes first: then it is dropped.
    pub(super) async fn or<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            number = self.next() => Err(Failure::Interrupted(number)),
            done = work => done,
        }
    }

    /// Ends something in good order; a signal, or taking too long, ends it at once.
    pub(super) async fn or_at_once(&mut self, work: impl Future<Output = ()>) {
        tokio::select! {
            _ = self.next() => {}
            () = tokio::time::sleep(PATIENCE) => {}
            () = work => {}
        }
    }
}

/// Whether whoever started us has arranged that a hang-up is ignored.
fn hanging_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) => mask & 1 != 0,
        // Nobody says: as it was, a hang-up ends it.
        None => true,
    }
}
