//! The state: what exists.

use axum::Json;
use axum::extract::State;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::Timestamp;
use serde::Serialize;
#[cfg(test)]
use utoipa::ToSchema;

use super::time::{Time, time};
use crate::serve::builder::SharedBuilder;

/// What exists. No secret is in it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
pub(super) struct Everything {
    /// The time.
    time: Time,
    /// Whose word is taken where documents and observation differ.
    profile: String,
    /// Subscriptions, those of Microsoft's own side not among them.
    subscriptions: Vec<SubscriptionView>,
    /// Resources and resource groups.
    resources: Vec<ResourceView>,
    /// Who may ask for tokens.
    principals: Vec<PrincipalView>,
    /// Role assignments.
    role_assignments: Vec<AssignmentView>,
    /// Backup and restore jobs.
    jobs: Vec<JobView>,
    /// Recovery points.
    recovery_points: Vec<RecoveryPointView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct SubscriptionView {
    id: String,
    name: String,
    tenant: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct ResourceView {
    id: String,
    r#type: String,
    location: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct PrincipalView {
    object_id: String,
    app_id: Option<String>,
    name: String,
    kind: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct AssignmentView {
    scope: String,
    role: String,
    principal: String,
    /// When it comes to be seen, if it is not yet.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    seen_from: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct JobView {
    id: String,
    operation: String,
    instance: String,
    status: String,
    error: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ToSchema))]
struct RecoveryPointView {
    id: String,
    instance: String,
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    time: Timestamp,
}

/// What exists.
#[cfg_attr(test, utoipa::path(get, path = "/_azdrill/state", responses((status = 200, body = Everything))))]
pub(super) async fn state(State(builder): State<SharedBuilder>) -> Json<Everything> {
    let time = time(&builder);
    let now = time.now;
    let profile = builder.setup.profile.to_string();
    let door = builder.driver.front_door();
    Json(door.with_core(|azure| everything(azure, profile, time, now)))
}

fn everything(azure: &Azure, profile: String, time: Time, now: Timestamp) -> Everything {
    let state = azure.state();
    let hidden = |id: &str| state.subscription(id).is_some_and(|own| own.hidden);
    Everything {
        time,
        profile,
        subscriptions: state
            .subscriptions
            .values()
            .filter(|own| !own.hidden)
            .map(|own| SubscriptionView {
                id: own.id.clone(),
                name: own.name.clone(),
                tenant: own.tenant.to_string(),
            })
            .collect(),
        resources: state
            .resources
            .values()
            .filter(|own| !own.id.subscription().is_some_and(hidden))
            .map(|own| ResourceView {
                id: own.id.to_string(),
                r#type: own.text("/type").to_owned(),
                location: own.location().to_owned(),
            })
            .collect(),
        principals: principals(azure),
        role_assignments: assignments(azure, now),
        jobs: azure
            .services()
            .data_protection
            .all_jobs()
            .map(|job| JobView {
                id: job.id.to_owned(),
                operation: job.kind.as_str().to_owned(),
                instance: job.instance.to_string(),
                status: job.status.to_owned(),
                error: job.error["code"].as_str().unwrap_or_default().to_owned(),
            })
            .collect(),
        recovery_points: azure
            .services()
            .data_protection
            .all_recovery_points()
            .map(|(instance, point)| RecoveryPointView {
                id: point.id.clone(),
                instance: instance.to_string(),
                time: point.time,
            })
            .collect(),
    }
}

fn principals(azure: &Azure) -> Vec<PrincipalView> {
    azure
        .state()
        .directory
        .iter()
        .map(|own| PrincipalView {
            object_id: own.id.to_string(),
            app_id: own.app_id.map(|id| id.to_string()),
            name: own.display_name.clone(),
            kind: own.kind().as_str().to_owned(),
        })
        .collect()
}

fn assignments(azure: &Azure, now: Timestamp) -> Vec<AssignmentView> {
    let access = &azure.state().access;
    access
        .assignments()
        .map(|own| AssignmentView {
            scope: own.scope.to_string(),
            role: access
                .role(&azure.rules().built_in_roles, own.role)
                .map_or_else(|| own.role.to_string(), |role| role.name.to_string()),
            principal: own.principal.to_string(),
            seen_from: (own.seen_from > now).then_some(own.seen_from),
        })
        .collect()
}
