//! Taking a body out of the store.

use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;

use super::BlobStore;
use super::segment::Segment;
use crate::model::{Extent, StoredBody};

/// How much a reader hands out at a time.
pub const CHUNK_BYTES: usize = 256 * 1024;

impl BlobStore {
    /// Opens a body for reading. What it opened stays readable, whatever is released meanwhile.
    pub fn reader(&self, body: &StoredBody) -> io::Result<StoredReader> {
        let state = self.lock();
        let mut parts = Vec::with_capacity(body.extents.len());
        for extent in &body.extents {
            let segment = match state.segments.get(&extent.segment) {
                Some(slot) => Some(HeldSegment::new(self, &slot.segment)),
                None if extent.is_zeros() => None,
                None => return Err(missing(*extent)),
            };
            parts.push((segment, *extent));
        }
        drop(state);
        Ok(StoredReader::new(parts))
    }

    /// Reads a whole body into memory; for bodies known to be small.
    pub fn read_small(&self, body: &StoredBody) -> io::Result<Bytes> {
        self.reader(body)?.read_whole()
    }
}

fn missing(extent: Extent) -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        format!("segment {} of the blob store has gone", extent.segment),
    )
}

/// A segment held open by a reader: nothing is punched out of it meanwhile.
#[derive(Debug)]
pub(super) struct HeldSegment {
    store: BlobStore,
    segment: Arc<Segment>,
}

impl HeldSegment {
    pub(super) fn new(store: &BlobStore, segment: &Arc<Segment>) -> Self {
        segment.open();
        Self {
            store: store.clone(),
            segment: Arc::clone(segment),
        }
    }
}

impl Drop for HeldSegment {
    fn drop(&mut self) {
        if self.segment.close() {
            self.store.settle();
        }
    }
}

/// A body being read, chunk by chunk. It holds its segments open, so its bytes stay.
#[derive(Debug)]
pub struct StoredReader {
    /// Ranges in order; one without a segment is zeros.
    parts: VecDeque<(Option<HeldSegment>, Extent)>,
    remaining: u64,
    /// Kept from chunk to chunk: once the last chunk has been sent off, its memory is used again.
    buffer: BytesMut,
}

impl StoredReader {
    pub(super) fn new(parts: Vec<(Option<HeldSegment>, Extent)>) -> Self {
        Self {
            remaining: parts.iter().map(|(_, range)| range.length).sum(),
            parts: parts.into(),
            buffer: BytesMut::new(),
        }
    }

    /// Number of bytes not yet read.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// The next chunk; `None` at the end.
    pub fn next_chunk(&mut self) -> Option<io::Result<Bytes>> {
        let length = self.remaining.min(CHUNK_BYTES as u64) as usize;
        if length == 0 {
            return None;
        }
        Some(self.read(length))
    }

    /// All that is left, in one piece; for bodies known to be small.
    pub fn read_whole(mut self) -> io::Result<Bytes> {
        let length = usize::try_from(self.remaining)
            .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "too long for memory"))?;
        self.read(length)
    }

    fn read(&mut self, length: usize) -> io::Result<Bytes> {
        self.buffer.resize(length, 0);
        let mut filled = 0;
        while filled < length {
            let Some((segment, range)) = self.parts.front_mut() else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            let count = range.length.min((length - filled) as u64);
            let target = &mut self.buffer[filled..filled + count as usize];
            match segment {
                Some(held) => held.segment.file.read_exact_at(target, range.offset)?,
                // The buffer may hold an earlier chunk.
                None => target.fill(0),
            }
            filled += count as usize;
            range.offset += count;
            range.length -= count;
            self.remaining -= count;
            if range.length == 0 {
                self.parts.pop_front();
            }
        }
        Ok(self.buffer.split().freeze())
    }
}

impl Stream for StoredReader {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.next_chunk())
    }
}
