//! Segment files, and which blocks of them hold anything that is alive.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::Extent;

/// A segment is full at this length.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// What space is given back in. One byte that is alive keeps as much from the disk.
pub(super) const BLOCK_BYTES: u64 = 16 * 1024;

/// A segment's file, for as long as anybody writes to it or reads from it.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: File,
    /// How many ranges of it are being written.
    writers: AtomicUsize,
    /// How many readers have it open. What they opened may have been released since.
    readers: AtomicUsize,
}

impl Segment {
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            writers: AtomicUsize::new(0),
            readers: AtomicUsize::new(0),
        }
    }

    pub(super) fn writers(&self) -> usize {
        self.writers.load(Ordering::Relaxed)
    }

    /// Whether anybody may still read what was released.
    pub(super) fn is_read(&self) -> bool {
        self.readers.load(Ordering::SeqCst) > 0
    }

    /// One more reader.
    pub(super) fn open(&self) {
        self.readers.fetch_add(1, Ordering::SeqCst);
    }

    /// One reader fewer; answers whether it was the last.
    pub(super) fn close(&self) -> bool {
        self.readers.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

/// A range that belongs to one writer, and the segment to write it to.
#[derive(Debug)]
pub(super) struct Reserved {
    pub(super) segment: Arc<Segment>,
    pub(super) range: Extent,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.segment.writers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One block of a segment.
#[derive(Clone, Copy, Debug, Default)]
struct SegmentBlock {
    live_bytes: u16,
    given_back: bool,
}

const _: () = assert!(BLOCK_BYTES <= u16::MAX as u64 && SEGMENT_BYTES.is_multiple_of(BLOCK_BYTES));

/// What the store knows of a segment.
#[derive(Debug)]
pub(super) struct SegmentUse {
    pub(super) segment: Arc<Segment>,
    /// Everything before this offset has been given to a writer.
    end: u64,
    live_bytes: u64,
    /// The blocks that were written to.
    blocks: Vec<SegmentBlock>,
    /// How many of them are dead and still on the disk.
    owed: u64,
}

impl SegmentUse {
    pub(super) fn new(file: File) -> Self {
        Self {
            segment: Arc::new(Segment::new(file)),
            end: 0,
            live_bytes: 0,
            blocks: Vec::new(),
            owed: 0,
        }
    }

    /// What is known of a file that was there before, in which these ranges live and do not overlap. No more is
    /// written to it.
    pub(super) fn again(file: File, lives: impl Iterator<Item = Extent>) -> Self {
        let mut slot = Self::new(file);
        for range in lives {
            slot.end = slot.end.max(range.offset + range.length);
            slot.live_bytes += range.length;
            let blocks = slot.end.div_ceil(BLOCK_BYTES) as usize;
            slot.blocks
                .resize(blocks.max(slot.blocks.len()), SegmentBlock::default());
            for (block, bytes) in overlaps(range) {
                // A block is at most as long as the number can say.
                slot.blocks[block].live_bytes += bytes as u16;
            }
        }
        // Some may be holes already: to punch them again does no harm.
        slot.owed = slot.blocks.iter().filter(|block| block.live_bytes == 0).count() as u64;
        slot
    }

    pub(super) fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    pub(super) fn is_full(&self) -> bool {
        self.end == SEGMENT_BYTES
    }

    /// Bytes of blocks that are dead and still on the disk.
    pub(super) fn owed_bytes(&self) -> u64 {
        self.owed * BLOCK_BYTES
    }

    /// As much of `wanted` as there is room for, for a writer.
    pub(super) fn reserve(&mut self, number: u32, wanted: u64) -> Reserved {
        let range = Extent {
            segment: number,
            offset: self.end,
            length: wanted.min(SEGMENT_BYTES - self.end),
        };
        self.end += range.length;
        self.live_bytes += range.length;
        let blocks = self.end.div_ceil(BLOCK_BYTES) as usize;
        self.blocks
            .resize(blocks.max(self.blocks.len()), SegmentBlock::default());
        for (block, bytes) in overlaps(range) {
            // A block is at most as long as the number can say.
            self.blocks[block].live_bytes += bytes as u16;
        }
        self.segment.writers.fetch_add(1, Ordering::Relaxed);
        Reserved {
            segment: Arc::clone(&self.segment),
            range,
        }
    }

    /// Lets a range that was never written be given to somebody else, if it is the last one.
    pub(super) fn shorten(&mut self, range: Extent) {
        if self.end == range.offset + range.length {
            self.end = range.offset;
        }
    }

    /// Takes note that a range is dead; `false` if more dies than was alive.
    pub(super) fn release(&mut self, range: Extent) -> bool {
        let is_alive = |(block, bytes): (usize, u64)| {
            self.blocks
                .get(block)
                .is_some_and(|block| u64::from(block.live_bytes) >= bytes)
        };
        if self.live_bytes < range.length || !overlaps(range).all(is_alive) {
            return false;
        }
        self.live_bytes -= range.length;
        for (block, bytes) in overlaps(range) {
            let counted = &mut self.blocks[block];
            counted.live_bytes -= bytes as u16;
            let is_written = (block as u64 + 1) * BLOCK_BYTES <= self.end;
            if counted.live_bytes == 0 && is_written && bytes > 0 {
                self.owed += 1;
            }
        }
        true
    }

    /// The runs of dead blocks that are still on the disk, as offset and length. Counted as given
    /// back from here on. Nobody will write there again: a segment takes bytes at its end only.
    pub(super) fn take_owed(&mut self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for (number, block) in self.blocks.iter_mut().enumerate() {
            let offset = number as u64 * BLOCK_BYTES;
            if block.live_bytes > 0 || block.given_back || offset + BLOCK_BYTES > self.end {
                continue;
            }
            block.given_back = true;
            match runs.last_mut() {
                Some((start, length)) if *start + *length == offset => *length += BLOCK_BYTES,
                _ => runs.push((offset, BLOCK_BYTES)),
            }
        }
        self.owed = 0;
        runs
    }
}

/// The blocks a range lies in, and how many of its bytes lie in each.
fn overlaps(range: Extent) -> impl Iterator<Item = (usize, u64)> {
    let end = range.offset + range.length;
    (range.offset / BLOCK_BYTES..end.div_ceil(BLOCK_BYTES)).map(move |block| {
        let from = range.offset.max(block * BLOCK_BYTES);
        let to = end.min((block + 1) * BLOCK_BYTES);
        (block as usize, to.saturating_sub(from))
    })
}
