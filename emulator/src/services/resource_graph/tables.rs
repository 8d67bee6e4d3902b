//! The tables there are, filled with what the caller may read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::means::Row;
use super::problem::Problem;
use super::steps::Table;
use crate::authz::Assignment;
use crate::gateway::Permit;
use crate::model::{ResourceId, TenantId};
use crate::services::{Context, Listed, listed};
use crate::state::{Resource, ResourceBody, Subscription, field};

/// The columns of every table, in Azure's order.
const COLUMNS: [&str; 16] = [
    "id",
    "name",
    "type",
    "tenantId",
    "kind",
    "location",
    "resourceGroup",
    "subscriptionId",
    "managedBy",
    "sku",
    "plan",
    "properties",
    "tags",
    "identity",
    "zones",
    "extendedLocation",
];

/// Who asks, and about which subscriptions.
pub(super) struct Viewer<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) permit: &'a Permit,
    /// In lower case; empty for all that can be seen.
    pub(super) subscriptions: BTreeSet<String>,
}

impl Viewer<'_> {
    /// A table by name, without regard to case.
    pub(super) fn table(&self, name: &str) -> Result<Vec<FoundResource>, Problem> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "resources" => self.resources(),
            "resourcecontainers" => self.containers(),
            "recoveryservicesresources" => self.backups(),
            "authorizationresources" => self.assignments(),
            _ => return Err(Problem::Table(name.to_owned())),
        })
    }

    fn resources(&self) -> Vec<FoundResource> {
        let state = &self.context.state;
        state
            .resources
            .values()
            .filter(|resource| {
                let kind = resource.id.resource_type().unwrap_or_default();
                kind.split('/').count() == 2 && self.may_read(&resource.id, resource.text("/type"))
            })
            .filter_map(|resource| self.found(&resource.id, resource.body.clone()))
            .collect()
    }

    fn containers(&self) -> Vec<FoundResource> {
        let state = &self.context.state;
        let groups = state.resources.values().filter(|resource| {
            resource.id.segments().count() == 4
                && self.may_read(&resource.id, "Microsoft.Resources/subscriptions/resourceGroups")
        });
        let subscriptions = state
            .subscriptions
            .values()
            .filter(|subscription| !subscription.hidden)
            .filter(|subscription| self.may_read(&id_of(subscription), "Microsoft.Resources/subscriptions"));
        subscriptions
            .filter_map(|subscription| self.found(&id_of(subscription), describe(subscription).into()))
            .chain(groups.filter_map(|group| self.found(&group.id, group_body(group).into())))
            .collect()
    }

    /// What services list here themselves.
    fn backups(&self) -> Vec<FoundResource> {
        listed(self.context)
            .into_iter()
            .filter(|Listed { id, body }| self.may_read(id, body["type"].as_str().unwrap_or_default()))
            .filter_map(|Listed { id, body }| self.found(&id, body))
            .collect()
    }

    fn assignments(&self) -> Vec<FoundResource> {
        let kind = "Microsoft.Authorization/roleAssignments";
        self.context
            .state
            .access
            .assignments()
            .filter(|assignment| self.may_read(&assignment.scope, kind))
            .filter_map(|assignment| {
                let body = assignment_body(assignment);
                let id = body["id"].as_str()?.parse().ok()?;
                self.found(&id, body.into())
            })
            .collect()
    }

    fn may_read(&self, id: &ResourceId, kind: &str) -> bool {
        self.context.may_read(self.permit, id, kind)
    }

    /// A resource for a row; none outside the subscriptions that are asked about, and none in one that
    /// nobody sees or that is another tenant's.
    fn found(&self, id: &ResourceId, body: ResourceBody) -> Option<FoundResource> {
        let subscription_id = id.subscription()?;
        let subscription = self.context.state.subscription(subscription_id)?;
        let asked = self.subscriptions.is_empty()
            || self.subscriptions.contains(&subscription.id.to_ascii_lowercase());
        if !asked || subscription.hidden || self.permit.caller.tenant != Some(subscription.tenant) {
            return None;
        }
        Some(FoundResource {
            id: id.clone(),
            subscription: subscription.id.clone(),
            tenant: subscription.tenant,
            body,
        })
    }
}

/// What becomes a row: taken while the core is locked, and so without a copy of what it holds.
pub(super) struct FoundResource {
    id: ResourceId,
    subscription: String,
    tenant: TenantId,
    body: ResourceBody,
}

impl FoundResource {
    fn row(&self) -> Row {
        let body = &*self.body;
        let text = |name: &str| json!(field(body, name).as_str().unwrap_or_default());
        let any = |name: &str| field(body, name).clone();
        let group = self.id.resource_group().unwrap_or_default().to_lowercase();
        let kind = field(body, "type").as_str().unwrap_or_default().to_lowercase();
        let values = [
            json!(self.id),
            text("name"),
            json!(kind),
            json!(self.tenant),
            text("kind"),
            text("location"),
            json!(group),
            json!(self.subscription),
            text("managedBy"),
            any("sku"),
            any("plan"),
            any("properties"),
            any("tags"),
            any("identity"),
            any("zones"),
            any("extendedLocation"),
        ];
        COLUMNS
            .iter()
            .map(|name| (*name).to_owned())
            .zip(values)
            .collect()
    }
}

impl Table {
    /// The table of what was found.
    pub(super) fn of(found: &[FoundResource]) -> Self {
        Self {
            columns: COLUMNS.iter().map(|column| (*column).to_owned()).collect(),
            rows: found.iter().map(FoundResource::row).collect(),
        }
    }
}

fn id_of(subscription: &Subscription) -> ResourceId {
    ResourceId::from_segments(["subscriptions", &subscription.id])
}

fn describe(subscription: &Subscription) -> Value {
    json!({
        "name": subscription.name,
        "type": "microsoft.resources/subscriptions",
        "properties": {"state": "Enabled"},
    })
}

fn group_body(group: &Resource) -> Value {
    let mut body = group.body.to_value();
    body["type"] = json!("microsoft.resources/subscriptions/resourcegroups");
    body
}

fn assignment_body(assignment: &Assignment) -> Value {
    let role = assignment.role.to_string();
    let definition = assignment
        .scope
        .subscription()
        .map(|subscription| ResourceId::from_segments(["subscriptions", subscription]))
        .unwrap_or_else(|| ResourceId::from_segments([]));
    json!({
        "id": assignment.scope.child(["providers", "Microsoft.Authorization", "RoleAssignments", &assignment.name]),
        "name": assignment.name,
        "type": "microsoft.authorization/roleassignments",
        "properties": {
            "principalId": assignment.principal,
            "principalType": assignment.kind.as_str(),
            "roleDefinitionId": definition.child(["providers", "Microsoft.Authorization", "RoleDefinitions", &role]),
            "scope": assignment.scope,
        },
    })
}
