//! Makes one change after the other, and asks the tests that come by it.

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use miette::{Result, miette};

use crate::outcome::Outcome;
use crate::tested::{Binary, Ran, Test};

/// Processes side by side.
const SIDE_BY_SIDE: usize = 2;
/// The tests of the first process for a change take about as long together; those of each further one four times that.
const FIRST: Duration = Duration::from_millis(400);
const GROWS: u32 = 4;

/// Binaries and their tests, the fastest first.
pub(crate) struct Hunt {
    binaries: Vec<(Binary, Vec<Test>)>,
}

impl Hunt {
    /// Runs every binary once with nothing changed.
    ///
    /// # Errors
    ///
    /// If a test fails.
    pub(crate) fn begin(binaries: Vec<Binary>, scratch: &Path) -> Result<Self> {
        let asked = side_by_side(&binaries, |binary| binary.baseline(scratch), |_, _| {});
        let mut all = Vec::new();
        for (binary, tests) in binaries.into_iter().zip(asked) {
            let mut tests = tests?;
            tests.sort_by_key(|test| test.took);
            all.push((binary, tests));
        }
        Ok(Self { binaries: all })
    }

    /// Makes every change, and tells what came of each as soon as it is known.
    ///
    /// # Errors
    ///
    /// If a binary cannot be run.
    pub(crate) fn run(
        &self,
        numbers: &[u32],
        tell: impl FnMut(u32, &Outcome) + Send,
    ) -> Result<Vec<Outcome>> {
        let tell = Mutex::new(tell);
        let outcomes = side_by_side(
            numbers,
            |number| self.ask(*number),
            |number, outcome| {
                if let Ok(outcome) = outcome {
                    tell.lock().unwrap_or_else(PoisonError::into_inner)(*number, outcome);
                }
            },
        );
        outcomes.into_iter().collect()
    }

    /// Asks the slow binaries last: what they notice, no other does.
    fn ask(&self, number: u32) -> Result<Outcome> {
        let (slow, fast): (Vec<_>, Vec<_>) = self.binaries.iter().partition(|(own, _)| own.tests.slow);
        let found = Self::ask_some(number, &fast)?;
        if !found.survived() {
            return Ok(found);
        }
        Ok(match Self::ask_some(number, &slow)? {
            Outcome::NotReached => found,
            other => other,
        })
    }

    /// Asks some tests of every binary, then more of every one: a slow test of one is asked after the fast ones of all.
    fn ask_some(number: u32, binaries: &[&(Binary, Vec<Test>)]) -> Result<Outcome> {
        let reaching: Vec<(&Binary, Vec<&Test>)> = binaries
            .iter()
            .map(|(binary, tests)| {
                let own = tests.iter().filter(|test| test.reached.contains(&number));
                (binary, own.collect())
            })
            .collect();
        if reaching.iter().all(|(_, tests)| tests.is_empty()) {
            return Ok(Outcome::NotReached);
        }
        let rounds: Vec<(&Binary, Vec<&[&Test]>)> = reaching
            .iter()
            .map(|(binary, tests)| (*binary, batches(tests)))
            .collect();
        let most = rounds.iter().map(|(_, batches)| batches.len()).max().unwrap_or(0);
        for round in 0..most {
            for (binary, batches) in &rounds {
                let Some(tests) = batches.get(round) else { continue };
                let title = |test: &str| format!("{} {test}", binary.title());
                match binary.ask(number, tests)? {
                    Ran::Passed => {}
                    Ran::Failed(test) => return Ok(Outcome::Caught(title(&test))),
                    Ran::Died => return Ok(Outcome::Caught(title("(the process died)"))),
                    Ran::TimedOut => {
                        let first = tests.first().map_or("", |test| &test.name);
                        return Ok(Outcome::TimedOut(title(first)));
                    }
                }
            }
        }
        Ok(Outcome::Missed)
    }
}

/// Few tests first: most changes are noticed by nearly every test that comes by them.
fn batches<'a>(tests: &'a [&'a Test]) -> Vec<&'a [&'a Test]> {
    let mut found = Vec::new();
    let (mut start, mut limit, mut sum) = (0, FIRST, Duration::ZERO);
    for (at, test) in tests.iter().enumerate() {
        sum += test.took;
        if sum >= limit {
            found.push(&tests[start..=at]);
            (start, limit, sum) = (at + 1, limit * GROWS, Duration::ZERO);
        }
    }
    if start < tests.len() {
        found.push(&tests[start..]);
    }
    found
}

/// Does something for every item, two at a time, and gives back what came of each in their order.
fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
    told: impl Fn(&T, &Result<R>) + Sync,
) -> Vec<Result<R>> {
    let next = Mutex::new(0);
    let mut done: Vec<Result<R>> = Vec::new();
    done.resize_with(items.len(), || Err(miette!("not done")));
    let done = Mutex::new(done);
    std::thread::scope(|threads| {
        for _ in 0..SIDE_BY_SIDE {
            threads.spawn(|| {
                loop {
                    let mut place = next.lock().unwrap_or_else(PoisonError::into_inner);
                    let at = *place;
                    *place += 1;
                    drop(place);
                    let Some(item) = items.get(at) else { return };
                    let result = work(item);
                    told(item, &result);
                    done.lock().unwrap_or_else(PoisonError::into_inner)[at] = result;
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
