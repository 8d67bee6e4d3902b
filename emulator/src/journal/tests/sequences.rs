//! Whatever happens to a machine, its journal makes the same one, and writes the same journal.

use proptest::prelude::*;

use super::lines::{alike, lines, played};
use super::world::{Step, World};
use crate::journal::{Journalled, Sink};

fn same(world: &World) {
    let journal = world.journal();
    let (replay, again, differs) = played(&journal);
    assert_eq!(differs, None, "an answer differs");
    alike(&world.machine, replay.machine());
    // Compared as text, so that whoever sees it fail sees where.
    let (was, is) = (String::from_utf8(journal), String::from_utf8(again));
    assert!(was == is, "another journal:\n{was:?}\n{is:?}");
}

#[test]
fn a_machine_that_saw_everything_is_made_again() {
    let mut world = World::new();
    world.suspicious = true;
    world.live();
    let text = String::from_utf8(world.journal()).expect("it is text");
    for kind in [
        "foundation",
        "subscription",
        "application",
        "role",
        "properties",
        "deny_assignment",
        "admit",
        "too_long",
        "prepare",
        "call",
        "connect",
        "entrance",
        "tick",
        "complete",
        "fault",
        "connection_fault",
        "clear_faults",
        "keep",
        "come_back",
        "forget",
        "begin_again",
        "built",
        "advanced",
        "moved",
        "worked_out",
        "server_started",
        "stored",
        "base64",
    ] {
        assert!(
            text.contains(&format!("\"{kind}\"")),
            "nothing of the kind {kind} happened"
        );
    }
    same(&world);
}

#[test]
fn what_changed_nothing_is_in_no_journal() {
    let mut world = World::new();
    world.take(&Step::Tick);
    let before = world.journal().len();
    world.take(&Step::Tick);
    world.take(&Step::Forget(true));
    world.take(&Step::ComeBack(true));
    assert_eq!(world.journal().len(), before);
}

/// A machine that breaks off has written what made it do so.
#[test]
fn what_breaks_the_machine_is_in_its_journal() {
    struct Breaks(super::lines::Lines);
    impl Sink for Breaks {
        fn take(&mut self, line: &[u8]) {
            self.0.take(line);
        }
    }
    for always in [true, false] {
        let written = super::lines::Lines::default();
        let sink = Box::new(Breaks(written.clone()));
        let mut machine =
            Journalled::with_journal(super::world::beginning(1), "a test", sink).expect("the rules load");
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| machine.break_off(always)));
        assert!(broken.is_err());
        let journal = written.bytes();
        let last = lines(&journal).last().expect("there is one");
        assert!(
            last.ends_with(b"\"answer\":{\"broke_off\":true}}\n"),
            "{}",
            String::from_utf8_lossy(last)
        );
    }
}

fn step() -> impl Strategy<Value = Step> {
    let index = 0..18_usize;
    prop_oneof![
        12 => index.clone().prop_map(Step::Call),
        1 => index.clone().prop_map(Step::Stranger),
        3 => (0..3_u8, 0..2000_u16).prop_map(|(name, length)| Step::Blob(name, length)),
        1 => Just(Step::TooLong),
        3 => Just(Step::Tick),
        2 => (0..2000_u16).prop_map(Step::Wait),
        4 => any::<bool>().prop_map(Step::End),
        1 => any::<bool>().prop_map(Step::Fault),
        1 => Just(Step::ClearFaults),
        1 => any::<bool>().prop_map(Step::Keep),
        1 => any::<bool>().prop_map(Step::ComeBack),
        1 => any::<bool>().prop_map(Step::Forget),
        1 => Just(Step::BeginAgain),
        1 => Just(Step::Connect),
        1 => proptest::option::of(1..u16::MAX).prop_map(Step::Entrance),
        1 => index.prop_map(Step::Prepare),
        1 => (0..3_u8).prop_map(Step::Give),
        1 => (0..3_u8).prop_map(Step::Note),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_is_made_again(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        // Something to work on.
        for index in 0..6 {
            world.take(&Step::Call(index));
        }
        for step in &steps {
            world.take(step);
        }
        same(&world);
    }
}

proptest! {
    // Everything is looked at before and after each step.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// What is in no journal changed nothing, whatever came before.
    #[test]
    fn what_is_in_no_journal_changed_nothing(steps in proptest::collection::vec(step(), 1..12)) {
        let mut world = World::new();
        for index in 0..6 {
            world.take(&Step::Call(index));
        }
        world.suspicious = true;
        for step in &steps {
            world.take(step);
        }
    }
}

/// What no answer shows is looked at as well.
#[test]
fn another_machine_is_told_from_this_one() {
    let mut world = World::new();
    for step in [
        Step::Call(0),
        Step::Call(1),
        Step::Keep(true),
        Step::Fault(true),
        Step::Entrance(Some(1)),
        Step::Give(0),
        Step::Give(1),
        Step::Give(2),
        Step::Forget(true),
    ] {
        let before = world.machine.whole();
        world.take(&step);
        assert!(before != world.machine.whole(), "{step:?}");
    }
}
