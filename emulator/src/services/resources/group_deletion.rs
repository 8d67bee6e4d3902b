//! The deletion of a resource group: of what is in it, one resource after the other, as the caller; then of the group.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::model::{NetworkPath, PrincipalId, Request, ResourceId, Response};
use crate::rules::{cloud, code};
use crate::services::{Context, Input, Next, Outbound, Workflow};
use crate::state::{OperationOutcome, field};

/// How often a resource is asked for its end that is busy, or there again. How often Azure asks nobody has recorded.
const ASKED_MOST: u32 = 100;

/// Deletes a group. It is over when nothing is left in it, or when something cannot be deleted.
#[derive(Clone)]
pub(super) struct GroupDeletion {
    group: ResourceId,
    operation: String,
    caller: Option<PrincipalId>,
    under_way: Option<UnderWay>,
    /// Deletions that were accepted, and where to ask how they stand.
    accepted: Vec<(ResourceId, String)>,
    /// Which of these is asked about next; past the last one until something ends.
    looked_at: usize,
    /// How often each resource was asked for its end.
    asked: BTreeMap<ResourceId, u32>,
    failed: Vec<String>,
}

/// The call that is under way.
#[derive(Clone)]
enum UnderWay {
    /// The deletion of a resource.
    Delete(ResourceId),
    /// The question how an accepted deletion stands.
    Look,
}

impl GroupDeletion {
    pub(super) fn of(group: ResourceId, operation: String, caller: Option<PrincipalId>) -> Self {
        Self {
            group,
            operation,
            caller,
            under_way: None,
            accepted: Vec::new(),
            looked_at: usize::MAX,
            asked: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    fn call(&mut self, under_way: UnderWay, method: Method, target: &str) -> Next {
        self.under_way = Some(under_way);
        Next::Call(Outbound {
            principal: self.caller,
            audience: cloud().arm_audience(),
            path: NetworkPath::internet(),
            request: Request::new(method, cloud().arm_host(), target),
        })
    }

    /// A resource was asked for its end. Says whether it is to be asked again later.
    fn asked(&mut self, id: ResourceId, answer: &Response) -> bool {
        if answer.json_body()["error"]["code"] == code::ServerIsBusy.row().wire_code() {
            return true;
        }
        if answer.status == StatusCode::ACCEPTED {
            let address = answer
                .header("azure-asyncoperation")
                .or(answer.header("location"));
            let address = address.and_then(|address| address.splitn(4, '/').nth(3));
            self.accepted
                .push((id, format!("/{}", address.unwrap_or_default())));
        } else if !answer.status.is_success() && answer.status != StatusCode::NOT_FOUND {
            self.failed.push(id.to_string());
        }
        false
    }

    /// How an accepted deletion stands was asked. What has ended is accepted no more: it has failed, or what is there
    /// is there again.
    fn looked(&mut self, answer: &Response) {
        let body = answer.json_body();
        let status = field(&body, "status").as_str().unwrap_or_default();
        let has_failed = ["Failed", "Canceled"].contains(&status)
            || !answer.status.is_success() && answer.status != StatusCode::NOT_FOUND;
        let has_ended = answer.status != StatusCode::ACCEPTED && (status.is_empty() || status == "Succeeded");
        if !has_failed && !has_ended {
            self.looked_at += 1;
            return;
        }
        let (id, _) = self.accepted.remove(self.looked_at);
        if has_failed {
            self.failed.push(id.to_string());
        }
    }

    /// What is left in the group, without what is being deleted and what cannot be.
    fn left(&self, context: &Context<'_>) -> Option<ResourceId> {
        let all = context.state.resources.values();
        let mut left = all
            .filter(|resource| self.group.contains(&resource.id) && resource.is_top_level())
            .map(|resource| &resource.id)
            .filter(|id| !self.accepted.iter().any(|(accepted, _)| accepted == *id))
            .filter(|id| !self.failed.iter().any(|failed| failed == id.as_str()));
        left.next_back().cloned()
    }

    /// Asks for the end of whatever is left. `None` if nothing is.
    fn delete_next(&mut self, context: &Context<'_>) -> Option<Next> {
        while let Some(id) = self.left(context) {
            let times = self.asked.entry(id.clone()).or_default();
            *times += 1;
            if *times > ASKED_MOST {
                self.failed.push(id.to_string());
                continue;
            }
            let version = context.rules.usual_version(id.as_str());
            let target = format!("{id}?api-version={version}");
            return Some(self.call(UnderWay::Delete(id), Method::DELETE, &target));
        }
        None
    }

    fn end(&self, context: &mut Context<'_>) -> Next {
        let outcome = if self.failed.is_empty() {
            // What stands on resources that have gone goes with them.
            let group = &self.group;
            context.state.resources.retain(|id, _| !group.contains(id));
            context.state.remove(group);
            OperationOutcome::Succeeded(Value::Null)
        } else {
            if let Some(group) = context.state.resources.get_mut(&self.group) {
                group.set_property(&["provisioningState"], json!("Succeeded"));
            }
            let text = format!(
                "Deletion of resource group '{}' failed as resources with identifiers '{}' could not be deleted.",
                self.group.name(),
                self.failed.join(", ")
            );
            OperationOutcome::Failed(json!({"code": "ResourceGroupDeletionBlocked", "message": text}))
        };
        context.end(&self.operation, outcome);
        Next::Done
    }
}

impl Workflow for GroupDeletion {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        match (input, self.under_way.take()) {
            (Input::Answered(answer), Some(UnderWay::Delete(id))) => {
                if self.asked(id, &answer) {
                    let pause = context.rules.retry_after("resource_group_delete");
                    return Next::Sleep(SignedDuration::from_secs(
                        i64::try_from(pause).unwrap_or_default(),
                    ));
                }
            }
            (Input::Answered(answer), Some(UnderWay::Look)) => self.looked(&answer),
            _ => {
                // Something has ended: what was accepted may be over.
                self.looked_at = 0;
                let state = &context.state;
                self.accepted.retain(|(id, _)| state.resource(id).is_some());
            }
        }
        if let Some(next) = self.delete_next(context) {
            return next;
        }
        if !self.failed.is_empty() || self.accepted.is_empty() {
            return self.end(context);
        }
        match self.accepted.get(self.looked_at) {
            Some((_, address)) => {
                let address = address.clone();
                self.call(UnderWay::Look, Method::GET, &address)
            }
            None => Next::WatchOthers,
        }
    }
}
