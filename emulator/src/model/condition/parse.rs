//! Reads conditions.

use super::ConditionLanguage;
use super::language::{ConditionAttribute as Attribute, ConditionSide as Side};
use super::part::{Comparison, ConditionPart, Quantifier};

/// How deep parts may stand inside each other; azdrill's own bound, so that reading them does not overflow
/// the stack.
const DEPTH_MAX: usize = 64;

/// Reads a condition.
///
/// # Errors
///
/// What is not understood, or not played.
pub(super) fn read(language: &ConditionLanguage, text: &str) -> Result<ConditionPart, String> {
    let longest = language.longest_bytes;
    if text.len() > longest {
        return Err(format!("a condition of more than {longest} bytes"));
    }
    let mut reader = Reader {
        language,
        text,
        at: 0,
        depth: 0,
    };
    let part = reader.any()?;
    if reader.rest().is_empty() {
        Ok(part)
    } else {
        Err(reader.here())
    }
}

struct Reader<'a> {
    language: &'a ConditionLanguage,
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let rest = rest.trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    /// The place something is wrong at, for people.
    fn here(&mut self) -> String {
        let rest = self.rest();
        let shown: String = rest.chars().take(40).collect();
        format!("`{shown}` in a condition")
    }

    /// Goes past a sign.
    fn sign(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(self.here()) }
    }

    /// Goes past a word, whatever its case.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if found {
            self.at += word.len();
        }
        found
    }

    fn any(&mut self) -> Result<ConditionPart, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a condition nested more than {DEPTH_MAX} deep"));
        }
        let mut parts = vec![self.all()?];
        while self.sign("||") || self.word("OR") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(one_or(parts, ConditionPart::Any))
    }

    fn all(&mut self) -> Result<ConditionPart, String> {
        let mut parts = vec![self.single()?];
        while self.sign("&&") || self.word("AND") {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, ConditionPart::All))
    }

    fn single(&mut self) -> Result<ConditionPart, String> {
        let mut negated = false;
        while self.sign("!") || self.word("NOT") {
            negated = !negated;
        }
        let part = self.bare()?;
        Ok(if negated {
            ConditionPart::Not(Box::new(part))
        } else {
            part
        })
    }

    fn bare(&mut self) -> Result<ConditionPart, String> {
        if self.sign("(") {
            let inner = self.any()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.word("ActionMatches") {
            return self.only().map(ConditionPart::Action);
        }
        if self.word("SubOperationMatches") {
            let named = self.only()?;
            let mut known = self.language.sub_operations.iter();
            return if known.any(|operation| operation.name.eq_ignore_ascii_case(&named)) {
                Ok(ConditionPart::SubOperation(named))
            } else {
                Err(format!("the suboperation {named} in a condition"))
            };
        }
        if self.word("NotExists") {
            let (side, attribute) = self.attribute()?;
            return Ok(ConditionPart::Not(Box::new(ConditionPart::Exists(
                side, attribute,
            ))));
        }
        if self.word("Exists") {
            let (side, attribute) = self.attribute()?;
            return Ok(ConditionPart::Exists(side, attribute));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<ConditionPart, String> {
        let (side, attribute) = self.attribute()?;
        let operator = self.letters();
        let (over, function) = match operator.split_once(':') {
            Some((over, function)) => (Some(over), function),
            None => (None, operator),
        };
        let unknown = || format!("the operator {operator} in a condition");
        let over = match over.map(str::to_ascii_lowercase).as_deref() {
            None | Some("foranyofanyvalues") => Quantifier::AnyOfAny,
            Some("forallofanyvalues") => Quantifier::AllOfAny,
            Some("foranyofallvalues") => Quantifier::AnyOfAll,
            Some("forallofallvalues") => Quantifier::AllOfAll,
            Some(_) => return Err(unknown()),
        };
        let (comparison, negated) = function_named(function).ok_or_else(unknown)?;
        Ok(ConditionPart::Compare {
            side,
            attribute,
            over,
            comparison,
            negated,
            values: self.values()?,
        })
    }

    /// A run of letters, digits and what stands in names of operators and GUIDs.
    fn letters(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, ':' | '-'))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// `@Resource[type:name]`
    fn attribute(&mut self) -> Result<(Side, Attribute), String> {
        let start = self.rest();
        self.expect("@")?;
        let side = self.letters();
        self.expect("[")?;
        let rest = self.rest();
        let end = rest.find(']').ok_or("an attribute that does not end")?;
        let named = rest[..end].trim();
        self.at += end + 1;
        let length = start.len() - self.rest().len();
        let whole = start[..length].trim_end();
        let side = match side.to_ascii_lowercase().as_str() {
            "resource" => Some(Side::Resource),
            "request" => Some(Side::Request),
            _ => None,
        };
        let mut known = self.language.attributes.iter();
        let known = known.find(|attribute| attribute.name.eq_ignore_ascii_case(named));
        match (side, known) {
            (Some(side), Some(known)) if known.sides.contains(&side) => Ok((side, known.attribute)),
            _ => Err(format!("the attribute {whole} in a condition")),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        if !self.sign("{") {
            return Ok(vec![self.value()?]);
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        self.expect("}")?;
        Ok(values)
    }

    /// `{'text'}`
    fn only(&mut self) -> Result<String, String> {
        self.expect("{")?;
        let value = self.value()?;
        self.expect("}")?;
        Ok(value)
    }

    /// A text in quotes, or a GUID without them.
    fn value(&mut self) -> Result<String, String> {
        if self.sign("'") {
            let rest = &self.text[self.at..];
            let end = rest.find('\'').ok_or("a text in a condition that does not end")?;
            self.at += end + 1;
            return Ok(rest[..end].to_owned());
        }
        match self.letters() {
            "" => Err(self.here()),
            value => Ok(value.to_owned()),
        }
    }
}

fn one_or(mut parts: Vec<ConditionPart>, many: fn(Vec<ConditionPart>) -> ConditionPart) -> ConditionPart {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn function_named(name: &str) -> Option<(Comparison, bool)> {
    Some(match name.to_ascii_lowercase().as_str() {
        "stringequals" => (Comparison::Equals, false),
        "stringnotequals" => (Comparison::Equals, true),
        "stringequalsignorecase" => (Comparison::EqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Comparison::EqualsIgnoreCase, true),
        "stringlike" => (Comparison::Like, false),
        "stringnotlike" => (Comparison::Like, true),
        "stringlikeignorecase" => (Comparison::LikeIgnoreCase, false),
        "stringnotlikeignorecase" => (Comparison::LikeIgnoreCase, true),
        "stringstartswith" => (Comparison::StartsWith, false),
        "stringnotstartswith" => (Comparison::StartsWith, true),
        "stringstartswithignorecase" => (Comparison::StartsWithIgnoreCase, false),
        "stringnotstartswithignorecase" => (Comparison::StartsWithIgnoreCase, true),
        "guidequals" => (Comparison::Guid, false),
        "guidnotequals" => (Comparison::Guid, true),
        _ => return None,
    })
}
