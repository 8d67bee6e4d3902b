//! Putting a body into the store.

use std::io;
use std::os::unix::fs::FileExt;

use md5::{Digest, Md5};

use super::BlobStore;
use super::segment::Reserved;
use crate::model::{Extent, StoredBody};

/// How far ahead of the bytes a writer with a known length reserves. It keeps the extents of
/// writers that run at the same time long.
const RESERVE_AHEAD_BYTES: u64 = 8 * 1024 * 1024;

impl BlobStore {
    /// Begins a body. A length that is known beforehand makes for fewer, longer extents; a wrong
    /// one does no harm.
    pub fn writer(&self, length_hint: Option<u64>) -> BlobWriter {
        BlobWriter::new(self.clone(), length_hint)
    }
}

/// A body on its way into the store. Dropping it unfinished takes back what it wrote.
#[derive(Debug)]
pub struct BlobWriter {
    store: BlobStore,
    extents: Vec<Extent>,
    length: u64,
    /// How many bytes are still expected, as far as anybody said.
    expected: u64,
    reserved: Option<Reserved>,
    md5: Option<Md5>,
}

impl BlobWriter {
    pub(super) fn new(store: BlobStore, length_hint: Option<u64>) -> Self {
        Self {
            store,
            extents: Vec::new(),
            length: 0,
            expected: length_hint.unwrap_or(0),
            reserved: None,
            md5: None,
        }
    }

    /// The same writer, also computing the MD5 of the bytes.
    #[must_use]
    pub fn with_md5(mut self) -> Self {
        self.md5 = Some(Md5::new());
        self
    }

    /// Number of bytes written so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes more bytes. After an error the writer is only good for dropping.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.append_some(rest)?;
            rest = &rest[written..];
        }
        Ok(())
    }

    /// Ends the body. It is the caller's from here on.
    pub fn finish(mut self) -> StoredBody {
        self.give_back_reserved();
        StoredBody {
            extents: std::mem::take(&mut self.extents),
            length: self.length,
            md5: self.md5.take().map(|md5| md5.finalize().into()),
        }
    }

    fn append_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wanted = bytes.len() as u64;
        let mut reserved = match self.reserved.take() {
            Some(reserved) => reserved,
            None => self
                .store
                .reserve(wanted.max(self.expected.min(RESERVE_AHEAD_BYTES)))?,
        };
        let range = reserved.range;
        let length = wanted.min(range.length);
        // Both are at most the length of a slice, so the conversion is exact.
        let part = &bytes[..length as usize];
        let write = || reserved.segment.file.write_all_at(part, range.offset);
        let written = write().or_else(|error| self.store.again_with_room(error, write));
        if let Err(error) = written {
            self.reserved = Some(reserved);
            if error.kind() == io::ErrorKind::StorageFull {
                self.store.seal(range.segment);
            }
            return Err(error);
        }
        self.length += length;
        self.expected = self.expected.saturating_sub(length);
        self.remember(Extent { length, ..range });
        reserved.range.offset += length;
        reserved.range.length -= length;
        if reserved.range.length > 0 {
            self.reserved = Some(reserved);
        }
        Ok(part.len())
    }

    fn remember(&mut self, written: Extent) {
        match self.extents.last_mut() {
            Some(last) if last.segment == written.segment && last.offset + last.length == written.offset => {
                last.length += written.length;
            }
            _ => self.extents.push(written),
        }
    }

    fn give_back_reserved(&mut self) {
        if let Some(reserved) = self.reserved.take() {
            self.store.give_back(reserved.range);
        }
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        self.give_back_reserved();
        self.store.release(&self.extents);
    }
}
