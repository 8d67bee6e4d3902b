//! Painting a sketch on the world: only what differs is changed, behind the services' backs, so
//! that a cell costs microseconds.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{ResourceId, Timestamp};
use serde_json::json;

use super::founded;
use super::settings;
use super::{RestoreAsFiles, container_name};
use crate::sketch::restore_as_files::{Assignee, CrossTenant, Grant, Region, Scope, Sketch, Subscription};
use crate::strategy::painted::{Given, access, paint_identity, shorter};
use crate::strategy::storage_network::RuleSubject;

impl RestoreAsFiles {
    /// Makes the world look like the sketch.
    pub fn paint(&mut self, sketch: &Sketch) {
        // Cells that follow one another mostly differ in their grants alone.
        let settings = Sketch {
            grants: Vec::new(),
            ..sketch.clone()
        };
        let wanted = Some((settings, self.spelling));
        if self.painted != wanted {
            self.paint_account(sketch);
            self.paint_vault(sketch);
            self.painted = wanted;
        }
        self.paint_access(sketch);
    }

    fn account_index(sketch: &Sketch) -> usize {
        match sketch.subscription {
            Subscription::Same => 0,
            Subscription::Other | Subscription::OtherForbidden => 1,
        }
    }

    pub(in crate::strategy) fn account(&self, sketch: &Sketch) -> &ResourceId {
        &self.world.accounts[Self::account_index(sketch)]
    }

    /// An id as the spelling has it.
    pub(super) fn spelled(&self, id: &ResourceId) -> ResourceId {
        if !self.spelling.upper_case {
            return id.clone();
        }
        let capitals = id.as_str().to_ascii_uppercase();
        ResourceId::from_segments(capitals.split('/').filter(|segment| !segment.is_empty()))
    }

    fn paint_account(&mut self, sketch: &Sketch) {
        let mut body = self.pristine_accounts[Self::account_index(sketch)].clone();
        let vault = self.spelled(&self.world.vault);
        let subject = RuleSubject {
            vault: &vault,
            tenant: self.tenant,
        };
        settings::write_account(&mut body, sketch, &subject);
        if sketch.region == Region::Other {
            body["location"] = json!("westeurope");
        }
        let created = match sketch.cross_tenant {
            CrossTenant::UnsetSinceLongAgo => Timestamp::from_second(1_684_000_000).unwrap_or(self.world.now),
            CrossTenant::True | CrossTenant::False | CrossTenant::Unset => self.world.now,
        };
        let id = self.account(sketch).clone();
        if let Some(account) = self.world.azure.state_mut().resources.get_mut(&id) {
            account.body = body.into();
            account.created = created;
        }
    }

    fn paint_vault(&mut self, sketch: &Sketch) {
        let mut body = self.pristine_vault.clone();
        paint_identity(&mut body, sketch.identity);
        if sketch.subscription == Subscription::OtherForbidden {
            body["properties"]["featureSettings"] =
                json!({"crossSubscriptionRestoreSettings": {"state": "Disabled"}});
        }
        let id = &self.world.vault;
        if let Some(vault) = self.world.azure.state_mut().resources.get_mut(id) {
            vault.body = body.into();
        }
    }

    fn paint_access(&mut self, sketch: &Sketch) {
        let mut granted: Vec<Assignment> = sketch
            .grants
            .iter()
            .enumerate()
            .filter_map(|(number, grant)| self.assignment(sketch, number, *grant))
            .collect();
        if self.spelling.reversed {
            granted.reverse();
        }
        self.world.azure.state_mut().access = access(&self.world.assignments, granted);
    }

    pub(super) fn assignment(&self, sketch: &Sketch, number: usize, grant: Grant) -> Option<Assignment> {
        let given = Given {
            role: grant.role.label(),
            scope: self.spelled(&self.scope(sketch, grant.scope)?),
            to: self.world.identities.granted(sketch.identity),
            by_object_id: grant.to == Assignee::ObjectId,
            seen: grant.seen,
        };
        given.assignment(&self.world.azure, self.world.now, number)
    }

    fn scope(&self, sketch: &Sketch, scope: Scope) -> Option<ResourceId> {
        let account = self.account(sketch);
        let container = container_name(sketch.container);
        let below = |name: &str| account.child(["blobServices", "default", "containers", name]);
        let group = account.resource_group_id()?;
        let subscription = account.subscription()?;
        Some(match scope {
            Scope::Account => account.clone(),
            Scope::Container => below(container),
            Scope::PrefixContainer => below(&shorter(container)),
            Scope::ResourceGroup => group,
            Scope::Subscription => ResourceId::from_segments(["subscriptions", subscription]),
            Scope::PrefixAccount => {
                let name = shorter(account.name());
                group.child(["providers", "Microsoft.Storage", "storageAccounts", &name])
            }
            Scope::PrefixGroup => ResourceId::from_segments([
                "subscriptions",
                subscription,
                "resourceGroups",
                &shorter(founded::GROUP),
            ]),
        })
    }
}
