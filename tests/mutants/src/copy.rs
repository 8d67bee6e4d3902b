//! The copy that is changed. The checkout itself is never written to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use miette::{Context as _, IntoDiagnostic as _, Result};

/// What is no source, wherever it stands.
const NOT_COPIED: [&str; 3] = ["target", ".git", "node_modules"];

/// Makes a folder hold what the checkout holds, but for files that are given another text here. What is as it should be
/// is not written again, so that nothing is compiled twice.
///
/// # Errors
///
/// If a file cannot be read or written.
pub(crate) fn copy(checkout: &Path, copy: &Path, texts: &BTreeMap<String, String>) -> Result<()> {
    let mut wanted = BTreeSet::new();
    collect(checkout, checkout, &mut wanted)
        .into_diagnostic()
        .wrap_err("the checkout cannot be read")?;
    for file in &wanted {
        if !texts.contains_key(&*file.to_string_lossy()) {
            let bytes = fs::read(checkout.join(file)).into_diagnostic()?;
            write(&copy.join(file), &bytes)?;
        }
    }
    for (file, text) in texts {
        write(&copy.join(file), text.as_bytes())?;
    }
    let mut there = BTreeSet::new();
    collect(copy, copy, &mut there)
        .into_diagnostic()
        .wrap_err("the copy cannot be read")?;
    for file in there {
        if !wanted.contains(&file) && !texts.contains_key(&*file.to_string_lossy()) {
            fs::remove_file(copy.join(file)).into_diagnostic()?;
        }
    }
    Ok(())
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_COPIED.iter().any(|not| *not == name) {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(root, &path, found)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            found.insert(inside.to_owned());
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).into_diagnostic()?;
    fs::write(path, bytes)
        .into_diagnostic()
        .wrap_err_with(|| path.display().to_string())
}
