//! Holding a client between the answer to its request and whatever happens then.

use tokio::sync::oneshot;

/// The other end of a [`Hold`].
pub(super) struct Held {
    reached: oneshot::Receiver<()>,
    resume: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the request has been answered; false if it never will be.
    pub(super) async fn reached(&mut self) -> bool {
        (&mut self.reached).await.is_ok()
    }

    /// Lets go. A job that has ended does not mind.
    pub(super) fn resume(self) {
        let _ = self.resume.send(());
    }
}

/// Holds a client between the answer to a request and whatever happens then.
pub(super) struct Hold {
    reached: oneshot::Sender<()>,
    resume: oneshot::Receiver<()>,
}

impl Hold {
    /// Both ends of one.
    pub(super) fn new() -> (Self, Held) {
        let (reached, wait_for_reached) = oneshot::channel();
        let (resume, wait_for_resume) = oneshot::channel();
        let held = Held {
            reached: wait_for_reached,
            resume,
        };
        let hold = Self {
            reached,
            resume: wait_for_resume,
        };
        (hold, held)
    }

    /// Waits until whoever holds lets go.
    pub(super) async fn wait(self) {
        if self.reached.send(()).is_ok() {
            // Dropped, it is let go as well.
            let _ = self.resume.await;
        }
    }
}
