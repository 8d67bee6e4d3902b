//! Files somebody names, read as far as they make sense.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The longest file that somebody writes by hand, in bytes: a world, faults, an expectation, a template.
pub const WRITTEN_MAX: u64 = 4 * 1024 * 1024;

/// Reads a file of up to so many bytes.
///
/// # Errors
///
/// If it cannot be read, is longer, or is no plain file: a device may have no end, and nobody may ever write to a
/// pipe.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // Before it is opened, which waits for a writer if it is a pipe.
    plain(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    plain(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(wrong(format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

/// Opens a file that is read bit by bit, however long it is.
///
/// # Errors
///
/// If it cannot be read, or is no plain file.
pub fn open(path: &Path) -> io::Result<io::BufReader<File>> {
    plain(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    plain(&file.metadata()?)?;
    Ok(io::BufReader::new(file))
}

/// The same of a text.
///
/// # Errors
///
/// As [`read`], and if it is no UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read(path, most)?;
    String::from_utf8(bytes).map_err(|_| wrong("it is no text: UTF-8 was expected".to_owned()))
}

fn plain(found: &std::fs::Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let what = if found.is_dir() {
        "a folder"
    } else {
        "no plain file"
    };
    Err(wrong(format!("it is {what}: a file was expected")))
}

fn wrong(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(read_text(&file, 5).unwrap(), "12345");
        let said = |path: &Path, most| read_text(path, most).unwrap_err().to_string();
        assert!(said(&file, 4).contains("longer than 4 bytes"));
        assert!(said(Path::new("/dev/zero"), 5).contains("no plain file"));
        assert!(said(folder.path(), 5).contains("a folder"));
        std::fs::write(&file, [0xff]).unwrap();
        assert!(said(&file, 5).contains("no text"));
    }
}
