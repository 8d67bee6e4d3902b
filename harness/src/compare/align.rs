//! What services make up is another each time: ids, names of operations, times. Aligned, the recorded
//! one stands for ours, one for one.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Which recorded id stands for which of ours.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    ours: BTreeMap<String, String>,
    recorded: BTreeMap<String, String>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextPart<'a> {
    /// As it stands.
    Literal(&'a str),
    /// A GUID, with hyphens or without.
    Guid(&'a str),
    /// A moment.
    Time,
    /// How long something took.
    Duration,
    /// The name of an operation: two GUIDs in base64.
    Operation(&'a str),
}

/// A body with every text in it, and every member's name, made another: it stays a body, whatever they become.
pub(super) fn with_texts(body: &Value, ours: &impl Fn(&str) -> String) -> Value {
    match body {
        Value::String(text) => Value::String(ours(text)),
        Value::Array(items) => items.iter().map(|item| with_texts(item, ours)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (ours(name), with_texts(value, ours)))
            .collect(),
        other => other.clone(),
    }
}

impl Alignment {
    /// From now on a recorded id stands for one of ours.
    pub(super) fn bind(&mut self, recorded: &str, ours: &str) {
        let (recorded, ours) = (recorded.to_ascii_lowercase(), ours.to_ascii_lowercase());
        self.recorded.insert(ours.clone(), recorded.clone());
        self.ours.insert(recorded, ours);
    }

    /// Ours that stands for a recorded id.
    pub(super) fn ours(&self, recorded: &str) -> Option<&str> {
        self.ours.get(&recorded.to_ascii_lowercase()).map(String::as_str)
    }

    /// Whether one of ours stands for a recorded id.
    pub(super) fn is_bound(&self, ours: &str) -> bool {
        self.recorded.contains_key(&ours.to_ascii_lowercase())
    }

    /// A recorded text with our ids. Ids nobody has answered yet are the client's own, and stay.
    pub(super) fn to_ours(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for part in parts_of(text) {
            match part {
                (TextPart::Guid(guid), _) => out += &self.guid_to_ours(guid),
                (TextPart::Operation(name), _) => out += &self.operation_to_ours(name),
                (_, text) => out += text,
            }
        }
        out
    }

    fn guid_to_ours(&self, guid: &str) -> String {
        match self.ours(guid) {
            Some(ours) if guid.bytes().any(|byte| byte.is_ascii_uppercase()) => ours.to_ascii_uppercase(),
            Some(ours) => ours.to_owned(),
            None => guid.to_owned(),
        }
    }

    /// An operation is named after what it is of, and by itself.
    fn operation_to_ours(&self, name: &str) -> String {
        decoded(name).map_or_else(
            || name.to_owned(),
            |inside| STANDARD.encode(self.to_ours(&inside)),
        )
    }

    /// The client's own ids stand for themselves.
    pub(super) fn keep_own(&mut self, text: &str) {
        for (part, _) in parts_of(text) {
            if let TextPart::Guid(guid) = part
                && self.ours(guid).is_none()
                && !self.is_bound(guid)
            {
                self.bind(guid, guid);
            }
        }
    }

    /// Whether two texts are the same but for what is made up; what was not aligned yet is aligned.
    pub(super) fn agree(&mut self, recorded: &str, ours: &str) -> bool {
        let (left, right) = (parts_of(recorded), parts_of(ours));
        left.len() == right.len()
            && left
                .into_iter()
                .zip(right)
                .all(|((left, _), (right, _))| match (left, right) {
                    (TextPart::Guid(left), TextPart::Guid(right)) => self.same_id(left, right),
                    (TextPart::Operation(left), TextPart::Operation(right)) => {
                        match (decoded(left), decoded(right)) {
                            (Some(left), Some(right)) => self.agree(&left, &right),
                            _ => false,
                        }
                    }
                    (left, right) => left == right,
                })
    }

    fn same_id(&mut self, recorded: &str, ours: &str) -> bool {
        if recorded.len() != ours.len() {
            return false;
        }
        match self.ours(recorded) {
            Some(bound) => bound.eq_ignore_ascii_case(ours),
            None if recorded.eq_ignore_ascii_case(ours) => true,
            None if self.is_bound(ours) => false,
            None => {
                self.bind(recorded, ours);
                true
            }
        }
    }
}

/// What stands inside an operation's name.
fn decoded(name: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(name).ok()?).ok()
}

/// The GUIDs of a text, as they stand.
pub(super) fn guids_of(text: &str) -> impl Iterator<Item = &str> {
    parts_of(text).into_iter().filter_map(|(part, _)| match part {
        TextPart::Guid(guid) => Some(guid),
        _ => None,
    })
}

/// A text in parts, each with what stands there.
fn parts_of(text: &str) -> Vec<(TextPart<'_>, &str)> {
    let mut parts = Vec::new();
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    let whole = |at: usize| at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    while at < bytes.len() {
        let found = if bytes[at].is_ascii_alphanumeric() && whole(at) {
            [guid, time, ticks, duration, operation]
                .iter()
                .find_map(|find| find(&text[at..]))
        } else {
            None
        };
        match found {
            Some((part, length)) => {
                if from < at {
                    parts.push((TextPart::Literal(&text[from..at]), &text[from..at]));
                }
                parts.push((part, &text[at..at + length]));
                at += length;
                from = at;
            }
            None => {
                at += 1;
                while at < bytes.len() && !text.is_char_boundary(at) {
                    at += 1;
                }
            }
        }
    }
    if from < bytes.len() {
        parts.push((TextPart::Literal(&text[from..]), &text[from..]));
    }
    parts
}

type Found<'a> = Option<(TextPart<'a>, usize)>;

/// How many of the first bytes are such.
fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is(*byte)).count()
}

fn guid(text: &str) -> Found<'_> {
    let hex = run(text, |byte| byte.is_ascii_hexdigit());
    if hex == 32 && run(text, |byte| byte.is_ascii_alphanumeric()) == 32 {
        return Some((TextPart::Guid(&text[..32]), 32));
    }
    let bytes = text.as_bytes().get(..36)?;
    let fits = bytes.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let ends = text
        .as_bytes()
        .get(36)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (fits && ends).then(|| (TextPart::Guid(&text[..36]), 36))
}

/// `2024-02-20T12:11:27.8216542Z`, also with its colons percent-encoded or an offset at its end.
fn time(text: &str) -> Found<'_> {
    let bytes = text.as_bytes();
    let day = bytes.get(..11)?;
    let fits = day.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        _ => byte.is_ascii_digit(),
    });
    // The first moment there is stands for none, and is told apart.
    if !fits || text.starts_with("0001-") {
        return None;
    }
    let rest = &text[11..];
    let mut length = 11;
    length += run(rest, |byte| {
        byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'%' | b'A' | b'a')
    });
    match text.as_bytes().get(length) {
        Some(b'Z') => length += 1,
        Some(b'+') => length += 1 + run(&text[length + 1..], |byte| byte.is_ascii_digit() || byte == b':'),
        _ => {}
    }
    Some((TextPart::Time, length))
}

/// A moment as .NET counts it, in the years from 1997 to 2314.
fn ticks(text: &str) -> Found<'_> {
    let digits = run(text, |byte| byte.is_ascii_digit());
    let whole = run(text, |byte| byte.is_ascii_alphanumeric()) == digits;
    let fits = digits == 18 && whole && matches!(text.as_bytes()[0], b'6' | b'7');
    fits.then_some((TextPart::Time, digits))
}

/// `PT1M34.3913234S`. Of days or more it is a setting, and no measure.
fn duration(text: &str) -> Found<'_> {
    let rest = text.strip_prefix("PT")?;
    let length = 2 + run(rest, |byte| {
        byte.is_ascii_digit() || matches!(byte, b'.' | b'H' | b'M' | b'S')
    });
    text[..length]
        .ends_with('S')
        .then_some((TextPart::Duration, length))
}

fn operation(text: &str) -> Found<'_> {
    let length = run(text, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'=')
    });
    let inside = (length >= 96).then(|| decoded(&text[..length])).flatten()?;
    let (first, second) = inside.split_once(';')?;
    let is_guid = |text| matches!(guid(text), Some((_, length)) if length == text.len());
    (is_guid(first) && is_guid(second)).then(|| (TextPart::Operation(&text[..length]), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "c81cab6f-5b41-4380-adb7-65d56da49be1";
    const B: &str = "11111111-5b41-4380-adb7-65d56da49be1";
    const C: &str = "22222222-5b41-4380-adb7-65d56da49be1";

    #[test]
    fn ids_are_aligned_one_for_one() {
        let mut alignment = Alignment::default();
        assert!(alignment.agree(&format!("jobs/{A}/x"), &format!("jobs/{B}/x")));
        assert!(alignment.agree(A, B));
        assert!(!alignment.agree(A, C), "it stands for another");
        assert!(!alignment.agree(C, B), "ours stands for another");
        assert_eq!(
            alignment.to_ours(&format!("/backupJobs/{A}?x")),
            format!("/backupJobs/{B}?x")
        );
    }

    #[test]
    fn an_operation_is_named_after_what_it_is_of() {
        let name = |first: &str, second: &str| STANDARD.encode(format!("{first};{second}"));
        let mut alignment = Alignment::default();
        assert!(alignment.agree(&name(A, B), &name(B, C)));
        assert_eq!(alignment.ours(A), Some(B), "the halves are aligned as well");
        assert_eq!(
            alignment.to_ours(&format!("/operationStatus/{}?a", name(A, B))),
            format!("/operationStatus/{}?a", name(B, C))
        );
    }

    #[test]
    fn times_agree_whatever_they_are_and_no_time_is_another() {
        let mut alignment = Alignment::default();
        assert!(alignment.agree("2024-02-20T12:11:27.8216542Z", "2026-01-01T00:00:00Z"));
        assert!(alignment.agree(
            "W/\"datetime'2024-02-20T12%3A11%3A27.8216542Z'\"",
            "W/\"datetime'2025-02-20T12%3A11%3A27.8Z'\""
        ));
        assert!(alignment.agree("PT1M34.3913234S", "PT0S"));
        assert!(!alignment.agree("P7D", "P8D"));
        assert!(!alignment.agree("0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z"));
        assert!(!alignment.agree("Succeeded", "Failed"));
    }
}
