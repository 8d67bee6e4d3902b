use super::space::SLACK_BYTES;
use super::*;
use crate::model::StoredBody;

fn store() -> (tempfile::TempDir, BlobStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::open(directory.path()).unwrap();
    (directory, store)
}

fn write(store: &BlobStore, bytes: &[u8], hint: Option<u64>) -> StoredBody {
    let mut writer = store.writer(hint);
    writer.append(bytes).unwrap();
    writer.finish()
}

/// Bytes whose place can be told from their value.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8).collect()
}

#[test]
fn what_was_written_is_read_with_its_digest() {
    let (_directory, store) = store();
    let mut writer = store.writer(None).with_md5();
    writer.append(b"hello ").unwrap();
    writer.append(b"world").unwrap();
    let body = writer.finish();
    assert_eq!(body.extents.len(), 1, "adjacent writes are one extent");
    assert_eq!(
        body.md5.unwrap()[..4],
        [0x5e, 0xb6, 0x3b, 0xbb],
        "md5 of `hello world`"
    );
    assert_eq!(store.read_small(&body).unwrap(), "hello world");
    assert_eq!(store.read_small(&body.slice(6, 3)).unwrap(), "wor");
}

#[test]
fn writers_at_the_same_time_do_not_mix_their_bytes() {
    let (_directory, store) = store();
    for hint in [None, Some(8)] {
        let mut left = store.writer(hint);
        let mut right = store.writer(hint);
        for _ in 0..4 {
            left.append(b"LL").unwrap();
            right.append(b"rr").unwrap();
        }
        let (left, right) = (left.finish(), right.finish());
        assert_eq!(store.read_small(&left).unwrap(), "LLLLLLLL");
        assert_eq!(store.read_small(&right).unwrap(), "rrrrrrrr");
        assert_eq!(left.extents.len() == 1, hint.is_some());
    }
}

#[test]
fn writers_at_the_same_time_use_a_few_segments_and_no_more() {
    let (_directory, store) = store();
    let writers: Vec<_> = (0..2 * ACTIVE_MAX)
        .map(|_| {
            let mut writer = store.writer(Some(10));
            writer.append(b"12345").unwrap();
            writer
        })
        .collect();
    assert_eq!(store.segment_count(), ACTIVE_MAX);
    for mut writer in writers {
        writer.append(b"67890").unwrap();
        assert_eq!(store.read_small(&writer.finish()).unwrap(), "1234567890");
    }
    write(&store, b"alone", None);
    assert_eq!(store.segment_count(), ACTIVE_MAX, "idle ones are used again");
}

#[test]
fn a_body_may_cross_segments_and_is_read_in_chunks() {
    let (_directory, store) = store();
    let filler = write(&store, &vec![7; SEGMENT_BYTES as usize - 1000], None);
    let bytes = pattern(CHUNK_BYTES + 5000);
    let body = write(&store, &bytes, Some(bytes.len() as u64));
    assert_eq!(body.extents.len(), 2);
    let mut reader = store.reader(&body).unwrap();
    let first = reader.next_chunk().unwrap().unwrap();
    assert_eq!(first.len(), CHUNK_BYTES, "a chunk is filled across extents");
    let second = reader.next_chunk().unwrap().unwrap();
    assert!(reader.next_chunk().is_none());
    assert_eq!([first, second].concat(), bytes);
    store.release(&filler.extents);
}

#[test]
fn a_full_segment_goes_with_its_last_byte_and_the_active_one_stays() {
    let (_directory, store) = store();
    let big = write(&store, &vec![1; SEGMENT_BYTES as usize - 10], None);
    let across = write(&store, &[2; 20], None);
    assert_eq!(store.segment_count(), 2);
    store.release(&big.extents);
    assert_eq!(store.segment_count(), 2, "ten bytes of it are alive");
    let mut reader = store.reader(&across).unwrap();
    store.release(&across.extents);
    assert_eq!(store.segment_count(), 1, "the second still takes bytes");
    assert_eq!(store.live_bytes(), 0);
    assert_eq!(
        reader.next_chunk().unwrap().unwrap(),
        [2; 20][..],
        "an open reader keeps its bytes"
    );
    assert!(store.reader(&across).is_err());
}

#[test]
fn an_emptied_segments_file_is_written_over_unless_somebody_reads_it() {
    let (_directory, store) = store();
    let spare = |store: &BlobStore| store.lock().spare.len();
    let full = vec![1; SEGMENT_BYTES as usize];
    let (first, second) = (write(&store, &full, None), write(&store, &full, None));
    let mut reader = store.reader(&second).unwrap();
    store.release(&second.extents);
    assert_eq!(spare(&store), 0, "it is still read");
    store.release(&first.extents);
    assert_eq!(spare(&store), 1);
    let third = write(&store, &[3; 10], None);
    assert_eq!(spare(&store), 0, "written over");
    assert_eq!(store.read_small(&third).unwrap(), [3; 10][..]);
    assert_eq!(reader.next_chunk().unwrap().unwrap()[..10], [1; 10]);
}

#[test]
fn there_is_an_end_to_the_files_kept() {
    let (_directory, store) = store();
    let owed = |store: &BlobStore| store.shared.owed_bytes.load(Ordering::SeqCst);
    for _ in 0..=2 {
        store.retire_all([Arc::new(Segment::new(tempfile::tempfile().unwrap()))]);
    }
    assert_eq!(store.lock().spare.len() as u64, SLACK_BYTES / SEGMENT_BYTES);
    assert_eq!(owed(&store), SLACK_BYTES);
    let full = io::Error::from(io::ErrorKind::StorageFull);
    store.again_with_room(full, || Ok(())).unwrap();
    assert!(store.lock().spare.is_empty(), "a full disk gets them back");
    assert_eq!(owed(&store), 0);
}

/// Writes blobs over and over, each time leaving one byte in a thousand alive.
fn litter(store: &BlobStore, bytes: u64) -> Vec<StoredBody> {
    let body = vec![7; 100_000];
    (0..bytes / body.len() as u64)
        .map(|_| {
            let dead = write(store, &body, None);
            let kept = write(store, b"k", None);
            store.release(&dead.extents);
            kept
        })
        .collect()
}

#[test]
fn overwritten_bytes_are_given_back_although_their_segments_live() {
    let (_directory, store) = store();
    let kept = litter(&store, 5 * SEGMENT_BYTES);
    assert!(store.segment_count() >= 5, "something lives in each");
    let most = SLACK_BYTES + (kept.len() as u64 + 8) * segment::BLOCK_BYTES;
    let allocated = store.allocated_bytes().unwrap();
    assert!(allocated <= most, "{allocated} bytes for {} alive", kept.len());
    for body in &kept {
        assert_eq!(store.read_small(body).unwrap(), "k");
        store.release(&body.extents);
    }
    assert!(store.allocated_bytes().unwrap() <= 2 * SLACK_BYTES);
}

#[test]
fn nothing_is_punched_out_of_what_is_being_read() {
    let (_directory, store) = store();
    let bytes = pattern(CHUNK_BYTES * 3);
    let body = write(&store, &bytes, None);
    let anchor = write(&store, b"k", None);
    let mut reader = store.reader(&body).unwrap();
    let first = reader.next_chunk().unwrap().unwrap();
    store.release(&body.extents);
    let give_all_back = || {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        store.again_with_room(full, || Ok(())).unwrap();
    };
    give_all_back();
    let mut read = first.to_vec();
    while let Some(chunk) = reader.next_chunk() {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert!(read == bytes, "a reader keeps its bytes");
    drop(reader);
    give_all_back();
    assert!(store.allocated_bytes().unwrap() <= 2 * segment::BLOCK_BYTES);
    assert_eq!(store.read_small(&anchor).unwrap(), "k");
}

/// A small file system of its own, for as long as it is held; `None` where none can be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(directory.path())
            .output();
        mounted
            .is_ok_and(|mounted| mounted.status.success())
            .then_some(Self(directory))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
    }
}

#[test]
fn a_full_disk_takes_bytes_again_after_something_was_deleted() {
    let Some(disk) = SmallDisk::new(24) else {
        eprintln!("skipped: no small disk can be mounted here");
        return;
    };
    let store = BlobStore::open(disk.0.path()).unwrap();
    let megabyte = vec![1; 1 << 20];
    let mut kept = Vec::new();
    let mut fill = |store: &BlobStore| {
        loop {
            let mut writer = store.writer(Some(1 << 20));
            if let Err(error) = writer.append(&megabyte) {
                assert_eq!(error.kind(), io::ErrorKind::StorageFull);
                return std::mem::take(&mut kept);
            }
            kept.push(writer.finish());
        }
    };
    let first = fill(&store);
    assert!(first.len() > 20, "{}", first.len());
    let (survivor, dead) = first.split_last().unwrap();
    dead.iter().for_each(|body| store.release(&body.extents));
    let second = fill(&store);
    assert_eq!(second.len(), dead.len(), "all of it can be had again");
    assert_eq!(store.read_small(survivor).unwrap(), megabyte);
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let (_directory, store) = store();
    let mut writer = store.writer(Some(1 << 20));
    writer.append(&[3; 100]).unwrap();
    assert_eq!(store.live_bytes(), 1 << 20, "reserved ahead");
    drop(writer);
    assert_eq!(store.live_bytes(), 0);
    let mut writer = store.writer(Some(1 << 20));
    writer.append(b"short").unwrap();
    let body = writer.finish();
    assert_eq!(store.live_bytes(), 5, "what was reserved in vain is given back");
    let next = write(&store, b"next", None);
    assert_eq!(
        next.extents[0].offset,
        body.extents[0].offset + 5,
        "and used again"
    );
}

#[test]
fn a_full_store_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::with_limit(directory.path(), 100).unwrap();
    let kept = write(&store, &[1; 60], None);
    let mut writer = store.writer(None);
    writer.append(&[2; 30]).unwrap();
    let error = writer.append(&[2; 30]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    drop(writer);
    assert_eq!(store.live_bytes(), 60);
    assert_eq!(store.read_small(&kept).unwrap(), [1; 60][..]);
    store.release(&kept.extents);
    write(&store, &[4; 100], None);
}

#[test]
fn no_file_is_ever_left_in_the_directory() {
    let (directory, store) = store();
    let body = write(&store, b"bytes", None);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    assert_eq!(store.read_small(&body).unwrap(), "bytes");
}

#[test]
fn zeros_take_no_room_and_are_read_in_their_place() {
    let (_directory, store) = store();
    let mut body = write(&store, b"ab", None);
    body = StoredBody::zeros(4).with_part(1, &body);
    assert_eq!(store.live_bytes(), 2);
    assert_eq!(store.read_small(&body).unwrap(), b"\0ab\0"[..]);
    let long = StoredBody::zeros(CHUNK_BYTES as u64 + 1);
    let mut reader = store.reader(&long).unwrap();
    assert_eq!(reader.next_chunk().unwrap().unwrap(), vec![0; CHUNK_BYTES]);
    assert_eq!(reader.next_chunk().unwrap().unwrap(), b"\0"[..]);
}
