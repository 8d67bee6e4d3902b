//! Signals that ask to end, whenever they come: what is being done is dropped, and dropping it
//! removes what it has made.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::failure::Failure;

/// How long what is under way may take to end in good order once a signal has come.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after a signal the process ends at the latest, in whatever it is stuck.
const LAST: Duration = Duration::from_secs(15);

/// The signals. From the moment this is made none of them ends the process by itself.
pub(super) struct Interrupts {
    numbers: UnboundedReceiver<u8>,
    /// Whether a signal is for us, and not for a command that runs.
    for_us: Arc<AtomicBool>,
}

impl Interrupts {
    pub(super) fn listen() -> Result<Self, Failure> {
        let failed = |error: String| Failure::Plain(format!("cannot listen for signals: {error}"));
        let (sender, numbers) = unbounded_channel();
        let for_us = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&for_us);
        let (ready, is_ready) = std::sync::mpsc::channel();
        // A thread of its own: the others may be in the middle of something that takes long.
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || forward(&sender, &seen, &ready))
            .map_err(|error| failed(error.to_string()))?;
        match is_ready.recv() {
            Ok(Ok(())) => Ok(Self { numbers, for_us }),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// Waits for the next one, and answers with its number.
    pub(super) async fn next(&mut self) -> u8 {
        match self.numbers.recv().await {
            Some(number) => number,
            None => std::future::pending().await,
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

    /// Says whether signals are for us, or for a command that decides what comes of them.
    pub(super) fn are_for_us(&self, so: bool) {
        self.for_us.store(so, Ordering::Relaxed);
    }
}

/// Passes signals on, and ends the process if one that was for it has not after a while.
fn forward(
    numbers: &UnboundedSender<u8>,
    for_us: &AtomicBool,
    ready: &std::sync::mpsc::Sender<std::io::Result<()>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    runtime.block_on(async {
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        let mut ending = false;
        loop {
            let number = signals.next().await;
            let _ = numbers.send(number);
            if for_us.load(Ordering::Relaxed) && !ending {
                ending = true;
                tokio::spawn(async move {
                    tokio::time::sleep(LAST).await;
                    std::process::exit(128 + i32::from(number));
                });
            }
        }
    });
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if hanging up is to be ignored, as `nohup` arranges.
    hang_up: Option<Signal>,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hang_up: if hanging_up_is_ignored() {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> u8 {
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
