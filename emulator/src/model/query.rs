//! The query of a request: as it was sent, and decoded once.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;

/// A query without its `?`; empty if there was none. It is text; what it says is read the first time somebody asks,
/// because a request is asked by each gate and by its handler.
#[derive(Clone, Default)]
pub struct Query {
    text: String,
    decoded: OnceLock<Box<[(Part, Part)]>>,
}

/// A key or a value.
#[derive(Clone)]
enum Part {
    /// It stands there as it is meant.
    Sent(Range<usize>),
    Decoded(Box<str>),
}

impl Part {
    fn of(text: &str, range: Range<usize>) -> Self {
        match decode_form(&text[range.clone()]) {
            Cow::Borrowed(_) => Self::Sent(range),
            Cow::Owned(decoded) => Self::Decoded(decoded.into()),
        }
    }

    fn text<'a>(&'a self, sent: &'a str) -> &'a str {
        match self {
            Self::Sent(range) => &sent[range.clone()],
            Self::Decoded(text) => text,
        }
    }
}

impl Query {
    /// The decoded pairs, in order. Keys and values are percent-decoded and `+` is a space: JavaScript clients send
    /// `api%2Dversion`, Go clients `%24filter=a+eq+b`.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.decoded.get_or_init(|| decode(&self.text)).iter();
        pairs.map(|(key, value)| (key.text(&self.text), value.text(&self.text)))
    }

    /// The first value of a key; the key is compared without regard to case.
    pub fn value(&self, key: &str) -> Option<&str> {
        let mut pairs = self.pairs();
        let found = pairs.find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value)
    }

    /// The parameter that is given two different values, if one is: keys are told apart without regard to case and
    /// once they are decoded, as they are read. No value is no second one: clients that go on from an address they
    /// were given add an empty `api-version`.
    pub fn contradicted(&self) -> Option<String> {
        if !self.text.contains('&') {
            return None;
        }
        fn small(name: &str) -> impl Iterator<Item = u8> {
            name.bytes().map(|letter| letter.to_ascii_lowercase())
        }
        let mut pairs: Vec<(&str, &str)> = self.pairs().filter(|(_, value)| !value.is_empty()).collect();
        pairs.sort_unstable_by(|(one, of_one), (two, of_two)| {
            small(one).cmp(small(two)).then_with(|| of_one.cmp(of_two))
        });
        pairs
            .windows(2)
            .find(|pair| pair[0].0.eq_ignore_ascii_case(pair[1].0) && pair[0].1 != pair[1].1)
            .map(|pair| pair[0].0.to_ascii_lowercase())
    }
}

impl From<String> for Query {
    fn from(text: String) -> Self {
        Self {
            text,
            decoded: OnceLock::new(),
        }
    }
}

impl From<&str> for Query {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Query> for String {
    fn from(query: Query) -> Self {
        query.text
    }
}

impl Deref for Query {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

fn decode(text: &str) -> Box<[(Part, Part)]> {
    let mut pairs = Vec::new();
    let mut start = 0;
    for pair in text.split('&') {
        let end = start + pair.len();
        if !pair.is_empty() {
            let key = start..pair.find('=').map_or(end, |at| start + at);
            let value = (key.end + 1).min(end)..end;
            pairs.push((Part::of(text, key), Part::of(text, value)));
        }
        start = end + 1;
    }
    pairs.into_boxed_slice()
}

fn decode_form(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_decoded() {
        let query = Query::from("api%2Dversion=2022-12-01&%24filter=roleName+eq+%27Reader%27&&a&b=&=c&d=e=f");
        let pairs: Vec<_> = query.pairs().collect();
        assert_eq!(
            pairs,
            [
                ("api-version", "2022-12-01"),
                ("$filter", "roleName eq 'Reader'"),
                ("a", ""),
                ("b", ""),
                ("", "c"),
                ("d", "e=f"),
            ]
        );
        assert_eq!(query.value("API-Version"), Some("2022-12-01"));
        assert_eq!(query.value("x"), None);
    }

    #[test]
    fn what_is_given_two_values_is_found_however_it_is_spelled() {
        for (text, found) in [
            ("a=1&A=2", Some("a")),
            ("%61=1&a=2", Some("a")),
            ("a=1&b=2&a=1", None),
            ("a=1&a=", None),
            ("a=1", None),
        ] {
            assert_eq!(Query::from(text).contradicted().as_deref(), found, "{text}");
        }
    }
}
