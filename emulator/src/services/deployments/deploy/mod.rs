//! The deployment itself: every resource is put through the front door as whoever deploys, in the
//! order their dependencies ask for.
//!
//! What follows from the template is worked out beside the core, a few resources at a time, so that
//! nobody waits for a long one.

mod outcome;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde_json::{Value, json};

use crate::gateway::{ParsedBody, Refusal};
use crate::jobs::{EffectResult, Work, WorkOut};
use crate::model::{NetworkPath, Preparation, Prepared, PrincipalId, Request, ResourceId, Response};
use crate::rules::cloud;
use crate::services::budget::Budget;
use crate::services::deployments::expression::Reference;
use crate::services::deployments::operations::note_operation;
use crate::services::deployments::pruning::Pruning;
use crate::services::deployments::reading::reading;
use crate::services::deployments::state::is_running;
use crate::services::deployments::template::{DEPLOYMENT, Template, TemplateResource, Turn};
use crate::services::{Context, Input, Next, Outbound, Workflow};
use crate::state::{OperationOutcome, field};

/// What is being done.
#[derive(Clone)]
enum DeployStep {
    /// Nothing has been asked yet.
    Begin,
    /// Whether the resource of this number may be written.
    MayWrite(usize),
    /// What comes next is being worked out.
    WorkOut,
    /// The template of a nested deployment is being read.
    ReadNested(usize, Box<Request>),
    /// Something another resource refers to is read.
    Read(Reference),
    /// Something has been asked for.
    Asked(Awaited),
    /// Its operation is asked about.
    Poll(Awaited, String, u32),
    /// Its operation has been asked about.
    Polled(Awaited, String, u32),
}

/// What is asked for.
#[derive(Clone)]
enum Awaited {
    /// The resource of this number of the template.
    Put(usize),
    /// One that the template does not name.
    Delete(ResourceId),
}

/// What was worked out, until it is taken.
struct WorkedOut(Mutex<Option<(Result<Turn, String>, Budget)>>);

/// What was prepared for a nested deployment.
struct Nested(Vec<Prepared>);

#[derive(Clone)]
pub(super) struct Deploy {
    id: ResourceId,
    operation: String,
    template: Arc<Template>,
    budget: Budget,
    principal: PrincipalId,
    path: NetworkPath,
    done: Vec<bool>,
    references: BTreeMap<String, Value>,
    puts: VecDeque<(usize, Value)>,
    reads: VecDeque<Reference>,
    outputs: Option<Value>,
    pruning: Option<Pruning>,
    step: DeployStep,
}

impl Deploy {
    pub(super) fn new(
        id: ResourceId,
        operation: String,
        template: Arc<Template>,
        budget: Budget,
        principal: PrincipalId,
    ) -> Self {
        Self {
            id,
            operation,
            done: vec![false; template.resources.len()],
            template,
            budget,
            principal,
            path: NetworkPath::internet(),
            references: BTreeMap::new(),
            puts: VecDeque::new(),
            reads: VecDeque::new(),
            outputs: None,
            pruning: None,
            step: DeployStep::Begin,
        }
    }

    fn outbound(&self, request: Request) -> Outbound {
        Outbound {
            principal: Some(self.principal),
            audience: cloud().arm_audience(),
            path: self.path.clone(),
            request,
        }
    }

    fn request(method: Method, path: &str, body: Option<&Value>) -> Request {
        let request = Request::new(method, cloud().arm_host(), path);
        match body {
            Some(body) => request.with_json(body),
            None => request,
        }
    }

    fn put_path(entry: &TemplateResource) -> String {
        format!("{}?api-version={}", entry.id, entry.api_version)
    }

    /// Before anything is written, whether everything may be.
    fn ask(&mut self, context: &mut Context<'_>, number: usize) -> Next {
        match self.template.resources.get(number) {
            Some(entry) => {
                let request = Self::request(Method::PUT, &Self::put_path(entry), None);
                self.step = DeployStep::MayWrite(number);
                Next::Ask(self.outbound(request))
            }
            None => self.go_on(context),
        }
    }

    fn refused(&mut self, context: &mut Context<'_>, number: usize, refusal: &Refusal) -> Next {
        let entry = &self.template.resources[number];
        let text = format!(
            "Authorization failed for template resource '{}' of type '{}'. {}",
            entry.id.name(),
            entry.kind,
            refusal.message
        );
        let details = json!([{"code": refusal.code, "message": refusal.message, "target": entry.id}]);
        self.fail(
            context,
            "InvalidTemplateDeployment",
            &format!("Deployment failed with multiple errors: '{text}'"),
            &details,
        )
    }

    /// Does what is known to come next, or finds it out.
    fn go_on(&mut self, context: &mut Context<'_>) -> Next {
        if !is_running(context, &self.id, &self.operation) {
            let error =
                json!({"code": "SyntheticDeploymentCanceled", "message": "The deployment was canceled."});
            context.end(&self.operation, OperationOutcome::Failed(error));
            return Next::Done;
        }
        if let Some((number, body)) = self.puts.pop_front() {
            return self.put(context, number, &body);
        }
        if let Some(reference) = self.reads.pop_front() {
            return self.read(context, reference);
        }
        if self.outputs.is_some() {
            return self.prune(context);
        }
        self.step = DeployStep::WorkOut;
        let (template, budget) = (Arc::clone(&self.template), self.budget.clone());
        let (done, references) = (self.done.clone(), self.references.clone());
        Next::Work(Work::WorkOut(WorkOut::new(Preparation::new(move || {
            let turn = template.next(&done, &references, &budget);
            WorkedOut(Mutex::new(Some((turn, budget))))
        }))))
    }

    fn worked_out(&mut self, context: &mut Context<'_>, prepared: &Prepared) -> Next {
        let worked_out = prepared
            .get::<WorkedOut>()
            .and_then(|prepared| prepared.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some((turn, budget)) = worked_out else {
            return self.broken(context);
        };
        self.budget = budget;
        match turn {
            Ok(turn) => {
                self.puts = turn.puts.into();
                self.reads = turn.reads.into();
                self.outputs = turn.outputs;
                self.go_on(context)
            }
            Err(text) => self.invalid(context, &text),
        }
    }

    fn put(&mut self, context: &mut Context<'_>, number: usize, body: &Value) -> Next {
        let entry = &self.template.resources[number];
        let request = Self::request(Method::PUT, &Self::put_path(entry), Some(body));
        note_operation(context, &self.id, entry, ("Create", "Running", 0), &Value::Null);
        if !entry.kind.eq_ignore_ascii_case(DEPLOYMENT) {
            self.step = DeployStep::Asked(Awaited::Put(number));
            return Next::Call(self.outbound(request));
        }
        // Its template is read beside the core as well.
        let reading = reading(context, &entry.id, Some(self.principal), true).ok();
        self.step = DeployStep::ReadNested(number, Box::new(request.clone()));
        Next::Work(Work::WorkOut(WorkOut::new(Preparation::new(move || {
            let mut prepared: Vec<Prepared> = Vec::new();
            prepared.extend(ParsedBody::preparation(&request).map(Preparation::carry_out));
            if let Some(reading) = reading {
                prepared.push(reading.prepare(request).carry_out());
            }
            Nested(prepared)
        }))))
    }

    fn has_read_nested(&mut self, number: usize, mut request: Request, prepared: &Prepared) -> Next {
        if let Some(nested) = prepared.get::<Nested>() {
            request.prepared.extend(nested.0.iter().cloned());
        }
        self.step = DeployStep::Asked(Awaited::Put(number));
        Next::Call(self.outbound(request))
    }

    fn read(&mut self, context: &Context<'_>, wanted: Reference) -> Next {
        let deployed = self
            .template
            .resources
            .iter()
            .find(|entry| entry.id == wanted.id)
            .map(|entry| entry.api_version.clone());
        let version = wanted
            .api_version
            .clone()
            .or(deployed)
            .unwrap_or_else(|| context.rules.usual_version(wanted.id.as_str()));
        let request = match &wanted.action {
            None => Self::request(Method::GET, &format!("{}?api-version={version}", wanted.id), None),
            Some((action, body)) => Self::request(
                Method::POST,
                &format!("{}/{action}?api-version={version}", wanted.id),
                (!body.is_null()).then_some(body),
            ),
        };
        self.step = DeployStep::Read(wanted);
        Next::Call(self.outbound(request))
    }

    fn has_read(&mut self, context: &mut Context<'_>, wanted: &Reference, answer: &Response) -> Next {
        if answer.status.is_success() {
            self.references.insert(wanted.key(), answer.json_body());
            return self.go_on(context);
        }
        let body = answer.json_body();
        let message = field(field(&body, "error"), "message").as_str();
        let function = wanted.action.as_ref().map_or("reference", |(action, _)| action);
        let text = format!(
            "{function}() of '{}' failed with {}: {}",
            wanted.id,
            answer.status,
            message.unwrap_or_default()
        );
        self.invalid(context, &text)
    }

    /// In complete mode, takes away what the template does not name.
    fn prune(&mut self, context: &mut Context<'_>) -> Next {
        if self.template.place.mode == "Complete" {
            let pruning = self
                .pruning
                .get_or_insert_with(|| Pruning::of(context, &self.id, &self.template));
            if let Some(id) = pruning.next() {
                let version = context.rules.usual_version(id.as_str());
                let request = Self::request(Method::DELETE, &format!("{id}?api-version={version}"), None);
                self.step = DeployStep::Asked(Awaited::Delete(id));
                return Next::Call(self.outbound(request));
            }
        }
        self.finish(context)
    }
}

impl Workflow for Deploy {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match (std::mem::replace(&mut self.step, DeployStep::Begin), input) {
            (DeployStep::Begin, _) => self.ask(context, 0),
            (DeployStep::MayWrite(number), Input::Asked(Err(refusal))) => {
                self.refused(context, number, &refusal)
            }
            (DeployStep::MayWrite(number), _) => self.ask(context, number + 1),
            (DeployStep::WorkOut, Input::Worked(EffectResult::WorkedOut(prepared))) => {
                self.worked_out(context, &prepared)
            }
            (DeployStep::ReadNested(number, request), Input::Worked(EffectResult::WorkedOut(prepared))) => {
                self.has_read_nested(number, *request, &prepared)
            }
            (DeployStep::Read(wanted), Input::Answered(answer)) => self.has_read(context, &wanted, &answer),
            (DeployStep::Asked(what), Input::Answered(answer)) => self.answered(context, what, &answer),
            (DeployStep::Poll(what, address, polls), _) => {
                let request = Self::request(Method::GET, &address, None);
                self.step = DeployStep::Polled(what, address, polls);
                Next::Call(self.outbound(request))
            }
            (DeployStep::Polled(what, address, polls), Input::Answered(answer)) => {
                self.polled(context, (what, address, polls), &answer)
            }
            (
                DeployStep::WorkOut
                | DeployStep::ReadNested(..)
                | DeployStep::Read(_)
                | DeployStep::Asked(_)
                | DeployStep::Polled(..),
                _,
            ) => self.broken(context),
        }
    }
}
