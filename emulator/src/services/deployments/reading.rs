//! Reading a template, beside the core: it takes as long as it says itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::expression::{Problem, check};
use super::limits::TemplateLimits;
use super::members;
use super::state::{invalid, target_of};
use super::template::{DEPLOYMENT, DeploymentTarget, Template};
use crate::gateway::{Permit, Refusal};
use crate::model::{Preparation, PrincipalId, Request, ResourceId};
use crate::rules::{Code, Mark, code};
use crate::services::budget::Budget;
use crate::services::{Context, lenient_json_body};
use crate::state::field;

/// A template that was read.
pub(super) struct ReadTemplate {
    pub(super) template: Template,
    /// What is left of what it may take.
    pub(super) budget: Budget,
    /// The body of each resource as far as it is known.
    pub(super) previews: Vec<Preview>,
    /// The deployments among them, as far as they can be read.
    pub(super) nested: Vec<ReadTemplate>,
}

/// A resource's body as far as it is known before the deployment.
pub(super) struct Preview(Result<Value, Problem>);

impl Preview {
    /// What is wrong with it.
    pub(super) fn wrong(&self) -> Option<&str> {
        match &self.0 {
            Err(Problem::Wrong(text)) => Some(text),
            _ => None,
        }
    }

    /// It, unless it needs what is not there yet.
    pub(super) fn known(&self) -> Option<&Value> {
        self.0.as_ref().ok()
    }

    /// It; null where it needs what is not there yet.
    pub(super) fn body(self) -> Value {
        self.0.unwrap_or_default()
    }
}

/// One that was read beforehand, until it is taken.
struct ReadBefore(Mutex<Option<Result<ReadTemplate, Refusal>>>);

/// What it takes to read a template.
pub(super) struct TemplateReading {
    place: DeploymentTarget,
    most: TemplateLimits,
    /// The row of the errors for a member that is none.
    unknown: Code,
}

/// What deployments inside a deployment take to read, all together.
struct InnerReading {
    budget: Budget,
    resources: u64,
}

impl TemplateReading {
    fn carry_out(self, request: &Request) -> Result<ReadTemplate, Refusal> {
        let sent = lenient_json_body(request)?;
        let mut inside = InnerReading {
            budget: Budget::new(self.most.bounds),
            resources: self.most.resources,
        };
        self.read(&sent, None, &mut inside)
    }

    /// Reads a template, and those of the deployments in it. What these take is counted in one.
    fn read(
        self,
        sent: &Value,
        budget: Option<Budget>,
        inside: &mut InnerReading,
    ) -> Result<ReadTemplate, Refusal> {
        members::check(&self.place.facts, self.unknown, sent)?;
        let written = field(field(sent, "properties"), "template");
        check(&self.place.facts, written, self.most.characters).map_err(|text| Refusal {
            // Of outputs it is reported that Azure finds it out at the end.
            mark: Mark::Inferred,
            ..invalid(&text)
        })?;
        let (template, budget) =
            Template::read(self.place, sent, &self.most, budget).map_err(|text| invalid(&text))?;
        let known = BTreeMap::new();
        let previews: Vec<Preview> = template
            .resources
            .iter()
            .map(|entry| Preview(template.body(entry, &known, &budget)))
            .collect();
        let mut nested = Vec::new();
        for (entry, preview) in template.resources.iter().zip(&previews) {
            let Some(body) = preview.known() else { continue };
            let is_deployment = entry.kind.eq_ignore_ascii_case(DEPLOYMENT);
            // What another group has is not known here: the deployment there is read when it begins.
            if !is_deployment || target_of(&entry.id) != template.place.target || inside.resources == 0 {
                continue;
            }
            let reading = Self {
                place: DeploymentTarget {
                    name: entry.id.name().to_owned(),
                    nested: true,
                    ..template.place.clone()
                },
                most: self.most,
                unknown: self.unknown,
            };
            match reading.read(body, Some(inside.budget.clone()), inside) {
                Ok(read) => {
                    inside.resources = inside
                        .resources
                        .saturating_sub(1 + read.template.resources.len() as u64);
                    inside.budget = read.budget.clone();
                    nested.push(read);
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(ReadTemplate {
            template,
            budget,
            previews,
            nested,
        })
    }

    /// The reading of this request's template, for [`read`].
    pub(super) fn prepare(self, request: Request) -> Preparation {
        Preparation::new(move || ReadBefore(Mutex::new(Some(self.carry_out(&request)))))
    }
}

pub(super) fn prepare(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Option<Preparation> {
    let reading = reading_of(context, permit).ok()?;
    Some(reading.prepare(request.clone()))
}

/// The template of a request.
pub(super) fn read(
    context: &Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<ReadTemplate, Refusal> {
    let prepared = request
        .prepared::<ReadBefore>()
        .and_then(|prepared| prepared.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    match prepared {
        Some(read) => read,
        None => reading_of(context, permit)?.carry_out(request),
    }
}

fn reading_of(context: &Context<'_>, permit: &Permit) -> Result<TemplateReading, Refusal> {
    reading(context, &permit.scope, permit.caller.principal, false)
}

/// The reading of a template for the deployment of that id, which may be one that another deploys.
pub(super) fn reading(
    context: &Context<'_>,
    id: &ResourceId,
    deployer: Option<PrincipalId>,
    nested: bool,
) -> Result<TemplateReading, Refusal> {
    let target = target_of(id);
    let tenant = context.tenant_of(&target)?;
    let group = match target.resource_group() {
        None => Value::Null,
        Some(_) => context
            .state
            .resource(&target)
            .map(|group| group.body.to_value())
            .ok_or_else(|| context.not_found(id))?,
    };
    let subscription = target.subscription().unwrap_or_default();
    let subscription_name = context.state.subscription(subscription);
    let place = DeploymentTarget {
        name: id.name().to_owned(),
        group,
        tenant: tenant.to_string(),
        subscription_name: subscription_name
            .map(|subscription| subscription.name.clone())
            .unwrap_or_default(),
        deployer: deployer
            .map(|deployer| deployer.0.to_string())
            .unwrap_or_default(),
        facts: Arc::clone(&context.rules.deployments),
        now: context.now,
        entropy: context.entropy.fork(id.key()).fork(&context.now.to_string()),
        location: String::new(),
        mode: "",
        content_version: String::new(),
        nested,
        target,
    };
    Ok(TemplateReading {
        place,
        most: TemplateLimits::of(&context.rules.limits),
        unknown: code::BodyOfResourceManager,
    })
}
