//! What the deployment itself knows.

use serde_json::{Value, json};

use super::{Call, Maybe, count, member, not_found};
use crate::services::deployments::expression::evaluate::{LocalKind, Problem, Scope, evaluate, repeat_input};

impl Call<'_> {
    pub(super) fn of_scope(&self, name: &str) -> Maybe {
        let place = self.scope.place;
        Some(match name {
            "parameters" => self.text(0).and_then(|wanted| {
                member(self.scope.parameters, wanted).ok_or_else(|| not_found("parameter", wanted))
            }),
            "variables" => self.text(0).and_then(|wanted| self.variable(wanted)),
            "lambdavariables" => self.text(0).and_then(|wanted| self.lambda_variable(wanted)),
            "copyindex" => self.copy_index(),
            "resourcegroup" => match &place.group {
                Value::Null => Err(Problem::wrong(
                    "The template function 'RESOURCEGROUP' is not expected at this location: the deployment is to a subscription.",
                )),
                group => Ok(group.clone()),
            },
            "subscription" => {
                let id = place.target.subscription().unwrap_or_default();
                Ok(json!({
                    "id": format!("/subscriptions/{id}"),
                    "subscriptionId": id,
                    "tenantId": place.tenant,
                    "displayName": place.subscription_name,
                }))
            }
            "tenant" => Ok(json!({"tenantId": place.tenant, "id": format!("/tenants/{}", place.tenant)})),
            "deployment" => Ok(self.deployment()),
            "deployer" => Ok(json!({"objectId": place.deployer, "tenantId": place.tenant})),
            "environment" => Ok(place.facts.environment().clone()),
            "fail" => self.text(0).and_then(|text| Err(Problem::wrong(text))),
            _ => return None,
        })
    }

    fn deployment(&self) -> Value {
        let place = self.scope.place;
        let mut deployment = json!({
            "name": place.name,
            "properties": {
                "template": {"contentVersion": place.content_version},
                "mode": place.mode,
                "provisioningState": "Accepted",
            },
        });
        if !place.location.is_empty() {
            deployment["location"] = json!(place.location);
        }
        deployment
    }

    fn variable(&self, wanted: &str) -> Result<Value, Problem> {
        let outside = Scope {
            locals: None,
            ..*self.scope
        };
        // One that names itself is nested too deep.
        if let Some(written) = member(self.scope.variables, wanted) {
            self.scope.budget.value(&written)?;
            return evaluate(&outside, &written);
        }
        let repeated = member(self.scope.repeated, wanted).ok_or_else(|| not_found("variable", wanted))?;
        self.scope.budget.value(&repeated)?;
        repeat_input(&outside, wanted, &repeated)
    }

    fn lambda_variable(&self, wanted: &str) -> Result<Value, Problem> {
        let mut all = self.scope.locals();
        let found = all.find_map(|local| match local.kind {
            LocalKind::Variable(name, value) if name.eq_ignore_ascii_case(wanted) => Some(value.clone()),
            _ => None,
        });
        found.ok_or_else(|| not_found("lambda variable", wanted))
    }

    /// `copyIndex()`, with the loop's name, a number to add, or both.
    fn copy_index(&self) -> Result<Value, Problem> {
        let (wanted, plus) = match self.values {
            [] => (None, 0),
            [Value::String(name)] => (Some(name.as_str()), 0),
            [Value::Number(_)] => (None, self.number(0)?),
            [Value::String(name), _] => (Some(name.as_str()), self.number(1)?),
            _ => return Err(count(self.function, "a loop's name and a number")),
        };
        let mut all = self.scope.locals();
        let found = all.find_map(|local| match local.kind {
            LocalKind::Loop(name, turn) if wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)) => {
                i64::try_from(turn).ok()
            }
            _ => None,
        });
        match found.and_then(|turn| turn.checked_add(plus)) {
            Some(turn) => Ok(Value::from(turn)),
            None => Err(Problem::wrong(
                "The template function 'copyIndex' is not expected at this location: it belongs into a loop of that name.",
            )),
        }
    }
}
