//! From the text to the tree.

use super::Expression;

/// The deepest nesting taken.
const DEPTH_MAX: usize = 64;
/// The most members and elements behind each other. With [`DEPTH_MAX`] it bounds how high a tree is, which is
/// evaluated and freed by recursion.
const CHAIN_MAX: usize = 32;

/// Reads what stands between the brackets.
///
/// # Errors
///
/// What was expected, and at which character (from 1) of the expression.
pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let mut reader = Reader {
        rest: text,
        whole: text,
    };
    let expression = reader.expression(0)?;
    reader.skip_space();
    if reader.rest.is_empty() {
        Ok(expression)
    } else {
        Err(reader.expected("the end of the expression"))
    }
}

struct Reader<'a> {
    rest: &'a str,
    whole: &'a str,
}

impl<'a> Reader<'a> {
    fn expected(&self, what: &str) -> String {
        let at = self.whole[..self.whole.len() - self.rest.len()].chars().count() + 1;
        match self.rest.chars().next() {
            Some(found) => format!("expected {what} at character {at}, found '{found}'"),
            None => format!("expected {what} at character {at}, found the end"),
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err(format!("it is nested more than {DEPTH_MAX} deep"));
        }
        let mut expression = self.primary(depth)?;
        for _ in 0..CHAIN_MAX {
            if self.take('.') {
                expression = Expression::Member(Box::new(expression), self.name()?.to_owned());
            } else if self.take('[') {
                let index = self.expression(depth + 1)?;
                if !self.take(']') {
                    return Err(self.expected("`]`"));
                }
                expression = Expression::Element(Box::new(expression), Box::new(index));
            } else {
                return Ok(expression);
            }
        }
        self.skip_space();
        if self.rest.starts_with(['.', '[']) {
            return Err(format!("it has more than {CHAIN_MAX} members behind each other"));
        }
        Ok(expression)
    }

    fn primary(&mut self, depth: usize) -> Result<Expression, String> {
        self.skip_space();
        match self.rest.chars().next() {
            Some('\'') => self.text().map(Expression::Text),
            Some(first) if first.is_ascii_digit() || first == '-' => self.number(),
            Some(first) if first.is_ascii_alphabetic() || first == '_' => self.call(depth),
            _ => Err(self.expected("a function, a text in single quotes, or a number")),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut rest = &self.rest[1..];
        loop {
            let Some(at) = rest.find('\'') else {
                return Err(format!("a text has no closing quote: '{}", &self.rest[1..]));
            };
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.strip_prefix('\'') {
                Some(after) => {
                    text.push('\'');
                    rest = after;
                }
                None => {
                    self.rest = rest;
                    return Ok(text);
                }
            }
        }
    }

    fn number(&mut self) -> Result<Expression, String> {
        let digits = self.rest.trim_start_matches('-');
        let end = digits
            .find(|sign: char| !sign.is_ascii_digit())
            .unwrap_or(digits.len());
        let length = self.rest.len() - digits.len() + end;
        let (number, rest) = self.rest.split_at(length);
        let number = number.parse().map_err(|_| self.expected("a whole number"))?;
        self.rest = rest;
        Ok(Expression::Number(number))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        self.skip_space();
        let end = self
            .rest
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '$')))
            .unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.expected("a name"));
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(name)
    }

    fn call(&mut self, depth: usize) -> Result<Expression, String> {
        let mut function = self.name()?.to_owned();
        // User-defined functions carry a namespace.
        while self.rest.starts_with('.') {
            self.rest = &self.rest[1..];
            function.push('.');
            function += self.name()?;
        }
        if !self.take('(') {
            return Err(self.expected("`(`"));
        }
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(Expression::Call { function, arguments });
        }
        loop {
            arguments.push(self.expression(depth + 1)?);
            if self.take(')') {
                return Ok(Expression::Call { function, arguments });
            }
            if !self.take(',') {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_members_and_elements_are_read() {
        let expression = parse("concat(parameters('it''s').a[0], 'x', -3)").expect("it is one");
        let Expression::Call { function, arguments } = expression else {
            panic!("a call");
        };
        assert_eq!((function.as_str(), arguments.len()), ("concat", 3));
        assert_eq!(arguments[1], Expression::Text("x".to_owned()));
        assert_eq!(arguments[2], Expression::Number(-3));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, said) in [
            ("concat('a'", "expected `,` or `)` at character 11, found the end"),
            ("concat('a', )", "at character 13, found ')'"),
            ("concat", "expected `(` at character 7"),
            ("concat('a) ", "no closing quote"),
            ("a() b", "expected the end of the expression at character 5"),
            ("", "at character 1, found the end"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = format!("{}1{}", "f(".repeat(100), ")".repeat(100));
        assert!(parse(&text).expect_err("too deep").contains("nested"));
        let chain = |length| format!("f(){}", ".a".repeat(length));
        assert!(parse(&chain(CHAIN_MAX)).is_ok());
        assert!(
            parse(&chain(5000))
                .expect_err("too long")
                .contains("behind each other")
        );
    }
}
