//! Lines that show whether they are as they were written: each begins with a check of the rest.

use crc::{CRC_64_XZ, Crc, Table};

/// How long what stands before a line is, in bytes: sixteen digits and a space.
pub const SEAL_BYTES: usize = 17;

const CHECK: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);

/// What the bytes at the beginning of a text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsealed<'a> {
    /// A line as it was written, its end included, and what comes after it.
    Line {
        /// The line, without its check.
        line: &'a [u8],
        /// The rest.
        rest: &'a [u8],
    },
    /// It ends before a line does: what a write leaves that was broken off.
    Torn,
    /// It is no line as it was written.
    Damaged,
    /// There is nothing.
    End,
}

/// Appends a line, its end included, with its check.
pub fn seal(line: &[u8], to: &mut Vec<u8>) {
    debug_assert!(line.ends_with(b"\n"), "a line ends");
    to.extend_from_slice(format!("{:016x} ", CHECK.checksum(line)).as_bytes());
    to.extend_from_slice(line);
}

/// Reads the line at the beginning of a text.
pub fn unseal(text: &[u8]) -> Unsealed<'_> {
    if text.is_empty() {
        return Unsealed::End;
    }
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else {
        return Unsealed::Torn;
    };
    let (sealed, rest) = text.split_at(end + 1);
    let Some((check, line)) = sealed.split_at_checked(SEAL_BYTES) else {
        return Unsealed::Damaged;
    };
    let written = std::str::from_utf8(&check[..SEAL_BYTES - 1]).ok();
    let written = written.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    if check.ends_with(b" ") && written == Some(CHECK.checksum(line)) {
        Unsealed::Line { line, rest }
    } else {
        Unsealed::Damaged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_no_other_is_taken_for_one() {
        let mut text = Vec::new();
        seal(b"{\"n\":1}\n", &mut text);
        let one = text.len();
        seal(b"{\"n\":2}\n", &mut text);
        let Unsealed::Line { line, rest } = unseal(&text) else {
            panic!("it is one");
        };
        assert_eq!((line, rest), (&b"{\"n\":1}\n"[..], &text[one..]));
        for length in 1..one {
            assert_eq!(unseal(&text[..length]), Unsealed::Torn, "{length}");
        }
        assert_eq!(unseal(b""), Unsealed::End);
        for at in 0..one {
            for bit in 0..8 {
                let mut changed = text[..one].to_vec();
                changed[at] ^= 1 << bit;
                // Upper case is read as well, and says the same.
                let is_case = at < 16 && bit == 5 && changed[at].is_ascii_hexdigit();
                let read = unseal(&changed);
                assert!(is_case || !matches!(read, Unsealed::Line { .. }), "{at}, {bit}");
            }
        }
    }
}
