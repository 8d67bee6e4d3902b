//! What came of what a deployment has asked for: it is waited for, it is done, or all has failed.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Awaited, Deploy, DeployStep};
use crate::model::Response;
use crate::services::deployments::operations::{note_deletion, note_operation};
use crate::services::deployments::state::{end, output_resources};
use crate::services::{Context, Next};
use crate::state::{OperationOutcome, field};

/// How often an operation is asked about at once before time is let pass.
const EAGER_POLLS: u32 = 3;

impl Deploy {
    /// A resource has been asked for, or its end.
    pub(super) fn answered(&mut self, context: &mut Context<'_>, what: Awaited, answer: &Response) -> Next {
        let gone = matches!(what, Awaited::Delete(_)) && answer.status == StatusCode::NOT_FOUND;
        if !answer.status.is_success() && !gone {
            let error = field(&answer.json_body(), "error").clone();
            return self.has_failed(context, &what, answer.status, &error);
        }
        let address = answer
            .header("azure-asyncoperation")
            .or(answer.header("location"))
            .filter(|_| answer.status != StatusCode::NO_CONTENT && !gone);
        match address {
            Some(address) => {
                let address = address.splitn(4, '/').nth(3).unwrap_or_default();
                self.step = DeployStep::Poll(what, format!("/{address}"), 0);
                Next::Sleep(SignedDuration::ZERO)
            }
            None => self.is_done(context, &what),
        }
    }

    pub(super) fn polled(
        &mut self,
        context: &mut Context<'_>,
        (what, address, polls): (Awaited, String, u32),
        answer: &Response,
    ) -> Next {
        let body = answer.json_body();
        let status = field(&body, "status").as_str();
        let status = status.unwrap_or_default().to_ascii_lowercase();
        let gone = matches!(what, Awaited::Delete(_)) && answer.status == StatusCode::NOT_FOUND;
        let failed = ["failed", "canceled"].contains(&status.as_str()) || !answer.status.is_success();
        if failed && !gone {
            let error = field(&body, "error").clone();
            return self.has_failed(context, &what, StatusCode::CONFLICT, &error);
        }
        // A result address answers 202 while it runs; a status address tells in its body.
        let running = answer.status == StatusCode::ACCEPTED || !status.is_empty() && status != "succeeded";
        if !running {
            return self.is_done(context, &what);
        }
        self.step = DeployStep::Poll(what, address, polls + 1);
        // What needs no time has been done by now; what does is waited for.
        let pause = if polls < EAGER_POLLS { 0 } else { 1 };
        Next::Sleep(SignedDuration::from_secs(pause))
    }

    fn is_done(&mut self, context: &mut Context<'_>, what: &Awaited) -> Next {
        match what {
            Awaited::Put(number) => {
                self.done[*number] = true;
                let entry = &self.template.resources[*number];
                note_operation(
                    context,
                    &self.id,
                    entry,
                    ("Create", "Succeeded", 201),
                    &Value::Null,
                );
                self.go_on(context)
            }
            Awaited::Delete(id) => {
                note_deletion(context, &self.id, id, ("Succeeded", 200), &Value::Null);
                if let Some(pruning) = &mut self.pruning {
                    pruning.is_gone();
                }
                self.go_on(context)
            }
        }
    }

    fn has_failed(
        &mut self,
        context: &mut Context<'_>,
        what: &Awaited,
        status: StatusCode,
        error: &Value,
    ) -> Next {
        let message = json!({"status": "Failed", "error": error});
        let target = match what {
            Awaited::Put(number) => {
                let entry = &self.template.resources[*number];
                let outcome = ("Create", "Failed", status.as_u16());
                note_operation(context, &self.id, entry, outcome, &message);
                entry.id.clone()
            }
            Awaited::Delete(id) => {
                // What depends on another that goes as well is tried again when that has gone.
                if self.pruning.as_mut().is_some_and(|pruning| pruning.is_later(id)) {
                    return self.go_on(context);
                }
                note_deletion(context, &self.id, id, ("Failed", status.as_u16()), &message);
                id.clone()
            }
        };
        let details = json!([{
            "code": field(error, "code"),
            "message": field(error, "message"),
            "target": target,
        }]);
        self.fail(
            context,
            "DeploymentFailed",
            "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
            &details,
        )
    }

    pub(super) fn invalid(&mut self, context: &mut Context<'_>, text: &str) -> Next {
        self.fail(
            context,
            "InvalidTemplate",
            &format!("Unable to process template: '{text}'"),
            &Value::Null,
        )
    }

    /// A mistake of ours.
    pub(super) fn broken(&mut self, context: &mut Context<'_>) -> Next {
        let text = "azdrill itself failed; its log says where.";
        self.fail(context, "InternalServerError", text, &Value::Null)
    }

    pub(super) fn fail(
        &mut self,
        context: &mut Context<'_>,
        code: &str,
        message: &str,
        details: &Value,
    ) -> Next {
        let mut error = json!({"code": code, "message": message});
        if !details.is_null() {
            error["details"] = details.clone();
        }
        end(context, &self.id, "Failed", |properties| {
            properties["error"] = error.clone()
        });
        context.end(&self.operation, OperationOutcome::Failed(error));
        Next::Done
    }

    pub(super) fn finish(&mut self, context: &mut Context<'_>) -> Next {
        let outputs = self.outputs.take().unwrap_or_default();
        let resources = output_resources(context, &self.template);
        end(context, &self.id, "Succeeded", |properties| {
            properties["outputs"] = outputs;
            properties["outputResources"] = resources;
        });
        context.end(&self.operation, OperationOutcome::Succeeded(Value::Null));
        Next::Done
    }
}
