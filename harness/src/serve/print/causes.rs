//! What failed, each with what came of it: the first first.

use crate::serve::call::{Call, Refused, RefusedCall};
use crate::serve::record::{Job, Record};

/// Something that failed, and what came of it.
#[derive(Debug)]
pub(super) struct Cause<'a> {
    /// When, in real seconds from the beginning.
    seconds: f64,
    /// The code on the wire.
    pub(super) code: &'a str,
    /// The no, if somebody said one.
    pub(super) no: Option<&'a Refused>,
    /// What was said of it besides.
    pub(super) message: &'a str,
    /// Stages of jobs that found it out, as often as they did.
    pub(super) stages: Vec<&'a str>,
    /// The client's calls that were answered with it.
    pub(super) calls: Vec<&'a Call>,
    /// Calls by which services found it out.
    pub(super) found_by: Vec<&'a Call>,
    /// Jobs that failed for it.
    pub(super) jobs: Vec<&'a Job>,
    /// How many long-running operations ended with it.
    pub(super) operations: usize,
}

impl<'a> Cause<'a> {
    fn new(seconds: f64, code: &'a str, no: Option<&'a Refused>, message: &'a str) -> Self {
        Self {
            seconds,
            code,
            no,
            message,
            stages: Vec::new(),
            calls: Vec::new(),
            found_by: Vec::new(),
            jobs: Vec::new(),
            operations: 0,
        }
    }

    fn is_found_by_services_alone(&self) -> bool {
        self.stages.is_empty() && self.calls.is_empty()
    }
}

/// Whether two refusals are the same one, met twice.
fn same(a: &Refused, b: &Refused) -> bool {
    (&a.code, &a.gate, &a.reason, &a.rules) == (&b.code, &b.gate, &b.reason, &b.rules)
}

/// Whether a service that met `inner` found out `outer` by it.
fn explains(inner: &Refused, outer: &Refused) -> bool {
    !inner.rules.is_empty() && inner.rules.iter().all(|rule| outer.rules.contains(rule))
}

/// Everything that failed in a run.
pub(super) fn causes(record: &Record) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let stages = record.told.iter();
    let mut stages = stages
        .filter_map(|told| Some((told.seconds, told.about.as_str(), told.refused.as_ref()?)))
        .peekable();
    for RefusedCall { call, refused } in record.refused_calls() {
        // What a stage found out by a call is told right after it.
        while let Some((seconds, about, no)) = stages.next_if(|(seconds, ..)| *seconds < call.seconds) {
            add_stage(&mut causes, seconds, about, no);
        }
        add_call(&mut causes, call, refused);
    }
    for (seconds, about, no) in stages {
        add_stage(&mut causes, seconds, about, no);
    }
    for job in record.jobs.iter().filter(|job| !job.code.is_empty()) {
        of_code(&mut causes, &job.code, &job.message, record.seconds)
            .jobs
            .push(job);
    }
    for failed in &record.failed_operations {
        of_code(&mut causes, &failed.code, &failed.message, record.seconds).operations += 1;
    }
    causes.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    causes
}

fn add_call<'a>(causes: &mut Vec<Cause<'a>>, call: &'a Call, refused: &'a Refused) {
    let found = causes.iter().position(|cause| {
        cause.no.is_some_and(|no| {
            same(no, refused)
                || if call.by_service {
                    explains(refused, no)
                } else {
                    // An operation's failure, told to whoever asks how it ended.
                    !cause.stages.is_empty() && no.code == refused.code
                }
        })
    });
    let index = found.unwrap_or_else(|| {
        causes.push(Cause::new(call.seconds, &refused.code, Some(refused), ""));
        causes.len() - 1
    });
    if call.by_service {
        causes[index].found_by.push(call);
    } else {
        causes[index].calls.push(call);
    }
}

fn add_stage<'a>(causes: &mut Vec<Cause<'a>>, seconds: f64, about: &'a str, no: &'a Refused) {
    let mut cause = Cause::new(seconds, &no.code, Some(no), "");
    if let Some(index) = causes
        .iter()
        .position(|cause| cause.no.is_some_and(|met| same(met, no)))
    {
        cause = causes.remove(index);
    }
    // What services met on the way to it is no cause of its cause.
    let met = |cause: &Cause<'_>| {
        cause.is_found_by_services_alone() && cause.no.is_some_and(|inner| explains(inner, no))
    };
    while let Some(index) = causes.iter().position(met) {
        let inner = causes.remove(index);
        cause.seconds = cause.seconds.min(inner.seconds);
        cause.found_by.extend(inner.found_by);
    }
    cause.stages.push(about);
    causes.push(cause);
}

/// The newest cause with that code; a new one if there is none.
fn of_code<'c, 'a>(
    causes: &'c mut Vec<Cause<'a>>,
    code: &'a str,
    message: &'a str,
    seconds: f64,
) -> &'c mut Cause<'a> {
    let found = causes.iter().rposition(|cause| cause.code == code);
    let index = found.unwrap_or_else(|| {
        causes.push(Cause::new(seconds, code, None, message));
        causes.len() - 1
    });
    &mut causes[index]
}
