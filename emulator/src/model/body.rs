//! Bodies as the core sees them: already at rest, in memory or in the blob store.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A run of bytes in the blob store. Opaque to the core except for slicing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Which segment file of the store.
    pub segment: u32,
    /// Offset of the first byte within the segment, in bytes.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Extent {
    /// The segment that exists nowhere and reads as zeros: the pages of a page blob that were never
    /// written.
    pub const ZEROS: u32 = u32::MAX;

    /// Zeros, which take no room.
    pub fn zeros(length: u64) -> Self {
        Self {
            segment: Self::ZEROS,
            offset: 0,
            length,
        }
    }

    /// Whether these are zeros nobody wrote.
    pub fn is_zeros(&self) -> bool {
        self.segment == Self::ZEROS
    }
}

/// A body the shell has put into the blob store. The core handles the description, never the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBody {
    /// Where the bytes are, in order.
    pub extents: Vec<Extent>,
    /// Total number of bytes; the sum of the extents' lengths.
    pub length: u64,
    /// MD5 of the bytes, where the admission asked for one.
    pub md5: Option<[u8; 16]>,
}

impl StoredBody {
    /// The part of this body that starts at `start` and is `length` bytes long, clipped to the end.
    pub fn slice(&self, start: u64, length: u64) -> Self {
        let end = start.saturating_add(length).min(self.length);
        let mut extents = Vec::new();
        let mut position = 0;
        for extent in &self.extents {
            let from = start.max(position);
            let to = end.min(position + extent.length);
            if from < to {
                let skipped = if extent.is_zeros() { 0 } else { from - position };
                extents.push(Extent {
                    segment: extent.segment,
                    offset: extent.offset + skipped,
                    length: to - from,
                });
            }
            position += extent.length;
        }
        Self {
            extents,
            length: end.saturating_sub(start),
            md5: None,
        }
    }

    /// Appends the extents of `other`.
    pub fn append(&mut self, other: &Self) {
        self.extents.extend_from_slice(&other.extents);
        self.length += other.length;
        self.md5 = None;
    }

    /// Zeros, which take no room.
    pub fn zeros(length: u64) -> Self {
        Self {
            extents: (length > 0).then(|| Extent::zeros(length)).into_iter().collect(),
            length,
            md5: None,
        }
    }

    /// The body with `part` in the place of as many bytes from `start` on. `part` lies within it.
    #[must_use]
    pub fn with_part(&self, start: u64, part: &Self) -> Self {
        let behind = start.saturating_add(part.length);
        let mut whole = self.slice(0, start);
        whole.append(part);
        whole.append(&self.slice(behind, self.length.saturating_sub(behind)));
        whole.join_zeros();
        whole
    }

    /// The body cut off, or made longer with zeros.
    #[must_use]
    pub fn resized(&self, length: u64) -> Self {
        let mut whole = self.slice(0, length);
        whole.length = length.min(self.length);
        whole.append(&Self::zeros(length.saturating_sub(self.length)));
        whole.join_zeros();
        whole
    }

    /// Makes neighbouring zeros one extent, so that a body does not grow by being written over.
    fn join_zeros(&mut self) {
        self.extents.dedup_by(|next, last| {
            let joined = next.is_zeros() && last.is_zeros();
            if joined {
                last.length += next.length;
            }
            joined
        });
    }
}

/// A body at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// A small body in memory (JSON, XML, forms).
    Bytes(Bytes),
    /// A body in the blob store.
    Stored(StoredBody),
}

impl Body {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stored(stored) => stored.length,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The in-memory bytes; empty for a stored body, which the core never reads.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Empty | Self::Stored(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slice_crosses_extents_and_clips_at_the_end() {
        let body = StoredBody {
            extents: vec![
                Extent {
                    segment: 0,
                    offset: 100,
                    length: 10,
                },
                Extent {
                    segment: 1,
                    offset: 0,
                    length: 10,
                },
            ],
            length: 20,
            md5: None,
        };
        let part = body.slice(5, 100);
        assert_eq!(part.length, 15);
        assert_eq!(
            part.extents,
            vec![
                Extent {
                    segment: 0,
                    offset: 105,
                    length: 5
                },
                Extent {
                    segment: 1,
                    offset: 0,
                    length: 10
                },
            ]
        );
        assert_eq!(body.slice(30, 5).length, 0);
    }

    #[test]
    fn parts_are_put_in_place_and_zeros_stay_one_extent() {
        let written = |offset: u64, length: u64| StoredBody {
            extents: vec![Extent {
                segment: 3,
                offset,
                length,
            }],
            length,
            md5: None,
        };
        let pages = StoredBody::zeros(2048).with_part(512, &written(0, 512));
        assert_eq!(pages.length, 2048);
        assert_eq!(pages.extents.len(), 3);
        let over = pages.with_part(0, &written(512, 2048));
        assert_eq!(over.extents, written(512, 2048).extents);
        let cleared = pages.with_part(512, &StoredBody::zeros(512));
        assert_eq!(cleared, StoredBody::zeros(2048));
        assert_eq!(pages.resized(1024).extents.len(), 2);
        assert_eq!(pages.resized(4096).extents[2], Extent::zeros(3072));
        assert_eq!(StoredBody::zeros(512).resized(0), StoredBody::default());
    }
}
