//! As whom servers run on this machine.

use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// A user other than ours, as whom the servers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunAs {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl RunAs {
    /// Nobody else, unless we are root, whom PostgreSQL refuses.
    pub(super) fn find() -> Result<Option<Self>, String> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self::among(&users).map(Some).ok_or_else(|| {
            "PostgreSQL refuses to be started by root, and there is no user `postgres` or `nobody` to start it as"
                .to_owned()
        })
    }

    fn among(users: &str) -> Option<Self> {
        ["postgres", "nobody"].iter().find_map(|name| {
            let fields: Vec<_> = users
                .lines()
                .map(|line| line.split(':').collect::<Vec<_>>())
                .find(|fields| fields.first() == Some(name))?;
            Some(Self {
                uid: fields.get(2)?.parse().ok()?,
                gid: fields.get(3)?.parse().ok()?,
            })
        })
    }
}

/// Applies a user to a command about to be started.
pub(super) fn run_as(command: &mut Command, user: Option<RunAs>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
}

/// Makes a folder nobody but its user may enter.
pub(super) fn private_folder(path: &Path, user: Option<RunAs>) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)?;
    user.map_or(Ok(()), |user| chown(path, Some(user.uid), Some(user.gid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_runs_servers_as_somebody_else() {
        let nobody = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(
            RunAs::among(nobody),
            Some(RunAs {
                uid: 65534,
                gid: 65533
            })
        );
        let both = format!("{nobody}postgres:x:105:110::/:/bin/sh\n");
        assert_eq!(RunAs::among(&both), Some(RunAs { uid: 105, gid: 110 }));
        assert_eq!(RunAs::among("root:x:0:0:root:/root:/bin/sh\n"), None);
    }
}
