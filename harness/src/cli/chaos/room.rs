//! Whether there is room for as many runs as are asked for.

use std::path::Path;

use azdrill::chaos::KEPT_OUTPUT;

/// The memory a run takes while it goes on, in bytes: its world, and a database server with a few sessions.
const RUN_MEMORY: u64 = 128 * 1024 * 1024;
/// What it takes of the disk for temporary files, in bytes: a server's data, blobs, what the command writes.
const RUN_DISK: u64 = 256 * 1024 * 1024;
/// The memory that is kept of a run, in bytes, besides the end of what the command wrote.
const KEPT: u64 = 16 * 1024;

/// What there is, in bytes; `None` where the system does not say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Free {
    memory: Option<u64>,
    disk: Option<u64>,
}

impl Free {
    /// What there is now.
    pub(super) fn now() -> Self {
        let own = [memory_of_machine(), memory_of_group()];
        Self {
            memory: own.into_iter().flatten().min(),
            disk: disk(&std::env::temp_dir()),
        }
    }
}

/// Refuses more runs than there is room for.
///
/// # Errors
///
/// In words, with what to do.
pub(super) fn check(runs: u64, side_by_side: u64, free: Free) -> Result<(), String> {
    let at_a_time = side_by_side.min(runs).max(1);
    let kept = runs.saturating_mul(KEPT + KEPT_OUTPUT as u64);
    let memory = at_a_time.saturating_mul(RUN_MEMORY).saturating_add(kept);
    let disk = at_a_time.saturating_mul(RUN_DISK);
    let lacks = |what: &str, wanted: u64, free: u64, most: u64, runs_most: Option<u64>| {
        let less = match (most, runs_most) {
            (0, _) => format!("make room for one: {}", told(wanted / at_a_time)),
            (most, Some(runs)) if most >= at_a_time => format!("take `--runs {runs}` or fewer"),
            (most, _) => format!("take fewer at a time, `--side-by-side {most}`"),
        };
        format!(
            "{runs} runs, {at_a_time} at a time, take about {} of {what}, and {} is free: {less}",
            told(wanted),
            told(free)
        )
    };
    if let Some(free) = free.memory.filter(|free| *free < memory) {
        let most = free.saturating_sub(kept) / RUN_MEMORY;
        let for_one = free.saturating_sub(RUN_MEMORY) / (KEPT + KEPT_OUTPUT as u64);
        // Where what is kept is what takes the room, running fewer at a time does not help.
        let by_runs = (most == 0 && for_one > 0).then_some(for_one);
        let most = if by_runs.is_some() { at_a_time } else { most };
        return Err(lacks("memory", memory, free, most, by_runs));
    }
    if let Some(free) = free.disk.filter(|free| *free < disk) {
        let folder = std::env::temp_dir().display().to_string();
        let what = format!("{folder} (another folder: TMPDIR)");
        return Err(lacks(&what, disk, free, free / RUN_DISK, None));
    }
    Ok(())
}

fn told(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    match bytes / MEBIBYTE {
        whole if whole >= 10 * 1024 => format!("{} GiB", whole / 1024),
        whole => format!("{whole} MiB"),
    }
}

fn memory_of_machine() -> Option<u64> {
    let all = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = all.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// What is left to the control group the process is in, as containers are.
fn memory_of_group() -> Option<u64> {
    let group = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = group.lines().find_map(|line| line.strip_prefix("0::"))?;
    let folder = Path::new("/sys/fs/cgroup").join(own.trim_start_matches('/'));
    let number = |name: &str| -> Option<u64> {
        std::fs::read_to_string(folder.join(name))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}

fn disk(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIBIBYTE: u64 = 1024 * 1024 * 1024;

    fn free(memory: u64, disk: u64) -> Free {
        Free {
            memory: Some(memory),
            disk: Some(disk),
        }
    }

    #[test]
    fn what_there_is_room_for_is_played() {
        check(20, 2, free(4 * GIBIBYTE, 4 * GIBIBYTE)).unwrap();
        check(1, 64, free(GIBIBYTE, GIBIBYTE)).unwrap();
        let unknown = Free {
            memory: None,
            disk: None,
        };
        check(10_000, 64, unknown).unwrap();
    }

    #[test]
    fn what_there_is_no_room_for_says_what_to_do() {
        let told = check(100, 64, free(4 * GIBIBYTE, 400 * GIBIBYTE)).unwrap_err();
        assert!(told.contains("100 runs, 64 at a time"), "{told}");
        assert!(told.ends_with("--side-by-side 31`"), "{told}");
        check(100, 31, free(4 * GIBIBYTE, 400 * GIBIBYTE)).unwrap();
        let told = check(10_000, 1, free(GIBIBYTE / 4, GIBIBYTE)).unwrap_err();
        assert!(told.contains("take `--runs "), "{told}");
        let runs: u64 = told
            .split("--runs ")
            .nth(1)
            .unwrap()
            .split('`')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        check(runs, 1, free(GIBIBYTE / 4, GIBIBYTE)).unwrap();
        let told = check(10, 4, free(4 * GIBIBYTE, GIBIBYTE / 2)).unwrap_err();
        assert!(
            told.contains("TMPDIR") && told.ends_with("--side-by-side 2`"),
            "{told}"
        );
        let told = check(1, 1, free(1024, GIBIBYTE)).unwrap_err();
        assert!(told.contains("make room for one"), "{told}");
    }

    #[test]
    fn what_is_free_is_told_here() {
        let free = Free::now();
        assert!(
            free.memory.is_some_and(|free| free > 0) && free.disk.is_some(),
            "{free:?}"
        );
    }
}
