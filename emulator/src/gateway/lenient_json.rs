//! JSON as people and tools write it: with comments, commas too many, and names that are not in quotes.

use serde_json::Value;

use super::json_text;

/// As deep as JSON without comments may be here.
const DEPTH_MAX: usize = 127;

/// What such a text holds. One that is deep is not read: the reader recurses as deep as the text says.
pub(crate) fn read(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    if is_deep(text) {
        return None;
    }
    let options = jsonc_parser::ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: true,
        allow_trailing_commas: true,
        ..jsonc_parser::ParseOptions::default()
    };
    let mut value = jsonc_parser::parse_to_serde_value(text, &options).ok()?;
    json_text::keep_last(&mut value);
    Some(value)
}

/// Whether brackets stand too deep inside each other. Those in texts and comments do not count.
fn is_deep(text: &str) -> bool {
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
            // What closes a comment is none of what opened it.
            format!("/*/ {brackets} */ []"),
        ] {
            assert!(!is_deep(&shallow), "{shallow}");
        }
        for deep in [
            brackets.clone(),
            format!("\"\" /**/ // \n{brackets}"),
            // A text that ends with a backslash is over.
            format!("\"\\\\\" {brackets}"),
            // What is closed closes one that is open, and no more.
            "[[],".repeat(128),
        ] {
            assert!(is_deep(&deep), "{deep}");
        }
    }

    #[test]
    fn what_is_deep_is_not_read_and_what_is_not_is() {
        for open in ["[", "{a:", "{\"a\": [", "/* x */ ["] {
            let text = open.repeat(1_000_000);
            assert!(read(text.as_bytes()).is_none());
        }
        // As deep as JSON without comments may be, and no deeper.
        for (depth, is_read) in [(127, true), (128, false)] {
            let text = format!("/* x */ {}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(read(text.as_bytes()).is_some(), is_read, "{depth}");
        }
        let text = "{a: 1, /* x */ 'b': [1,],}";
        let found = read(text.as_bytes());
        assert_eq!(found, Some(serde_json::json!({"a": 1, "b": [1]})));
    }
}
