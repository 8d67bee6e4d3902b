//! Reads the files of body types: one line a member, indented below what it is inside of.
//!
//! ```text
//! Microsoft.Example/things @ 2026-03-01
//!   properties: object required
//!     state: string known On|Off
//!     rules: array since 2024-03-01
//!       []: object
//!         kind: string required one_of A|B
//!         {kind=A}:
//!           days: integer min 1 max 5
//! ```

use super::super::ApiVersion;
use super::super::file::RulesError;
use super::Format;
use super::types::{BodyType, BodyTypes, JsonType, Member, Required, Same, Variant, Words};

/// A line taken apart: how deep it stands, its name, and the words behind the colon.
struct Line<'a> {
    number: usize,
    depth: usize,
    name: &'a str,
    words: &'a str,
}

/// Reads a file's types into `types`.
pub(super) fn read(file: &str, text: &str, types: &mut BodyTypes) -> Result<(), RulesError> {
    let wrong = |number: usize, what: String| RulesError::Syntax {
        file: file.to_owned(),
        error: format!("line {number}: {what}"),
    };
    let mut lines = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        if raw.trim().is_empty() || raw.starts_with('#') {
            continue;
        }
        let rest = raw.trim_start();
        let spaces = raw.len() - rest.len();
        let (name, words) = rest
            .split_once(if spaces == 0 { " @ " } else { ":" })
            .ok_or_else(|| {
                wrong(
                    index + 1,
                    "a type is `Name @ version`, a member `name: kind`".to_owned(),
                )
            })?;
        lines.push(Line {
            number: index + 1,
            depth: spaces / 2,
            name,
            words: words.trim(),
        });
    }
    let mut at = 0;
    while at < lines.len() {
        let head = &lines[at];
        let (words, with_comments) = match head.words.strip_suffix(" with_comments") {
            Some(words) => (words, true),
            None => (head.words, false),
        };
        let version = ApiVersion::parse(words)
            .filter(|_| head.depth == 0)
            .ok_or_else(|| wrong(head.number, format!("`{}` is no version", head.words)))?;
        let mut body = Member::new(JsonType::Object);
        at += 1;
        inside(&lines, &mut at, 1, &mut body).map_err(|(number, what)| wrong(number, what))?;
        let own = BodyType {
            name: head.name.into(),
            version,
            with_comments,
            body,
        };
        if !types.add(own) {
            return Err(wrong(head.number, format!("`{}` is there twice", head.name)));
        }
    }
    Ok(())
}

type Wrong = (usize, String);

/// Reads the lines at `depth` into `parent`, and what is below each into that.
fn inside(lines: &[Line<'_>], at: &mut usize, depth: usize, parent: &mut Member) -> Result<(), Wrong> {
    while let Some(line) = lines.get(*at).filter(|line| line.depth >= depth) {
        if line.depth > depth {
            return Err((
                line.number,
                "it is indented further than what it is inside of".to_owned(),
            ));
        }
        *at += 1;
        if let Some(choice) = line.name.strip_prefix('{') {
            let (by, is) = choice
                .trim_end_matches('}')
                .split_once('=')
                .ok_or_else(|| (line.number, "a variant is `{member=value}`".to_owned()))?;
            let mut own = Member::new(JsonType::Object);
            inside(lines, at, depth + 1, &mut own)?;
            parent.variants.push(Variant {
                by: by.into(),
                is: is.into(),
                members: own.members,
            });
            continue;
        }
        let mut own = member(line.words).map_err(|what| (line.number, what))?;
        inside(lines, at, depth + 1, &mut own)?;
        if matches!(line.name, "[]" | "*") {
            parent.each = Some(Box::new(own));
        } else {
            parent.members.push((line.name.into(), own));
        }
    }
    Ok(())
}

/// Reads what stands behind a member's name.
fn member(words: &str) -> Result<Member, String> {
    let mut words = words.split(' ');
    let mut own = Member::new(kind(words.next().unwrap_or_default())?);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` says nothing"));
        match word {
            "read_only" => own.read_only = true,
            "write_only" => own.write_only = true,
            // What a secret is decides the service that keeps it.
            "sensitive" => {}
            "open" => own.open = true,
            "since" => own.since = Some(version(value()?)?),
            "until" => own.until = Some(version(value()?)?),
            "min" => own.least = Some(number(value()?)?),
            "max" => own.most = Some(number(value()?)?),
            "like" => own.format = Some(Format::parse(value()?)?),
            "known" => own.words = Some(list(value()?, false)),
            "one_of" => own.words = Some(list(value()?, true)),
            // The name of a type holds a space where it is an action's.
            "same" => {
                let rest = words.by_ref().collect::<Vec<_>>().join(" ");
                let (of, at) = rest.split_once('#').ok_or("`same` names `type#place`")?;
                own.same = Some(Same {
                    of: of.into(),
                    at: at.into(),
                });
            }
            _ => own.required = required(word)?,
        }
    }
    Ok(own)
}

fn kind(word: &str) -> Result<JsonType, String> {
    [
        JsonType::String,
        JsonType::Integer,
        JsonType::Boolean,
        JsonType::Object,
        JsonType::Array,
        JsonType::Any,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == word)
    .ok_or_else(|| format!("there is no kind `{word}`"))
}

fn required(word: &str) -> Result<Required, String> {
    let rest = word
        .strip_prefix("required")
        .ok_or_else(|| format!("`{word}` says nothing of a member"))?;
    Ok(if rest.is_empty() {
        Required::Always
    } else if let Some(last) = rest.strip_prefix("<=") {
        Required::UpTo(version(last)?)
    } else if let Some(first) = rest.strip_prefix('<') {
        Required::Before(version(first)?)
    } else if let Some(last) = rest.strip_prefix('>') {
        Required::After(version(last)?)
    } else {
        return Err(format!("`{word}` says nothing of a member"));
    })
}

fn version(text: &str) -> Result<ApiVersion, String> {
    ApiVersion::parse(text).ok_or_else(|| format!("`{text}` is no version"))
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn list(text: &str, closed: bool) -> Words {
    Words {
        words: text.split('|').map(Into::into).collect(),
        closed,
        several: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read("f.txt", text, &mut BodyTypes::default())
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, part) in [
            ("A/b @ yesterday\n", "line 1: `yesterday` is no version"),
            ("A/b\n", "line 1: a type is"),
            (
                "A/b @ 2024-01-01\n  x: colour\n",
                "line 2: there is no kind `colour`",
            ),
            (
                "A/b @ 2024-01-01\n  x: string loud\n",
                "line 2: `loud` says nothing",
            ),
            (
                "A/b @ 2024-01-01\n  x: string min\n",
                "line 2: `min` says nothing",
            ),
            (
                "A/b @ 2024-01-01\n  x: string min much\n",
                "line 2: `much` is no number",
            ),
            (
                "A/b @ 2024-01-01\n      x: string\n",
                "line 2: it is indented further",
            ),
            (
                "A/b @ 2024-01-01\nA/B @ 2024-01-01\n",
                "line 2: `A/B` is there twice",
            ),
        ] {
            assert!(error(text).contains(part), "{text}: {}", error(text));
        }
    }

    #[test]
    fn lines_become_members() {
        let mut types = BodyTypes::default();
        let text = "A/b @ 2024-01-01\n  x: array required>2023-01-01 max 3\n    []: object\n      k: string required one_of P|Q\n      {k=P}:\n        n: integer min 1\n";
        read("f.txt", text, &mut types).expect("it reads");
        let body = &mut types.get_mut("a/B").expect("it is there").body;
        let number = body.find_mut("x[]{k=P}.n").expect("it is there");
        assert_eq!((number.kind, number.least), (JsonType::Integer, Some(1)));
        let array = body.find_mut("x").expect("it is there");
        let at = |text: &str| ApiVersion::parse(text).expect("a version");
        assert!(array.required.at(&at("2024-01-01")) && !array.required.at(&at("2023-01-01")));
    }
}
