//! Server parameters, `configurations` in ARM, of both flavours. What is set is set on the real server
//! too, unless it would do harm here.

mod listed;
mod value;

use http::StatusCode;
use serde_json::{Value, json};

use super::changes::{accept, end_refused, take_turn_of_running};
use super::effect_failure::failure;
use super::resource_types::SINGLE_SERVER;
use super::server_state::{child_type, require_server, server_of};
use crate::gateway::{Permit, Refusal};
use crate::jobs::{ServerWork, Work};
use crate::model::{Request, ResourceId, Response};
use crate::rules::{Code, Mark, code};
use crate::services::{Context, Input, Next, Workflow, json_body};
use crate::state::{OperationOutcome, Resource, field};

use listed::{Parameter, ServerParameters};

const KIND: &str = "configurations";

/// A server's parameters.
fn listed(context: &Context<'_>, server: &ResourceId) -> Result<ServerParameters, Refusal> {
    require_server(context, server)?;
    Ok(ServerParameters::of(context, server))
}

/// The parameter as it stands: as it was set, or as a fresh server has it.
fn describe(context: &Context<'_>, server: &ResourceId, parameter: &Parameter) -> Value {
    let id = server.child([KIND, &parameter.name]);
    match context.state.resource(&id) {
        Some(set) => set.body.to_value(),
        None => body_of(context, server, parameter, &parameter.value, parameter.source()),
    }
}

fn body_of(
    context: &Context<'_>,
    server: &ResourceId,
    parameter: &Parameter,
    value: &str,
    source: &str,
) -> Value {
    let mut properties = json!({
        "value": value,
        "description": parameter.description,
        "defaultValue": parameter.default,
        "dataType": parameter.data_type,
        "allowedValues": parameter.allowed,
        "source": source,
    });
    let flag = |set: bool| match server.is_type(SINGLE_SERVER) {
        true => json!(if set { "True" } else { "False" }),
        false => json!(set),
    };
    properties["isDynamicConfig"] = flag(parameter.dynamic);
    if !server.is_type(SINGLE_SERVER) {
        properties["isReadOnly"] = flag(parameter.read_only);
    }
    properties["isConfigPendingRestart"] = flag(false);
    if !parameter.unit.is_empty() {
        properties["unit"] = json!(parameter.unit);
    }
    if let Some(link) = &parameter.documentation {
        properties["documentationLink"] = json!(link);
    }
    json!({
        "properties": properties,
        "id": server.child([KIND, &parameter.name]),
        "name": parameter.name,
        "type": child_type(context, server, KIND),
    })
}

/// An answer that is as sure as the list it comes from.
fn marked(response: Response, mark: Mark) -> Response {
    match mark {
        Mark::Inferred | Mark::Unverified => response.with_header("x-azdrill-mark", mark.as_str()),
        _ => response,
    }
}

pub(super) fn list(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let listed = listed(context, &permit.scope)?;
    let of = |parameter: &Parameter| describe(context, &permit.scope, parameter);
    let found: Vec<Value> = listed.parameters.iter().map(of).collect();
    let response = Response::json(StatusCode::OK, &json!({"value": found}));
    Ok(marked(response, listed.mark))
}

pub(super) fn get(context: &mut Context<'_>, permit: &Permit, _: &Request) -> Result<Response, Refusal> {
    let server = server_of(permit);
    let listed = listed(context, &server)?;
    let Some(parameter) = listed.find(permit.scope.name()) else {
        return Err(refuse(context, permit, code::ConfigurationNotExists, &[]));
    };
    let response = Response::json(StatusCode::OK, &describe(context, &server, parameter));
    Ok(marked(response, listed.mark))
}

fn refuse(context: &Context<'_>, permit: &Permit, row: Code, more: &[(&str, &str)]) -> Refusal {
    let server = server_of(permit);
    let resource = context.state.resource(&server);
    let version = resource.map_or("", |server| server.text("/properties/version"));
    let name = permit.scope.name();
    let mut fill = vec![("server", server.name()), ("version", version), ("name", name)];
    fill.extend_from_slice(more);
    Refusal::of(row, &fill)
}

/// Sets a parameter. A value it cannot have is accepted, and the operation fails.
pub(super) fn put(
    context: &mut Context<'_>,
    permit: &Permit,
    request: &Request,
) -> Result<Response, Refusal> {
    let server = server_of(permit);
    let listed = listed(context, &server)?;
    let Some(parameter) = listed.find(permit.scope.name()) else {
        return Err(refuse(context, permit, code::ConfigurationNotExists, &[]));
    };
    if parameter.read_only {
        return Err(refuse(context, permit, code::ConfigurationReadOnly, &[]));
    }
    let sent = json_body(request)?;
    let properties = field(&sent, "properties");
    // Who takes an override back names the source and no value.
    let value = field(properties, "value")
        .as_str()
        .unwrap_or(&parameter.default)
        .to_owned();
    let turn = take_turn_of_running(context, permit, &server)?;
    let refusal = (!value::is_allowed(parameter, &value)).then(|| {
        let fill = [("value", value.as_str()), ("allowed", &parameter.allowed)];
        refuse(context, permit, code::InvalidConfigurationValue, &fill)
    });
    let source = field(properties, "source").as_str().unwrap_or("user-override");
    let source = if source == "system-default" && value == parameter.default {
        source
    } else {
        "user-override"
    };
    let body = body_of(context, &server, parameter, &value, source);
    let work = context.own.postgres.specs.get(&server).and_then(|spec| {
        Some(Work::Server(ServerWork::SetParameter {
            key: spec.key.clone(),
            name: parameter.name.clone(),
            value: on_server(context, parameter, &value)?,
        }))
    });
    let (operation, response) = accept(context, request, turn);
    context.start(SetParameter {
        id: server.child([KIND, &parameter.name]),
        body,
        waits: !parameter.dynamic,
        operation,
        refusal,
        work: work.filter(|_| context.settings.has_postgres),
    });
    Ok(response)
}

/// What a parameter is set to on the real server. What would be too much for it is its own default
/// there, so that nothing of before stays.
fn on_server(context: &Context<'_>, parameter: &Parameter, value: &str) -> Option<String> {
    let default = parameter.on_server.clone()?;
    let (facts, name) = (&context.rules.parameters, parameter.name.as_str());
    if facts.is_applied(name, value) {
        return Some(value.to_owned());
    }
    facts.is_bounded(name).then_some(default)
}

/// Sets a parameter, after it has been set on the real server, if it is.
#[derive(Clone)]
struct SetParameter {
    id: ResourceId,
    body: Value,
    /// For a restart, to take effect.
    waits: bool,
    operation: String,
    refusal: Option<Refusal>,
    work: Option<Work>,
}

impl Workflow for SetParameter {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        if let Some(refusal) = &self.refusal {
            end_refused(context, &self.operation, refusal);
            return Next::Done;
        }
        if let (Input::Woke, Some(work)) = (&input, self.work.take()) {
            return Next::Work(work);
        }
        let error = match &input {
            Input::Worked(result) => failure(result),
            _ => None,
        };
        let outcome = match error {
            Some(error) => OperationOutcome::Failed(error),
            None => {
                let mut parameter = Resource::new(self.id.clone(), self.body.clone(), context.now);
                if self.waits {
                    set_pending(&mut parameter, true);
                }
                let body = parameter.body.to_value();
                context.state.resources.insert(self.id.clone(), parameter);
                OperationOutcome::Succeeded(body)
            }
        };
        context.end(&self.operation, outcome);
        Next::Done
    }
}

fn set_pending(parameter: &mut Resource, pending: bool) {
    let flag = parameter.at("/properties/isConfigPendingRestart");
    let value = match flag.is_string() {
        true => json!(if pending { "True" } else { "False" }),
        false => json!(pending),
    };
    parameter.set_property(&["isConfigPendingRestart"], value);
}

/// Takes note that the server has been started: nothing waits for it any more.
pub(super) fn started(context: &mut Context<'_>, server: &ResourceId) {
    let kind = child_type(context, server, KIND);
    let set: Vec<ResourceId> = context
        .state
        .resources_below(server, &kind)
        .map(|parameter| parameter.id.clone())
        .collect();
    for id in set {
        if let Some(parameter) = context.state.resources.get_mut(&id) {
            set_pending(parameter, false);
        }
    }
}
