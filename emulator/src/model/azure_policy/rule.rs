//! A definition's rule, its mode and its parameters.

use serde_json::{Map, Value};

use super::evaluate::{EvaluatedExpression, Evaluation, PolicySubject};
use super::language::PolicyLanguage;
use super::operand::Operand;
use super::parameter::{ParameterType, PolicyParameter, given, named, value};
use super::part::PolicyCondition;
use super::read::condition;
use super::unread::PolicyUnread;
use crate::model::field;

/// Which resources a definition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyMode {
    /// Everything, resource groups too.
    All,
    /// Types that have tags and a location.
    Indexed,
}

impl PolicyMode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Indexed => "Indexed",
        }
    }
}

/// What comes of a request that a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyEffect {
    /// It is refused.
    Deny,
    /// It goes through, and is noted.
    Audit,
    /// The rule is not looked at.
    Disabled,
}

impl PolicyEffect {
    const ALL: [Self; 3] = [Self::Deny, Self::Audit, Self::Disabled];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "Deny",
            Self::Audit => "Audit",
            Self::Disabled => "Disabled",
        }
    }

    fn parse(text: &str) -> Result<Self, PolicyUnread> {
        let found = Self::ALL
            .into_iter()
            .find(|effect| effect.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| PolicyUnread::NotPlayed(format!("the effect '{text}' of Azure Policy")))
    }
}

/// What is wrong with the parameters of an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrongParameters {
    /// These have no value.
    Missing(Vec<String>),
    /// There are none of these names.
    Undefined(Vec<String>),
    /// The value of this one is none of those allowed.
    NotAllowed {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// The values there are. Letter case makes a difference.
        allowed: String,
    },
    /// The value of this one is of another type than it.
    OfOtherType {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// What its values are.
        kind: ParameterType,
    },
    /// What it comes to is not played.
    NotPlayed(String),
}

/// What a definition says.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    /// Which resources it is about.
    pub mode: PolicyMode,
    /// Its parameters.
    pub parameters: Vec<PolicyParameter>,
    condition: PolicyCondition,
    effect: Operand,
}

impl PolicyRule {
    /// Reads the `properties` of a definition.
    ///
    /// # Errors
    ///
    /// If it is no rule, or says something that is not played.
    pub fn read(language: &PolicyLanguage, properties: &Value) -> Result<Self, PolicyUnread> {
        let rule = field(properties, "policyRule");
        let (when, then) = (field(rule, "if"), field(rule, "then"));
        if !when.is_object() || !then.is_object() {
            return Err(PolicyUnread::Wrong(
                "A rule must have an 'if' and a 'then'.".to_owned(),
            ));
        }
        let effect = Operand::read(language, field(then, "effect"))?;
        match &effect {
            Operand::Literal(Value::String(text)) => PolicyEffect::parse(text).map(|_| ())?,
            Operand::Parameter(_) => {}
            _ => return Err(PolicyUnread::Wrong("'then' must have an effect.".to_owned())),
        }
        if !field(then, "details").is_null() {
            return Err(PolicyUnread::NotPlayed(
                "details of an effect of Azure Policy".to_owned(),
            ));
        }
        let own = Self {
            mode: mode(properties)?,
            parameters: parameters(field(properties, "parameters"))?,
            condition: condition(language, when)?,
            effect,
        };
        own.check_parameters()?;
        Ok(own)
    }

    /// A rule names no parameter that the definition has not.
    fn check_parameters(&self) -> Result<(), PolicyUnread> {
        let mut all = Vec::new();
        self.effect.parameters(&mut all);
        self.condition.parameters(&mut all);
        match all.iter().find(|name| named(&self.parameters, name).is_none()) {
            None => Ok(()),
            Some(name) => Err(PolicyUnread::Wrong(format!(
                "The parameter '{name}' is not defined."
            ))),
        }
    }

    /// Whether an assignment may give these values.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn check_values(&self, values: &Map<String, Value>) -> Result<(), WrongParameters> {
        let undefined: Vec<String> = values
            .keys()
            .filter(|name| named(&self.parameters, name).is_none())
            .cloned()
            .collect();
        if !undefined.is_empty() {
            return Err(WrongParameters::Undefined(undefined));
        }
        let without = |own: &&PolicyParameter| own.default.is_none() && given(values, &own.name).is_none();
        let missing: Vec<String> = self
            .parameters
            .iter()
            .filter(without)
            .map(|own| own.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(WrongParameters::Missing(missing));
        }
        let mistyped = self.parameters.iter().find_map(|own| {
            let value = given(values, &own.name)?;
            (!own.kind.takes(value)).then_some((own, value))
        });
        if let Some((own, value)) = mistyped {
            return Err(WrongParameters::OfOtherType {
                name: own.name.clone(),
                value: shown(value),
                kind: own.kind,
            });
        }
        for own in &self.parameters {
            let Some(value) = given(values, &own.name) else {
                continue;
            };
            if !is_allowed(&own.allowed, value) {
                let allowed: Vec<String> = own.allowed.iter().map(shown).collect();
                return Err(WrongParameters::NotAllowed {
                    name: own.name.clone(),
                    value: shown(value),
                    allowed: allowed.join(", "),
                });
            }
        }
        match self.read_effect(values) {
            Ok(_) => Ok(()),
            Err(PolicyUnread::Wrong(what) | PolicyUnread::NotPlayed(what)) => {
                Err(WrongParameters::NotPlayed(what))
            }
        }
    }

    fn read_effect(&self, values: &Map<String, Value>) -> Result<PolicyEffect, PolicyUnread> {
        let value = match &self.effect {
            Operand::Parameter(name) => value(&self.parameters, values, name),
            Operand::Literal(value) => Some(value),
            Operand::Field(_) | Operand::List(_) => None,
        };
        PolicyEffect::parse(value.and_then(Value::as_str).unwrap_or_default())
    }

    /// What comes of what it fits. What is not known here forbids: it was looked at when it was written.
    pub fn effect(&self, values: &Map<String, Value>) -> PolicyEffect {
        self.read_effect(values).unwrap_or(PolicyEffect::Deny)
    }

    /// What was looked at on the way, if the rule fits a resource as it would be.
    pub fn fits(
        &self,
        values: &Map<String, Value>,
        subject: PolicySubject<'_>,
    ) -> Option<Vec<EvaluatedExpression>> {
        let mut evaluation = Evaluation::new(&self.parameters, values, subject);
        evaluation.holds(&self.condition).then_some(evaluation.seen)
    }
}

/// Whether a parameter may have a value: any if none is listed; a list is of values that are.
fn is_allowed(allowed: &[Value], value: &Value) -> bool {
    let all_of_it = |items: &Vec<Value>| items.iter().all(|item| allowed.contains(item));
    allowed.is_empty() || allowed.contains(value) || value.as_array().is_some_and(all_of_it)
}

/// A value as errors tell it.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn mode(properties: &Value) -> Result<PolicyMode, PolicyUnread> {
    match field(properties, "mode").as_str() {
        None => Ok(PolicyMode::Indexed),
        Some(text) => {
            let known = [PolicyMode::All, PolicyMode::Indexed];
            let found = known
                .into_iter()
                .find(|mode| mode.as_str().eq_ignore_ascii_case(text));
            found.ok_or_else(|| PolicyUnread::NotPlayed(format!("the mode '{text}' of Azure Policy")))
        }
    }
}

fn parameters(sent: &Value) -> Result<Vec<PolicyParameter>, PolicyUnread> {
    let mut found = Vec::new();
    for (name, sent) in sent.as_object().into_iter().flatten() {
        let Some(kind) = field(sent, "type").as_str().and_then(ParameterType::called) else {
            return Err(PolicyUnread::Wrong(format!(
                "The parameter '{name}' must have a type."
            )));
        };
        let default = field(sent, "defaultValue");
        if !default.is_null() && !kind.takes(default) {
            return Err(PolicyUnread::Wrong(format!(
                "The default value of the parameter '{name}' must be of the type {}.",
                kind.as_str()
            )));
        }
        let allowed = field(sent, "allowedValues")
            .as_array()
            .cloned()
            .unwrap_or_default();
        if !default.is_null() && !is_allowed(&allowed, default) {
            return Err(PolicyUnread::Wrong(format!(
                "The default value of the parameter '{name}' is none of its allowed values."
            )));
        }
        found.push(PolicyParameter {
            name: name.clone(),
            kind,
            default: (!default.is_null()).then(|| default.clone()),
            allowed,
        });
    }
    Ok(found)
}
