//! Where blob bytes rest: append-only segment files, so that writing a body costs one `pwrite` a
//! chunk and never a file.
//!
//! Segment files have no name: they are unlinked from the moment they are made, so nothing is left
//! behind however the process ends, and a reader that holds a segment open keeps its bytes even
//! after the last blob in it was deleted. Those of a store that is kept ([`KeptBlobs`]) are named after their
//! numbers; which of their bytes live, whoever comes back to them has to say.
//!
//! What dies is given back to the disk: a segment in which nothing lives goes as a whole, and out
//! of the others holes are punched where the file system can. That costs as much as writing, so
//! that it is put off until there is more dead than alive, or the disk is full.
//!
//! Reads and writes are plain blocking calls made inline. They move at most [`CHUNK_BYTES`] or one
//! network read at a time, through the page cache; handing each to another thread costs more.

mod kept;
mod naming;
mod read;
mod segment;
mod space;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Extent;

use naming::Naming;
use segment::{Reserved, Segment, SegmentUse};

pub use kept::{KeptBlobs, LostBytes};
pub use read::{CHUNK_BYTES, StoredReader};
pub use segment::SEGMENT_BYTES;
pub use write::BlobWriter;

/// Segments that take bytes at the same time. The system lets one write at a time into a file, so
/// writers that run side by side each get their own.
const ACTIVE_MAX: usize = 4;

/// A store of bodies at rest. Clones share one store.
#[derive(Clone, Debug)]
pub struct BlobStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    naming: Naming,
    limit_bytes: u64,
    state: Mutex<StoreState>,
    /// Bytes that are dead and still on the disk, those of spare files included. Changed under the
    /// lock only.
    owed_bytes: AtomicU64,
    /// Held by whoever makes room on a full disk; the others wait for what comes of it.
    making_room: Mutex<()>,
}

#[derive(Debug, Default)]
struct StoreState {
    segments: BTreeMap<u32, SegmentUse>,
    /// The segments that still take bytes.
    active: Vec<u32>,
    /// Files nobody writes to or reads from any more, to be written over: a new file costs the system
    /// as much as the bytes put into it, because it finds a place for each page and takes it away
    /// again.
    spare: Vec<File>,
    /// The segments that have dead blocks on the disk.
    owing: BTreeSet<u32>,
    next: u32,
    live_bytes: u64,
}

impl BlobStore {
    /// A store in this directory, which is made if it is missing. Its size is limited by the disk.
    pub fn open(directory: &Path) -> io::Result<Self> {
        Self::with_limit(directory, u64::MAX)
    }

    /// A store that behaves like a full disk once `limit_bytes` are alive in it.
    pub fn with_limit(directory: &Path, limit_bytes: u64) -> io::Result<Self> {
        make_directory(directory)?;
        let naming = Naming::Nameless(directory.to_owned());
        Ok(Self::with_segments(naming, limit_bytes, StoreState::default()))
    }

    fn with_segments(naming: Naming, limit_bytes: u64, state: StoreState) -> Self {
        let owed = state.segments.values().map(SegmentUse::owed_bytes).sum();
        Self {
            shared: Arc::new(Shared {
                naming,
                limit_bytes,
                state: Mutex::new(state),
                owed_bytes: AtomicU64::new(owed),
                making_room: Mutex::default(),
            }),
        }
    }

    /// Takes back bytes nothing refers to any more; each byte must be released only once. A full
    /// segment with nothing alive in it goes.
    pub fn release(&self, extents: &[Extent]) {
        if extents.is_empty() {
            return;
        }
        let mut emptied = Vec::new();
        let mut state = self.lock();
        for extent in extents {
            emptied.extend(self.release_one(&mut state, *extent));
        }
        drop(state);
        self.retire_all(emptied);
    }

    /// Returns the segment if it has gone.
    fn release_one(&self, state: &mut StoreState, extent: Extent) -> Option<Arc<Segment>> {
        let slot = state.segments.get_mut(&extent.segment);
        let owed = slot.as_ref().map_or(0, |slot| slot.owed_bytes());
        let Some(slot) = slot.and_then(|slot| slot.release(extent).then_some(slot)) else {
            // Deleting more than was written could delete somebody else's bytes.
            debug_assert!(false, "{extent:?} was released twice");
            tracing::error!(?extent, "an extent of the blob store was released twice");
            return None;
        };
        state.live_bytes -= extent.length;
        let (is_empty, owes) = (slot.live_bytes() == 0, slot.owed_bytes());
        if is_empty && !state.active.contains(&extent.segment) {
            self.shared.owed_bytes.fetch_sub(owed, Ordering::SeqCst);
            state.owing.remove(&extent.segment);
            self.shared.naming.remove(extent.segment);
            return state.segments.remove(&extent.segment).map(|slot| slot.segment);
        }
        if owes > owed {
            self.shared.owed_bytes.fetch_add(owes - owed, Ordering::SeqCst);
            state.owing.insert(extent.segment);
        }
        None
    }

    /// Bytes that something still refers to.
    pub fn live_bytes(&self) -> u64 {
        self.lock().live_bytes
    }

    /// Segment files in existence.
    pub fn segment_count(&self) -> usize {
        self.lock().segments.len()
    }

    fn reserve(&self, wanted: u64) -> io::Result<Reserved> {
        self.try_reserve(wanted)
            .or_else(|error| self.again_with_room(error, || self.try_reserve(wanted)))
    }

    fn try_reserve(&self, wanted: u64) -> io::Result<Reserved> {
        let mut state = self.lock();
        let room = self.shared.limit_bytes.saturating_sub(state.live_bytes);
        if wanted > room {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the blob store has reached its size limit",
            ));
        }
        let number = match state.idle_segment() {
            Some(number) => number,
            None => {
                let file = match state.spare.pop() {
                    Some(file) => {
                        self.shared.owed_bytes.fetch_sub(SEGMENT_BYTES, Ordering::SeqCst);
                        file
                    }
                    None => self.shared.naming.create(state.next)?,
                };
                state.begin_segment(file)
            }
        };
        Ok(state.reserve(number, wanted))
    }

    /// Takes back a reserved range that was never written.
    fn give_back(&self, range: Extent) {
        let mut state = self.lock();
        if state.active.contains(&range.segment)
            && let Some(slot) = state.segments.get_mut(&range.segment)
        {
            slot.shorten(range);
        }
        let emptied = self.release_one(&mut state, range);
        drop(state);
        self.retire_all(emptied);
    }

    /// Starts a new segment with the next reservation. After a full disk, this lets the old one go
    /// as soon as nothing in it is alive.
    fn seal(&self, segment: u32) {
        let mut state = self.lock();
        state.active.retain(|active| *active != segment);
    }

    fn lock(&self) -> MutexGuard<'_, StoreState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoreState {
    /// The active segment to write to, unless a new one is better.
    fn idle_segment(&self) -> Option<u32> {
        let writers = |number: &u32| self.segments.get(number).map_or(0, |slot| slot.segment.writers());
        let idlest = self.active.iter().copied().min_by_key(writers)?;
        (writers(&idlest) == 0 || self.active.len() == ACTIVE_MAX).then_some(idlest)
    }

    fn begin_segment(&mut self, file: File) -> u32 {
        let number = self.next;
        self.segments.insert(number, SegmentUse::new(file));
        self.active.push(number);
        self.next += 1;
        number
    }

    /// As much of `wanted` as the active segment still has room for.
    fn reserve(&mut self, number: u32, wanted: u64) -> Reserved {
        let slot = self
            .segments
            .get_mut(&number)
            .expect("an active segment is never removed");
        let reserved = slot.reserve(number, wanted);
        self.live_bytes += reserved.range.length;
        if slot.is_full() {
            self.active.retain(|active| *active != number);
        }
        reserved
    }
}

/// Makes a directory for its owner alone, and finds out whether it can be written to: not at the first upload.
fn make_directory(directory: &Path) -> io::Result<()> {
    // Backups hold secrets of their own.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    tempfile::tempfile_in(directory).map(|_| ())
}

#[cfg(test)]
mod tests;
