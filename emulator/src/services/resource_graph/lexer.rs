//! Takes a query apart into tokens.

use super::problem::{Position, Problem};

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a word of the language; `in~` and `!contains` are words of their own.
    Word(String),
    /// A text in quotes.
    Text(String),
    /// A number.
    Number(f64, bool),
    /// A length of time in seconds, e.g. `7d`.
    Span(f64),
    /// What stands between the parentheses of `datetime(…)`.
    Time(String),
    /// Punctuation.
    Sign(&'static str),
    /// The end.
    End,
}

impl Token {
    /// As it is shown in an error.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(text) => text.clone(),
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number, _) | Self::Span(number) => number.to_string(),
            Self::Time(text) => format!("datetime({text})"),
            Self::Sign(sign) => (*sign).to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

/// Longer ones first: the first that fits is taken.
const SIGNS: [&str; 25] = [
    "==", "!=", "=~", "!~", "<=", ">=", "..", "<", ">", "=", "|", "(", ")", "[", "]", "{", "}", ",", ".",
    ":", ";", "+", "-", "*", "/",
];

/// Units of a length of time, in seconds; longer ones first.
const UNITS: [(&str, f64); 6] = [
    ("ms", 0.001),
    ("d", 86_400.0),
    ("h", 3_600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("tick", 1e-7),
];

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Position,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        for letter in self.text[self.at..self.at + bytes].chars() {
            if letter == '\n' {
                self.place.line += 1;
                self.place.character = 0;
            } else {
                self.place.character += 1;
            }
        }
        self.at += bytes;
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
        self.advance(end);
        &rest[..end]
    }

    fn skip(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if !self.rest().starts_with("//") {
                return;
            }
            self.take_while(|letter| letter != '\n');
        }
    }

    /// A text in quotes; with `@` before it, backslashes stand for themselves.
    fn text(&mut self, verbatim: bool) -> Result<Token, Problem> {
        let begin = self.place;
        let quote = self.peek().unwrap_or('\'');
        self.advance(1);
        let mut text = String::new();
        loop {
            let Some(letter) = self.peek() else {
                return Err(Problem::syntax(begin, "<EOF>", "the end of a text"));
            };
            self.advance(letter.len_utf8());
            if letter == quote {
                if verbatim && self.peek() == Some(quote) {
                    self.advance(1);
                    text.push(quote);
                    continue;
                }
                return Ok(Token::Text(text));
            }
            if letter == '\\' && !verbatim {
                let Some(escaped) = self.peek() else { continue };
                self.advance(escaped.len_utf8());
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            } else {
                text.push(letter);
            }
        }
    }

    fn number(&mut self) -> Result<Token, Problem> {
        let begin = self.place;
        let whole = self.take_while(|letter| letter.is_ascii_digit()).to_owned();
        let mut text = whole;
        let mut is_whole = true;
        let behind_point = self.rest().strip_prefix('.').and_then(|rest| rest.chars().next());
        if behind_point.is_some_and(|letter| letter.is_ascii_digit()) {
            self.advance(1);
            text.push('.');
            text += self.take_while(|letter| letter.is_ascii_digit());
            is_whole = false;
        }
        let number: f64 = text
            .parse()
            .map_err(|_| Problem::syntax(begin, &text, "a number"))?;
        let unit = self.take_while(is_name_letter);
        if unit.is_empty() {
            return Ok(Token::Number(number, is_whole));
        }
        UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, seconds)| Token::Span(number * seconds))
            .ok_or_else(|| Problem::syntax(begin, &format!("{text}{unit}"), "a number or a length of time"))
    }

    fn word(&mut self) -> Result<Token, Problem> {
        let mut word = self.take_while(is_name_letter).to_owned();
        if word == "in" && self.rest().starts_with('~') {
            self.advance(1);
            word.push('~');
        }
        if word == "datetime" {
            let after = self.rest().trim_start();
            let inside = after.strip_prefix('(').and_then(|rest| rest.split_once(')'));
            if let Some((inside, _)) = inside {
                let inside = inside.to_owned();
                let skipped = self.rest().len() - after.len();
                self.advance(skipped + inside.len() + 2);
                let bare = inside.trim().trim_matches(['\'', '"']).to_owned();
                return Ok(Token::Time(bare));
            }
        }
        Ok(Token::Word(word))
    }
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$')
}

/// The tokens of a query with their places; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Position)>, Problem> {
    let mut reader = Reader {
        text,
        at: 0,
        place: Position {
            line: 1,
            character: 0,
        },
    };
    let mut found = Vec::new();
    loop {
        reader.skip();
        let place = reader.place;
        let Some(letter) = reader.peek() else {
            found.push((Token::End, place));
            return Ok(found);
        };
        let rest = reader.rest();
        let begins_word = |text: &str| text.chars().next().is_some_and(|next| next.is_ascii_alphabetic());
        let token = if matches!(letter, '\'' | '"') {
            reader.text(false)?
        } else if letter == '@' && rest[1..].starts_with(['\'', '"']) {
            reader.advance(1);
            reader.text(true)?
        } else if letter.is_ascii_digit() {
            reader.number()?
        } else if is_name_letter(letter) {
            reader.word()?
        } else if letter == '!' && begins_word(&rest[1..]) {
            reader.advance(1);
            match reader.word()? {
                Token::Word(word) => Token::Word(format!("!{word}")),
                other => other,
            }
        } else {
            let sign = SIGNS
                .iter()
                .find(|sign| rest.starts_with(**sign))
                .ok_or_else(|| Problem::syntax(place, &letter.to_string(), "an expression"))?;
            reader.advance(sign.len());
            Token::Sign(sign)
        };
        found.push((token, place));
    }
}
