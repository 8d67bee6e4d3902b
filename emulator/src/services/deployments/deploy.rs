//! The deployment itself: every resource is put through the front door as whoever deploys, in the
//! order their dependencies ask for.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::expression::{Problem, Reference};
use super::template::{Entry, Request as Template};
use crate::gateway::Refusal;
use crate::model::{NetworkPath, PrincipalId, Request, ResourceId, Response};
use crate::services::{Context, Input, Next, Outbound, Workflow};
use crate::state::{OperationOutcome, field};

const ARM: &str = "https://management.azure.com/";
/// How often an operation is asked about at once before time is let pass.
const EAGER_POLLS: u32 = 3;

/// What is being done about the current resource.
#[derive(Clone)]
enum Step {
    /// Nothing has been asked yet.
    Begin,
    /// Whether the resource of this number may be written.
    MayWrite(usize),
    /// The next resource is chosen and put.
    Choose,
    /// Something another resource refers to is read.
    Read { wanted: Reference, then: Then },
    /// A resource has been put.
    Put(usize),
    /// Its operation is asked about.
    Poll {
        resource: usize,
        address: String,
        polls: u32,
    },
    /// Its operation has been asked about.
    Polled {
        resource: usize,
        address: String,
        polls: u32,
    },
}

/// What a reading was for.
#[derive(Clone, Copy)]
enum Then {
    Resource,
    Outputs,
}

#[derive(Clone)]
pub(super) struct Deploy {
    id: ResourceId,
    operation: String,
    template: Template,
    principal: PrincipalId,
    path: NetworkPath,
    done: Vec<bool>,
    /// Those that are not there yet.
    to_come: BTreeSet<ResourceId>,
    /// What each resource still waits for, as far as that has been looked at.
    open: Vec<Vec<ResourceId>>,
    references: Map<String, Value>,
    step: Step,
}

impl Deploy {
    pub(super) fn new(id: ResourceId, operation: String, template: Template, principal: PrincipalId) -> Self {
        Self {
            id,
            operation,
            done: vec![false; template.resources.len()],
            to_come: template.resources.iter().map(|entry| entry.id.clone()).collect(),
            open: template
                .resources
                .iter()
                .map(|entry| entry.depends_on.clone())
                .collect(),
            template,
            principal,
            path: NetworkPath::internet(),
            references: Map::new(),
            step: Step::Begin,
        }
    }

    fn outbound(&self, method: Method, path: &str, body: Option<&Value>) -> Outbound {
        let request = Request::new(method, "management.azure.com", path);
        Outbound {
            principal: Some(self.principal),
            audience: ARM,
            path: self.path.clone(),
            request: match body {
                Some(body) => request.with_json(body),
                None => request,
            },
        }
    }

    fn put_path(entry: &Entry) -> String {
        format!("{}?api-version={}", entry.id, entry.api_version)
    }

    /// Before anything is written, whether everything may be.
    fn ask(&mut self, context: &mut Context<'_>, number: usize) -> Next {
        match self.template.resources.get(number) {
            Some(entry) => {
                let outbound = self.outbound(Method::PUT, &Self::put_path(entry), None);
                self.step = Step::MayWrite(number);
                Next::Ask(outbound)
            }
            None => self.choose(context),
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
        self.fail(
            context,
            "InvalidTemplateDeployment",
            &format!("Deployment failed with multiple errors: '{text}'"),
            &json!([{"code": refusal.code, "message": refusal.message, "target": entry.id}]),
        )
    }

    /// Puts the first resource whose dependencies are there.
    fn choose(&mut self, context: &mut Context<'_>) -> Next {
        let mut needed = None;
        for number in 0..self.template.resources.len() {
            if self.done[number] || !self.is_free(number) {
                continue;
            }
            let entry = &self.template.resources[number];
            match self.template.body(entry, &self.references, false) {
                Ok(body) => {
                    let next = self.outbound(Method::PUT, &Self::put_path(entry), Some(&body));
                    super::note_operation(context, &self.id, entry, "Running", 0, &Value::Null);
                    self.step = Step::Put(number);
                    return Next::Call(next);
                }
                // What refers to something of the same template comes after it.
                Err(Problem::Needs(reference)) if self.is_to_come(&reference.id) => {}
                Err(Problem::Needs(reference)) => needed = needed.or(Some(reference)),
                Err(Problem::Wrong(text)) => return self.invalid(context, &text),
            }
        }
        match needed {
            Some(reference) => self.read(reference, Then::Resource),
            None if self.done.iter().all(|done| *done) => self.finish(context),
            None => self.invalid(context, "Resources of the template wait for each other."),
        }
    }

    /// What is there stays there: it is looked at once.
    fn is_free(&mut self, number: usize) -> bool {
        let open = &mut self.open[number];
        while open.pop_if(|id| !self.to_come.contains(id)).is_some() {}
        open.is_empty()
    }

    fn is_to_come(&self, id: &ResourceId) -> bool {
        self.to_come.contains(id)
    }

    fn read(&mut self, wanted: Reference, then: Then) -> Next {
        let own = self
            .template
            .resources
            .iter()
            .find(|entry| entry.id == wanted.id)
            .map(|entry| entry.api_version.clone());
        let version = wanted.api_version.clone().or(own).unwrap_or_default();
        let next = self.outbound(Method::GET, &format!("{}?api-version={version}", wanted.id), None);
        self.step = Step::Read { wanted, then };
        Next::Call(next)
    }

    fn has_read(
        &mut self,
        context: &mut Context<'_>,
        wanted: &Reference,
        then: Then,
        answer: &Response,
    ) -> Next {
        if !answer.status.is_success() {
            let body = answer.json_body();
            let message = field(field(&body, "error"), "message")
                .as_str()
                .unwrap_or_default();
            return self.invalid(
                context,
                &format!(
                    "reference() to '{}' failed with {}: {message}",
                    wanted.id, answer.status
                ),
            );
        }
        self.references
            .insert(wanted.id.key().to_owned(), answer.json_body());
        match then {
            Then::Resource => self.choose(context),
            Then::Outputs => self.finish(context),
        }
    }

    fn has_put(&mut self, context: &mut Context<'_>, number: usize, answer: &Response) -> Next {
        if !answer.status.is_success() {
            let error = field(&answer.json_body(), "error").clone();
            return self.resource_failed(context, number, answer.status, &error);
        }
        match answer
            .header("azure-asyncoperation")
            .or(answer.header("location"))
        {
            Some(address) => {
                let address = address.splitn(4, '/').nth(3).unwrap_or_default();
                self.step = Step::Poll {
                    resource: number,
                    address: format!("/{address}"),
                    polls: 0,
                };
                Next::Sleep(SignedDuration::ZERO)
            }
            None => self.is_there(context, number),
        }
    }

    fn polled(
        &mut self,
        context: &mut Context<'_>,
        (number, address, polls): (usize, String, u32),
        answer: &Response,
    ) -> Next {
        let body = answer.json_body();
        let status = field(&body, "status")
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let failed = ["failed", "canceled"].contains(&status.as_str()) || !answer.status.is_success();
        if failed {
            let error = field(&body, "error").clone();
            return self.resource_failed(context, number, StatusCode::CONFLICT, &error);
        }
        // A result address answers 202 while it runs; a status address tells in its body.
        let running = answer.status == StatusCode::ACCEPTED || !status.is_empty() && status != "succeeded";
        if !running {
            return self.is_there(context, number);
        }
        self.step = Step::Poll {
            resource: number,
            address,
            polls: polls + 1,
        };
        // What needs no time has been done by now; what does is waited for.
        let pause = if polls < EAGER_POLLS { 0 } else { 1 };
        Next::Sleep(SignedDuration::from_secs(pause))
    }

    fn is_there(&mut self, context: &mut Context<'_>, number: usize) -> Next {
        self.done[number] = true;
        let entry = &self.template.resources[number];
        self.to_come.remove(&entry.id);
        super::note_operation(context, &self.id, entry, "Succeeded", 201, &Value::Null);
        self.choose(context)
    }

    fn resource_failed(
        &mut self,
        context: &mut Context<'_>,
        number: usize,
        status: StatusCode,
        error: &Value,
    ) -> Next {
        let entry = &self.template.resources[number];
        let message = json!({"status": "Failed", "error": error});
        super::note_operation(context, &self.id, entry, "Failed", status.as_u16(), &message);
        let details = json!([{
            "code": field(error, "code"),
            "message": field(error, "message"),
            "target": entry.id,
        }]);
        self.fail(
            context,
            "DeploymentFailed",
            "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
            &details,
        )
    }

    fn invalid(&mut self, context: &mut Context<'_>, text: &str) -> Next {
        self.fail(
            context,
            "InvalidTemplate",
            &format!("Unable to process template: '{text}'"),
            &Value::Null,
        )
    }

    fn fail(&mut self, context: &mut Context<'_>, code: &str, message: &str, details: &Value) -> Next {
        let mut error = json!({"code": code, "message": message});
        if !details.is_null() {
            error["details"] = details.clone();
        }
        super::end(context, &self.id, "Failed", |properties| {
            properties["error"] = error.clone()
        });
        let outcome = OperationOutcome::Failed(error);
        context
            .state
            .operations
            .end(&self.operation, context.now, outcome);
        Next::Done
    }

    fn finish(&mut self, context: &mut Context<'_>) -> Next {
        match self.template.outputs(&self.references) {
            Ok(outputs) => {
                let ids: Vec<Value> = self
                    .template
                    .resources
                    .iter()
                    .map(|entry| json!({"id": entry.id}))
                    .collect();
                super::end(context, &self.id, "Succeeded", |properties| {
                    properties["outputs"] = outputs;
                    properties["outputResources"] = json!(ids);
                });
                let outcome = OperationOutcome::Succeeded(Value::Null);
                context
                    .state
                    .operations
                    .end(&self.operation, context.now, outcome);
                Next::Done
            }
            Err(Problem::Needs(reference)) => self.read(reference, Then::Outputs),
            Err(Problem::Wrong(text)) => self.invalid(context, &text),
        }
    }
}

impl Workflow for Deploy {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match (std::mem::replace(&mut self.step, Step::Choose), input) {
            (Step::Begin, _) => self.ask(context, 0),
            (Step::MayWrite(number), Input::Asked(Err(refusal))) => self.refused(context, number, &refusal),
            (Step::MayWrite(number), _) => self.ask(context, number + 1),
            (Step::Choose, _) => self.choose(context),
            (Step::Read { wanted, then }, Input::Answered(answer)) => {
                self.has_read(context, &wanted, then, &answer)
            }
            (Step::Put(number), Input::Answered(answer)) => self.has_put(context, number, &answer),
            (
                Step::Poll {
                    resource,
                    address,
                    polls,
                },
                _,
            ) => {
                let next = self.outbound(Method::GET, &address, None);
                self.step = Step::Polled {
                    resource,
                    address,
                    polls,
                };
                Next::Call(next)
            }
            (
                Step::Polled {
                    resource,
                    address,
                    polls,
                },
                Input::Answered(answer),
            ) => self.polled(context, (resource, address, polls), &answer),
            (Step::Read { .. } | Step::Put(_) | Step::Polled { .. }, _) => Next::Done,
        }
    }
}
