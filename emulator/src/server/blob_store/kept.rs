//! A store whose bytes outlive their process.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use super::naming::{ENDING, Naming, name_of};
use super::segment::{SEGMENT_BYTES, SegmentUse};
use super::{BlobStore, StoreState, make_directory};
use crate::model::Extent;

/// Bytes that should be there and are not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is {what}, and bytes of blobs are in it up to {end}", file.display())]
pub struct LostBytes {
    /// The segment's file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub what: String,
    /// Where the last byte that lives ends.
    pub end: u64,
}

/// The bytes of a store that is come back to, as far as it is known which of them live.
#[derive(Debug, Default)]
pub struct KeptBlobs {
    ranges: BTreeMap<u32, Lives>,
    /// The first number that no segment ever had.
    next: u32,
}

/// The ranges of a segment that live, by where they begin: where they end.
type Lives = BTreeMap<u64, u64>;

impl KeptBlobs {
    /// These bytes live from here on. Whether they can: a journal that has bytes stored over others is none.
    pub fn store(&mut self, extents: &[Extent]) -> bool {
        extents.iter().filter(|extent| takes_room(extent)).all(|extent| {
            let (begin, end) = range_of(*extent);
            self.next = self.next.max(extent.segment.saturating_add(1));
            let lives = self.ranges.entry(extent.segment).or_default();
            let before = lives.range(..end).next_back();
            let is_free = before.is_none_or(|(_, other)| *other <= begin);
            if is_free {
                lives.insert(begin, end);
            }
            is_free
        })
    }

    /// Nothing refers to these bytes any more: what was stored, or parts of it. Whether all of them lived: a journal
    /// that lets go of others is none.
    pub fn release(&mut self, extents: &[Extent]) -> bool {
        let mut released = extents.iter().filter(|extent| takes_room(extent));
        released.all(|extent| self.release_one(*extent))
    }

    fn release_one(&mut self, extent: Extent) -> bool {
        let Some(lives) = self.ranges.get_mut(&extent.segment) else {
            return false;
        };
        let (mut from, to) = range_of(extent);
        while from < to {
            let around = lives.range(..=from).next_back();
            let Some((&begin, &end)) = around.filter(|(_, end)| **end > from) else {
                return false;
            };
            let until = end.min(to);
            lives.remove(&begin);
            for (begin, end) in [(begin, from), (until, end)] {
                if begin < end {
                    lives.insert(begin, end);
                }
            }
            from = until;
        }
        if lives.is_empty() {
            self.ranges.remove(&extent.segment);
        }
        true
    }

    /// The store in this directory, which is made if it is missing. What nothing refers to is removed.
    ///
    /// # Errors
    ///
    /// If the directory cannot be used, or bytes that live are not there.
    pub fn open(self, directory: &Path, limit_bytes: u64) -> io::Result<BlobStore> {
        make_directory(directory)?;
        let mut state = StoreState {
            next: self.next,
            ..StoreState::default()
        };
        for (number, lives) in self.ranges {
            let slot = open_segment(&directory.join(name_of(number)), number, &lives)?;
            state.live_bytes += slot.live_bytes();
            if slot.owed_bytes() > 0 {
                state.owing.insert(number);
            }
            state.segments.insert(number, slot);
        }
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let number = name.strip_suffix(ENDING).and_then(|number| number.parse().ok());
            if let Some(number) = number
                && !state.segments.contains_key(&number)
            {
                // Its blobs were never acknowledged, or are deleted.
                std::fs::remove_file(entry.path())?;
            }
        }
        let naming = Naming::Numbered(directory.to_owned());
        Ok(BlobStore::with_segments(naming, limit_bytes, state))
    }
}

fn takes_room(extent: &Extent) -> bool {
    !extent.is_zeros() && extent.length > 0
}

fn range_of(extent: Extent) -> (u64, u64) {
    (extent.offset, extent.offset.saturating_add(extent.length))
}

fn open_segment(path: &Path, number: u32, lives: &Lives) -> io::Result<SegmentUse> {
    let end = lives.values().copied().max().unwrap_or_default();
    let lost = |what: String| {
        let file = path.to_owned();
        io::Error::new(io::ErrorKind::InvalidData, LostBytes { file, what, end })
    };
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(lost("not there".to_owned())),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    if length < end || end > SEGMENT_BYTES {
        return Err(lost(format!("{length} bytes long")));
    }
    // What was written behind it has been lost with its process, or is dead.
    file.set_len(end)?;
    let ranges = lives.iter().map(|(offset, end)| Extent {
        segment: number,
        offset: *offset,
        length: end - offset,
    });
    Ok(SegmentUse::again(file, ranges))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoredBody;

    fn open(directory: &Path, lives: &[&StoredBody]) -> io::Result<BlobStore> {
        let mut kept = KeptBlobs::default();
        for body in lives {
            assert!(kept.store(&body.extents));
        }
        kept.open(directory, u64::MAX)
    }

    fn write(store: &BlobStore, bytes: &[u8]) -> StoredBody {
        let mut writer = store.writer(None);
        writer.append(bytes).unwrap();
        writer.finish()
    }

    fn files(directory: &Path) -> usize {
        std::fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn what_lives_is_read_again_and_nothing_is_written_over_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path(), &[]).unwrap();
        let (one, two) = (write(&store, b"one"), write(&store, &[2; 50_000]));
        drop(store);
        let again = open(directory.path(), &[&one, &two]).unwrap();
        assert_eq!(again.read_small(&one).unwrap(), "one");
        assert_eq!(again.live_bytes(), 50_003);
        let three = write(&again, b"three");
        assert_ne!(three.extents[0].segment, one.extents[0].segment);
        assert_eq!(again.read_small(&two).unwrap(), [2; 50_000][..]);
        again.release(&two.extents);
        assert_eq!(again.read_small(&one).unwrap(), "one");
        again.release(&one.extents);
        assert_eq!(files(directory.path()), 1, "a segment goes with its last byte");
        let mode = std::os::unix::fs::PermissionsExt::mode;
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let permissions = entry.unwrap().metadata().unwrap().permissions();
            assert_eq!(mode(&permissions) & 0o777, 0o600);
        }
    }

    #[test]
    fn what_nobody_refers_to_is_removed_and_what_is_missing_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path(), &[]).unwrap();
        let body = write(&store, &[7; 1000]);
        drop(store);
        let file = directory.path().join(name_of(body.extents[0].segment));
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_len(999)
            .unwrap();
        let told = open(directory.path(), &[&body]).unwrap_err().to_string();
        assert!(
            told.contains("999 bytes long") && told.contains("up to 1000"),
            "{told}"
        );
        drop(open(directory.path(), &[]).unwrap());
        assert_eq!(files(directory.path()), 0);
        let told = open(directory.path(), &[&body]).unwrap_err().to_string();
        assert!(told.contains("not there"), "{told}");
    }

    #[test]
    fn only_what_was_stored_is_released_and_only_once() {
        let extent = |offset, length| Extent {
            segment: 3,
            offset,
            length,
        };
        let mut kept = KeptBlobs::default();
        assert!(kept.store(&[extent(0, 100), extent(100, 100), Extent::zeros(5)]));
        assert!(!kept.store(&[extent(199, 1)]), "it is stored over another");
        // A part, one across two, nothing, zeros.
        assert!(kept.release(&[extent(10, 20), extent(90, 20), extent(5, 0), Extent::zeros(7)]));
        assert!(!kept.release(&[extent(15, 1)]), "it is dead");
        assert!(!kept.release(&[extent(0, 200)]), "a part of it is dead");
        assert!(!kept.release(&[extent(300, 1)]), "nobody stored it");
    }
}
