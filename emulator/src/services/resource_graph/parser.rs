//! Reads a query: the table it begins with, and the operators on its rows.

use super::expression::Expressions;
use super::lexer::{Token, tokens};
use super::problem::{Position, Problem};
use super::syntax::{
    Aggregate, AggregateFunction, Expression, NamedExpression, Query, SortOrder, TabularOperator,
};

/// The table of a query that names none.
const DEFAULT_TABLE: &str = "Resources";
/// Operators that are played; the rest of the language's are refused by name.
const PLAYED: &str = "where, project, project-away, project-rename, extend, order by, sort by, take, limit, top, count, distinct, summarize … by";
/// Operators of the language that are not.
const NOT_PLAYED: [&str; 18] = [
    "as",
    "consume",
    "evaluate",
    "facet",
    "fork",
    "getschema",
    "invoke",
    "join",
    "let",
    "lookup",
    "mv",
    "mvexpand",
    "parse",
    "render",
    "sample",
    "search",
    "serialize",
    "union",
];
/// Operators that are.
const OPERATORS: [&str; 11] = [
    "where", "filter", "project", "extend", "order", "sort", "take", "limit", "top", "count", "distinct",
];
const SUMMARIZE: &str = "summarize";

/// Reads a query.
///
/// # Errors
///
/// What cannot be read, or is not played, and where.
pub(super) fn parse(text: &str) -> Result<Query, Problem> {
    let mut parser = Parser {
        inner: Expressions::new(tokens(text)?),
    };
    parser.query()
}

struct Parser {
    inner: Expressions,
}

impl Parser {
    fn query(&mut self) -> Result<Query, Problem> {
        let mut query = Query {
            table: DEFAULT_TABLE.to_owned(),
            steps: Vec::new(),
        };
        let (first, place) = self.inner.peek();
        match first {
            Token::Word(word) if is_operator(&word) => query.steps.extend(self.step()?),
            Token::Word(word) => {
                self.inner.advance();
                query.table = word;
            }
            other => {
                return Err(Problem::syntax(place, &other.shown(), "a table or an operator"));
            }
        }
        loop {
            let (token, place) = self.inner.peek();
            match token {
                Token::End => return Ok(query),
                Token::Sign("|") => {
                    self.inner.advance();
                    query.steps.extend(self.step()?);
                }
                Token::Sign(";") if self.inner.is_last() => return Ok(query),
                other => return Err(Problem::syntax(place, &other.shown(), "|")),
            }
        }
    }

    /// An operator; `top` is two in one.
    fn step(&mut self) -> Result<Vec<TabularOperator>, Problem> {
        let (token, place) = self.inner.next();
        let Token::Word(word) = token else {
            return Err(Problem::syntax(place, &token.shown(), "an operator"));
        };
        Ok(match word.as_str() {
            "where" | "filter" => vec![TabularOperator::Where(self.inner.expression()?)],
            "project" => vec![self.project(place)?],
            "extend" => vec![TabularOperator::Extend(self.named_list()?)],
            "order" | "sort" => {
                self.inner.require_word("by")?;
                vec![TabularOperator::Sort(self.orders()?)]
            }
            "take" | "limit" => vec![TabularOperator::Take(self.number()?)],
            "top" => {
                let count = self.number()?;
                self.inner.require_word("by")?;
                vec![
                    TabularOperator::Sort(self.orders()?),
                    TabularOperator::Take(count),
                ]
            }
            "count" => vec![TabularOperator::Count],
            "distinct" => vec![self.distinct()?],
            SUMMARIZE => vec![self.summarize()?],
            _ => return Err(not_played(&word, place)),
        })
    }

    /// `project`, `project-away`, `project-rename`.
    fn project(&mut self, place: Position) -> Result<TabularOperator, Problem> {
        if !self.inner.take_sign("-") {
            return self.named_list().map(TabularOperator::Project);
        }
        let (token, _) = self.inner.next();
        let Token::Word(kind) = token else {
            return Err(Problem::syntax(place, &token.shown(), "project-away"));
        };
        match kind.as_str() {
            "away" => self.columns().map(TabularOperator::ProjectAway),
            "rename" => self.renamed().map(TabularOperator::ProjectRename),
            _ => Err(not_played(&format!("project-{kind}"), place)),
        }
    }

    /// Names of columns; a star at the end stands for anything.
    fn columns(&mut self) -> Result<Vec<String>, Problem> {
        let mut found = Vec::new();
        loop {
            let mut name = self.inner.name()?;
            if self.inner.take_sign("*") {
                name.push('*');
            }
            found.push(name);
            if !self.inner.take_sign(",") {
                return Ok(found);
            }
        }
    }

    fn renamed(&mut self) -> Result<Vec<(String, String)>, Problem> {
        let mut found = Vec::new();
        loop {
            let new = self.inner.name()?;
            self.inner.require_sign("=")?;
            found.push((new, self.inner.name()?));
            if !self.inner.take_sign(",") {
                return Ok(found);
            }
        }
    }

    fn named_list(&mut self) -> Result<Vec<NamedExpression>, Problem> {
        let mut found = Vec::new();
        loop {
            let unnamed = found.len() + 1;
            found.push(self.named(unnamed)?);
            if !self.inner.take_sign(",") {
                return Ok(found);
            }
        }
    }

    /// `name = expression`, or an expression that names itself.
    fn named(&mut self, position: usize) -> Result<NamedExpression, Problem> {
        let name = self.inner.assigned_name();
        let value = self.inner.expression()?;
        let name = name
            .or_else(|| value.own_name())
            .unwrap_or_else(|| format!("Column{position}"));
        Ok(NamedExpression { name, value })
    }

    fn orders(&mut self) -> Result<Vec<SortOrder>, Problem> {
        let mut found = Vec::new();
        loop {
            let by = self.inner.expression()?;
            let ascending = self.inner.take_word("asc");
            if !ascending {
                self.inner.take_word("desc");
            }
            let mut nulls_first = ascending;
            if self.inner.take_word("nulls") {
                nulls_first = self.inner.take_word("first");
                if !nulls_first {
                    self.inner.require_word("last")?;
                }
            }
            found.push(SortOrder {
                by,
                ascending,
                nulls_first,
            });
            if !self.inner.take_sign(",") {
                return Ok(found);
            }
        }
    }

    fn number(&mut self) -> Result<usize, Problem> {
        let (token, place) = self.inner.next();
        match token {
            // A whole number that a client types fits, and a larger one means "all" all the same.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Token::Number(number, true) => Ok(number as usize),
            other => Err(Problem::syntax(place, &other.shown(), "a whole number")),
        }
    }

    fn distinct(&mut self) -> Result<TabularOperator, Problem> {
        if self.inner.take_sign("*") {
            return Ok(TabularOperator::Distinct(Vec::new()));
        }
        self.named_list().map(TabularOperator::Distinct)
    }

    fn summarize(&mut self) -> Result<TabularOperator, Problem> {
        let mut values = Vec::new();
        if !matches!(self.inner.peek().0, Token::Word(word) if word == "by") {
            loop {
                values.push(self.aggregate()?);
                if !self.inner.take_sign(",") {
                    break;
                }
            }
        }
        let by = if self.inner.take_word("by") {
            self.named_list()?
        } else {
            Vec::new()
        };
        Ok(TabularOperator::Summarize { values, by })
    }

    fn aggregate(&mut self) -> Result<Aggregate, Problem> {
        let name = self.inner.assigned_name();
        let place = self.inner.peek().1;
        let called = self.inner.name()?;
        let (function, prefix) = match called.as_str() {
            "count" => (AggregateFunction::Count, "count"),
            "countif" => (AggregateFunction::CountIf, "countif"),
            "dcount" => (AggregateFunction::DistinctCount, "dcount"),
            "sum" => (AggregateFunction::Sum, "sum"),
            "min" => (AggregateFunction::Min, "min"),
            "max" => (AggregateFunction::Max, "max"),
            "avg" => (AggregateFunction::Average, "avg"),
            "make_set" | "makeset" => (AggregateFunction::Set, "set"),
            "make_list" | "makelist" => (AggregateFunction::List, "list"),
            _ => return Err(Problem::Function(called)),
        };
        self.inner.require_sign("(")?;
        let of = if self.inner.take_sign(")") {
            None
        } else {
            let of = self.inner.expression()?;
            self.inner.require_sign(")")?;
            Some(of)
        };
        if of.is_none() != (function == AggregateFunction::Count) {
            return Err(Problem::syntax(place, &called, "an aggregate with what it is of"));
        }
        let column = of.as_ref().and_then(Expression::own_name).unwrap_or_default();
        Ok(Aggregate {
            name: name.unwrap_or_else(|| format!("{prefix}_{column}")),
            function,
            of,
        })
    }
}

fn is_operator(word: &str) -> bool {
    OPERATORS.contains(&word) || word == SUMMARIZE || NOT_PLAYED.contains(&word)
}

/// An operator of the language that is not played, or a word that is none.
fn not_played(word: &str, place: Position) -> Problem {
    let known = NOT_PLAYED.contains(&word) || word.starts_with("project-");
    if known {
        Problem::NotPlayed {
            what: format!("the operator `{}`", if word == "mv" { "mv-expand" } else { word }),
            instead: PLAYED.to_owned(),
        }
    } else {
        Problem::syntax(place, word, PLAYED)
    }
}
