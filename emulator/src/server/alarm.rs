//! Wakes whoever carries out due work when something falls due earlier than it was told.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

use crate::model::Timestamp;

/// The time the next wake is planned for, and the bell.
#[derive(Debug)]
pub(super) struct Alarm {
    /// Microseconds since 1970; `i64::MAX` if no wake is planned.
    planned: AtomicI64,
    bell: Notify,
}

impl Alarm {
    pub(super) fn new() -> Self {
        Self {
            planned: AtomicI64::new(i64::MAX),
            bell: Notify::new(),
        }
    }

    /// Says when the next thing falls due. Rings if that is earlier than the planned wake.
    pub(super) fn due_at(&self, due: Option<Timestamp>) {
        let Some(due) = due else { return };
        let due = due.as_microsecond();
        if self.planned.fetch_min(due, Ordering::AcqRel) > due {
            self.bell.notify_one();
        }
    }

    /// Notes that whoever waits will look again at `due` at the latest.
    pub(super) fn plan(&self, due: Option<Timestamp>) {
        let due = due.map_or(i64::MAX, Timestamp::as_microsecond);
        self.planned.store(due, Ordering::Release);
    }

    /// Rings, whatever is planned.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits for the bell.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}
