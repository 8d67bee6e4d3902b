//! Painting a sketch by real calls alone: slow, and the proof that painting behind the services'
//! backs makes the same worlds.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use super::RestoreAsFiles;
use super::settings;
use crate::sketch::restore_as_files::{
    Container, CrossTenant, DefaultAction, Network, PublicAccess, Scope, Sketch,
};
use crate::strategy::answer::Answer;
use crate::strategy::client::WorldError;
use crate::strategy::storage_network::RuleSubject;

/// Whether calls can make the sketch's world. They cannot take a setting away again, nor make a
/// private endpoint connection, nor assign a role on something that is not there.
pub fn can_be_called(sketch: &Sketch) -> bool {
    let network = &sketch.network;
    network.access != PublicAccess::Unset
        && network.default_action != DefaultAction::Unset
        && !network.private_endpoint
        && matches!(sketch.cross_tenant, CrossTenant::True | CrossTenant::False)
        && sketch.grants.iter().all(|grant| match grant.scope {
            Scope::Account | Scope::ResourceGroup | Scope::Subscription => true,
            Scope::Container => sketch.container == Container::There,
            Scope::PrefixAccount | Scope::PrefixContainer | Scope::PrefixGroup => false,
        })
}

impl RestoreAsFiles {
    /// The answer in a world whose account settings and role assignments were made by real calls.
    ///
    /// # Errors
    ///
    /// If a call is refused.
    pub fn validate_by_calls(&mut self, sketch: &Sketch) -> Result<Answer, WorldError> {
        self.paint(&Sketch {
            network: Network::OPEN,
            grants: Vec::new(),
            cross_tenant: CrossTenant::True,
            ..sketch.clone()
        });
        self.painted = None;
        let vault = self.spelled(&self.world.vault);
        let subject = RuleSubject {
            vault: &vault,
            tenant: self.tenant,
        };
        let mut patch = json!({"properties": {}});
        settings::write_account(&mut patch, sketch, &subject);
        let account = self.account(sketch).clone();
        let now = self.world.now;
        let operator = self.world.operator.clone();
        let target = format!("{account}?api-version=2024-01-01");
        operator.manage(&mut self.world.azure, now, Method::PATCH, &target, Some(&patch))?;
        for (number, grant) in sketch.grants.iter().enumerate() {
            let Some(assignment) = self.assignment(sketch, number, *grant) else {
                return Err(WorldError::Missing("role"));
            };
            let delay = assignment.seen_from.duration_since(now);
            self.world.azure.settings_mut().role_propagation = delay;
            let body = json!({"properties": {
                "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{}", assignment.role),
                "principalId": assignment.principal,
                "principalType": "ServicePrincipal",
            }});
            let target = format!(
                "{}/providers/Microsoft.Authorization/roleAssignments/{}?api-version=2022-04-01",
                assignment.scope, assignment.name
            );
            operator.manage(&mut self.world.azure, now, Method::PUT, &target, Some(&body))?;
        }
        self.world.azure.settings_mut().role_propagation = SignedDuration::ZERO;
        Ok(self.answer(sketch))
    }
}
