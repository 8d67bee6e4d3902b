//! Folding a run's calls: what is the same as the one before, and what was waited for.

use super::record::Call;

/// Calls that follow one another and differ in nothing but time.
#[derive(Clone, Debug)]
pub(super) struct Folded<'a> {
    pub(super) first: &'a Call,
    pub(super) last: &'a Call,
    pub(super) count: usize,
}

/// Folds calls that repeat the one before.
pub(super) fn fold(calls: &[Call]) -> Vec<Folded<'_>> {
    let mut folded: Vec<Folded<'_>> = Vec::new();
    for call in calls {
        match folded.last_mut() {
            Some(last) if last.first.repeats(call) => {
                last.last = call;
                last.count += 1;
            }
            _ => folded.push(Folded {
                first: call,
                last: call,
                count: 1,
            }),
        }
    }
    folded
}

/// Something that was asked for again and again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wait<'a> {
    pub(super) what: &'a str,
    pub(super) polls: usize,
    /// From the first time of asking to the last, in real seconds.
    pub(super) seconds: f64,
}

/// What was waited for: every address that a client read at least twice, longest first.
pub(super) fn waits(calls: &[Call]) -> Vec<Wait<'_>> {
    let mut waits: Vec<(Wait<'_>, f64)> = Vec::new();
    for call in calls
        .iter()
        .filter(|call| call.method == "GET" && !call.by_service)
    {
        match waits.iter_mut().find(|(wait, _)| wait.what == call.path) {
            Some((wait, began)) => {
                wait.polls += 1;
                wait.seconds = call.seconds - *began;
            }
            None => waits.push((
                Wait {
                    what: &call.path,
                    polls: 1,
                    seconds: 0.0,
                },
                call.seconds,
            )),
        }
    }
    let mut waits: Vec<Wait<'_>> = waits
        .into_iter()
        .map(|(wait, _)| wait)
        .filter(|wait| wait.polls > 1 && wait.seconds >= 0.5)
        .collect();
    waits.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    waits
}
