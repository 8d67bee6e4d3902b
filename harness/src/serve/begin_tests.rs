//! What is there again after a process was killed: a copy of its folder, made while it runs, is what it leaves.

use std::path::Path;

use azdrill_emulator::fault::{Fault, FaultAnswer, FaultKind};
use azdrill_emulator::journal::{Given, Journalled};
use azdrill_emulator::model::{NetworkPath, Timestamp};
use azdrill_emulator::rules::Profile;
use azdrill_emulator::server::Clock;
use jiff::SignedDuration;

use super::{FaultFile, ServedWorld, Setup};
use crate::state_folder::StateFolder;

fn setup(folder: &Path, start: Option<Timestamp>) -> Setup {
    Setup {
        world: None,
        profile: Profile::Observed,
        seed: 1,
        start,
        port: 0,
        state_directory: folder.to_owned(),
        from: NetworkPath::internet(),
        fast_polls: false,
        bodies: false,
        assume: Vec::new(),
        faults: FaultFile::default(),
        certificate: None,
        postgres: None,
        hosts: None,
        stands_still: false,
        keeps: Some(StateFolder::open(folder).unwrap()),
        journal: None,
    }
}

fn beginning() -> Timestamp {
    "2026-03-02T06:00:00Z".parse().unwrap()
}

/// What a kill leaves of a folder.
fn killed(folder: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        let mode = std::fs::metadata(from).unwrap().permissions();
        std::fs::set_permissions(to, mode).unwrap();
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let target = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy(&entry.path(), &target),
                false => {
                    std::fs::copy(entry.path(), target).unwrap();
                }
            }
        }
    }
    let left = tempfile::tempdir().unwrap();
    copy(folder, left.path());
    left
}

fn look<T>(served: &ServedWorld, look: impl FnOnce(&mut Journalled, Timestamp) -> T) -> T {
    let door = served.server().front_door();
    let now = door.clock().now();
    door.with_core(|machine| look(machine, now))
}

fn subscriptions(machine: &Journalled) -> Vec<String> {
    let all = machine.state().subscriptions.values();
    let seen = all.filter(|subscription| !subscription.hidden);
    let mut names: Vec<String> = seen.map(|subscription| subscription.name.clone()).collect();
    names.sort();
    names
}

fn second() -> Given {
    Given::Subscription {
        id: "00000000-0000-0000-0000-00000000000a".to_owned(),
        name: "second".to_owned(),
        tenant: azdrill_emulator::world::Operator::of_seed(1).tenant,
    }
}

#[tokio::test]
async fn time_faults_snapshots_and_what_exists_are_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let served = ServedWorld::start(setup(folder.path(), Some(beginning())))
        .await
        .unwrap();
    assert_eq!(served.found(), None);
    let week = SignedDuration::from_hours(7 * 24);
    look(&served, |machine, now| {
        machine.keep(now, "empty").unwrap();
        machine.give(now, &second()).unwrap();
        let answer = FaultKind::Answer(FaultAnswer::new(503, "ServerBusy"));
        machine.put_fault(now, Fault::first("Blob_Put", answer));
    });
    served.server().driver().advance(week).await.unwrap();
    look(&served, Journalled::note_time);
    let reached = served.server().front_door().clock().now();
    let log = look(&served, |machine, _| machine.log().count());
    let left = killed(folder.path());
    served.shutdown().await;

    let again = ServedWorld::start(setup(left.path(), None)).await.unwrap();
    let found = again.found().unwrap();
    assert!(
        found.inputs >= 5 && found.under_way == 0 && found.torn == 0,
        "{found:?}"
    );
    let now = again.server().front_door().clock().now();
    assert!(
        now >= beginning() + week && now >= reached - SignedDuration::from_secs(5),
        "{now}"
    );
    assert!(
        now < reached + SignedDuration::from_hours(1),
        "it went on from there: {now}"
    );
    assert_eq!(
        again.reach().client_id,
        azdrill_emulator::world::Operator::of_seed(1)
            .client_id
            .to_string()
    );
    look(&again, |machine, now| {
        assert_eq!(subscriptions(machine), ["azdrill", "second"]);
        assert_eq!(machine.log().count(), log);
        assert_eq!(machine.faults().describe().len(), 1);
        assert_eq!(
            machine.kept().map(|(name, _)| name).collect::<Vec<_>>(),
            ["empty"]
        );
        machine.come_back(now, "empty").unwrap();
        assert_eq!(subscriptions(machine), ["azdrill"]);
    });
    let left = killed(left.path());
    again.shutdown().await;
    let last = ServedWorld::start(setup(left.path(), None)).await.unwrap();
    look(&last, |machine, _| {
        assert_eq!(subscriptions(machine), ["azdrill"])
    });
    last.shutdown().await;
}

/// A world by the machine's time finds, when it starts again, that time has gone by.
#[tokio::test]
async fn a_world_by_the_machines_time_catches_up_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let served = ServedWorld::start(setup(folder.path(), Some(beginning())))
        .await
        .unwrap();
    let left = killed(folder.path());
    served.shutdown().await;
    let about = left.path().join("world.json");
    let text = std::fs::read_to_string(&about).unwrap();
    let by_machine = text.replace("\"by_machine_time\": false", "\"by_machine_time\": true");
    assert_ne!(text, by_machine);
    std::fs::write(&about, by_machine).unwrap();
    let before = Clock::system().now();
    let again = ServedWorld::start(setup(left.path(), None)).await.unwrap();
    assert!(again.server().front_door().clock().now() >= before);
    // And does not lose it again.
    let left = killed(left.path());
    again.shutdown().await;
    std::fs::write(left.path().join("world.json"), text).unwrap();
    let last = ServedWorld::start(setup(left.path(), None)).await.unwrap();
    assert!(last.server().front_door().clock().now() >= before);
    last.shutdown().await;
}

/// One that begins again is the one that is come back to.
#[tokio::test]
async fn a_world_that_was_begun_again_is_the_one_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let served = ServedWorld::start(setup(folder.path(), Some(beginning())))
        .await
        .unwrap();
    look(&served, |machine, now| machine.give(now, &second()).unwrap());
    served.begin_again().await.unwrap();
    let left = killed(folder.path());
    served.shutdown().await;
    let again = ServedWorld::start(setup(left.path(), None)).await.unwrap();
    look(&again, |machine, _| {
        assert_eq!(subscriptions(machine), ["azdrill"])
    });
    again.shutdown().await;
}
