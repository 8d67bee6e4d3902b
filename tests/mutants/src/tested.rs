//! Running binaries of tests: once to see which changes each test comes by, and then for a change, the tests that do.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use miette::{Context as _, IntoDiagnostic as _, Result, miette};

use serde::{Deserialize, Serialize};

use crate::settings::Tests;

/// A change may make a test ask for memory without end: no process gets more, in KiB.
const MEMORY_MAX: u64 = 8 << 20;
/// Random tests draw the same numbers every time, lest a change be noticed on one day and not on the next.
const RANDOM: [(&str, &str); 2] = [
    ("PROPTEST_RNG_SEED", "20260301"),
    ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true"),
];
/// Longer than all tests of a binary take.
const BASELINE_LIMIT: Duration = Duration::from_mins(30);
/// What may pass without a test's end before it is looked how far the process is.
const LOOK: Duration = Duration::from_secs(2);
/// A process that has done nothing for so long waits for what does not come.
const IDLE_MAX: Duration = Duration::from_mins(2);
/// A clock tick, in which Linux counts a process's time.
const TICK: Duration = Duration::from_millis(10);

/// A test.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Test {
    pub(crate) name: String,
    /// What processor time it took while nothing was changed. Other work on the machine makes no difference to it.
    pub(crate) took: Duration,
    /// The numbers of the changes it comes by.
    pub(crate) reached: BTreeSet<u32>,
}

/// What was seen of a binary's tests with nothing changed. It is kept: for the same binary it is the same.
#[derive(Deserialize, Serialize)]
struct Seen {
    built: SystemTime,
    tests: Vec<Test>,
}

/// A binary, and where it runs.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) tests: Tests,
    pub(crate) executable: PathBuf,
    pub(crate) copy: PathBuf,
}

/// What came of some tests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Passed,
    /// The first that failed.
    Failed(String),
    /// The process ended without saying which did.
    Died,
    TimedOut,
}

impl Binary {
    /// What it is told by.
    pub(crate) fn title(&self) -> String {
        self.tests.title()
    }

    /// Runs every test with nothing changed, and sees what each comes by; unless that was seen of the same binary before.
    ///
    /// # Errors
    ///
    /// If one fails: then nothing can be said of a change by it.
    pub(crate) fn baseline(&self, scratch: &Path) -> Result<Vec<Test>> {
        let built = fs::metadata(&self.executable).and_then(|own| own.modified());
        let built = built.into_diagnostic()?;
        let kept = scratch.join("reached").join(format!("{}.json", self.title()));
        let names: BTreeSet<String> = self.names()?.into_iter().collect();
        let seen = fs::read_to_string(&kept).unwrap_or_default();
        if let Ok(seen) = serde_json::from_str::<Seen>(&seen)
            && seen.built == built
            && seen.tests.iter().all(|test| names.contains(&test.name))
            && seen.tests.len() == names.len()
        {
            return Ok(seen.tests);
        }
        let tests = self.see(scratch)?;
        let seen = Seen { built, tests };
        let text = serde_json::to_string(&seen).into_diagnostic()?;
        fs::write(&kept, text).into_diagnostic()?;
        Ok(seen.tests)
    }

    fn see(&self, scratch: &Path) -> Result<Vec<Test>> {
        let folder = scratch.join("reached").join(self.title());
        if folder.exists() {
            fs::remove_dir_all(&folder).into_diagnostic()?;
        }
        fs::create_dir_all(&folder).into_diagnostic()?;
        let mut command = self.command(&self.names()?);
        command.env("AZDRILL_MUTANTS_REACHED", &folder);
        let mut tests: Vec<Test> = Vec::new();
        let mut noted = Vec::new();
        let mut before = Duration::ZERO;
        let ran = run(command, BASELINE_LIMIT, |name, used| {
            // Threads that a test starts have names of their own, or none: what they note is new when it ends.
            while folder.join(format!("{}.reached", noted.len())).exists() {
                noted.push(tests.len());
            }
            tests.push(Test {
                name: name.to_owned(),
                took: used.saturating_sub(before),
                reached: BTreeSet::new(),
            });
            before = used;
        })?;
        if ran != Ran::Passed {
            return Err(miette!("{}: with nothing changed: {ran:?}", self.title()));
        }
        for (number, during) in noted.into_iter().enumerate() {
            let (thread, reached) = reached(&folder.join(format!("{number}.reached")))?;
            let own = tests
                .iter()
                .position(|test| test.name == thread)
                .unwrap_or(during);
            if let Some(test) = tests.get_mut(own) {
                test.reached.extend(reached);
            }
        }
        Ok(tests)
    }

    /// Runs tests with a change made, one after the other, up to the first that fails.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub(crate) fn ask(&self, number: u32, tests: &[&Test]) -> Result<Ran> {
        let names: Vec<String> = tests.iter().map(|test| test.name.clone()).collect();
        let mut command = self.command(&names);
        command.env("AZDRILL_MUTANT", number.to_string());
        let usual: Duration = tests.iter().map(|test| test.took).sum();
        run(command, usual * 6 + Duration::from_secs(15), |_, _| {})
    }

    /// The tests that are asked, by name.
    fn names(&self) -> Result<Vec<String>> {
        let output = Command::new(&self.executable)
            .args(["--list", "--format", "terse"])
            .output()
            .into_diagnostic()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let all = text.lines().filter_map(|line| line.strip_suffix(": test"));
        let names: Vec<String> = all
            .filter(|name| self.tests.has(name))
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Err(miette!("{} has no test that is to be asked", self.title()));
        }
        Ok(names)
    }

    fn command(&self, names: &[String]) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -v {MEMORY_MAX} && exec \"$0\" \"$@\"")])
            .arg(&self.executable)
            .args(["--test-threads", "1", "--exact"])
            .args(names)
            .current_dir(self.copy.join(&self.tests.folder))
            .envs(RANDOM)
            .env("INSTA_UPDATE", "no")
            .env("INSTA_WORKSPACE_ROOT", &self.copy)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }
}

/// What a thread's file says: its name, and the numbers it came by.
fn reached(file: &Path) -> Result<(String, Vec<u32>)> {
    let bytes = fs::read(file).into_diagnostic()?;
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (name, numbers) = bytes.split_at(end);
    let numbers = numbers.get(1..).unwrap_or_default().as_chunks::<4>().0;
    let numbers = numbers.iter().map(|number| u32::from_le_bytes(*number));
    Ok((String::from_utf8_lossy(name).into_owned(), numbers.collect()))
}

/// Runs a binary up to the first test that fails, and tells of every one that passed, with the processor time used up to
/// then. `limit` is of processor time as well: a machine that is busy with other things makes nothing time out.
fn run(mut command: Command, limit: Duration, mut passed: impl FnMut(&str, Duration)) -> Result<Ran> {
    let mut child = command
        .spawn()
        .into_diagnostic()
        .wrap_err("a binary of tests cannot be started")?;
    let stdout = child.stdout.take().ok_or_else(|| miette!("no output to read"))?;
    let (sender, lines) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let all = BufReader::new(stdout).lines().map_while(Result::ok);
        for line in all {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let (mut at_last_look, mut since) = (Duration::ZERO, Instant::now());
    let ran = loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => match test_of(&line) {
                Some((name, "ok" | "ignored")) => passed(name, used(&child)),
                Some((name, "FAILED")) => break Ran::Failed(name.to_owned()),
                _ => {}
            },
            Err(RecvTimeoutError::Timeout) => {
                let now = used(&child);
                if now != at_last_look {
                    (at_last_look, since) = (now, Instant::now());
                }
                if now > limit || since.elapsed() > IDLE_MAX {
                    break Ran::TimedOut;
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = child.wait().into_diagnostic()?;
                break if status.success() { Ran::Passed } else { Ran::Died };
            }
        }
    };
    end(&mut child)?;
    drop(lines);
    reader
        .join()
        .map_err(|_| miette!("reading a binary's output broke off"))?;
    Ok(ran)
}

/// The processor time that a process has used so far, with all its threads: the 14th and 15th number of `proc_pid_stat(5)`,
/// counted from behind the name, in which anything may stand. None where that cannot be read.
fn used(child: &Child) -> Duration {
    let text = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks = behind.split_whitespace().skip(11).take(2);
    let ticks: u32 = ticks.filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// A test and its outcome, as libtest writes them: `test NAME ... ok`.
fn test_of(line: &str) -> Option<(&str, &str)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    Some((name, outcome.split(',').next().unwrap_or(outcome)))
}

fn end(child: &mut Child) -> Result<()> {
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().into_diagnostic()?;
    Ok(())
}
