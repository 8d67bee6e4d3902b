//! Reads conditions.

use serde_json::{Map, Value};

use super::field::{Place, PolicyField, field};
use super::language::PolicyLanguage;
use super::operand::Operand;
use super::part::{Compared, Operator, PolicyCondition};
use super::unread::PolicyUnread;

/// Conditions stand in no more than so many others.
const DEEPEST: usize = 40;

fn wrong<T>(what: impl Into<String>) -> Result<T, PolicyUnread> {
    Err(PolicyUnread::Wrong(what.into()))
}

/// The members of a condition, by name in lower case.
struct Members<'a>(Vec<(String, &'a Value)>);

impl<'a> Members<'a> {
    fn of(object: &'a Map<String, Value>) -> Self {
        let members = object.iter();
        Self(
            members
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
        )
    }

    fn take(&mut self, name: &str) -> Option<&'a Value> {
        let at = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(at).1)
    }

    /// What is left is nothing that is known.
    fn end(&self) -> Result<(), PolicyUnread> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(PolicyUnread::NotPlayed(format!(
                "'{name}' in a condition of Azure Policy"
            ))),
        }
    }
}

/// Where a condition stands.
#[derive(Clone, Copy)]
struct Stands<'a> {
    /// How many others it is inside of.
    depth: usize,
    /// The path of the array whose items it is asked of, if it is.
    counted: Option<&'a str>,
}

impl Stands<'_> {
    fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

/// Reads the condition of a rule: what stands below `if`.
pub(super) fn condition(language: &PolicyLanguage, value: &Value) -> Result<PolicyCondition, PolicyUnread> {
    let outermost = Stands {
        depth: 0,
        counted: None,
    };
    one_condition(language, value, outermost)
}

fn one_condition(
    language: &PolicyLanguage,
    value: &Value,
    stands: Stands<'_>,
) -> Result<PolicyCondition, PolicyUnread> {
    if stands.depth > DEEPEST {
        return Err(PolicyUnread::NotPlayed(format!(
            "conditions of Azure Policy that stand in more than {DEEPEST} others"
        )));
    }
    let Some(object) = value.as_object() else {
        return wrong("A condition must be an object.");
    };
    let mut members = Members::of(object);
    for (name, make) in [
        (
            "allof",
            PolicyCondition::All as fn(Vec<PolicyCondition>) -> PolicyCondition,
        ),
        ("anyof", PolicyCondition::Any),
    ] {
        if let Some(all) = members.take(name) {
            members.end()?;
            let Some(items) = all.as_array().filter(|items| !items.is_empty()) else {
                return wrong(format!("'{name}' must be an array of conditions."));
            };
            let items = items
                .iter()
                .map(|item| one_condition(language, item, stands.deeper()));
            return Ok(make(items.collect::<Result<_, _>>()?));
        }
    }
    if let Some(inner) = members.take("not") {
        members.end()?;
        let inner = one_condition(language, inner, stands.deeper())?;
        return Ok(PolicyCondition::Not(Box::new(inner)));
    }
    comparison(language, members, stands)
}

fn comparison(
    language: &PolicyLanguage,
    mut members: Members<'_>,
    stands: Stands<'_>,
) -> Result<PolicyCondition, PolicyUnread> {
    let what = compared(language, &mut members, stands)?;
    let found = Operator::ALL.into_iter().find_map(|operator| {
        let value = members.take(&operator.as_str().to_ascii_lowercase())?;
        Some((operator, value))
    });
    // What is left may be an operator that is not played.
    members.end()?;
    let Some((operator, value)) = found else {
        return wrong("A condition must have an operator.");
    };
    let with = Operand::read(language, value)?;
    check_operand(operator, &with)?;
    Ok(PolicyCondition::Compare { what, operator, with })
}

fn compared(
    language: &PolicyLanguage,
    members: &mut Members<'_>,
    stands: Stands<'_>,
) -> Result<Compared, PolicyUnread> {
    if let Some(name) = members.take("field") {
        let Some(name) = name.as_str() else {
            return wrong("'field' must be a text.");
        };
        let field = field(language, name)?;
        if is_of_items_not_counted(&field, stands.counted) {
            let what = format!("the field '{name}' of each item of an array that is not counted");
            return Err(PolicyUnread::NotPlayed(what));
        }
        return Ok(Compared::Field(field));
    }
    if let Some(value) = members.take("value") {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let value = Operand::read(language, value)?;
        return Ok(Compared::Value { text, value });
    }
    let Some(count) = members.take("count").and_then(Value::as_object) else {
        return wrong("A condition must have a 'field', a 'value' or a 'count'.");
    };
    let mut inner = Members::of(count);
    let Some(name) = inner.take("field").and_then(Value::as_str) else {
        return Err(PolicyUnread::NotPlayed(
            "a count of values in Azure Policy".to_owned(),
        ));
    };
    let over = field(language, name)?;
    let one_array = |path: &str| path.ends_with("[*]") && path.matches("[*]").count() == 1;
    let counted = match &over.place {
        Place::Alias(alias) if one_array(&alias.path) && stands.counted.is_none() => alias.path.clone(),
        _ => {
            let what = format!("a count of '{name}' in Azure Policy");
            return Err(PolicyUnread::NotPlayed(what));
        }
    };
    let each = Stands {
        counted: Some(&counted),
        ..stands.deeper()
    };
    let fits = inner
        .take("where")
        .map(|fits| one_condition(language, fits, each));
    let fits = fits.transpose()?.map(Box::new);
    inner.end()?;
    Ok(Compared::Count { over, fits })
}

/// Whether a field has a value for each item of an array, and it is not this array that is counted.
fn is_of_items_not_counted(field: &PolicyField, counted: Option<&str>) -> bool {
    match &field.place {
        Place::Alias(alias) => {
            alias.path.contains("[*]") && !counted.is_some_and(|path| alias.path.starts_with(path))
        }
        _ => false,
    }
}

/// What can be said of an operator's value before parameters are known.
fn check_operand(operator: Operator, with: &Operand) -> Result<(), PolicyUnread> {
    let name = operator.as_str();
    match (operator, with) {
        (Operator::In | Operator::NotIn, Operand::Literal(_)) => {
            wrong(format!("The value of '{name}' must be an array."))
        }
        (Operator::Like | Operator::NotLike, Operand::Literal(value)) => {
            match value.as_str().map(|text| text.matches('*').count()) {
                Some(0 | 1) => Ok(()),
                _ => wrong(format!(
                    "The value of '{name}' must be a text with no more than one '*'."
                )),
            }
        }
        (Operator::Exists, Operand::Literal(value)) => match flag(value) {
            Some(_) => Ok(()),
            None => wrong("The value of 'exists' must be true or false."),
        },
        (Operator::Exists, _) => Err(PolicyUnread::NotPlayed(
            "a value of 'exists' in Azure Policy that is a parameter".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// `true` or `false`, as a text as well.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
