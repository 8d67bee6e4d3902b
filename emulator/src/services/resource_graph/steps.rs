//! Carries out the operators of a query on rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::evaluate::evaluate;
use super::functions;
use super::means::{Means, Row};
use super::problem::Problem;
use super::scalar::{Scalar, number};
use super::syntax::{Aggregate, AggregateFunction, Expression, NamedExpression, SortOrder, TabularOperator};

/// Rows with the columns they have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// Makes sure that an expression names columns and functions that are there. Done before any row is
/// looked at: a mistake is a mistake without rows too.
fn check(expression: &Expression, columns: &[String]) -> Result<(), Problem> {
    expression.visit(&mut |part| match part {
        Expression::Column(name) if !columns.contains(name) => Err(Problem::Column(name.clone())),
        Expression::Call(name, _) => functions::check(name),
        _ => Ok(()),
    })
}

impl Table {
    /// Carries out one operator.
    pub(super) fn step(self, step: &TabularOperator, means: &Means) -> Result<Self, Problem> {
        match step {
            TabularOperator::Where(condition) => self.filter(condition, means),
            TabularOperator::Project(named) => self.project(named, means),
            TabularOperator::ProjectAway(names) => Ok(self.without(names)),
            TabularOperator::ProjectRename(pairs) => self.rename(pairs),
            TabularOperator::Extend(named) => self.extend(named, means),
            TabularOperator::Sort(orders) => self.sort(orders, means),
            TabularOperator::Take(count) => Ok(self.take(*count)),
            TabularOperator::Count => Ok(Self {
                columns: vec!["Count".to_owned()],
                rows: vec![Row::from_iter([(
                    "Count".to_owned(),
                    Value::from(self.rows.len()),
                )])],
            }),
            TabularOperator::Distinct(named) => self.distinct(named, means),
            TabularOperator::Summarize { values, by } => self.summarize(values, by, means),
        }
    }

    fn filter(mut self, condition: &Expression, means: &Means) -> Result<Self, Problem> {
        check(condition, &self.columns)?;
        let mut kept = Vec::new();
        for row in self.rows {
            if evaluate(condition, &row, means)?.is_true() {
                kept.push(row);
            }
        }
        self.rows = kept;
        Ok(self)
    }

    fn project(self, named: &[NamedExpression], means: &Means) -> Result<Self, Problem> {
        means
            .budget
            .steps(self.columns.len().saturating_mul(named.len()))?;
        for one in named {
            check(&one.value, &self.columns)?;
        }
        let make = |row: &Row| -> Result<Row, Problem> {
            let value = |one: &NamedExpression| {
                let value = evaluate(&one.value, row, means)?.into_json();
                Ok((one.name.clone(), value))
            };
            named.iter().map(value).collect()
        };
        Ok(Self {
            rows: self.rows.iter().map(make).collect::<Result<_, _>>()?,
            columns: named.iter().map(|one| one.name.clone()).collect(),
        })
    }

    fn without(mut self, names: &[String]) -> Self {
        let gone = |column: &str| {
            names.iter().any(|name| match name.strip_suffix('*') {
                Some(beginning) => column.starts_with(beginning),
                None => column == name,
            })
        };
        self.columns.retain(|column| !gone(column));
        for row in &mut self.rows {
            row.retain(|column, _| !gone(column));
        }
        self
    }

    fn rename(mut self, pairs: &[(String, String)]) -> Result<Self, Problem> {
        for (new, old) in pairs {
            let column = self.columns.iter_mut().find(|column| *column == old);
            let column = column.ok_or_else(|| Problem::Column(old.clone()))?;
            column.clone_from(new);
            for row in &mut self.rows {
                let columns = std::mem::take(row);
                *row = columns
                    .into_iter()
                    .map(|(name, value)| (if name == *old { new.clone() } else { name }, value))
                    .collect();
            }
        }
        Ok(self)
    }

    fn extend(mut self, named: &[NamedExpression], means: &Means) -> Result<Self, Problem> {
        // Every name is looked for among the columns, of which there are more with each.
        let columns = self.columns.len() + named.len();
        means.budget.steps(columns.saturating_mul(named.len()))?;
        for one in named {
            check(&one.value, &self.columns)?;
        }
        for one in named {
            for row in &mut self.rows {
                let value = evaluate(&one.value, row, means)?.into_json();
                row.insert(one.name.clone(), value);
            }
            if !self.columns.contains(&one.name) {
                self.columns.push(one.name.clone());
            }
        }
        Ok(self)
    }

    fn sort(mut self, orders: &[SortOrder], means: &Means) -> Result<Self, Problem> {
        for order in orders {
            check(&order.by, &self.columns)?;
        }
        let mut keyed = Vec::new();
        for row in self.rows {
            let keys: Vec<Scalar> = orders
                .iter()
                .map(|order| evaluate(&order.by, &row, means))
                .collect::<Result<_, _>>()?;
            keyed.push((keys, row));
        }
        keyed.sort_by(|(one, _), (two, _)| {
            orders
                .iter()
                .zip(one.iter().zip(two))
                .map(|(order, (one, two))| compare_in(order, one, two))
                .find(|found| found.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        self.rows = keyed.into_iter().map(|(_, row)| row).collect();
        Ok(self)
    }

    fn take(mut self, count: usize) -> Self {
        self.rows.truncate(count);
        self
    }

    fn distinct(self, named: &[NamedExpression], means: &Means) -> Result<Self, Problem> {
        let mut table = if named.is_empty() {
            self
        } else {
            self.project(named, means)?
        };
        let mut seen = BTreeSet::new();
        means.rows(&table.rows)?;
        table
            .rows
            .retain(|row| seen.insert(Value::Object(row.clone()).to_string()));
        Ok(table)
    }

    fn summarize(self, values: &[Aggregate], by: &[NamedExpression], means: &Means) -> Result<Self, Problem> {
        for of in values.iter().filter_map(|value| value.of.as_ref()) {
            check(of, &self.columns)?;
        }
        means.rows(&self.rows)?;
        let keys = Self {
            columns: self.columns.clone(),
            rows: self.rows.clone(),
        }
        .project(by, means)?;
        let mut groups: BTreeMap<String, (Row, Vec<Row>)> = BTreeMap::new();
        for (key, row) in keys.rows.into_iter().zip(self.rows) {
            let name = Value::Object(key.clone()).to_string();
            groups
                .entry(name)
                .or_insert_with(|| (key, Vec::new()))
                .1
                .push(row);
        }
        // Without groups there is one row, even if nothing was found.
        if by.is_empty() && groups.is_empty() {
            groups.insert(String::new(), (Row::new(), Vec::new()));
        }
        let mut table = Self {
            columns: keys.columns,
            rows: Vec::new(),
        };
        table
            .columns
            .extend(values.iter().map(|value| value.name.clone()));
        for (mut row, members) in groups.into_values() {
            for value in values {
                row.insert(value.name.clone(), aggregate(value, &members, means)?);
            }
            table.rows.push(row);
        }
        Ok(table)
    }
}

fn compare_in(order: &SortOrder, one: &Scalar, two: &Scalar) -> Ordering {
    match (one.is_null(), two.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if order.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if order.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let found = one.compare(two).unwrap_or(Ordering::Equal);
            if order.ascending { found } else { found.reverse() }
        }
    }
}

fn aggregate(wanted: &Aggregate, rows: &[Row], means: &Means) -> Result<Value, Problem> {
    let Some(of) = &wanted.of else {
        return Ok(json!(rows.len()));
    };
    let values: Vec<Scalar> = rows
        .iter()
        .map(|row| evaluate(of, row, means))
        .collect::<Result<_, _>>()?;
    let numbers = || values.iter().filter_map(Scalar::to_number);
    let known = || values.iter().filter(|value| !value.is_null());
    let extreme = |wanted: Ordering| {
        known()
            .cloned()
            .reduce(|best, next| {
                if next.compare(&best) == Some(wanted) {
                    next
                } else {
                    best
                }
            })
            .map_or(Value::Null, Scalar::into_json)
    };
    let distinct = || {
        let mut seen = BTreeSet::new();
        known()
            .filter(|value| seen.insert(value.to_text()))
            .cloned()
            .map(Scalar::into_json)
            .collect::<Vec<Value>>()
    };
    Ok(match wanted.function {
        AggregateFunction::Count => json!(rows.len()),
        AggregateFunction::CountIf => json!(values.iter().filter(|value| value.is_true()).count()),
        AggregateFunction::DistinctCount => json!(distinct().len()),
        AggregateFunction::Sum => number(numbers().sum()).into_json(),
        // Counts of rows are small enough to be exact.
        #[expect(clippy::cast_precision_loss)]
        AggregateFunction::Average => match numbers().count() {
            0 => Value::Null,
            count => number(numbers().sum::<f64>() / count as f64).into_json(),
        },
        AggregateFunction::Min => extreme(Ordering::Less),
        AggregateFunction::Max => extreme(Ordering::Greater),
        AggregateFunction::Set => Value::Array(distinct()),
        AggregateFunction::List => known().cloned().map(Scalar::into_json).collect(),
    })
}
