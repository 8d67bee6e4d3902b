//! Recovery points, as long as they are kept.

use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::sketch::keep_recovery_points::{After, Backup, Happens, Keeps, Rules, Sketch, Tag};
use azdrill::strategy::answer::Answer;
use azdrill::strategy::keep_recovery_points::KeepRecoveryPoints;
use azdrill::strategy::question::{Engine as _, engine};

use super::agreement::walk_whole;
use super::mistakes::{Mistake, Wrong, all_are_caught, sees};
use super::words::each_carries_weight;

/// A test for each book, so that the histories of both are played beside each other.
#[test]
fn what_is_walked_agrees_with_the_documents() {
    assert_eq!(
        walk_whole::<KeepRecoveryPoints>(Profile::DOCUMENTED),
        3_600 + 3_360
    );
}

#[test]
fn what_is_walked_agrees_with_what_was_observed() {
    assert_eq!(walk_whole::<KeepRecoveryPoints>(Profile::OBSERVED), 3_600 + 3_360);
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<KeepRecoveryPoints>();
}

/// Literal truths, from a calendar.
#[test]
fn the_oracle_counts_as_a_calendar_does() {
    use azdrill::oracle::Expected;
    use azdrill::oracle::keep_recovery_points::keep_recovery_points;
    let cell = |rules, happens, backup, after, tag| Sketch {
        rules,
        keeps: Keeps::Seven,
        happens,
        backup,
        after,
        tag,
    };
    let is_there = |sketch| keep_recovery_points(Profile::OBSERVED, &sketch) == Expected::Passes;
    let nothing = Happens::Nothing;
    // 31 January and a month are 28 February.
    for (after, there) in [(After::AlmostAMonth, true), (After::AMonth, false)] {
        let sketch = cell(Rules::LastDay, nothing, Backup::January31, after, Tag::Monthly);
        assert_eq!(is_there(sketch), there, "{after:?}");
    }
    // 27 December and ten days are 6 January.
    let late = cell(
        Rules::Default,
        nothing,
        Backup::December27,
        After::SevenDays,
        Tag::Default,
    );
    assert!(!is_there(late));
    // Of 7 February, the newest when backups are suspended on the tenth, which would have gone on the fourteenth.
    for (happens, there) in [
        (Happens::Nothing, false),
        (Happens::Suspended, true),
        (Happens::Stopped, true),
        (Happens::Resumed, false),
        (Happens::Deleted, false),
        (Happens::BroughtBack, true),
    ] {
        let sketch = cell(
            Rules::Default,
            happens,
            Backup::February7,
            After::ThreeMonths,
            Tag::Default,
        );
        assert_eq!(is_there(sketch), there, "{happens:?}");
    }
}

/// Whether the point is there, kept by whichever rule.
fn is_there(engine: &mut KeepRecoveryPoints, sketch: &Sketch) -> bool {
    match engine.ask(sketch) {
        Answer::Passes => true,
        Answer::Fails { rules, .. } => rules == ["DPP-TAG"],
        Answer::Odd(text) => panic!("{text}"),
    }
}

#[test]
fn what_is_gone_stays_gone_unless_its_instance_is_brought_back() {
    let mut engine: KeepRecoveryPoints = engine(Profile::OBSERVED).unwrap();
    let mut returned = BTreeSet::new();
    for sketch in Product::<Sketch>::of(&["on 10 February", "backup of"]).cells() {
        let there = After::ALL.iter().map(|after| {
            is_there(
                &mut engine,
                &Sketch {
                    after: *after,
                    ..sketch
                },
            )
        });
        let there: Vec<bool> = there.collect();
        if there.is_sorted_by(|before, after| before >= after) {
            continue;
        }
        returned.insert((sketch.happens.label(), sketch.backup.label()));
    }
    let back = (Happens::BroughtBack.label(), Backup::February7.label());
    assert_eq!(returned, BTreeSet::from([back]));
}

#[test]
fn no_rule_makes_a_point_go_sooner_than_the_default_one_alone() {
    let mut engine: KeepRecoveryPoints = engine(Profile::OBSERVED).unwrap();
    for sketch in Product::<Sketch>::of(&["backup of", "looked for after"]).cells() {
        if !is_there(&mut engine, &sketch) {
            continue;
        }
        for rules in Rules::ALL {
            let more = Sketch {
                rules: *rules,
                ..sketch
            };
            assert!(is_there(&mut engine, &more), "{more:?}");
        }
        let longer = Sketch {
            keeps: Keeps::Ten,
            ..sketch
        };
        assert!(is_there(&mut engine, &longer), "{longer:?}");
    }
}

/// A point is kept by one rule, for as long as it is there.
#[test]
fn a_point_is_kept_by_one_rule() {
    let mut engine: KeepRecoveryPoints = engine(Profile::OBSERVED).unwrap();
    for sketch in
        Product::<Sketch>::of(&["besides the default rule", "backup of", "looked for after"]).cells()
    {
        let by = Tag::ALL
            .iter()
            .filter(|tag| engine.ask(&Sketch { tag: **tag, ..sketch }).passes())
            .count();
        assert_eq!(by, usize::from(is_there(&mut engine, &sketch)), "{sketch:?}");
    }
}

fn of_rules() -> Vec<Mistake<Sketch>> {
    vec![
        sees("the month comes before the year", |sketch: &mut Sketch| {
            if sketch.rules == Rules::YearlyFirst {
                sketch.rules = Rules::MonthlyFirst;
            }
        }),
        sees("the last day of a month is its first", |sketch: &mut Sketch| {
            if sketch.rules == Rules::LastDay {
                sketch.rules = Rules::Monthly;
            }
        }),
        sees("ten days are seven", |sketch: &mut Sketch| {
            if sketch.keeps == Keeps::Ten {
                sketch.keeps = Keeps::Seven;
            }
        }),
        sees("a point goes when its last day begins", |sketch: &mut Sketch| {
            if sketch.after == After::AlmostSevenDays {
                sketch.after = After::SevenDays;
            }
        }),
        sees("a point outlives its time", |sketch: &mut Sketch| {
            if sketch.after == After::SevenDays {
                sketch.after = After::AlmostSevenDays;
            }
        }),
        sees("a month is three", |sketch: &mut Sketch| {
            if sketch.after == After::AMonth {
                sketch.after = After::ThreeMonths;
            }
        }),
        sees(
            "the very first backup is the first of nothing",
            |sketch: &mut Sketch| {
                if sketch.backup == Backup::December13 {
                    sketch.backup = Backup::December27;
                }
            },
        ),
        Mistake::new(
            "six days are enough, documented or not",
            Wrong::Profile(|profile| *profile = Profile::OBSERVED),
        )
        .documented(),
    ]
}

fn of_protection() -> Vec<Mistake<Sketch>> {
    vec![
        sees(
            "points expire while protection is stopped",
            |sketch: &mut Sketch| {
                if sketch.happens == Happens::Stopped {
                    sketch.happens = Happens::Nothing;
                }
            },
        ),
        sees(
            "nothing expires while backups are suspended",
            |sketch: &mut Sketch| {
                if sketch.happens == Happens::Suspended {
                    sketch.happens = Happens::Stopped;
                }
            },
        ),
        sees("what was stopped stays so", |sketch: &mut Sketch| {
            if sketch.happens == Happens::Resumed {
                sketch.happens = Happens::Stopped;
            }
        }),
        sees("an immutable vault lets its points go", |sketch: &mut Sketch| {
            if sketch.happens == Happens::Immutable {
                sketch.happens = Happens::Deleted;
            }
        }),
        sees(
            "an immutable vault keeps what has had its time",
            |sketch: &mut Sketch| {
                if sketch.happens == Happens::Immutable {
                    sketch.happens = Happens::Stopped;
                }
            },
        ),
        sees("what is deleted is there", |sketch: &mut Sketch| {
            if sketch.happens == Happens::Deleted {
                sketch.happens = Happens::Stopped;
            }
        }),
        sees("what is deleted does not come back", |sketch: &mut Sketch| {
            if sketch.happens == Happens::BroughtBack {
                sketch.happens = Happens::Deleted;
            }
        }),
        sees("what comes back is protected", |sketch: &mut Sketch| {
            if sketch.happens == Happens::BroughtBack {
                sketch.happens = Happens::Resumed;
            }
        }),
    ]
}

#[test]
fn mistakes_are_caught() {
    let mut all = of_rules();
    all.extend(of_protection());
    all_are_caught::<KeepRecoveryPoints>(&all);
}
