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
    let hidden = |id: &str| {
        state
            .subscription(id)
            .is_some_and(|subscription| subscription.hidden)
    };
    Everything {
        time,
        profile,
        subscriptions: state
            .subscriptions
            .values()
            .filter(|subscription| !subscription.hidden)
            .map(|subscription| SubscriptionView {
                id: subscription.id.clone(),
                name: subscription.name.clone(),
                tenant: subscription.tenant.to_string(),
            })
            .collect(),
        resources: state
            .resources
            .values()
            .filter(|resource| !resource.id.subscription().is_some_and(hidden))
            .map(|resource| ResourceView {
                id: resource.id.to_string(),
                r#type: resource.text("/type").to_owned(),
                location: resource.location().to_owned(),
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
        .map(|principal| PrincipalView {
            object_id: principal.id.to_string(),
            app_id: principal.app_id.map(|id| id.to_string()),
            name: principal.display_name.clone(),
            kind: principal.kind().as_str().to_owned(),
        })
        .collect()
}

fn assignments(azure: &Azure, now: Timestamp) -> Vec<AssignmentView> {
    let access = &azure.state().access;
    access
        .assignments()
        .map(|assignment| AssignmentView {
            scope: assignment.scope.to_string(),
            role: access
                .role(&azure.rules().built_in_roles, assignment.role)
                .map_or_else(|| assignment.role.to_string(), |role| role.name.to_string()),
            principal: assignment.principal.to_string(),
            seen_from: (assignment.seen_from > now).then_some(assignment.seen_from),
        })
        .collect()
}
