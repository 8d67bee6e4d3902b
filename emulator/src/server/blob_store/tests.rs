use super::*;

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
    for _ in 0..=SPARE_MAX {
        let file = tempfile::tempfile().unwrap();
        store.retire(Arc::new(Segment {
            file,
            writers: AtomicUsize::new(0),
        }));
    }
    assert_eq!(store.lock().spare.len(), SPARE_MAX);
    store.seal(0);
    assert!(store.lock().spare.is_empty(), "a full disk gets them back");
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
