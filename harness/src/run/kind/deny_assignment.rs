//! Deny assignments, which no call makes.

use azdrill_emulator::authz::{DeniedPrincipal, DenyAssignment as Denied};
use azdrill_emulator::journal::Given;
use azdrill_emulator::model::{ActionPattern, PrincipalId};
use azdrill_emulator::rules::Rules;
use serde::Deserialize;

use super::resource_kind::ResourceKind;
use crate::run::client::Client;
use crate::run::names::guid_of;
use crate::run::{Names, RunError, roles};
use crate::scenario::{Grantee, Misstated, Site, World};

/// A deny assignment, as a deployment stack or a managed application leaves one: of everybody, but for whom it excludes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DenyAssignment {
    /// What the file calls it.
    #[serde(skip)]
    name: String,
    /// The name people see.
    display_name: Option<String>,
    /// On what.
    on: Site,
    /// Actions that are denied.
    #[serde(default)]
    actions: Vec<String>,
    /// Those that are not, out of these.
    #[serde(default)]
    not_actions: Vec<String>,
    /// Data actions that are denied.
    #[serde(default)]
    data_actions: Vec<String>,
    /// Those that are not, out of these.
    #[serde(default)]
    not_data_actions: Vec<String>,
    /// Who is excluded.
    #[serde(default)]
    exclude: Vec<Grantee>,
    /// Whether what is below it is not touched.
    #[serde(default)]
    not_below: bool,
}

fn patterns(texts: &[String]) -> Vec<ActionPattern> {
    texts.iter().map(ActionPattern::new).collect()
}

impl ResourceKind for DenyAssignment {
    /// After everything else: it would stand in the way of what is built.
    fn rank(&self) -> u8 {
        10
    }

    fn be_called(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn id(&self, names: &Names) -> String {
        let scope = names.site(&self.on);
        let id = self.guid(scope);
        format!("{scope}/providers/Microsoft.Authorization/denyAssignments/{id}")
    }

    fn check(&self, world: &World, _rules: &Rules) -> Result<(), Misstated> {
        world.check_site(&self.on).map_err(|wrong| wrong.at("on"))?;
        for who in &self.exclude {
            world.check_grantee(who).map_err(|wrong| wrong.at("exclude"))?;
        }
        if self.actions.is_empty() && self.data_actions.is_empty() {
            return Err(Misstated::new(
                "a deny assignment needs `actions` or `data_actions`",
            ));
        }
        Ok(())
    }
}

impl DenyAssignment {
    /// The same one has the same id.
    fn guid(&self, scope: &str) -> uuid::Uuid {
        guid_of(&format!("{} {scope}", self.name))
    }

    pub(super) async fn build(
        &self,
        client: &mut Client,
        names: &Names,
        _seen: &World,
    ) -> Result<(), RunError> {
        let scope = names.site(&self.on).to_owned();
        let mut exclude_principals = Vec::new();
        for who in &self.exclude {
            let id = roles::principal(client, names, who).await?;
            exclude_principals.extend(id.parse().ok().map(|id| DeniedPrincipal {
                id: PrincipalId(id),
                kind: "ServicePrincipal".to_owned(),
            }));
        }
        let wrong = || RunError::Scenario(format!("{scope} is no scope"));
        let given = Given::DenyAssignment(Box::new(Denied {
            id: self.guid(&scope),
            name: self.display_name.as_ref().unwrap_or(&self.name).clone(),
            scope: scope.parse().map_err(|_| wrong())?,
            actions: patterns(&self.actions),
            not_actions: patterns(&self.not_actions),
            data_actions: patterns(&self.data_actions),
            not_data_actions: patterns(&self.not_data_actions),
            principals: vec![DeniedPrincipal::everybody()],
            exclude_principals,
            do_not_apply_to_child_scopes: self.not_below,
        }));
        let now = client.now();
        client
            .look(|core| core.give(now, &given))
            .map_err(RunError::Scenario)
    }
}
