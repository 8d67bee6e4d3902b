//! Expressions over index tags: what is found by `where`, and what `x-ms-if-tags` demands.
//!
//! `"name" = 'value' AND "other" >= '7' AND @container = 'c'`; a condition also takes `OR`, `NOT`,
//! `<>` and parentheses, and no container.

use crate::services::storage::domain::Tags;

/// A comparison of texts, by their code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Container(String),
    Tag(String, Comparison, String),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
}

/// What is wrong with an expression, and at which character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongExpression {
    pub(super) position: usize,
    pub(super) what: &'static str,
}

/// More parts than this are refused.
const PARTS_MAX: usize = 64;

impl Expression {
    /// Reads a `where`.
    pub(super) fn search(text: &str) -> Result<Self, WrongExpression> {
        Parser::new(text, true).whole()
    }

    /// Reads a condition.
    pub(super) fn condition(text: &str) -> Result<Self, WrongExpression> {
        Parser::new(text, false).whole()
    }

    /// Whether it holds of a blob with these tags in this container.
    pub(super) fn holds(&self, container: &str, tags: &Tags) -> bool {
        match self {
            Self::Container(name) => name == container,
            Self::Tag(name, comparison, wanted) => {
                let value = tags.get(name);
                let is = |test: fn(&str, &str) -> bool| value.is_some_and(|value| test(value, wanted));
                match comparison {
                    Comparison::Equal => is(|value, wanted| value == wanted),
                    Comparison::NotEqual => is(|value, wanted| value != wanted),
                    Comparison::Less => is(|value, wanted| value < wanted),
                    Comparison::AtMost => is(|value, wanted| value <= wanted),
                    Comparison::Greater => is(|value, wanted| value > wanted),
                    Comparison::AtLeast => is(|value, wanted| value >= wanted),
                }
            }
            Self::And(left, right) => left.holds(container, tags) && right.holds(container, tags),
            Self::Or(left, right) => left.holds(container, tags) || right.holds(container, tags),
            Self::Not(inner) => !inner.holds(container, tags),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    searching: bool,
    parts: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, searching: bool) -> Self {
        Self {
            text,
            at: 0,
            searching,
            parts: 0,
        }
    }

    fn wrong<T>(&self, what: &'static str) -> Result<T, WrongExpression> {
        Err(WrongExpression {
            position: self.text[..self.at].chars().count() + 1,
            what,
        })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn takes(&mut self, symbol: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let rest = self.rest();
        let found = rest
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
        if found {
            self.at += word.len();
        }
        found
    }

    fn whole(mut self) -> Result<Expression, WrongExpression> {
        let expression = self.either()?;
        self.skip_space();
        if self.rest().is_empty() {
            Ok(expression)
        } else {
            self.wrong("something stands behind the expression's end")
        }
    }

    fn either(&mut self) -> Result<Expression, WrongExpression> {
        let mut left = self.both()?;
        while !self.searching && self.takes_word("OR") {
            left = Expression::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, WrongExpression> {
        let mut left = self.part()?;
        while self.takes_word("AND") {
            left = Expression::And(Box::new(left), Box::new(self.part()?));
        }
        Ok(left)
    }

    fn part(&mut self) -> Result<Expression, WrongExpression> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return self.wrong("the expression has too many parts");
        }
        if !self.searching && self.takes_word("NOT") {
            return Ok(Expression::Not(Box::new(self.part()?)));
        }
        if !self.searching && self.takes("(") {
            let inner = self.either()?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                self.wrong("a parenthesis is not closed")
            };
        }
        if self.searching && self.takes("@container") {
            if !self.takes("=") {
                return self.wrong("a container is compared with = alone");
            }
            return self.value().map(Expression::Container);
        }
        let name = self.name()?;
        let comparison = self.comparison()?;
        Ok(Expression::Tag(name, comparison, self.value()?))
    }

    fn comparison(&mut self) -> Result<Comparison, WrongExpression> {
        let symbols = [
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let found = symbols.into_iter().find(|(symbol, _)| self.takes(symbol));
        match found {
            Some((_, Comparison::NotEqual)) if self.searching => self.wrong("<> is for conditions alone"),
            Some((_, comparison)) => Ok(comparison),
            None => self.wrong("a comparison is missing"),
        }
    }

    /// A tag's name, in double quotes unless it looks like an identifier.
    fn name(&mut self) -> Result<String, WrongExpression> {
        if self.takes("\"") {
            return self.until('"');
        }
        let rest = self.rest();
        let end = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        if end == 0 {
            return self.wrong("the name of a tag is missing");
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    /// A value, in single quotes.
    fn value(&mut self) -> Result<String, WrongExpression> {
        if self.takes("'") {
            self.until('\'')
        } else {
            self.wrong("a value in single quotes is missing")
        }
    }

    /// Up to a quote; two of them stand for one.
    fn until(&mut self, quote: char) -> Result<String, WrongExpression> {
        let mut found = String::new();
        let mut letters = self.rest().char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if letter != quote {
                found.push(letter);
            } else if letters.next_if(|(_, next)| *next == quote).is_some() {
                found.push(quote);
            } else {
                self.at += at + quote.len_utf8();
                return Ok(found);
            }
        }
        self.wrong("a quote is not closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Tags {
        [("kind", "nightly"), ("day", "2026-03-02"), ("o'n", "x\"y")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn searches_compare_texts() {
        let holds = |text: &str| Expression::search(text).map(|query| query.holds("box", &tags()));
        for (text, expected) in [
            ("kind = 'nightly'", true),
            (
                "\"kind\"='nightly' and day >= '2026-03-01' AND \"day\" < '2026-04'",
                true,
            ),
            ("@container = 'box' AND kind = 'nightly'", true),
            ("@container='other' AND kind='nightly'", false),
            ("day > '2026-03-02'", false),
            ("day <= '2026-03-02'", true),
            ("\"o'n\" = 'x\"y'", true),
            ("missing < 'z'", false),
            ("kind = 'night''ly'", false),
        ] {
            assert_eq!(holds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn conditions_know_more() {
        let holds = |text: &str| Expression::condition(text).map(|query| query.holds("", &tags()));
        for (text, expected) in [
            ("kind <> 'weekly'", true),
            ("kind = 'weekly' OR day = '2026-03-02'", true),
            ("NOT (kind = 'nightly' AND day = '2026-03-02')", false),
            ("kind = 'a' OR kind = 'nightly' AND day = 'x'", false),
        ] {
            assert_eq!(holds(text), Ok(expected), "{text}");
        }
        assert!(Expression::condition("@container = 'box'").is_err());
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        for (text, position) in [
            ("", 1),
            ("kind", 5),
            ("kind = nightly", 8),
            ("kind = 'nightly", 9),
            ("kind <> 'a'", 8),
            ("kind = 'a' OR kind = 'b'", 12),
            ("ü = 'a'", 1),
            ("@container > 'a'", 12),
        ] {
            let wrong = Expression::search(text).expect_err(text);
            assert_eq!(wrong.position, position, "{text}: {}", wrong.what);
        }
        assert!(Expression::condition(&"NOT ".repeat(100_000)).is_err());
        assert!(Expression::condition(&"(".repeat(100_000)).is_err());
    }
}
