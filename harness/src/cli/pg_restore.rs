//! Whether the `pg_restore` a command will find can read what this PostgreSQL dumps: an older one cannot read a
//! newer one's dumps.

use std::sync::Arc;

use azdrill::postgres::RealPostgres;
use azdrill::scenario::{ServerFlavour, World};

/// What to say before the command finds it out, if it is so.
pub(super) async fn too_old(world: &World, postgres: Option<&Arc<dyn RealPostgres>>) -> Option<String> {
    // A single server's own versions stand for what is at hand; nobody restores what they dump by hand.
    if world.server.flavour != ServerFlavour::Flexible {
        return None;
    }
    let at_hand = postgres?.available_majors().await.ok()?;
    let server = world.server.version.or(at_hand.last().copied())?;
    let output = tokio::process::Command::new("pg_restore")
        .arg("--version")
        .output()
        .await
        .ok()?;
    notice(server, major(&String::from_utf8_lossy(&output.stdout))?)
}

/// The major version in `pg_restore (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)`.
fn major(told: &str) -> Option<u32> {
    let version = told.split_once("(PostgreSQL) ")?.1;
    let digits = version.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn notice(server: u32, tool: u32) -> Option<String> {
    (server > tool).then(|| {
        format!(
            "server {server}, pg_restore {tool} on PATH: it cannot read the dumps; `AZDRILL_POSTGRES=local`, or \
             `version = {tool}` in `[world.server]`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_pg_restore_is_told_of_and_no_other() {
        for (told, wanted) in [
            ("pg_restore (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)\n", Some(15)),
            ("pg_restore (PostgreSQL) 18beta1\n", Some(18)),
            ("command not found", None),
        ] {
            assert_eq!(major(told), wanted);
        }
        let told = notice(17, 15).unwrap_or_default();
        assert!(
            told.contains("server 17, pg_restore 15") && told.contains("version = 15"),
            "{told}"
        );
        assert_eq!((notice(15, 15), notice(13, 15)), (None, None));
    }
}
