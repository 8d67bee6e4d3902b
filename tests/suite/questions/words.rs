//! Every word of every setting carries weight: an engine that reads one word for another is caught, unless the two are
//! alike. Which are is kept.

use azdrill::oracle::Profile;
use azdrill::sketch::{Dimension, Shape};
use azdrill::strategy::question::{Question, engine};

use super::mistakes::misled;
use super::nearby::nearby;
use super::tables::assert_kept;

/// How many other settings need be out of order for two words to show that they differ.
const OTHERS: usize = 2;

fn profiles<Q: Question>() -> Vec<Profile> {
    let mut all = vec![Profile::OBSERVED, Profile::DOCUMENTED];
    all.extend(Q::other_profiles());
    all
}

/// The first cell in which the oracle tells two words of a setting apart, and the profile under which it does.
fn telling<Q: Question>(
    profiles: &[Profile],
    cells: &[Q::Sketch],
    dimension: &Dimension<Q::Sketch>,
    [one, other]: [usize; 2],
) -> Option<(Profile, Q::Sketch)> {
    let with = |sketch: &Q::Sketch, word| {
        let mut sketch = sketch.clone();
        dimension.set(&mut sketch, word);
        sketch
    };
    profiles.iter().find_map(|&profile| {
        let told = cells.iter().find(|sketch| {
            let [one, other] = [one, other].map(|word| Q::expected(profile, &with(sketch, word)));
            one != other
        });
        told.map(|sketch| (profile, with(sketch, one)))
    })
}

/// Holds every pair of words of every setting against the engine. Those that are the same to the oracle are kept.
pub(crate) fn each_carries_weight<Q: Question>() {
    let profiles = profiles::<Q>();
    let engines = profiles
        .iter()
        .map(|profile| (*profile, engine(*profile).unwrap()));
    let mut engines: Vec<(Profile, Q)> = engines.collect();
    let cells: Vec<Q::Sketch> = nearby(OTHERS).collect();
    let mut found = String::new();
    for dimension in Q::Sketch::dimensions() {
        // Words that are alike to the oracle, by the first of them.
        let mut classes: Vec<Vec<usize>> = Vec::new();
        for word in 0..dimension.len() {
            let told = |class: &Vec<usize>| telling::<Q>(&profiles, &cells, &dimension, [class[0], word]);
            let told: Vec<_> = classes.iter().map(told).collect();
            match told.iter().position(Option::is_none) {
                Some(same) => classes[same].push(word),
                None => classes.push(vec![word]),
            }
            for (profile, sketch) in told.into_iter().flatten() {
                let (_, engine) = engines.iter_mut().find(|(own, _)| *own == profile).unwrap();
                let mislead = |sketch: &mut Q::Sketch| dimension.set(sketch, word);
                let caught = misled(profile, engine, mislead, [sketch.clone()]);
                let (name, label) = (dimension.name(), dimension.label(word));
                assert!(caught.is_some(), "{name}: nobody notices `{label}` in {sketch:?}");
            }
        }
        for class in classes.into_iter().filter(|class| class.len() > 1) {
            let labels: Vec<&str> = class.iter().map(|word| dimension.label(*word)).collect();
            found += &format!("{}: {}\n", dimension.name(), labels.join(" = "));
        }
    }
    assert_kept(&format!("{}.alike", Q::NAME), &found);
}
