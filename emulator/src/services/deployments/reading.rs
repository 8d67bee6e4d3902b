//! Reading a template, beside the core: it takes as long as it says itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::expression::Problem;
use super::limits::Most;
use super::template::{Place, Template};
use super::{invalid, members, target_of};
use crate::gateway::{Permit, Refusal};
use crate::model::{Preparation, PrincipalId, Request, ResourceId};
use crate::rules::ErrorCode;
use crate::services::budget::Budget;
use crate::services::{Context, lenient_json_body};

/// A template that was read.
pub(super) struct Read {
    pub(super) template: Template,
    /// What is left of what it may take.
    pub(super) budget: Budget,
    /// The body of each resource, where only that is asked for.
    pub(super) previews: Vec<Preview>,
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

    /// It; null where it needs what is not there yet.
    pub(super) fn body(self) -> Value {
        self.0.unwrap_or_default()
    }
}

/// One that was read beforehand, until it is taken.
struct ReadBefore(Mutex<Option<Result<Read, Refusal>>>);

/// What it takes to read a template.
pub(super) struct Reading {
    place: Place,
    most: Most,
    /// The row of the errors for a member that is none.
    unknown: ErrorCode,
    with_previews: bool,
}

impl Reading {
    fn carry_out(self, request: &Request) -> Result<Read, Refusal> {
        let sent = lenient_json_body(request)?;
        members::check(&self.place.facts, &self.unknown, &sent)?;
        let (template, budget) =
            Template::read(self.place, &sent, &self.most).map_err(|text| invalid(&text))?;
        let known = BTreeMap::new();
        let previewed = template.resources.iter().filter(|_| self.with_previews);
        let previews = previewed
            .map(|entry| Preview(template.body(entry, &known, &budget)))
            .collect();
        Ok(Read {
            template,
            budget,
            previews,
        })
    }

    /// The reading of this request's template, for [`read`].
    pub(super) fn prepare(self, request: Request) -> Preparation {
        Preparation::new(move || ReadBefore(Mutex::new(Some(self.carry_out(&request)))))
    }
}

pub(super) fn prepare(context: &mut Context<'_>, permit: &Permit, request: &Request) -> Option<Preparation> {
    let reading = reading_of(context, permit, request).ok()?;
    Some(reading.prepare(request.clone()))
}

/// The template of a request.
pub(super) fn read(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<Read, Refusal> {
    let prepared = request
        .prepared::<ReadBefore>()
        .and_then(|own| own.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    match prepared {
        Some(read) => read,
        None => reading_of(context, permit, request)?.carry_out(request),
    }
}

fn reading_of(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<Reading, Refusal> {
    let reading = reading(context, &permit.scope, permit.caller.principal)?;
    Ok(Reading {
        with_previews: request.method == http::Method::POST,
        ..reading
    })
}

/// The reading of a template for the deployment of that id.
pub(super) fn reading(
    context: &Context<'_>,
    id: &ResourceId,
    deployer: Option<PrincipalId>,
) -> Result<Reading, Refusal> {
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
    let place = Place {
        name: id.name().to_owned(),
        group,
        tenant: tenant.to_string(),
        subscription_name: subscription_name.map(|own| own.name.clone()).unwrap_or_default(),
        deployer: deployer.map(|own| own.0.to_string()).unwrap_or_default(),
        facts: Arc::clone(&context.rules.deployments),
        now: context.now,
        entropy: context.entropy.fork(id.key()).fork(&context.now.to_string()),
        location: String::new(),
        mode: "",
        content_version: String::new(),
        target,
    };
    Ok(Reading {
        place,
        most: Most::of(&context.rules.limits),
        unknown: context.rules.error("BodyOfResourceManager").clone(),
        with_previews: false,
    })
}
