//! Reads expressions, by descent from what binds least to what binds most.

use super::lexer::Token;
use super::problem::{Position, Problem};
use super::scalar::{Scalar, read_time};
use super::syntax::{Comparison, Expression, TextTest};
use jiff::SignedDuration;
use serde_json::{Number, Value};

/// How deep parentheses, calls and the like may stand inside each other.
const DEPTH_MAX: usize = 64;
/// How many times one expression may be wrapped without parentheses (`a.b.c`, `1 + 1 + 1`). With
/// [`DEPTH_MAX`] it bounds how deep a tree is, which is walked by recursion.
const WRAPS_MAX: usize = 256;

/// Tokens, and where reading stands.
pub(super) struct Expressions {
    tokens: Vec<(Token, Position)>,
    at: usize,
    depth: usize,
    wraps: usize,
}

impl Expressions {
    pub(super) fn new(tokens: Vec<(Token, Position)>) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            wraps: 0,
        }
    }

    /// The next token; at the end, the end.
    pub(super) fn peek(&self) -> (Token, Position) {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens
            .get(self.at.min(last))
            .cloned()
            .unwrap_or((Token::End, Position::default()))
    }

    /// The next token to look at: most looks find something else.
    fn token(&self) -> &Token {
        let found = self.tokens.get(self.at).or(self.tokens.last());
        found.map_or(&Token::End, |(token, _)| token)
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn next(&mut self) -> (Token, Position) {
        let token = self.peek();
        self.advance();
        token
    }

    /// Whether nothing follows the next token.
    pub(super) fn is_last(&self) -> bool {
        self.at + 2 >= self.tokens.len()
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.token(), Token::Sign(text) if *text == sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.token(), Token::Word(text) if text == word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn require_sign(&mut self, sign: &str) -> Result<(), Problem> {
        let (token, place) = self.next();
        match token {
            Token::Sign(text) if text == sign => Ok(()),
            other => Err(Problem::syntax(place, &other.shown(), sign)),
        }
    }

    pub(super) fn require_word(&mut self, word: &str) -> Result<(), Problem> {
        let (token, place) = self.next();
        match token {
            Token::Word(text) if text == word => Ok(()),
            other => Err(Problem::syntax(place, &other.shown(), word)),
        }
    }

    /// A name: a word, or one in brackets and quotes.
    pub(super) fn name(&mut self) -> Result<String, Problem> {
        let (token, place) = self.next();
        match token {
            Token::Word(name) => Ok(name),
            Token::Sign("[") => {
                let (token, place) = self.next();
                let Token::Text(name) = token else {
                    return Err(Problem::syntax(place, &token.shown(), "a name in quotes"));
                };
                self.require_sign("]")?;
                Ok(name)
            }
            other => Err(Problem::syntax(place, &other.shown(), "a name")),
        }
    }

    /// The name in `name = …`, if that is what comes next.
    pub(super) fn assigned_name(&mut self) -> Option<String> {
        let Token::Word(name) = self.peek().0 else {
            return None;
        };
        let assigns = matches!(self.tokens.get(self.at + 1), Some((Token::Sign("="), _)));
        if assigns {
            self.at += 2;
        }
        assigns.then_some(name)
    }

    /// An expression.
    pub(super) fn expression(&mut self) -> Result<Expression, Problem> {
        if self.depth == 0 {
            self.wraps = 0;
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.too_deep());
        }
        let found = self.any();
        self.depth -= 1;
        found
    }

    fn too_deep(&self) -> Problem {
        let (token, place) = self.peek();
        Problem::syntax(place, &token.shown(), "an expression that is less deep")
    }

    /// One more level that no parenthesis shows.
    fn wrap(&mut self) -> Result<(), Problem> {
        self.wraps += 1;
        if self.wraps > WRAPS_MAX {
            return Err(self.too_deep());
        }
        Ok(())
    }

    fn any(&mut self) -> Result<Expression, Problem> {
        let first = self.all()?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(single(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Problem> {
        let first = self.comparison()?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.comparison()?);
        }
        Ok(single(parts, Expression::All))
    }

    fn comparison(&mut self) -> Result<Expression, Problem> {
        let left = self.sum()?;
        let (token, place) = self.peek();
        let found = match &token {
            Token::Sign(sign) => signed(sign),
            Token::Word(word) => {
                let (word, negated) = match word.strip_prefix('!') {
                    Some(word) => (word, true),
                    None => (word.as_str(), false),
                };
                if matches!(word, "in" | "in~") {
                    self.advance();
                    return self.one_of(left, word == "in", negated);
                }
                let found = worded(word, negated);
                if found.is_none() && (negated || is_unplayed_comparison(word)) {
                    return Err(Problem::NotPlayed {
                        what: format!("`{}`", token.shown()),
                        instead: COMPARISONS.to_owned(),
                    });
                }
                found
            }
            _ => None,
        };
        let Some(comparison) = found else { return Ok(left) };
        if comparison == Comparison::Equal && matches!(token, Token::Sign("=")) {
            return Err(Problem::syntax(place, "=", "=="));
        }
        self.advance();
        let right = self.sum()?;
        Ok(Expression::Compare(comparison, Box::new(left), Box::new(right)))
    }

    fn one_of(&mut self, value: Expression, with_case: bool, negated: bool) -> Result<Expression, Problem> {
        self.require_sign("(")?;
        let choices = self.arguments()?;
        Ok(Expression::OneOf {
            value: Box::new(value),
            choices,
            with_case,
            negated,
        })
    }

    fn sum(&mut self) -> Result<Expression, Problem> {
        let mut left = self.product()?;
        loop {
            let sign = match self.token() {
                Token::Sign("+") => '+',
                Token::Sign("-") => '-',
                _ => return Ok(left),
            };
            self.advance();
            self.wrap()?;
            left = Expression::Arithmetic(sign, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, Problem> {
        let mut left = self.postfix()?;
        loop {
            let sign = match self.token() {
                Token::Sign("*") => '*',
                Token::Sign("/") => '/',
                _ => return Ok(left),
            };
            self.advance();
            self.wrap()?;
            left = Expression::Arithmetic(sign, Box::new(left), Box::new(self.postfix()?));
        }
    }

    fn postfix(&mut self) -> Result<Expression, Problem> {
        let mut value = self.primary()?;
        loop {
            if self.take_sign(".") {
                self.wrap()?;
                value = Expression::Member(Box::new(value), self.name()?);
            } else if self.take_sign("[") {
                self.wrap()?;
                let inside = self.expression()?;
                self.require_sign("]")?;
                value = Expression::Index(Box::new(value), Box::new(inside));
            } else {
                return Ok(value);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, Problem> {
        let (token, place) = self.next();
        Ok(match token {
            Token::Text(text) => Expression::Constant(Scalar::text(text)),
            Token::Number(number, whole) => constant_number(number, whole),
            Token::Span(seconds) => match SignedDuration::try_from_secs_f64(seconds) {
                Ok(span) => Expression::Constant(Scalar::Span(span)),
                Err(_) => return Err(Problem::syntax(place, "a length of time", "a shorter one")),
            },
            Token::Time(text) => match read_time(&text) {
                Some(time) => Expression::Constant(Scalar::Time(time)),
                None => return Err(Problem::syntax(place, &text, "a time")),
            },
            Token::Sign("(") => {
                let inside = self.expression()?;
                self.require_sign(")")?;
                inside
            }
            // `----1` is a chain as well.
            Token::Sign("-") if self.wrap().is_err() => return Err(self.too_deep()),
            Token::Sign("-") => match self.primary()? {
                Expression::Constant(constant) => match constant.to_number() {
                    Some(number) => constant_number(-number, number.fract() == 0.0),
                    None => return Err(Problem::syntax(place, "-", "a number")),
                },
                _ => return Err(Problem::syntax(place, "-", "a number")),
            },
            Token::Word(word) => self.word(word, place)?,
            other => return Err(Problem::syntax(place, &other.shown(), "an expression")),
        })
    }

    fn word(&mut self, word: String, place: Position) -> Result<Expression, Problem> {
        Ok(match word.as_str() {
            "true" => Expression::Constant(Scalar::truth(true)),
            "false" => Expression::Constant(Scalar::truth(false)),
            "not" if matches!(self.peek().0, Token::Sign("(")) => {
                self.advance();
                let inside = self.expression()?;
                self.require_sign(")")?;
                Expression::Negated(Box::new(inside))
            }
            "and" | "or" | "by" | "where" | "project" | "extend" | "in" | "in~" => {
                return Err(Problem::syntax(place, &word, "an expression"));
            }
            _ if self.take_sign("(") => {
                let arguments = self.arguments()?;
                Expression::Call(word, arguments)
            }
            _ => Expression::Column(word),
        })
    }

    /// What stands between parentheses, the first of which has been read.
    fn arguments(&mut self) -> Result<Vec<Expression>, Problem> {
        let mut found = Vec::new();
        if self.take_sign(")") {
            return Ok(found);
        }
        loop {
            found.push(self.expression()?);
            if !self.take_sign(",") {
                self.require_sign(")")?;
                return Ok(found);
            }
        }
    }
}

const COMPARISONS: &str = "==, !=, =~, !~, <, <=, >, >=, in, in~, !in, !in~, contains, startswith, endswith, has (each with ! and with _cs)";

fn is_unplayed_comparison(word: &str) -> bool {
    matches!(
        word,
        "between" | "matches" | "has_any" | "has_all" | "hasprefix" | "hassuffix"
    )
}

fn single(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            many(parts)
        }
        (None, _) => many(parts),
    }
}

fn constant_number(number: f64, whole: bool) -> Expression {
    // Whole numbers that JSON would show with a point otherwise.
    #[expect(clippy::cast_possible_truncation)]
    let value = if whole && number.abs() < 9e15 {
        Some(Number::from(number as i64))
    } else {
        Number::from_f64(number)
    };
    Expression::Constant(Scalar::Json(value.map_or(Value::Null, Value::Number)))
}

fn signed(sign: &str) -> Option<Comparison> {
    Some(match sign {
        "==" | "=" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "=~" => Comparison::EqualWithoutCase,
        "!~" => Comparison::NotEqualWithoutCase,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn worded(word: &str, negated: bool) -> Option<Comparison> {
    let (word, with_case) = match word.strip_suffix("_cs") {
        Some(word) => (word, true),
        None => (word, false),
    };
    let test = match word {
        "contains" => TextTest::Contains,
        "startswith" => TextTest::StartsWith,
        "endswith" => TextTest::EndsWith,
        "has" => TextTest::Has,
        _ => return None,
    };
    Some(Comparison::Text(test, with_case, negated))
}
