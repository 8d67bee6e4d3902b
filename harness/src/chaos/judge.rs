//! Judging a command by what it did about a plan of faults.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Ends, Facts, Plan};
use crate::serve::{Call, Record};

/// What a command is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// It ended within its bound.
    Ended,
    /// It tried again what passes by itself.
    Retried,
    /// It did not go on trying what cannot be.
    Stopped,
    /// It waited as long as it was told to.
    Waited,
    /// It did not hammer.
    Calm,
    /// It did nothing twice that it was to do once.
    Once,
    /// Where it gave up, it said why, and ended with another code than 0.
    Told,
    /// It reported success only where all was there.
    True,
    /// It left nothing behind.
    Clean,
}

impl Judgement {
    /// All of them, in the order they are told.
    pub const ALL: [Self; 9] = [
        Self::Ended,
        Self::Retried,
        Self::Stopped,
        Self::Waited,
        Self::Calm,
        Self::Once,
        Self::Told,
        Self::True,
        Self::Clean,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Retried => "retried",
            Self::Stopped => "stopped",
            Self::Waited => "waited",
            Self::Calm => "calm",
            Self::Once => "once",
            Self::Told => "told",
            Self::True => "true",
            Self::Clean => "clean",
        }
    }
}

/// A run of the command.
#[derive(Clone, Debug)]
pub struct Played {
    /// What it did to Azure.
    pub record: Record,
    /// Its exit code; 128 and the signal's number if a signal ended it.
    pub code: u8,
    /// Whether it was ended because it had not by itself.
    pub killed: bool,
    /// How long it could have taken.
    pub bound: Duration,
    /// What it wrote, to standard output and standard error.
    pub output: String,
    /// The world before it.
    pub before: Facts,
    /// The world after it.
    pub after: Facts,
}

/// Whether something was as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was.
    Held,
    /// It was not, for this reason.
    Missed(String),
    /// There was no occasion for it.
    NotAsked,
}

/// What a command is found to have done about a plan.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The plan.
    pub plan: Plan,
    /// Whether any of its faults struck.
    pub met: bool,
    /// The command's exit code.
    pub code: u8,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it is judged by.
    pub marks: BTreeMap<Judgement, Mark>,
    /// What the command wrote.
    pub output: String,
    /// Faults that were to strike and did not, each in a sentence.
    pub unstruck: Vec<String>,
}

impl Judged {
    /// Whether nothing was missed.
    pub fn held(&self) -> bool {
        self.missed().next().is_none()
    }

    /// What was missed, and why.
    pub fn missed(&self) -> impl Iterator<Item = (Judgement, &str)> {
        self.marks.iter().filter_map(|(judgement, mark)| match mark {
            Mark::Missed(why) => Some((*judgement, why.as_str())),
            Mark::Held | Mark::NotAsked => None,
        })
    }
}

/// Judges a run under a plan by one without faults.
pub fn judge(plan: &Plan, clean: &Played, run: &Played) -> Judged {
    let case = Case { plan, clean, run };
    // A fault that lets a thing pass strikes nothing.
    let met =
        case.struck().next().is_some() || run.record.faults_struck > 0 && case.is_not_of_requests_alone();
    let marks = Judgement::ALL.map(|judgement| {
        let mark = match judgement {
            _ if !met => Mark::NotAsked,
            Judgement::Ended => case.ended(),
            // Nothing more can be said of what was broken off than what it had done by then.
            Judgement::Retried | Judgement::Told | Judgement::True if run.killed => Mark::NotAsked,
            Judgement::Retried => case.retried(),
            Judgement::Stopped => case.stopped(),
            Judgement::Waited => case.waited(),
            Judgement::Calm => case.calm(),
            Judgement::Once => case.once(),
            Judgement::Told => case.told(),
            Judgement::True => case.is_true(),
            Judgement::Clean => case.is_clean(),
        };
        (judgement, mark)
    });
    Judged {
        plan: plan.clone(),
        met,
        code: run.code,
        seconds: run.record.seconds,
        marks: marks.into(),
        output: run.output.clone(),
        unstruck: run.record.faults_unstruck.clone(),
    }
}

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
/// What programs say of connections that break.
const BROKEN: [&str; 9] = [
    "connection",
    "reset",
    "closed",
    "eof",
    "timed out",
    "timeout",
    "refused",
    "aborted",
    "incomplete",
];

struct Case<'a> {
    plan: &'a Plan,
    clean: &'a Played,
    run: &'a Played,
}

impl Case<'_> {
    fn own_calls(played: &Played) -> impl Iterator<Item = &Call> {
        let calls = played.record.calls.iter();
        calls.filter(|call| !call.by_service && !call.is_housekeeping())
    }

    /// The command's own calls that a fault struck.
    fn struck(&self) -> impl Iterator<Item = &Call> {
        let by_fault = |call: &&Call| {
            call.faulted
                || call
                    .refused
                    .as_ref()
                    .is_some_and(|refused| refused.gate == "fault")
        };
        Self::own_calls(self.run).filter(by_fault)
    }

    fn is_not_of_requests_alone(&self) -> bool {
        self.plan.faults.keys().any(|list| list != "request") || self.plan.fails_operations()
    }

    fn ended(&self) -> Mark {
        if !self.run.killed {
            return Mark::Held;
        }
        let bound = self.run.bound.as_secs();
        Mark::Missed(format!(
            "it had not ended after {bound} s; without faults it takes {:.0} s",
            self.clean.record.seconds
        ))
    }

    fn retried(&self) -> Mark {
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
    fn runs(&self) -> Vec<Vec<&Call>> {
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

    fn stopped(&self) -> Mark {
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

    fn waited(&self) -> Mark {
        let calls: Vec<&Call> = Self::own_calls(self.run).collect();
        let mut asked = false;
        for (place, call) in calls.iter().enumerate() {
            let told = call.response_headers.get("retry-after").filter(|_| call.faulted);
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

    fn calm(&self) -> Mark {
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

    fn once(&self) -> Mark {
        let done = |played: &Played| {
            let mut done: BTreeMap<String, usize> = BTreeMap::new();
            for job in played.record.jobs.iter().filter(|job| job.status == "Completed") {
                *done.entry(job.operation.clone()).or_default() += 1;
            }
            done
        };
        let (usual, now) = (done(self.clean), done(self.run));
        if usual.is_empty() {
            return Mark::NotAsked;
        }
        let twice = now
            .iter()
            .find(|(job, count)| **count > usual.get(*job).copied().unwrap_or_default());
        match twice {
            Some((job, count)) => Mark::Missed(format!(
                "{count} {job} jobs did their work, and without faults there are {}",
                usual.get(job).copied().unwrap_or_default()
            )),
            None => Mark::Held,
        }
    }

    fn told(&self) -> Mark {
        if self.run.code == 0 {
            return Mark::NotAsked;
        }
        let output = self.run.output.to_lowercase();
        let mut causes: Vec<String> = Vec::new();
        let mut broke = self.plan.faults.contains_key("connection");
        for call in self.struck() {
            if call.status >= 400 {
                causes.push(call.status.to_string());
            }
            let code = call.response_body.as_ref().map(|body| &body["error"]["code"]);
            causes.extend(code.and_then(|code| code.as_str()).map(str::to_owned));
            causes.extend(call.refused.as_ref().map(|refused| refused.code.clone()));
            broke |= call.status < 400 || call.status == 502;
        }
        let jobs = self.run.record.jobs.iter().filter(|job| job.status == "Failed");
        causes.extend(jobs.map(|job| job.code.clone()));
        let operations = self.run.record.failed_operations.iter();
        causes.extend(operations.map(|operation| operation.code.clone()));
        let names = |cause: &String| !cause.is_empty() && output.contains(&cause.to_lowercase());
        let stuck = self.plan.faults.contains_key("job")
            && ["inprogress", "in progress", "did not end", "timed out", "timeout"]
                .iter()
                .any(|word| output.contains(word));
        if causes.iter().any(names) || stuck || broke && BROKEN.iter().any(|word| output.contains(word)) {
            return Mark::Held;
        }
        causes.retain(|cause| !cause.is_empty());
        causes.dedup();
        Mark::Missed(if output.trim().is_empty() {
            "it gave up without a word".to_owned()
        } else if causes.is_empty() {
            "it gave up, and what it wrote does not say for what".to_owned()
        } else {
            format!("it gave up, and what it wrote has none of {}", causes.join(", "))
        })
    }

    /// The files a run without faults leaves that are missing, or shorter.
    fn lacking(&self) -> Vec<String> {
        let wanted = self.clean.after.new_files(&self.clean.before);
        let found = self.run.after.new_files(&self.run.before);
        let lacks = wanted.iter().filter(|(name, wanted)| {
            let own = found.get(*name).copied().unwrap_or_default();
            own.count < wanted.count || own.bytes < wanted.bytes
        });
        lacks.map(|(name, _)| name.clone()).collect()
    }

    fn is_true(&self) -> Mark {
        if self.run.code != 0 {
            return Mark::NotAsked;
        }
        let lacking = self.lacking();
        if !lacking.is_empty() {
            let text = format!(
                "it reported success, and of what it was to write is missing or shorter: {}",
                lacking.join(", ")
            );
            return Mark::Missed(text);
        }
        let points = |played: &Played| played.record.new_recovery_points;
        if points(self.run) < points(self.clean) {
            return Mark::Missed("it reported success, and no recovery point was made".to_owned());
        }
        // What was cut or changed on its way and never asked for again was taken as it came.
        let calls: Vec<&Call> = Self::own_calls(self.run).collect();
        for (place, call) in calls.iter().enumerate() {
            let damaged = call.faulted && call.method == "GET" && call.status < 300 && self.damages();
            let again = calls[place + 1..].iter().any(|next| {
                next.path == call.path && next.host == call.host && !next.faulted && next.status < 300
            });
            if damaged && !again {
                return Mark::Missed(format!(
                    "it reported success, and {} came damaged and was not asked for again",
                    call.path
                ));
            }
        }
        Mark::Held
    }

    /// Whether the plan damages bodies.
    fn damages(&self) -> bool {
        let requests = self.plan.faults.get("request").and_then(toml::Value::as_array);
        requests.into_iter().flatten().any(|fault| {
            let connection = fault.get("connection").and_then(toml::Value::as_table);
            connection.is_some_and(|word| {
                word.contains_key("cut_after_bytes") || word.contains_key("flip_bit_at_byte")
            })
        })
    }

    fn is_clean(&self) -> Mark {
        let mut left = Facts::left(&self.run.before, &self.run.after, &self.clean.after);
        let count = |played: &Played| {
            let files = played.after.new_files(&played.before);
            files.values().map(|own| own.count).sum::<usize>()
        };
        let (wanted, found) = (count(self.clean), count(self.run));
        if self.run.code != 0 && found > 0 && !self.lacking().is_empty() {
            left.push(format!("{found} files of a restore that has {wanted} are there"));
        }
        match left.as_slice() {
            [] => Mark::Held,
            left => Mark::Missed(left.join("; ")),
        }
    }
}
