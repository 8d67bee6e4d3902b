//! What a command came to, and what it said and left.

use std::collections::BTreeMap;

use azdrill_emulator::fault::TOLD_AS_WELL;

use super::case::{Case, Played};
use super::judgement::Mark;
use crate::chaos::Facts;
use crate::serve::Call;

/// What programs say of connections that break.
const BROKEN: [&str; 13] = [
    "connection",
    "reset",
    "closed",
    "eof",
    "timed out",
    "timeout",
    "refused",
    "aborted",
    "incomplete",
    "too many clients",
    "terminating",
    "recovery mode",
    "read-only",
];
/// What programs say of files that are not what they should be.
const NOT_WHOLE: [&str; 12] = [
    "missing",
    "not there",
    "not found",
    "incomplete",
    "end of file",
    "could not read",
    "could not uncompress",
    "corrupt",
    "damaged",
    "checksum",
    "hash",
    "differ",
];

impl Case<'_> {
    pub(super) fn ended(&self) -> Mark {
        if !self.run.killed {
            return Mark::Held;
        }
        let bound = self.run.bound.as_secs();
        Mark::Missed(format!(
            "it had not ended after {bound} s; without faults it takes {:.0} s",
            self.clean.record.seconds
        ))
    }

    pub(super) fn once(&self) -> Mark {
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

    pub(super) fn told(&self) -> Mark {
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
        let not_whole =
            self.artefacts().next().is_some() && NOT_WHOLE.iter().any(|word| output.contains(word));
        if causes.iter().any(names)
            || stuck
            || not_whole
            || broke && BROKEN.iter().any(|word| output.contains(word))
        {
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
    pub(super) fn lacking(&self) -> Vec<String> {
        let wanted = self.clean.after.new_files(&self.clean.before);
        let found = self.run.after.new_files(&self.run.before);
        let lacks = wanted.iter().filter(|(name, wanted)| {
            let own = found.get(*name).copied().unwrap_or_default();
            own.count < wanted.count || own.bytes < wanted.bytes
        });
        lacks.map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn is_true(&self) -> Mark {
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
        match self.taken_damaged() {
            Some(what) => Mark::Missed(format!("it reported success, and {what}")),
            None => Mark::Held,
        }
    }

    /// What faults did to the files of its restores.
    fn artefacts(&self) -> impl Iterator<Item = &str> {
        let told = self.run.record.told.iter();
        told.filter_map(|told| told.text.split_once(TOLD_AS_WELL).map(|(_, what)| what))
    }

    /// What is wrong with the files of its restores, if those of all of them are not what they should be.
    pub(super) fn taken_damaged(&self) -> Option<String> {
        let jobs = self.run.record.jobs.iter();
        let restored = jobs.filter(|job| job.operation.ends_with("Restore") && job.status == "Completed");
        let damaged: Vec<&str> = self.artefacts().collect();
        let last = damaged.last()?;
        (damaged.len() >= restored.count()).then(|| format!("of every restore it made, {last}"))
    }

    pub(super) fn is_clean(&self) -> Mark {
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
