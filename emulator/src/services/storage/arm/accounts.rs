//! Storage accounts as resources.

use http::StatusCode;
use serde_json::{Value, json};

use super::account_type::ACCOUNT;
use super::{account_body, account_limits, keys, naming};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId, Response};
use crate::rules::code;
use crate::services::sent_body::fill;
use crate::services::{Context, Input, LongRunning, Next, Workflow, identity, json_body, plain};
use crate::state::{OperationOutcome, Resource, field};

pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let id = permit.scope.clone();
    context.require_group(&id)?;
    naming::check(context, &id)?;
    let mut sent = account_body::normalized(json_body(request)?.into_owned())?;
    account_body::check_ip_rules(context.rules, &sent)?;
    account_limits::check_played(context.rules, &sent)?;
    let location = plain::required_location(&sent)?;
    sent["location"] = json!(location);
    if context.state.resources.contains_key(&id) {
        return update(context, &id, &sent);
    }
    create(context, &id, &sent, &location)?;
    let operation = context.draw_uuid("storage account create").to_string();
    context.state.operations.begin(operation.clone(), context.now);
    context.start(Create {
        operation: operation.clone(),
        account: id.clone(),
    });
    let subscription = id.subscription().unwrap_or_default();
    let announced = LongRunning {
        id: operation.clone(),
        status: StatusCode::ACCEPTED,
        status_path: None,
        result_path: Some(format!(
            "/subscriptions/{subscription}/providers/Microsoft.Storage/locations/{location}/asyncoperations/{operation}?monitor=true"
        )),
        retry_after_seconds: context.rules.retry_after("storage_account_put"),
    };
    Ok(context
        .accepted(request, &announced, None)
        .with_header("content-type", "text/plain; charset=utf-8"))
}

fn create(context: &mut Context<'_>, id: &ResourceId, sent: &Value, location: &str) -> Result<(), Refusal> {
    let name = id.name().to_owned();
    // `sent` is an object, which is all that could be refused here.
    let mut body = plain::resource_body(id, ACCOUNT, sent).unwrap_or_default();
    let said = field(field(sent, "properties"), "accessTier").clone();
    fill(
        &mut body,
        &account_body::defaults(context.rules, &name, location, context.now),
    );
    account_limits::check_kind(context.rules, &body, &said)?;
    account_body::set_tier(context.rules, &mut body);
    identity::settle_new(context, id, &mut body)?;
    keys::create(context, &name);
    let mut account = Resource::new(id.clone(), body, context.now);
    account.set_property(&["keyCreationTime"], keys::creation_times(context, &name));
    context.state.resources.insert(id.clone(), account);
    context.state.storage_accounts.insert(name, id.clone());
    Ok(())
}

/// Changes what the request names and nothing else; the rest, private endpoint connections among
/// it, stays.
fn update(context: &mut Context<'_>, id: &ResourceId, sent: &Value) -> Result<Response, Refusal> {
    let mut patch = sent.clone();
    if let Some(account) = context.state.resources.get(id) {
        account_limits::check_settled(context.rules, account, sent)?;
        account_limits::check_changed(context.rules, account, sent)?;
        identity::settle_change(context, id, &mut patch)?;
    }
    let Some(account) = context.state.resources.get_mut(id) else {
        return Err(context.not_found(id));
    };
    if let Some(patch) = patch.as_object_mut() {
        patch.retain(|name, _| {
            !["id", "name", "type", "location", "systemdata"].contains(&name.to_ascii_lowercase().as_str())
        });
    }
    plain::change(&mut account.body, patch);
    account_body::set_tier(context.rules, &mut account.body);
    Ok(Response::json(StatusCode::OK, &account.body))
}

pub(super) fn patch(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let sent = account_body::normalized(json_body(request)?.into_owned())?;
    account_body::check_ip_rules(context.rules, &sent)?;
    account_limits::check_played(context.rules, &sent)?;
    update(context, &permit.scope, &sent)
}

pub(super) fn delete(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let id = &permit.scope;
    let Some(gone) = context.state.remove(id) else {
        return Ok(Response::new(StatusCode::NO_CONTENT));
    };
    identity::forget(&mut context.state.directory, &gone);
    // Its settings are resources of their own, and another account may get its name.
    for (kind, name) in [("blobServices", "default"), ("managementPolicies", "default")] {
        context.state.resources.remove(&id.child([kind, name]));
    }
    let name = id.name().to_ascii_lowercase();
    if context.state.storage_accounts.get(&name) == Some(id) {
        context.state.storage_accounts.remove(&name);
        context.state.account_keys.remove(&name);
        context.state.blob_access.forget_account(&name);
        let dropped = context.own.storage.remove_account(&name);
        let free = context.own.storage.let_go(dropped);
        context.released.extend(free);
    }
    Ok(Response::new(StatusCode::OK))
}

/// Ends a creation, which has nothing left to do.
#[derive(Clone)]
struct Create {
    operation: String,
    account: ResourceId,
}

impl Workflow for Create {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        let outcome = OperationOutcome::Succeeded(json!({"storageAccount": self.account}));
        context.end(&self.operation, outcome);
        Next::Done
    }
}

/// Answers the poll of a creation.
pub(super) fn operation(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let unknown = || Refusal::of(code::StorageOperationNotFound, &[]);
    let state = context
        .state
        .operations
        .get(permit.params.get("operation"))
        .ok_or_else(unknown)?;
    match &state.outcome {
        OperationOutcome::Running => {
            let address = format!("{}{}?{}", request.authority(), request.path, request.query);
            let response = Response::new(StatusCode::ACCEPTED)
                .with_header("location", &address)
                .with_header("content-type", "text/plain; charset=utf-8");
            Ok(context.poll_soon(response))
        }
        OperationOutcome::Succeeded(value) => {
            let id: ResourceId = value
                .pointer("/storageAccount")
                .and_then(|id| id.as_str()?.parse().ok())
                .filter(|id: &ResourceId| {
                    let asked = permit.params.get("subscription");
                    id.subscription()
                        .is_some_and(|subscription| subscription.eq_ignore_ascii_case(asked))
                })
                .ok_or_else(unknown)?;
            match context.state.resource(&id) {
                Some(account) => Ok(Response::json(StatusCode::OK, &account.body)),
                None => Err(context.not_found(&id)),
            }
        }
        OperationOutcome::Failed(_) => Err(unknown()),
    }
}
