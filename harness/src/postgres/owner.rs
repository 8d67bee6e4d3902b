//! Which process made something that could outlive it, so that a later one may clear it away.

use std::fmt;
use std::fs;
use std::str::FromStr;

/// A process, told apart from a later one with the same number, and from one with the same number
/// in another container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pid: u32,
    started: String,
    boot: String,
    namespace: String,
}

impl Owner {
    /// This process.
    pub(super) fn me() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            started: started(pid).unwrap_or_default(),
            boot: read_line("/proc/sys/kernel/random/boot_id"),
            namespace: fs::read_link("/proc/self/ns/pid")
                .map(|link| link.display().to_string())
                .unwrap_or_default(),
        }
    }

    /// The process's number.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether that process has surely ended. A process in another container cannot be seen from
    /// here, so it counts as alive.
    pub(super) fn is_gone(&self) -> bool {
        let me = Self::me();
        if self.boot != me.boot {
            return true;
        }
        self.namespace == me.namespace && started(self.pid).as_deref() != Some(self.started.as_str())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}|{}|{}|{}",
            self.pid, self.started, self.boot, self.namespace
        )
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.trim_end_matches('\n').splitn(4, '|');
        let mut next = || parts.next().map(str::to_owned).ok_or(());
        Ok(Self {
            pid: next()?.parse().map_err(|_| ())?,
            started: next()?,
            boot: next()?,
            namespace: next()?,
        })
    }
}

/// When a process began, in whatever form the system tells it; `None` if there is no such process.
fn started(pid: u32) -> Option<String> {
    if fs::metadata("/proc/self/stat").is_ok() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may itself hold spaces and parentheses.
        return stat
            .rsplit(')')
            .next()?
            .split_whitespace()
            .nth(19)
            .map(str::to_owned);
    }
    let output = std::process::Command::new("ps")
        .args(["-o", "lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn read_line(path: &str) -> String {
    fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_there_and_survives_being_written_down() {
        let me = Owner::me();
        assert!(!me.is_gone());
        assert_eq!(me.to_string().parse(), Ok(me));
    }

    #[test]
    fn an_ended_process_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let owner = Owner {
            pid: child.id(),
            started: started(child.id()).unwrap(),
            ..Owner::me()
        };
        assert!(!owner.is_gone());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(owner.is_gone());
    }

    #[test]
    fn a_process_that_took_over_the_number_is_another() {
        assert!(
            Owner {
                started: "0".to_owned(),
                ..Owner::me()
            }
            .is_gone()
        );
    }

    #[test]
    fn a_process_elsewhere_counts_as_alive() {
        assert!(
            !Owner {
                namespace: "pid:[1]".to_owned(),
                started: "0".to_owned(),
                ..Owner::me()
            }
            .is_gone()
        );
        assert!(
            Owner {
                boot: "another".to_owned(),
                ..Owner::me()
            }
            .is_gone()
        );
    }

    #[test]
    fn nonsense_is_no_owner() {
        assert_eq!("what".parse::<Owner>(), Err(()));
        assert_eq!("x|1|2|3".parse::<Owner>(), Err(()));
    }
}
