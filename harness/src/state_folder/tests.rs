//! What is answered is kept, and where it cannot be kept it is not answered.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use azdrill_emulator::journal::{Beginning, Header, Journalled, seal};
use azdrill_emulator::model::{NetworkPath, Request, Timestamp};
use azdrill_emulator::rules::{Assumptions, Profile};
use azdrill_emulator::server::{Answer, BlobStore, BodySource, Clock, FrontDoor};
use azdrill_emulator::services::Settings;
use azdrill_emulator::world::Operator;
use http::{Method, StatusCode};

use super::folder::{ABOUT, JOURNAL};
use super::journal::Medium;
use super::*;
use crate::private_file;

/// A disk in memory with so much room, of which every write may take a part only.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    fn with_room(room: usize) -> Self {
        let disk = Self::default();
        disk.set_room(room);
        disk
    }

    fn set_room(&self, room: usize) {
        self.0.lock().unwrap().1 = room;
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (held, room) = &mut *self.0.lock().unwrap();
        let free = room.saturating_sub(held.len()).min(bytes.len());
        if free == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        held.extend_from_slice(&bytes[..free]);
        Ok(free)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Medium for Disk {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0
            .lock()
            .unwrap()
            .0
            .truncate(usize::try_from(length).unwrap());
        Ok(())
    }
}

fn start() -> Timestamp {
    "2026-03-02T06:00:00Z".parse().unwrap()
}

/// A front door to a machine whose journal is on that disk.
fn door(disk: &Disk, blobs: &Path) -> (FrontDoor<Journalled>, Operator) {
    let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 7, Settings::default());
    let journal = StateJournal::on(Box::new(disk.clone()), 0);
    let mut machine = Journalled::with_journal(beginning, "a test", journal.sink()).unwrap();
    let operator = machine.found(start(), None);
    let store = BlobStore::open(blobs).unwrap();
    (FrontDoor::new(machine, Clock::at(start()), store), operator)
}

async fn put_group(door: &FrontDoor<Journalled>, operator: &Operator, name: &str) -> Answer {
    let token = door.with_core(|machine| {
        let principal = machine.state().directory.get(operator.object_id).unwrap();
        let audience = "https://management.azure.com";
        machine.tokens().issue(start(), principal, audience).0
    });
    let target = format!(
        "/subscriptions/{}/resourceGroups/{name}?api-version=2021-04-01",
        operator.subscription
    );
    let request = Request::new(Method::PUT, "management.azure.com", &target)
        .with_header("authorization", &format!("Bearer {token}"))
        .with_header("content-type", "application/json");
    let body = BodySource::Bytes(r#"{"location":"uksouth"}"#.into());
    door.handle(&NetworkPath::internet(), request, body).await
}

/// Which of the groups that are asked for are there for whoever comes back to what is on the disk.
fn groups(disk: &Disk) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(JOURNAL), disk.bytes()).unwrap();
    let mut lines = StateLines::open(&folder.path().join(JOURNAL)).unwrap().unwrap();
    let ReadLine::Line(first) = lines.read().unwrap() else {
        panic!("there is none");
    };
    let mut replay = azdrill_emulator::journal::Replay::begin(&first).unwrap();
    while let ReadLine::Line(line) = lines.read().unwrap() {
        assert_eq!(replay.play(&line).unwrap().difference, None);
    }
    let resources = replay.azure().state().resources.iter();
    let names = resources.filter_map(|(id, _)| {
        let text = id.to_string();
        let (_, name) = text.split_once("/resourceGroups/")?;
        ["one", "two", "three"].contains(&name).then(|| name.to_owned())
    });
    names.collect()
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged_and_nothing_happens_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    // Wherever it is full: what the first write after that brings is cut off at every place in turn.
    let (whole, after_one) = {
        let disk = Disk::with_room(usize::MAX);
        let (door, operator) = door(&disk, folder.path());
        let first = disk.bytes().len();
        assert!(put_group(&door, &operator, "one").await.status.is_success());
        (first, disk.bytes().len())
    };
    for room in (whole..after_one).step_by(37) {
        let disk = Disk::with_room(room);
        let (door, operator) = door(&disk, folder.path());
        let refused = put_group(&door, &operator, "one").await;
        assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(refused.header("x-ms-error-code"), Some("SyntheticStateNotKept"));
        assert_eq!(disk.bytes().len(), whole, "half a line is taken back");
        assert_eq!(groups(&disk), Vec::<String>::new());
        let again = put_group(&door, &operator, "two").await;
        assert_eq!(again.status, StatusCode::INSUFFICIENT_STORAGE);
        assert!(door.kept().is_err());

        // What may have happened has; what came while it was full has not.
        disk.set_room(usize::MAX);
        let after = put_group(&door, &operator, "three").await;
        assert!(after.status.is_success(), "{}", after.status);
        assert_eq!(groups(&disk), ["one", "three"]);
    }
}

/// A journal of a few lines in a folder.
fn written() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::with_room(usize::MAX);
    let beginning = Beginning::new(Profile::Observed, &Assumptions::new(), 7, Settings::default());
    let journal = StateJournal::on(Box::new(disk.clone()), 0);
    let mut machine = Journalled::with_journal(beginning, "a test", journal.sink()).unwrap();
    machine.found(start(), None);
    machine.note_built(start());
    machine.clear_faults(start());
    machine.note_time(start());
    let about = About {
        world: None,
        digest: None,
        postgres: "none".to_owned(),
        by_machine_time: false,
    };
    let bytes = disk.bytes();
    std::fs::write(folder.path().join(JOURNAL), &bytes).unwrap();
    private_file::write(
        &folder.path().join(ABOUT),
        &serde_json::to_string(&about).unwrap(),
    )
    .unwrap();
    std::fs::set_permissions(
        folder.path().join(JOURNAL),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    (folder, bytes)
}

fn came_back(folder: &Path) -> Result<Option<CameBack>, NoWayBack> {
    come_back(&StateFolder::open(folder)?, false, None)
}

#[test]
fn a_line_that_was_never_written_to_its_end_is_left_out_and_told() {
    let (folder, bytes) = written();
    let journal = folder.path().join(JOURNAL);
    let whole = came_back(folder.path()).unwrap().unwrap();
    assert_eq!((whole.inputs, whole.torn), (4, 0));
    drop(whole);
    std::fs::write(&journal, &bytes[..bytes.len() - 5]).unwrap();
    let torn = came_back(folder.path()).unwrap().unwrap();
    assert_eq!(torn.inputs, 3);
    assert!(torn.torn > 0);
    // It is gone, and the next line stands in its place.
    let CameBack { mut machine, .. } = torn;
    machine.note_time(start());
    assert_eq!(std::fs::read(&journal).unwrap(), bytes);
}

#[test]
fn damage_is_refused_with_its_place() {
    let (folder, bytes) = written();
    let journal = folder.path().join(JOURNAL);
    let ends: Vec<usize> = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    for (line, (begin, end)) in std::iter::once(0).chain(ends.clone()).zip(&ends).enumerate() {
        for at in [begin, begin + 3, begin + 40, end - 2] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            std::fs::write(&journal, &damaged).unwrap();
            let told = came_back(folder.path()).err().unwrap().to_string();
            for part in [
                &format!("damaged at byte {begin} (line {})", line + 1),
                "azdrill replay",
                "--state",
            ] {
                assert!(told.contains(part), "{part}: {told}");
            }
        }
    }
    // A line that is missing altogether.
    let without = [&bytes[..ends[1]], &bytes[ends[2]..]].concat();
    std::fs::write(&journal, without).unwrap();
    let told = came_back(folder.path()).err().unwrap().to_string();
    assert!(told.contains("lines are missing"), "{told}");
}

#[test]
fn what_another_build_wrote_is_refused_with_what_to_do() {
    let (folder, bytes) = written();
    let text = String::from_utf8(bytes).unwrap();
    let first = text.lines().next().unwrap();
    let other =
        first[azdrill_emulator::journal::SEAL_BYTES..].replace(Header::own_build(), "0123456789abcdef");
    let mut journal = Vec::new();
    azdrill_emulator::journal::seal(format!("{other}\n").as_bytes(), &mut journal);
    std::fs::write(folder.path().join(JOURNAL), journal).unwrap();
    let told = came_back(folder.path()).err().unwrap().to_string();
    for part in [
        "0123456789abcdef",
        Header::own_build(),
        "Serve it with that one",
        "--state",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn one_that_was_not_built_to_its_end_is_none() {
    let (folder, bytes) = written();
    let text = String::from_utf8(bytes).unwrap();
    let two: Vec<&str> = text.split_inclusive('\n').take(2).collect();
    for journal in ["", "ab", &text[..30], two[0], &two.concat()] {
        std::fs::write(folder.path().join(JOURNAL), journal).unwrap();
        assert!(came_back(folder.path()).unwrap().is_none(), "{journal:?}");
    }
}

#[test]
fn a_world_that_was_begun_otherwise_is_refused() {
    let (folder, _) = written();
    let folder = StateFolder::open(folder.path()).unwrap();
    let asked = |profile, seed| Asked {
        profile,
        assume: &[],
        seed,
    };
    folder.check(None, &asked(Profile::Observed, None)).unwrap();
    folder.check(None, &asked(Profile::Observed, Some(7))).unwrap();
    let told = |asked: &Asked<'_>| folder.check(None, asked).unwrap_err().to_string();
    let profile = told(&asked(Profile::Documented, None));
    assert!(profile.contains("profile observed"), "{profile}");
    let seed = told(&asked(Profile::Observed, Some(8)));
    assert!(seed.contains("the seed 7"), "{seed}");
    let assume = [("FX-RF-FILES".to_owned(), "named_by_guid".to_owned())];
    let assumed = told(&Asked {
        assume: &assume,
        ..asked(Profile::Observed, None)
    });
    assert!(assumed.contains("FX-RF-FILES=named_by_guid"), "{assumed}");
}

/// A disk that is full in the middle of a line, and then cannot be cut back either, so many times.
struct Stubborn {
    disk: Disk,
    stays: u32,
}

impl Write for Stubborn {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Medium for Stubborn {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        if let Some(left) = self.stays.checked_sub(1) {
            self.stays = left;
            return Err(io::ErrorKind::Other.into());
        }
        self.disk.cut(length)
    }
}

#[test]
fn nothing_is_written_behind_half_a_line() {
    let disk = Disk::with_room(20);
    let medium = Stubborn {
        disk: disk.clone(),
        stays: 2,
    };
    let mut sink = StateJournal::on(Box::new(medium), 0).sink();
    sink.take(b"{\"n\":1}\n");
    assert_eq!(disk.bytes().len(), 20, "a part of it stands there");
    assert!(sink.failing().is_some());
    disk.set_room(usize::MAX);
    assert_eq!(sink.failing(), None);
    sink.take(b"{\"n\":2}\n");
    let mut whole = Vec::new();
    seal(b"{\"n\":1}\n", &mut whole);
    seal(b"{\"n\":2}\n", &mut whole);
    assert_eq!(disk.bytes(), whole);
}
