//! The validation of a backup of a flexible server.

mod founded;
mod scene;

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::model::{ResourceId, TenantId};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::Resource;
use serde_json::json;
use uuid::Uuid;

use self::founded::Founded;
use super::answer::Answer;
use super::client::{WorldError, nothing_outside, validate, validation_answer};
use super::foundation::datasource;
use super::painted::{Given, Identities, access, paint_identity, shorter};
use super::question::{Engine, Question};
use super::scene::Scene;
use super::table::Table;
use crate::oracle::validate_backup::validate_backup;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::validate_backup::{
    Access, Backs, Holder, Kind, Reads, Region, Server, Sketch, Subscription,
};

/// The version of the Backup service's interface spoken.
const VERSION: &str = "2024-04-01";
const LTR: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";

/// The emulator under test, with one world that each sketch in turn is painted on.
pub struct ValidateBackup {
    world: Founded,
    /// The servers as they were made, in the order of [`Founded::servers`].
    pristine: [Vec<Resource>; 2],
}

impl ValidateBackup {
    fn places(sketch: &Sketch) -> (usize, usize) {
        let subscription = usize::from(sketch.subscription != Subscription::Same);
        let holder = Holder::ALL.iter().position(|holder| *holder == sketch.holder);
        (subscription, holder.unwrap_or_default())
    }

    fn server(&self, sketch: &Sketch) -> &ResourceId {
        let (subscription, holder) = Self::places(sketch);
        &self.world.servers[subscription][holder]
    }

    fn paint(&mut self, sketch: &Sketch) {
        let (subscription, holder) = Self::places(sketch);
        let id = self.server(sketch).clone();
        let granted: Vec<Assignment> = [self.backs(sketch), self.reads(sketch)]
            .into_iter()
            .zip(0..)
            .filter_map(|(given, number)| given?.assignment(&self.world.azure, self.world.now, number))
            .collect();
        let access = access(&self.world.assignments, granted);
        let server = painted(&self.pristine[subscription][holder], sketch);
        let mut vault = self.world.vault_body.clone();
        paint_identity(&mut vault, sketch.identity);
        let tenant = match sketch.subscription {
            Subscription::OtherTenant => TenantId(Uuid::from_u128(7)),
            Subscription::Same | Subscription::Other => self.world.tenant,
        };
        let state = self.world.azure.state_mut();
        state.access = access;
        if let Some(other) = state.subscriptions.get_mut(&self.world.subscriptions[1]) {
            other.tenant = tenant;
        }
        if let Some(own) = state.resources.get_mut(&self.world.vault) {
            own.body = vault.into();
        }
        match server {
            Some(server) => drop(state.resources.insert(id, server)),
            None => drop(state.resources.remove(&id)),
        }
    }

    /// Roles on what is not there are not there either.
    fn on_server(sketch: &Sketch, id: &ResourceId) -> Option<ResourceId> {
        (sketch.server != Server::Gone).then(|| id.clone())
    }

    fn backs(&self, sketch: &Sketch) -> Option<Given<'static>> {
        let (id, to) = (
            self.server(sketch),
            self.world.identities.granted(sketch.identity),
        );
        let group = id.resource_group_id()?;
        let given = |role, scope| Given::of(role, scope, to);
        Some(match sketch.backs {
            Backs::Nothing => return None,
            Backs::LtrOnServer => given(LTR, Self::on_server(sketch, id)?),
            Backs::LtrOnGroup => given(LTR, group),
            Backs::LtrOnSubscription => given(LTR, group.parent()),
            Backs::LtrOnPrefix => {
                let kind = ["providers", "Microsoft.DBforPostgreSQL", "flexibleServers"];
                given(LTR, group.child(kind).child([shorter(id.name()).as_str()]))
            }
            Backs::LtrTooNew => Given {
                seen: false,
                ..given(LTR, Self::on_server(sketch, id)?)
            },
            Backs::LtrToApplication => Given {
                by_object_id: false,
                ..given(LTR, Self::on_server(sketch, id)?)
            },
            Backs::BackupOperator => given("Backup Operator", Self::on_server(sketch, id)?),
            Backs::Contributor => given("Contributor", Self::on_server(sketch, id)?),
            Backs::Owner => given("Owner", Self::on_server(sketch, id)?),
        })
    }

    fn reads(&self, sketch: &Sketch) -> Option<Given<'static>> {
        let (id, to) = (
            self.server(sketch),
            self.world.identities.granted(sketch.identity),
        );
        let group = id.resource_group_id()?;
        let given = |role, scope| Given::of(role, scope, to);
        Some(match sketch.reads {
            Reads::Nothing => return None,
            Reads::ReaderOnGroup => given("Reader", group),
            Reads::ReaderOnSubscription => given("Reader", group.parent()),
            Reads::ReaderOnServer => given("Reader", Self::on_server(sketch, id)?),
            Reads::ReaderOnPrefix => {
                let name = shorter(group.name());
                given("Reader", group.parent().child(["resourceGroups", name.as_str()]))
            }
            Reads::ReaderTooNew => Given {
                seen: false,
                ..given("Reader", group)
            },
            Reads::BackupContributor => given("Backup Contributor", group),
            Reads::Contributor => given("Contributor", group),
        })
    }
}

/// The server as a sketch has it.
fn painted(pristine: &Resource, sketch: &Sketch) -> Option<Resource> {
    let mut server = pristine.clone();
    let mut body = server.body.to_value();
    let properties = &mut body["properties"];
    match sketch.server {
        Server::Gone => return None,
        Server::Ready => {}
        Server::Stopped => properties["state"] = json!("Stopped"),
        Server::Replica => properties["replicationRole"] = json!("AsyncReplica"),
    }
    let (sku, tier, major) = match sketch.kind {
        Kind::BurstableOfToday => ("Standard_B1ms", "Burstable", "16"),
        Kind::GeneralPurposeOfOld => ("Standard_D2s_v3", "GeneralPurpose", "11"),
        Kind::MemoryOptimized => ("Standard_E2s_v3", "MemoryOptimized", "17"),
    };
    properties["version"] = json!(major);
    let subnet = pristine.id.resource_group_id().map(|group| {
        let kind = ["providers", "Microsoft.Network", "virtualNetworks", "net"];
        group.child(kind).child(["subnets", "databases"])
    });
    match sketch.access {
        Access::Public => {}
        Access::Disabled => properties["network"]["publicNetworkAccess"] = json!("Disabled"),
        Access::Injected => {
            properties["network"] =
                json!({"publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": subnet});
        }
    }
    body["sku"] = json!({"name": sku, "tier": tier});
    if sketch.region == Region::Other {
        body["location"] = json!("westeurope");
    }
    server.body = body.into();
    Some(server)
}

impl Engine<Sketch> for ValidateBackup {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        let mut info = datasource(self.server(sketch));
        if sketch.region == Region::Other {
            info["resourceLocation"] = json!("westeurope");
        }
        let mut instance = json!({
            "objectType": "BackupInstance",
            "dataSourceInfo": info,
            "policyInfo": {"policyId": self.world.policy},
        });
        if Identities::named(sketch.identity) {
            instance["identityDetails"] = Identities::details(&self.world.identities.user_id);
        }
        let target = format!("{}/validateForBackup?api-version={VERSION}", self.world.vault);
        let body = json!({"backupInstance": instance});
        let (operator, now) = (self.world.operator.clone(), self.world.now);
        match validate(
            &operator,
            &mut self.world.azure,
            now,
            &target,
            &body,
            nothing_outside,
        ) {
            Ok(response) => validation_answer(&response),
            Err(answer) => answer,
        }
    }
}

impl Question for ValidateBackup {
    type Sketch = Sketch;
    const NAME: &'static str = "validate-backup";
    const ASKED: &'static str = "Does the validation of a backup of a flexible server pass?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        validate_backup(profile, sketch)
    }

    fn scene(sketch: &Sketch) -> Option<Scene> {
        scene::scene(sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let world = founded::found(rules, seed)?;
        let state = world.azure.state();
        let bodies =
            |ids: &Vec<ResourceId>| ids.iter().filter_map(|id| state.resource(id).cloned()).collect();
        Ok(Self {
            pristine: [bodies(&world.servers[0]), bodies(&world.servers[1])],
            world,
        })
    }

    /// Roles by identity by server, and what of the server does not depend on roles.
    fn products() -> Vec<Product<Sketch>> {
        let roles = Product::of(&["server", "identity", "to back up", "to read the group"]);
        let others = Product::of(&[
            "protected by",
            "subscription",
            "region",
            "network",
            "tier and version",
            "server",
            "identity",
        ]);
        vec![roles, others]
    }

    fn tables() -> Vec<Table<Sketch>> {
        let roles = Product::of(&["server", "to back up", "to read the group"]);
        let server = Product::of(&["protected by", "subscription", "region", "server", "identity"]);
        let kind = Product::of(&["network", "tier and version"]);
        vec![
            Table::of(
                "roles",
                "Backup of a flexible server: what the vault’s identity holds, and the server",
                "what the identity holds to read the group",
                roles,
            ),
            Table::of(
                "server",
                "Backup of a flexible server: who protects it, where it is, and as whom it is asked",
                "the identity",
                server,
            ),
            Table::of(
                "kind",
                "Backup of a flexible server: its network, tier and version",
                "tier and version",
                kind,
            ),
        ]
    }
}
