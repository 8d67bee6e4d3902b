//! Small sweeps, and mistakes that they notice.

use std::collections::BTreeSet;

use super::wrong::OPERATIONS;
use super::*;
use crate::sequence::world::Copied;

fn extent(seeds: u64) -> Extent {
    Extent {
        from: 0,
        seeds,
        shard: Shard::WHOLE,
        side_by_side: 2,
    }
}

#[test]
fn every_invariant_holds_and_much_is_come_to() {
    let begun = std::time::Instant::now();
    let tally = sweep(extent(400), None).expect("the rules load");
    println!(
        "{:?}\n{}",
        begun.elapsed(),
        print(&crate::page::Page::plain(120), &tally)
    );
    assert!(tally.broken.is_empty());
    let own = &tally.covered;
    assert_eq!(Coverage::missed(&own.phases, &PHASES), BTreeSet::new());
    assert_eq!(Coverage::missed(&own.faults, &KINDS), BTreeSet::new());
    assert_eq!(Coverage::missed(&own.operations, &OPERATIONS), BTreeSet::new());
}

/// How many seeds a mistake may take to be noticed.
const FEW: u64 = 200;

/// A mistake is noticed within few seeds, as what it is, and in a plan of few steps.
fn noticed(mistake: Mistake, as_what: Invariant) {
    let broken = |drawn: &Drawn, kept: &Kept| {
        let broken = play(drawn, kept, Some(mistake)).broken;
        broken.is_some_and(|own| own.invariant == as_what)
    };
    let mut seeds = (0..FEW).map(Drawn::of);
    let Some(drawn) = seeds.find(|drawn| broken(drawn, &Kept::all(drawn))) else {
        panic!("{mistake:?} is not noticed");
    };
    let kept = least(Kept::all(&drawn), |kept| broken(&drawn, kept));
    assert!(kept.steps.len() <= 14, "{mistake:?}: {:#?}", plan(&drawn, &kept));
    assert_eq!(
        play(&drawn, &kept, None).broken,
        None,
        "without the mistake it holds"
    );
}

/// What is printed of a run that breaks something plays it again.
#[test]
fn a_finding_is_played_again_by_its_line() {
    let mistake = Mistake::RefusedIsDone;
    let tally = sweep(extent(3), Some(mistake)).expect("the rules load");
    let found = tally.broken.first().expect("it is noticed");
    let line = Line::read(&found.line).expect("it was printed by this build");
    let drawn = Drawn::of(line.seed);
    let kept = line.kept_of(&drawn).expect("it is of this run");
    let again = play(&drawn, &kept, Some(mistake))
        .broken
        .expect("it breaks again");
    assert_eq!(
        (again.invariant.name(), &again.why),
        (&*found.invariant, &found.why)
    );
    let printed = print(&crate::page::Page::plain(100), &tally);
    assert!(
        printed.contains(&format!("azdrill replay '{}'", found.line)),
        "{printed}"
    );
}

#[test]
fn mistakes_in_moving_data_are_noticed() {
    noticed(Mistake::Movement(Copied::LacksFile), Invariant::RestoreIsWhole);
    noticed(Mistake::Movement(Copied::Garbled), Invariant::RestoreIsWhole);
    noticed(Mistake::Movement(Copied::Outdated), Invariant::RestoreIsWhole);
    noticed(
        Mistake::Movement(Copied::FailsWhole),
        Invariant::FailedRestoreLeavesNothing,
    );
}

#[test]
fn mistakes_about_what_is_kept_are_noticed() {
    noticed(Mistake::PointLost, Invariant::PointsStay);
    noticed(Mistake::ImmutableDeleted, Invariant::ImmutableStays);
    noticed(Mistake::Stuck, Invariant::Ends);
}

#[test]
fn mistakes_about_who_may_what_are_noticed() {
    noticed(Mistake::PasswordShown, Invariant::NoCredential);
    noticed(Mistake::ReaderWrites, Invariant::WithinGrants);
    noticed(Mistake::UngivenRole, Invariant::WithinGrants);
}

#[test]
fn mistakes_in_answers_are_noticed() {
    noticed(Mistake::RefusedIsDone, Invariant::RefusedHasNoEffect);
    noticed(Mistake::TwiceIsTwice, Invariant::TwiceIsOnce);
    noticed(Mistake::Unexplained, Invariant::RefusalIsExplained);
    noticed(Mistake::BreaksOff, Invariant::GoesOn);
}

/// What was played before in the same worlds, and how many threads there are, makes no difference.
#[test]
fn a_run_is_the_same_whatever_was_played_before() {
    let alone = play(&Drawn::of(7), &Kept::all(&Drawn::of(7)), None);
    let whole = sweep(extent(60), None).expect("the rules load");
    let again = play(&Drawn::of(7), &Kept::all(&Drawn::of(7)), None);
    assert_eq!(alone, again);
    let parts: Vec<Tally> = ["2/3", "1/3", "3/3"]
        .into_iter()
        .map(|shard| {
            let part = Extent {
                shard: shard.parse().expect("it is a shard"),
                side_by_side: 1,
                ..extent(60)
            };
            sweep(part, None).expect("the rules load")
        })
        .collect();
    let merged = Tally::merge(&parts).expect("they are all");
    assert_eq!(
        (merged.digest, merged.covered, merged.runs),
        (whole.digest, whole.covered, whole.runs)
    );
    assert_eq!(
        Tally::merge(&parts[1..]),
        Err(MergeError::Missing("2/3".parse().expect("it is one")))
    );
    let twice = [parts[0].clone(), parts[0].clone()];
    assert!(matches!(Tally::merge(&twice), Err(MergeError::Twice(_))));
    assert!(matches!(Tally::merge(&[]), Err(MergeError::Nothing)));
}

#[test]
fn a_line_that_is_not_as_it_was_printed_is_refused() {
    let drawn = Drawn::of(3);
    let kept = Kept::all(&drawn);
    let line = Line::of(VAULT, false, 3, &drawn.told(), &kept);
    let text = line.to_string();
    assert_eq!(Line::read(&text), Ok(line.clone()));
    assert_eq!(line.kept_of(&drawn), Ok(kept));
    assert!(matches!(
        line.kept_of(&Drawn::of(4)),
        Err(LineError::OtherBuild { .. })
    ));
    for wrong in [
        "",
        "sweep/1/",
        &text[1..],
        &text[..text.len() - 1],
        &text.replace("/3/", "/4/"),
    ] {
        assert_eq!(Line::read(wrong), Err(LineError::Damaged), "{wrong}");
    }
    // As another build would have printed it, sum and all.
    let (whole, _) = text.rsplit_once('/').expect("it has parts");
    let other = whole.replace(own_build(), "0123456789ab");
    let other = format!("{other}/{}", super::line::short_digest(&other));
    assert!(matches!(Line::read(&other), Err(LineError::OtherBuild { .. })));
}
