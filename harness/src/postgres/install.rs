//! Finding PostgreSQL's programs on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a server's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Install {
    pub(super) major: u32,
    pub(super) bin: PathBuf,
    /// What `postgres --version` says: another build may not share a cluster.
    pub(super) build: String,
}

/// Where distributions put the programs of each version. A `*` stands for any one folder.
const FOLDERS: [&str; 9] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
];

/// Every version installed, ascending.
pub(super) fn find() -> Vec<Install> {
    let folders = FOLDERS
        .iter()
        .flat_map(|pattern| expand(pattern))
        .chain(search_path());
    // Several folders lead to the same programs; asking those for their version takes a while.
    let bins: BTreeSet<PathBuf> = folders.filter_map(|folder| programs_in(&folder)).collect();
    let installs = bins.into_iter().filter_map(Install::of);
    let found: BTreeMap<_, _> = installs.map(|install| (install.major, install)).collect();
    found.into_values().collect()
}

impl Install {
    /// The programs in a folder, if a whole server's are there.
    pub(super) fn at(folder: &Path) -> Option<Self> {
        Self::of(programs_in(folder)?)
    }

    fn of(bin: PathBuf) -> Option<Self> {
        let build = version_of(&bin.join("postgres"))?;
        Some(Self {
            major: major_in(&build)?,
            bin,
            build,
        })
    }

    /// One of the client tools, of this installation or another: it must not be older than the
    /// server.
    pub(super) fn client(&self, program: &str, installs: &[Self]) -> Result<PathBuf, String> {
        let beside = self.bin.join(program);
        if beside.is_file() {
            return Ok(beside);
        }
        let mut candidates = Vec::new();
        for folder in installs
            .iter()
            .map(|install| install.bin.clone())
            .chain(search_path())
        {
            let path = folder.join(program);
            if let Some(major) = version_of(&path).as_deref().and_then(major_in) {
                if major >= self.major {
                    return Ok(path);
                }
                candidates.push((path, major));
            }
        }
        Err(no_client(program, self.major, &candidates))
    }
}

/// Every version of a client program on this machine, and where it is. Those of whole installations
/// come first: what is on PATH may only lead to one of them.
pub(super) fn clients(program: &str, installs: &[Install]) -> Vec<(u32, PathBuf)> {
    let mut found: BTreeMap<u32, PathBuf> = BTreeMap::new();
    for install in installs {
        let path = install.bin.join(program);
        if path.is_file() {
            found.insert(install.major, path);
        }
    }
    for folder in search_path() {
        let path = folder.join(program);
        if let Some(major) = version_of(&path).as_deref().and_then(major_in) {
            found.entry(major).or_insert(path);
        }
    }
    found.into_iter().collect()
}

fn no_client(program: &str, major: u32, found: &[(PathBuf, u32)]) -> String {
    match found.iter().max_by_key(|(_, major)| *major) {
        Some((path, old)) => format!(
            "`{}` is of version {old}, too old for a server of version {major}: install the client tools of \
             version {major} or newer",
            path.display()
        ),
        None => format!("there is no `{program}`: install the client tools of version {major} or newer"),
    }
}

/// Where the programs really are: a link on PATH leads to the folder where its siblings are.
fn programs_in(folder: &Path) -> Option<PathBuf> {
    Some(fs::canonicalize(folder.join("initdb")).ok()?.parent()?.to_owned())
}

fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// What a program answers to `--version`; `None` if it is not there or does not run.
fn version_of(program: &Path) -> Option<String> {
    if !program.is_file() {
        return None;
    }
    let output = Command::new(program).arg("--version").output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The major version in a text such as `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The folders a pattern stands for.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let Some((before, after)) = part.split_once('*') else {
            folders.iter_mut().for_each(|folder| folder.push(part));
            continue;
        };
        let matches =
            |name: &str| name.len() >= part.len() - 1 && name.starts_with(before) && name.ends_with(after);
        let mut found: Vec<_> = folders
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(matches))
            .map(|entry| entry.path())
            .collect();
        found.sort();
        folders = found;
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_major_version_is_read_from_what_the_programs_say() {
        assert_eq!(
            major_in("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major_in("pg_dump (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_in("postgres 15"), None);
    }

    #[test]
    fn a_tool_that_is_too_old_is_named() {
        let old = [(PathBuf::from("/usr/bin/pg_dump"), 13)];
        let message = no_client("pg_dump", 17, &old);
        assert!(
            message.contains("/usr/bin/pg_dump") && message.contains("13, too old"),
            "{message}"
        );
        assert!(no_client("pg_dump", 17, &[]).contains("there is no `pg_dump`"));
    }

    #[test]
    fn patterns_expand_to_folders_that_exist() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["15/bin", "17/bin", "note"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let pattern = format!("{}/1*/bin", root.path().display());
        assert_eq!(
            expand(&pattern),
            [root.path().join("15/bin"), root.path().join("17/bin")]
        );
    }

    #[test]
    fn a_folder_without_a_server_is_no_installation() {
        assert_eq!(Install::at(Path::new("/")), None);
    }
}
