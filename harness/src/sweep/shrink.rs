//! What is left of a run that breaks an invariant, when whatever can be left out is.

use std::collections::BTreeSet;

use super::play::Kept;

/// The most runs that are tried.
const TRIES_MAX: usize = 300;

/// The least that was found that still breaks what it breaks, by leaving out faults and steps, many at a time and then
/// each. `breaks` plays a run.
pub fn least(whole: Kept, mut breaks: impl FnMut(&Kept) -> bool) -> Kept {
    let mut least = whole;
    let mut tries = 0;
    loop {
        let before = least.clone();
        for of_faults in [true, false] {
            let count = list(&least, of_faults).len();
            let mut at_a_time = count.div_ceil(2).max(1);
            loop {
                let all: Vec<usize> = list(&least, of_faults).iter().copied().collect();
                // From the end: what comes after a break has nothing to do with it.
                for chunk in all.rchunks(at_a_time) {
                    if tries == TRIES_MAX {
                        return least;
                    }
                    tries += 1;
                    let mut less = least.clone();
                    let own = if of_faults {
                        &mut less.faults
                    } else {
                        &mut less.steps
                    };
                    own.retain(|number| !chunk.contains(number));
                    if breaks(&less) {
                        least = less;
                    }
                }
                if at_a_time == 1 {
                    break;
                }
                at_a_time = at_a_time.div_ceil(2);
            }
        }
        if least == before {
            return least;
        }
    }
}

fn list(kept: &Kept, of_faults: bool) -> &BTreeSet<usize> {
    if of_faults { &kept.faults } else { &kept.steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_left() {
        let whole = Kept {
            steps: (0..30).collect(),
            faults: (0..4).collect(),
        };
        let breaks =
            |kept: &Kept| kept.steps.contains(&3) && kept.steps.contains(&17) && kept.faults.contains(&2);
        let least = least(whole, breaks);
        assert_eq!(least.steps, BTreeSet::from([3, 17]));
        assert_eq!(least.faults, BTreeSet::from([2]));
    }
}
