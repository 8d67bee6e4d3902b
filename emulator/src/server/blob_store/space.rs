//! Giving space back to the disk.

use std::fs::File;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::BlobStore;
use super::segment::{SEGMENT_BYTES, Segment};

/// As much may be dead and still on the disk, however little lives.
pub(super) const SLACK_BYTES: u64 = SEGMENT_BYTES;

/// What is to be given back, outside the lock: it takes a while.
type Debt = (Arc<Segment>, Vec<(u64, u64)>);

impl BlobStore {
    /// Bytes the store's files take up on the disk.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub fn allocated_bytes(&self) -> io::Result<u64> {
        use std::os::unix::fs::MetadataExt;
        const UNIT_BYTES: u64 = 512;
        let state = self.lock();
        let files = state.segments.values().map(|slot| &slot.segment.file);
        files
            .chain(&state.spare)
            .map(|file| Ok(file.metadata()?.blocks() * UNIT_BYTES))
            .sum()
    }

    /// Keeps the files of emptied segments for other segments, and gives back what is too much.
    pub(super) fn retire_all(&self, emptied: impl IntoIterator<Item = Arc<Segment>>) {
        for segment in emptied {
            // Somebody may still read from it: then it goes with the last of them.
            let Some(Segment { file, .. }) = Arc::into_inner(segment) else {
                continue;
            };
            if self.shared.naming.is_named() {
                // It has no name any more, and a file that is written over would need the next one's.
                continue;
            }
            self.lock().spare.push(file);
            self.shared.owed_bytes.fetch_add(SEGMENT_BYTES, Ordering::SeqCst);
        }
        self.settle();
    }

    /// Gives back what is dead, if that is more than lives.
    pub(super) fn settle(&self) {
        let owed = |store: &Self| store.shared.owed_bytes.load(Ordering::SeqCst);
        if owed(self) <= SLACK_BYTES {
            return;
        }
        let mut state = self.lock();
        let allowed = state.live_bytes.max(SLACK_BYTES);
        let mut surplus = Vec::new();
        while owed(self) > allowed
            && let Some(file) = state.spare.pop()
        {
            self.shared.owed_bytes.fetch_sub(SEGMENT_BYTES, Ordering::SeqCst);
            surplus.push(file);
        }
        drop(state);
        // Closing a file gives its pages back, which takes a while: not under the lock.
        drop(surplus);
        if owed(self) > allowed {
            self.punch_out();
        }
    }

    /// Tries again what failed for a full disk, once everything that is dead has been given back.
    pub(super) fn again_with_room<T>(
        &self,
        error: io::Error,
        attempt: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        if error.kind() != io::ErrorKind::StorageFull {
            return Err(error);
        }
        let making = self
            .shared
            .making_room
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        let spare = std::mem::take(&mut state.spare);
        let freed = spare.len() as u64 * SEGMENT_BYTES;
        self.shared.owed_bytes.fetch_sub(freed, Ordering::SeqCst);
        drop(state);
        drop(spare);
        self.punch_out();
        drop(making);
        attempt()
    }

    fn punch_out(&self) {
        for (segment, runs) in self.take_debts() {
            for (offset, length) in runs {
                if let Err(error) = punch(&segment.file, offset, length) {
                    // The segment still goes as a whole, once nothing in it lives.
                    tracing::debug!(%error, "the file system punches no holes");
                    break;
                }
            }
        }
    }

    /// The dead blocks of every segment that nobody reads from: a reader may have opened them while
    /// they were alive. Whoever opens a segment from here on asks for what lives.
    fn take_debts(&self) -> Vec<Debt> {
        let mut state = self.lock();
        let owing = std::mem::take(&mut state.owing);
        let mut debts = Vec::new();
        for number in owing {
            let Some(slot) = state.segments.get_mut(&number) else {
                continue;
            };
            if slot.segment.is_read() {
                state.owing.insert(number);
                continue;
            }
            self.shared
                .owed_bytes
                .fetch_sub(slot.owed_bytes(), Ordering::SeqCst);
            debts.push((Arc::clone(&slot.segment), slot.take_owed()));
        }
        debts
    }
}

#[cfg(target_os = "linux")]
fn punch(file: &File, offset: u64, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(file, flags, offset, length).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn punch(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
