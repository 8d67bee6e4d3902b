//! Stopping outside work at a chosen moment, so that a scenario can change the world in the middle of it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// A moment of outside work that moves data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A copy has staged this block, counted over all its files (0: it is about to stage the first).
    Copied(u64),
    /// The first bytes of a dump have come.
    Dumping,
    /// A load has its dump, and is about to begin.
    Loading,
}

/// Pauses asked for and not yet taken by any work.
#[derive(Default)]
pub(in crate::server) struct WorkPauses(Mutex<Vec<Stop>>);

/// The pauses of one piece of work. Those it never reaches are told so when this is dropped.
pub(super) struct Pauses(Vec<Stop>);

struct Stop {
    at: Moment,
    reached: oneshot::Sender<()>,
    resume: oneshot::Receiver<()>,
}

/// A pause of the next work that comes to its moment. Dropping it lets the work go on.
#[derive(Debug)]
pub struct WorkPause {
    reached: Option<oneshot::Receiver<()>>,
    resume: oneshot::Sender<()>,
}

impl WorkPause {
    /// Waits until the work has come to the moment. `false` if it ended before, or failed.
    pub async fn reached(&mut self) -> bool {
        match self.reached.take() {
            Some(reached) => reached.await.is_ok(),
            None => true,
        }
    }

    /// Lets the work go on.
    pub fn resume(self) {
        // Work that has ended does not mind.
        let _ = self.resume.send(());
    }
}

impl Moment {
    /// Whether both are moments of the same kind of work.
    fn is_of_kind(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

impl WorkPauses {
    pub(in crate::server) fn add(&self, at: Moment) -> WorkPause {
        let (reached, wait_for_reached) = oneshot::channel();
        let (resume, wait_for_resume) = oneshot::channel();
        let stop = Stop {
            at,
            reached,
            resume: wait_for_resume,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(stop);
        WorkPause {
            reached: Some(wait_for_reached),
            resume,
        }
    }

    /// Those for work with moments like this one.
    pub(super) fn take(&self, like: Moment) -> Pauses {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pauses(waiting.extract_if(.., |stop| stop.at.is_of_kind(like)).collect())
    }
}

impl Pauses {
    /// Waits at every pause that stands at this moment.
    pub(super) async fn at(&mut self, moment: Moment) {
        for stop in self.0.extract_if(.., |stop| stop.at == moment) {
            // A dropped handle resumes.
            if stop.reached.send(()).is_ok() {
                let _ = stop.resume.await;
            }
        }
    }
}
