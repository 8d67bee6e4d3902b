//! Where things stand in a strip: calls in their order, and a gap where time passed.

use super::super::{CallTime, JobTime, Timeline};

/// Wider than this a strip does not get: it fits a phone.
pub(super) const WIDTH_MAX: f64 = 300.0;
/// From a call to the next.
const CALL: f64 = 8.0;
/// Before the first and behind the last.
const MARGIN: f64 = 7.0;
/// A wait shorter than this, in seconds, is none.
const WAIT_MIN: f64 = 0.5;
/// The operations that begin a job.
const TRIGGERS: [&str; 2] = ["BackupInstances_AdhocBackup", "BackupInstances_TriggerRestore"];

/// What there is to draw of a step on a machine, in seconds from the step's beginning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    /// How long it took.
    pub(super) seconds: f64,
    /// Its calls, and when each was.
    pub(super) calls: Vec<(f64, CallTime)>,
    /// The jobs that began in it.
    pub(super) jobs: Vec<JobTime>,
}

impl Strip {
    /// A step, counted from 0.
    pub(super) fn of(timeline: &Timeline, index: usize) -> Self {
        let Some(step) = timeline.steps.get(index) else {
            return Self {
                seconds: 0.0,
                calls: Vec::new(),
                jobs: Vec::new(),
            };
        };
        // Times are kept to the millisecond, so that what took as long is the same.
        let since = |time: f64| ((time - step.began) * 1000.0).round() / 1000.0;
        let triggers = step
            .calls
            .iter()
            .any(|call| TRIGGERS.contains(&call.operation.as_str()));
        let within = |began: f64| {
            let takes_time = step.ended > step.began;
            step.began <= began
                && if takes_time {
                    began < step.ended
                } else {
                    triggers && began <= step.ended
                }
        };
        let calls = step.calls.iter().map(|call| {
            let at = since(call.at as f64 / 1000.0).max(0.0);
            (
                at,
                CallTime {
                    at: 0,
                    ..call.clone()
                },
            )
        });
        let jobs = timeline.jobs.iter().filter(|job| within(job.began));
        Self {
            seconds: since(step.ended),
            calls: calls.collect(),
            jobs: jobs
                .map(|job| JobTime {
                    began: since(job.began),
                    ended: job.ended.map(since),
                    ..job.clone()
                })
                .collect(),
        }
    }
}

/// A stretch of time in which nothing was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wait {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) seconds: f64,
}

/// Where things stand in a strip.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Places {
    /// Instants and their places, both rising.
    knots: Vec<(f64, f64)>,
    /// The place of every call.
    pub(super) calls: Vec<f64>,
    /// Every wait.
    pub(super) waits: Vec<Wait>,
    /// Where it ends.
    pub(super) width: f64,
}

impl Places {
    /// Of a strip.
    pub(super) fn of(strip: &Strip) -> Self {
        let mut places = Self::default();
        let mut time = 0.0_f64;
        let mut x = MARGIN;
        places.knots.push((time, x));
        for (at, _) in &strip.calls {
            x = places.pass(time, *at, x);
            time = time.max(*at);
            places.knots.push((time, x));
            places.calls.push(x);
            x += CALL;
        }
        if strip.calls.is_empty() || strip.seconds - time < WAIT_MIN {
            // What came last needs no room behind it.
            x -= if strip.calls.is_empty() { 0.0 } else { CALL };
        }
        x = places.pass(time, strip.seconds, x);
        places.knots.push((time.max(strip.seconds), x));
        places.width = x + MARGIN;
        places.squeeze();
        places
    }

    /// Leaves a gap where time passed: long ones are wider, and by far not in proportion.
    fn pass(&mut self, from: f64, to: f64, x: f64) -> f64 {
        let seconds = to - from;
        if seconds < WAIT_MIN {
            return x;
        }
        let end = x + 18.0 + 18.0 * seconds.log10().max(0.0);
        self.waits.push(Wait {
            from: x,
            to: end,
            seconds,
        });
        end
    }

    /// Makes it fit.
    fn squeeze(&mut self) {
        if self.width <= WIDTH_MAX {
            return;
        }
        let by = WIDTH_MAX / self.width;
        self.calls.iter_mut().for_each(|x| *x *= by);
        self.knots.iter_mut().for_each(|(_, x)| *x *= by);
        for wait in &mut self.waits {
            wait.from *= by;
            wait.to *= by;
        }
        self.width = WIDTH_MAX;
    }

    /// Where an instant is; where several things were at it, the first.
    pub(super) fn at(&self, time: f64) -> f64 {
        let mut before = self.knots.first().copied().unwrap_or_default();
        for &(instant, x) in &self.knots {
            if instant >= time {
                let passed = instant - before.0;
                let part = if passed > 0.0 {
                    (time - before.0) / passed
                } else {
                    1.0
                };
                return before.1 + (x - before.1) * part;
            }
            before = (instant, x);
        }
        before.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> CallTime {
        CallTime {
            at: 0,
            by: "client",
            operation: "Vaults_Get".to_owned(),
            status: 200,
            count: 1,
            refused: None,
        }
    }

    #[test]
    fn what_came_later_stands_further_right_and_fits() {
        let calls: Vec<(f64, CallTime)> = (0..90)
            .map(|index| (f64::from(index / 30) * 900.0, call()))
            .collect();
        let strip = Strip {
            seconds: 5_000.0,
            calls,
            jobs: Vec::new(),
        };
        let places = Places::of(&strip);
        assert!(places.calls.is_sorted() && places.width <= WIDTH_MAX);
        assert_eq!(places.waits.len(), 3);
        assert!(places.at(0.0) < places.at(450.0) && places.at(450.0) < places.at(900.0));
        assert!(places.at(9_000.0) <= places.width);
    }
}
