//! Functions that take a lambda: `map(array, lambda('x', …))`.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{count, shortened, written};
use crate::services::deployments::expression::Expression;
use crate::services::deployments::expression::evaluate::{Local, LocalKind, Problem, Scope, of};

/// A lambda: what its variables are called, and what it comes to.
struct Lambda<'a> {
    variables: Vec<String>,
    body: &'a Expression,
}

impl<'a> Lambda<'a> {
    fn read(scope: &Scope<'_>, function: &str, expression: Option<&'a Expression>) -> Result<Self, Problem> {
        let wrong = || count(function, "a lambda() at that place");
        let Some(Expression::Call {
            function: called,
            arguments,
        }) = expression
        else {
            return Err(wrong());
        };
        let (Some((body, names)), true) = (arguments.split_last(), called.eq_ignore_ascii_case("lambda"))
        else {
            return Err(wrong());
        };
        let variables = names
            .iter()
            .map(|name| Ok(of(scope, name)?.as_str().ok_or_else(wrong)?.to_owned()))
            .collect::<Result<_, Problem>>()?;
        Ok(Self { variables, body })
    }

    /// What it comes to for these values; those it has no name for are left out.
    fn of(&self, scope: &Scope<'_>, values: &[&Value]) -> Result<Value, Problem> {
        bind(scope, &self.variables, values, self.body)
    }
}

fn bind(scope: &Scope<'_>, names: &[String], values: &[&Value], body: &Expression) -> Result<Value, Problem> {
    match (names, values) {
        ([name, names @ ..], [value, values @ ..]) => {
            let local = Local {
                kind: LocalKind::Variable(name, value),
                outer: scope.locals,
            };
            let inside = Scope {
                locals: Some(&local),
                ..*scope
            };
            bind(&inside, names, values, body)
        }
        ([], _) => of(scope, body),
        ([name, ..], []) => Err(Problem::wrong(format!(
            "A lambda has the variable '{name}', which nothing is given for."
        ))),
    }
}

impl Scope<'_> {
    /// Calls one of these functions; `None` if it is none of them.
    pub(super) fn call_with_lambda(
        &self,
        name: &str,
        function: &str,
        arguments: &[Expression],
    ) -> Option<Result<Value, Problem>> {
        let known = [
            "map",
            "filter",
            "reduce",
            "sort",
            "toobject",
            "groupby",
            "mapvalues",
        ];
        if !known.contains(&name) {
            return None;
        }
        let Some(first) = arguments.first() else {
            return Some(Err(count(function, "an array and a lambda()")));
        };
        Some(of(self, first).and_then(|over| {
            let lambdas = Lambdas {
                scope: self,
                function,
                over,
                arguments,
            };
            match name {
                "map" => lambdas.map(),
                "filter" => lambdas.filter(),
                "reduce" => lambdas.reduce(),
                "sort" => lambdas.sort(),
                "toobject" => lambdas.to_object(),
                "groupby" => lambdas.group_by(),
                _ => lambdas.map_values(),
            }
        }))
    }
}

struct Lambdas<'a> {
    scope: &'a Scope<'a>,
    function: &'a str,
    /// What it goes over.
    over: Value,
    arguments: &'a [Expression],
}

impl Lambdas<'_> {
    fn lambda(&self, at: usize) -> Result<Lambda<'_>, Problem> {
        Lambda::read(self.scope, self.function, self.arguments.get(at))
    }

    fn items(&self) -> Result<&Vec<Value>, Problem> {
        let items = self.over.as_array();
        items.ok_or_else(|| count(self.function, "an array as argument 1"))
    }

    fn truth(&self, value: &Value) -> Result<bool, Problem> {
        value.as_bool().ok_or_else(|| {
            let found = shortened(value);
            Problem::wrong(format!(
                "The lambda of {}() must come to a truth value, not {found}.",
                self.function
            ))
        })
    }

    fn map(&self) -> Result<Value, Problem> {
        let lambda = self.lambda(1)?;
        let mut all = Vec::new();
        for (turn, item) in self.items()?.iter().enumerate() {
            all.push(lambda.of(self.scope, &[item, &Value::from(turn)])?);
        }
        Ok(Value::Array(all))
    }

    fn filter(&self) -> Result<Value, Problem> {
        let lambda = self.lambda(1)?;
        let mut all = Vec::new();
        for (turn, item) in self.items()?.iter().enumerate() {
            if self.truth(&lambda.of(self.scope, &[item, &Value::from(turn)])?)? {
                all.push(item.clone());
            }
        }
        Ok(Value::Array(all))
    }

    fn reduce(&self) -> Result<Value, Problem> {
        let first = self.arguments.get(1);
        let first = first.ok_or_else(|| count(self.function, "a first value and a lambda()"))?;
        let mut so_far = of(self.scope, first)?;
        let lambda = self.lambda(2)?;
        for (turn, item) in self.items()?.iter().enumerate() {
            so_far = lambda.of(self.scope, &[&so_far, item, &Value::from(turn)])?;
        }
        Ok(so_far)
    }

    fn sort(&self) -> Result<Value, Problem> {
        let lambda = self.lambda(1)?;
        let mut items = self.items()?.clone();
        let mut problem = None;
        // The lambda says whether the first of two comes before the second.
        items.sort_by(|one, other| {
            if problem.is_some() {
                return Ordering::Equal;
            }
            let before = |one, other| {
                lambda
                    .of(self.scope, &[one, other])
                    .and_then(|value| self.truth(&value))
            };
            match (before(one, other), before(other, one)) {
                (Ok(true), Ok(false)) => Ordering::Less,
                (Ok(false), Ok(true)) => Ordering::Greater,
                (Ok(_), Ok(_)) => Ordering::Equal,
                (Err(why), _) | (_, Err(why)) => {
                    problem = Some(why);
                    Ordering::Equal
                }
            }
        });
        match problem {
            Some(problem) => Err(problem),
            None => Ok(Value::Array(items)),
        }
    }

    fn to_object(&self) -> Result<Value, Problem> {
        let key = self.lambda(1)?;
        let value = match self.arguments.get(2) {
            Some(_) => Some(self.lambda(2)?),
            None => None,
        };
        let mut all = Map::new();
        for item in self.items()? {
            let name = written(&key.of(self.scope, &[item])?);
            let member = match &value {
                Some(value) => value.of(self.scope, &[item])?,
                None => item.clone(),
            };
            all.insert(name, member);
        }
        Ok(Value::Object(all))
    }

    fn group_by(&self) -> Result<Value, Problem> {
        let key = self.lambda(1)?;
        let mut all = Map::new();
        for item in self.items()? {
            let name = written(&key.of(self.scope, &[item])?);
            let group = all.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(group) = group.as_array_mut() {
                group.push(item.clone());
            }
        }
        Ok(Value::Object(all))
    }

    fn map_values(&self) -> Result<Value, Problem> {
        let lambda = self.lambda(1)?;
        let members = self.over.as_object();
        let members = members.ok_or_else(|| count(self.function, "an object as argument 1"))?;
        let mut all = Map::new();
        for (name, value) in members {
            all.insert(name.clone(), lambda.of(self.scope, &[value])?);
        }
        Ok(Value::Object(all))
    }
}
