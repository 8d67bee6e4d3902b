//! Stopping a copy at a chosen block, so that a scenario can change the world in the middle of it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// Pauses asked for and not yet taken by a copy.
#[derive(Default)]
pub(in crate::server) struct CopyPauses(Mutex<Vec<Stop>>);

/// The pauses of one copy. Those it never reaches are told so when this is dropped.
pub(super) struct Pauses(Vec<Stop>);

struct Stop {
    after_block: u64,
    reached: oneshot::Sender<()>,
    resume: oneshot::Receiver<()>,
}

/// A pause of the next copy. Dropping it lets the copy go on.
#[derive(Debug)]
pub struct CopyPause {
    reached: Option<oneshot::Receiver<()>>,
    resume: oneshot::Sender<()>,
}

impl CopyPause {
    /// Waits until the copy has staged the block. `false` if it ended before, or failed.
    pub async fn reached(&mut self) -> bool {
        match self.reached.take() {
            Some(reached) => reached.await.is_ok(),
            None => true,
        }
    }

    /// Lets the copy go on.
    pub fn resume(self) {
        // A copy that has ended does not mind.
        let _ = self.resume.send(());
    }
}

impl CopyPauses {
    pub(in crate::server) fn add(&self, after_block: u64) -> CopyPause {
        let (reached, wait_for_reached) = oneshot::channel();
        let (resume, wait_for_resume) = oneshot::channel();
        let stop = Stop {
            after_block,
            reached,
            resume: wait_for_resume,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(stop);
        CopyPause {
            reached: Some(wait_for_reached),
            resume,
        }
    }

    pub(super) fn take(&self) -> Pauses {
        Pauses(std::mem::take(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl Pauses {
    /// Waits at every pause that stands after this many blocks.
    pub(super) async fn staged(&mut self, blocks: u64) {
        for stop in self.0.extract_if(.., |stop| stop.after_block == blocks) {
            // A dropped handle resumes.
            if stop.reached.send(()).is_ok() {
                let _ = stop.resume.await;
            }
        }
    }
}
