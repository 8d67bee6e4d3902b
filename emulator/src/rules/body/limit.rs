//! What services are known to refuse although the published types would take it.

use serde::Deserialize;

use super::super::Mark;
use super::super::file::{RulesError, parse, row_error};
use super::super::source::SourceCheck;
use super::Format;
use super::types::{BodyTypes, ServiceLimit, Words};
use crate::rules::Code;

const FILE: &str = "bodies/limits.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    limit: Vec<LimitRow>,
}

/// One row, for one or more places.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    /// `type#place`.
    at: Vec<String>,
    /// The published words are all there are.
    #[serde(default)]
    closed: bool,
    /// Words may stand together, with commas between them.
    #[serde(default)]
    several: bool,
    /// It is taken, whatever the published type says of that.
    #[serde(default)]
    taken: bool,
    /// The words there are, where they are not the published ones.
    one_of: Option<Vec<String>>,
    min: Option<i64>,
    max: Option<i64>,
    format: Option<String>,
    code: Option<Code>,
    mark: Mark,
    sources: Vec<String>,
}

pub(super) fn apply(text: &str, types: &mut BodyTypes, known: &SourceCheck<'_>) -> Result<(), RulesError> {
    for row in parse::<LimitsFile>(FILE, text)?.limit {
        for at in &row.at {
            known.check(FILE, at, &row.sources)?;
            let wrong = |what: &str| row_error(FILE, at, what);
            let member = at
                .split_once('#')
                .and_then(|(of, path)| types.get_mut(of)?.body.find_mut(path))
                .ok_or_else(|| wrong("there is no such place"))?;
            if let Some(words) = &row.one_of {
                let words = words.iter().map(|word| word.as_str().into()).collect();
                member.words = Some(Words {
                    words,
                    closed: true,
                    several: false,
                });
            } else if row.closed {
                member
                    .words
                    .as_mut()
                    .ok_or_else(|| wrong("it has no words to close"))?
                    .closed = true;
            }
            if let Some(words) = member.words.as_mut() {
                words.several |= row.several;
            }
            if row.taken {
                (member.read_only, member.since, member.until) = (false, None, None);
            }
            member.least = row.min.or(member.least);
            member.most = row.max.or(member.most);
            if let Some(format) = &row.format {
                member.format = Some(Format::parse(format).map_err(|what| wrong(&what))?);
            }
            member.limit = Some(ServiceLimit {
                code: row.code,
                mark: row.mark,
            });
        }
    }
    Ok(())
}
