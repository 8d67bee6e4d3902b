//! How deep JSON with comments goes, before it is read: its reader recurses as deep as the text says.

/// As deep as JSON without comments may be here.
const DEPTH_MAX: usize = 127;

/// Whether brackets stand too deep inside each other. Those in texts and comments do not count.
pub(super) fn is_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut rest = text.as_bytes();
    while let [sign, behind @ ..] = rest {
        rest = behind;
        match sign {
            b'[' | b'{' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' | b'\'' => rest = behind_text(rest, *sign),
            b'/' if rest.starts_with(b"/") => rest = behind_end(rest, b"\n"),
            b'/' if rest.starts_with(b"*") => rest = behind_end(&rest[1..], b"*/"),
            _ => {}
        }
    }
    false
}

fn behind_text(mut rest: &[u8], quote: u8) -> &[u8] {
    while let [sign, behind @ ..] = rest {
        rest = behind;
        match sign {
            b'\\' => rest = rest.get(1..).unwrap_or_default(),
            sign if *sign == quote => break,
            _ => {}
        }
    }
    rest
}

fn behind_end<'a>(rest: &'a [u8], end: &[u8]) -> &'a [u8] {
    let at = rest.windows(end.len()).position(|part| part == end);
    at.map_or(&[], |at| &rest[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_that_count_are_counted() {
        let brackets = "[{".repeat(100);
        for shallow in [
            format!("{}{}", "[".repeat(127), "]".repeat(127)),
            format!("{{\"a\": \"{brackets}\\\"{brackets}\", 'b': '{brackets}'}}"),
            format!("{{ // {brackets}\n /* {brackets} */ }}"),
            "[]".repeat(1_000),
        ] {
            assert!(!is_deep(&shallow), "{shallow}");
        }
        for deep in [brackets.clone(), format!("\"\" /**/ // \n{brackets}")] {
            assert!(is_deep(&deep), "{deep}");
        }
    }

    #[test]
    fn what_is_deep_is_not_read_and_what_is_not_is() {
        for open in ["[", "{a:", "{\"a\": [", "/* x */ ["] {
            let text = open.repeat(1_000_000);
            assert!(crate::services::deployments::reading::lenient(text.as_bytes()).is_none());
        }
        let text = "{a: 1, /* x */ 'b': [1,],}";
        let read = crate::services::deployments::reading::lenient(text.as_bytes());
        assert_eq!(read, Some(serde_json::json!({"a": 1, "b": [1]})));
    }
}
