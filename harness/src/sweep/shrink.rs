//! What is left of a run that breaks an invariant, when whatever can be left out is.

use super::play::Kept;

/// The most runs that are tried.
const TRIES_MAX: usize = 300;

/// Which less of a run is tried next: without many of its faults or steps at a time, and then without each.
pub struct Shrinking {
    least: Kept,
    /// What is tried.
    tried: Kept,
    of_faults: bool,
    at_a_time: usize,
    /// How many of the list have not been tried to be left out. It is gone through from its end: what comes after a break
    /// has nothing to do with it.
    untried: usize,
    changed: bool,
    tries: usize,
}

impl Shrinking {
    /// Of a run that breaks something.
    pub fn new(whole: Kept) -> Self {
        let mut new = Self {
            tried: whole.clone(),
            least: whole,
            of_faults: true,
            at_a_time: 1,
            untried: 0,
            changed: false,
            tries: 0,
        };
        new.begin(true);
        new
    }

    fn list(&self) -> Vec<usize> {
        let kept = if self.of_faults {
            &self.least.faults
        } else {
            &self.least.steps
        };
        kept.iter().copied().collect()
    }

    fn begin(&mut self, of_faults: bool) {
        self.of_faults = of_faults;
        self.untried = self.list().len();
        self.at_a_time = self.untried.div_ceil(2).max(1);
    }

    /// What is to be tried next; nothing once no less is known that could still break it.
    pub fn next_try(&mut self) -> Option<Kept> {
        while self.untried == 0 {
            if self.at_a_time > 1 {
                self.at_a_time = self.at_a_time.div_ceil(2);
                self.untried = self.list().len();
            } else if self.of_faults {
                self.begin(false);
            } else if std::mem::take(&mut self.changed) {
                self.begin(true);
            } else {
                return None;
            }
            // An empty list has nothing to leave out.
            if self.untried == 0 {
                self.at_a_time = 1;
            }
        }
        if self.tries == TRIES_MAX {
            return None;
        }
        self.tries += 1;
        let list = self.list();
        let first = self.untried.saturating_sub(self.at_a_time);
        let out = &list[first..self.untried];
        self.untried = first;
        let mut tried = self.least.clone();
        let own = if self.of_faults {
            &mut tried.faults
        } else {
            &mut tried.steps
        };
        own.retain(|number| !out.contains(number));
        self.tried = tried.clone();
        Some(tried)
    }

    /// What was tried breaks it as well.
    pub fn breaks(&mut self) {
        self.least = self.tried.clone();
        self.changed = true;
    }

    /// The least that was found.
    pub fn least(self) -> Kept {
        self.least
    }
}

/// The least that was found that still breaks what it breaks. `breaks` plays a run.
pub fn least(whole: Kept, mut breaks: impl FnMut(&Kept) -> bool) -> Kept {
    let mut shrinking = Shrinking::new(whole);
    while let Some(less) = shrinking.next_try() {
        if breaks(&less) {
            shrinking.breaks();
        }
    }
    shrinking.least()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
