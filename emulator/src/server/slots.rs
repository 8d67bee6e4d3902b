//! How many connections there may be at a time, and which one goes when there is no slot left.
//!
//! Clients keep connections they have done with for minutes, and many never close them. So a full
//! house turns nobody away: whoever has been idle for longest goes, as it would at a load balancer.
//! Only when every connection has a request under way does a new one wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Most connections at a time, where the system allows that many open files.
const CONNECTIONS_MAX: usize = 16_384;

/// Of the files the system allows this process, connections take three quarters. The rest is for
/// databases, blobs and what else there is.
const FILES_FOR_CONNECTIONS: (usize, usize) = (3, 4);

/// How long the one that was asked to go may take before another one is asked.
const GOING_TIME_MAX: Duration = Duration::from_millis(50);

/// All the slots of a server.
#[derive(Debug)]
pub(super) struct ConnectionSlots {
    free: Arc<Semaphore>,
    taken: Mutex<BTreeMap<u64, Arc<Activity>>>,
    clock: IdleOrder,
}

/// Counts up whenever a connection comes or falls idle: all that is asked of it is which was first.
#[derive(Clone, Debug, Default)]
struct IdleOrder(Arc<AtomicU64>);

impl IdleOrder {
    fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// The slot of one connection, free again when this is dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    number: u64,
    activity: Arc<Activity>,
    _permit: OwnedSemaphorePermit,
}

/// What one connection is doing.
#[derive(Debug, Default)]
pub(super) struct Activity {
    clock: IdleOrder,
    underway: AtomicU64,
    idle_since: AtomicU64,
    going: AtomicBool,
    go: Notify,
}

impl ConnectionSlots {
    /// As many slots as there can be; the files this process may open are raised for them.
    pub(super) fn as_many_as_there_can_be() -> Self {
        Self::new(connections_max())
    }

    pub(super) fn new(count: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(count.max(1))),
            taken: Mutex::default(),
            clock: IdleOrder::default(),
        }
    }

    /// A slot, made free if there is none.
    pub(super) async fn take(self: &Arc<Self>) -> ConnectionSlot {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                break permit;
            }
            self.send_the_longest_idle_away();
            let free = Arc::clone(&self.free).acquire_owned();
            if let Ok(Ok(permit)) = tokio::time::timeout(GOING_TIME_MAX, free).await {
                break permit;
            }
        };
        let number = self.clock.tick();
        let activity = Arc::new(Activity {
            clock: self.clock.clone(),
            idle_since: AtomicU64::new(number),
            ..Activity::default()
        });
        self.lock().insert(number, Arc::clone(&activity));
        ConnectionSlot {
            slots: Arc::clone(self),
            number,
            activity,
            _permit: permit,
        }
    }

    /// Asks the connection that has been idle for longest to go, if any is idle.
    pub(super) fn send_the_longest_idle_away(&self) {
        let taken = self.lock();
        let idle = taken.values().filter(|activity| activity.may_be_sent_away());
        if let Some(longest) = idle.min_by_key(|activity| activity.idle_since.load(Ordering::Relaxed)) {
            longest.going.store(true, Ordering::Relaxed);
            longest.go.notify_one();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Activity>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionSlot {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.slots.lock().remove(&self.number);
    }
}

impl Activity {
    /// A request is under way from now on.
    pub(super) fn begin(&self) {
        self.underway.fetch_add(1, Ordering::Relaxed);
    }

    /// A request has been answered.
    pub(super) fn end(&self) {
        if self.underway.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.idle_since.store(self.clock.tick(), Ordering::Relaxed);
        }
    }

    /// Ready when the connection is to make room for another one. One that has got a request
    /// meanwhile stays.
    pub(super) async fn sent_away(&self) {
        loop {
            self.go.notified().await;
            if self.underway.load(Ordering::Relaxed) == 0 {
                return;
            }
            self.going.store(false, Ordering::Relaxed);
        }
    }

    fn may_be_sent_away(&self) -> bool {
        self.underway.load(Ordering::Relaxed) == 0 && !self.going.load(Ordering::Relaxed)
    }
}

/// What the open files of this process allow, once its limit is as high as it may raise it.
fn connections_max() -> usize {
    let files_wanted = CONNECTIONS_MAX * FILES_FOR_CONNECTIONS.1 / FILES_FOR_CONNECTIONS.0;
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit
        .maximum
        .map_or(files_wanted as u64, |maximum| maximum.min(files_wanted as u64));
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: limit.maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(files_wanted as u64);
    let files = usize::try_from(files).unwrap_or(files_wanted).min(files_wanted);
    files * FILES_FOR_CONNECTIONS.0 / FILES_FOR_CONNECTIONS.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_free(slot: &ConnectionSlot) -> bool {
        slot.activity.may_be_sent_away()
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_goes_and_a_busy_one_stays() {
        let slots = Arc::new(ConnectionSlots::new(3));
        let busy = slots.take().await;
        busy.activity.begin();
        let late = slots.take().await;
        let early = slots.take().await;
        late.activity.begin();
        late.activity.end();
        slots.send_the_longest_idle_away();
        early.activity.sent_away().await;
        assert!(is_free(&late), "it was busy after the other one came");
        slots.send_the_longest_idle_away();
        late.activity.sent_away().await;
        slots.send_the_longest_idle_away();
        assert!(!busy.activity.going.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_house_makes_room() {
        let slots = Arc::new(ConnectionSlots::new(1));
        let first = slots.take().await;
        tokio::spawn(async move {
            first.activity.sent_away().await;
            drop(first);
        });
        let second = slots.take().await;
        assert_eq!(slots.lock().len(), 1);
        second.activity.begin();
        let third = tokio::time::timeout(GOING_TIME_MAX * 10, slots.take()).await;
        assert!(third.is_err(), "nobody is idle");
        second.activity.end();
        let activity = Arc::clone(second.activity());
        tokio::spawn(async move {
            activity.sent_away().await;
            drop(second);
        });
        slots.take().await;
    }

    #[tokio::test]
    async fn one_that_got_a_request_meanwhile_stays() {
        let slots = Arc::new(ConnectionSlots::new(1));
        let slot = slots.take().await;
        slots.send_the_longest_idle_away();
        slot.activity.begin();
        let gone = tokio::time::timeout(Duration::from_millis(20), slot.activity.sent_away()).await;
        assert!(gone.is_err());
        slot.activity.end();
        assert!(is_free(&slot), "it can be asked again");
    }

    #[test]
    fn there_is_room_for_many() {
        let slots = connections_max();
        assert!((1..=CONNECTIONS_MAX).contains(&slots), "{slots}");
    }
}
