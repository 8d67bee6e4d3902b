//! Names that resolve: the lines a hosts file needs, and which of them a command can be given.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use azdrill_emulator::server::Names;

/// The port PostgreSQL's clients connect to.
const POSTGRES_PORT: u16 = 5432;
/// Hosts that are always there.
const STANDING: [&str; 3] = [
    "management.azure.com",
    "login.microsoftonline.com",
    "graph.microsoft.com",
];

/// How a command's look-up of names is arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolving {
    /// It has a hosts file of its own in place of the system's.
    Private,
    /// It has the system's.
    System,
}

/// A hosts file that grows: the system's own lines, then one for each name that answers.
pub struct HostsFile {
    path: PathBuf,
    kept: Mutex<Kept>,
}

struct Kept {
    file: File,
    /// Where the HTTPS endpoints are reached on the port their names imply, if they are.
    https: Option<SocketAddr>,
    lines: BTreeMap<String, SocketAddr>,
    /// Servers at another port than the one clients take by themselves: a line would lead those to
    /// whatever is at the usual one.
    elsewhere: BTreeMap<String, SocketAddr>,
}

impl HostsFile {
    /// A file in this folder that begins with the lines of `system`, if there is such a file.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or what is there cannot be read: names that resolve today would not any more.
    pub fn create(folder: &Path, system: &Path) -> io::Result<Self> {
        let path = folder.join("hosts");
        let mut text = match std::fs::read(system) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                let told = format!("{} cannot be read: {error}", system.display());
                return Err(io::Error::new(error.kind(), told));
            }
            Ok(text) => text,
        };
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        std::fs::write(&path, text)?;
        // There is no secret in it, and programs of other users may have to read it: a command can
        // become one.
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self {
            path,
            kept: Mutex::new(Kept {
                file,
                https: None,
                lines: BTreeMap::new(),
                elsewhere: BTreeMap::new(),
            }),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on HTTPS endpoints are reached at this address, on port 443.
    pub fn https_at(&self, address: SocketAddr) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.https = Some(address);
        for host in STANDING {
            kept.add(host, address);
        }
    }

    /// The lines that were added so far.
    pub fn lines(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (host, address) in &kept.lines {
            let _ = writeln!(text, "{} {host}", address.ip());
        }
        text
    }

    /// Database servers without a line, since they are reached at another port than the usual one.
    pub fn elsewhere(&self) -> Vec<(String, SocketAddr)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let elsewhere = kept.elsewhere.iter();
        elsewhere
            .map(|(host, address)| (host.clone(), *address))
            .collect()
    }
}

impl Kept {
    fn add(&mut self, host: &str, address: SocketAddr) {
        if self.lines.insert(host.to_owned(), address) == Some(address) {
            return;
        }
        // One write: whoever reads meanwhile sees the line or does not.
        let line = format!("{} {host}\n", address.ip());
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            tracing::warn!(host, %error, "a name was not added to the hosts file");
        }
    }
}

impl Names for HostsFile {
    fn endpoint(&self, host: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(address) = kept.https {
            kept.add(host, address);
        }
    }

    fn database(&self, host: &str, address: SocketAddr) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if address.port() == POSTGRES_PORT {
            kept.add(host, address);
        } else {
            kept.elsewhere.insert(host.to_owned(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_of_the_system_that_cannot_be_read_is_told_of_and_none_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let failed = HostsFile::create(folder.path(), folder.path()).err().unwrap();
        assert!(failed.to_string().contains("cannot be read"), "{failed}");
        assert!(HostsFile::create(folder.path(), &folder.path().join("none")).is_ok());
    }

    #[test]
    fn names_are_added_behind_the_systems_own() {
        let folder = tempfile::tempdir().unwrap();
        let system = folder.path().join("system");
        std::fs::write(&system, "127.0.0.1 localhost").unwrap();
        let file = HostsFile::create(folder.path(), &system).unwrap();
        let database = SocketAddr::from(([127, 70, 1, 2], 5432));
        file.endpoint("early.blob.core.windows.net");
        file.database("drill.postgres.database.azure.com", database);
        file.https_at(SocketAddr::from(([127, 71, 0, 1], 443)));
        file.endpoint("late.vault.azure.net");
        file.database("drill.postgres.database.azure.com", database);
        file.database(
            "odd.postgres.database.azure.com",
            SocketAddr::from(([127, 0, 0, 1], 40000)),
        );
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(
            text,
            "127.0.0.1 localhost\n127.70.1.2 drill.postgres.database.azure.com\n\
             127.71.0.1 management.azure.com\n127.71.0.1 login.microsoftonline.com\n\
             127.71.0.1 graph.microsoft.com\n127.71.0.1 late.vault.azure.net\n"
        );
        assert_eq!(file.lines().lines().count(), 5);
        assert_eq!(file.elsewhere().len(), 1, "a line would lead to another port");
    }
}
