//! How a command went on trying.

use super::case::Case;
use super::judgement::Mark;
use crate::chaos::Ends;
use crate::serve::Call;

/// How often what cannot be may be tried again in a row.
const AGAIN_MAX: usize = 3;
/// Answers that nothing changes about when they are asked for again at once.
const FINAL: [u16; 6] = [400, 403, 405, 413, 415, 422];
/// How many failing calls in a row, each this close behind the one before, are hammering.
const HAMMERS: usize = 6;
const CLOSE_SECONDS: f64 = 0.1;
/// How many times the calls of a run without faults are too many, with this many allowed in any case.
const CALLS_FACTOR: usize = 10;
const CALLS_FREE: usize = 50;
/// How much of a wait may be missing: clocks and networks are not exact.
const NEARLY: f64 = 0.9;

impl Case<'_> {
    pub(super) fn retried(&self) -> Mark {
        if self.plan.ends != Ends::Recovers {
            return Mark::NotAsked;
        }
        if self.run.code == 0 {
            return Mark::Held;
        }
        Mark::Missed(format!(
            "it gave up with exit code {}, though this passes by itself",
            self.run.code
        ))
    }

    /// Calls that follow each other and are the same.
    pub(super) fn runs(&self) -> Vec<Vec<&Call>> {
        let mut runs: Vec<Vec<&Call>> = Vec::new();
        for call in Self::own_calls(self.run) {
            match runs.last_mut() {
                Some(run)
                    if run.last().is_some_and(|last| {
                        (&last.method, &last.host, &last.path, last.status)
                            == (&call.method, &call.host, &call.path, call.status)
                    }) =>
                {
                    run.push(call);
                }
                _ => runs.push(vec![call]),
            }
        }
        runs
    }

    pub(super) fn stopped(&self) -> Mark {
        let mut asked = false;
        for run in self.runs() {
            if let Some(call) = run.first().filter(|call| FINAL.contains(&call.status)) {
                asked = true;
                if run.len() > AGAIN_MAX + 1 {
                    return Mark::Missed(format!(
                        "it asked {} times for {} {}, which was answered with {} each time",
                        run.len(),
                        call.method,
                        call.path,
                        call.status
                    ));
                }
            }
        }
        if asked { Mark::Held } else { Mark::NotAsked }
    }

    pub(super) fn waited(&self) -> Mark {
        let calls: Vec<&Call> = Self::own_calls(self.run).collect();
        let mut asked = false;
        for (place, call) in calls.iter().enumerate() {
            let told = call
                .response_headers
                .get("retry-after")
                .filter(|_| call.is_struck());
            let Some(told) = told.and_then(|told| told.parse::<f64>().ok()) else {
                continue;
            };
            let same = |next: &&&Call| {
                (&next.method, &next.host, &next.path) == (&call.method, &call.host, &call.path)
            };
            if let Some(next) = calls[place + 1..].iter().find(same) {
                asked = true;
                let gap = next.seconds - call.seconds;
                if gap < told * NEARLY {
                    return Mark::Missed(format!(
                        "{} {} was to be asked again after {told} s, and was after {gap:.1} s",
                        call.method, call.path
                    ));
                }
            }
        }
        if asked { Mark::Held } else { Mark::NotAsked }
    }

    pub(super) fn calm(&self) -> Mark {
        let (made, usual) = (
            Self::own_calls(self.run).count(),
            Self::own_calls(self.clean).count(),
        );
        if made > usual * CALLS_FACTOR + CALLS_FREE {
            return Mark::Missed(format!("it made {made} calls, and {usual} do without faults"));
        }
        for run in self.runs() {
            let fails = |call: &&&Call| call.status >= 400;
            let close = run
                .windows(2)
                .filter(|pair| pair[1].seconds - pair[0].seconds < CLOSE_SECONDS);
            if run.first().as_ref().is_some_and(fails) && close.count() + 1 >= HAMMERS {
                let call = run[0];
                return Mark::Missed(format!(
                    "it asked {} times in a row for {} {} without a pause",
                    run.len(),
                    call.method,
                    call.path
                ));
            }
        }
        Mark::Held
    }
}
