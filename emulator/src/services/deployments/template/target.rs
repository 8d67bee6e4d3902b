//! Where a deployment goes to.

use std::sync::Arc;

use serde_json::Value;

use crate::entropy::Entropy;
use crate::model::{ResourceId, Timestamp};
use crate::rules::DeploymentFacts;

/// Where a deployment goes to, as the front door knows it.
#[derive(Clone)]
pub(in crate::services::deployments) struct DeploymentTarget {
    /// The scope deployed to.
    pub(in crate::services::deployments) target: ResourceId,
    /// The deployment's name.
    pub(in crate::services::deployments) name: String,
    /// The resource group as `resourceGroup()` shows it; `Null` at a subscription.
    pub(in crate::services::deployments) group: Value,
    /// The tenant's id.
    pub(in crate::services::deployments) tenant: String,
    /// What the subscription is called.
    pub(in crate::services::deployments) subscription_name: String,
    /// Who deploys.
    pub(in crate::services::deployments) deployer: String,
    /// What a template may say.
    pub(in crate::services::deployments) facts: Arc<DeploymentFacts>,
    pub(in crate::services::deployments) now: Timestamp,
    /// For what is different each time.
    pub(in crate::services::deployments) entropy: Entropy,
    /// Where the deployment itself is kept; empty at a group.
    pub(in crate::services::deployments) location: String,
    pub(in crate::services::deployments) mode: &'static str,
    pub(in crate::services::deployments) content_version: String,
    /// Whether it is deployed by another deployment.
    pub(in crate::services::deployments) nested: bool,
}
