//! What a person may do with a vault.

use azdrill_emulator::authz::Assignment;
use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{NetworkPath, PrincipalId, Request, ResourceId, Timestamp};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::state::IdentityKind;
use http::Method;

use super::answer::Answer;
use super::client::{Client, WorldError};
use super::foundation::{ARM_AUDIENCE, Foundation, PAIRED};
use super::painted::{Given, access, shorter};
use super::question::{Engine, Question};
use super::table::Table;
use crate::oracle::operate_vault::operate_vault;
use crate::oracle::{Expected, Profile};
use crate::sketch::Product;
use crate::sketch::operate_vault::{Operation, Scope, Sketch};

const VERSION: &str = "2024-04-01";

/// The emulator under test, with a vault and somebody who wants to do something with it.
pub struct OperateVault {
    azure: Azure,
    now: Timestamp,
    person: PrincipalId,
    client: Client,
    vault: ResourceId,
    instance: ResourceId,
    /// Every assignment a sketch leaves alone.
    assignments: Vec<Assignment>,
}

impl OperateVault {
    fn given(&self, sketch: &Sketch) -> Option<Given<'static>> {
        let group = self.vault.resource_group_id()?;
        let scope = match sketch.scope {
            Scope::Group | Scope::TooNew => group,
            Scope::Subscription => group.parent(),
            Scope::Vault => self.vault.clone(),
            Scope::Instance => self.instance.clone(),
            Scope::Prefix => {
                let name = shorter(self.vault.name());
                group.child([
                    "providers",
                    "Microsoft.DataProtection",
                    "backupVaults",
                    name.as_str(),
                ])
            }
        };
        Some(Given {
            seen: sketch.scope != Scope::TooNew,
            ..Given::of(sketch.role.label(), scope, self.person)
        })
    }

    fn request(&self, operation: Operation) -> Request {
        let vault = |rest: &str| format!("{}{rest}", self.vault);
        let instance = |rest: &str| format!("{}{rest}", self.instance);
        let paired = |action: &str| {
            let group = self
                .vault
                .resource_group_id()
                .unwrap_or_else(|| self.vault.clone());
            format!("{group}/providers/Microsoft.DataProtection/locations/{PAIRED}/{action}")
        };
        let deleted = || vault("/deletedBackupInstances/sales/undelete");
        let role = || {
            vault("/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000009")
        };
        let (method, target) = match operation {
            Operation::ReadVault => (Method::GET, vault("")),
            Operation::WriteVault => (Method::PATCH, vault("")),
            Operation::DeleteVault => (Method::DELETE, vault("")),
            Operation::ReadPolicy => (Method::GET, vault("/backupPolicies/weekly")),
            Operation::WritePolicy => (Method::PUT, vault("/backupPolicies/weekly")),
            Operation::DeletePolicy => (Method::DELETE, vault("/backupPolicies/weekly")),
            Operation::ReadInstance => (Method::GET, instance("")),
            Operation::WriteInstance => (Method::PUT, instance("")),
            Operation::DeleteInstance => (Method::DELETE, instance("")),
            Operation::ValidateBackup => (Method::POST, vault("/validateForBackup")),
            Operation::BackUp => (Method::POST, instance("/backup")),
            Operation::StopProtection => (Method::POST, instance("/stopProtection")),
            Operation::SuspendBackups => (Method::POST, instance("/suspendBackups")),
            Operation::ResumeBackups => (Method::POST, instance("/resumeBackups")),
            Operation::ResumeProtection => (Method::POST, instance("/resumeProtection")),
            Operation::ReadPoints => (Method::GET, instance("/recoveryPoints")),
            Operation::FindTimes => (Method::POST, instance("/findRestorableTimeRanges")),
            Operation::ValidateRestore => (Method::POST, instance("/validateRestore")),
            Operation::Restore => (Method::POST, instance("/restore")),
            Operation::ReadJob => (Method::GET, vault("/backupJobs/1")),
            Operation::ReadDeleted => (Method::GET, vault("/deletedBackupInstances")),
            Operation::Undelete => (Method::POST, deleted()),
            Operation::ReadSecondaryPoints => (Method::POST, paired("fetchSecondaryRecoveryPoints")),
            Operation::RestoreAcross => (Method::POST, paired("crossRegionRestore")),
            Operation::AssignRole => (Method::PUT, role()),
        };
        let version = match operation {
            Operation::AssignRole => "2022-04-01",
            _ => VERSION,
        };
        Request::new(
            method,
            "management.azure.com",
            &format!("{target}?api-version={version}"),
        )
    }
}

impl Engine<Sketch> for OperateVault {
    /// Asks the gates alone: whether there is anything behind them is another question.
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        let given = self.given(sketch);
        let assignment = given.and_then(|given| given.assignment(&self.azure, self.now, 0));
        self.azure.state_mut().access = access(&self.assignments, assignment);
        let request = self.client.signed(self.request(sketch.operation));
        match self.azure.decide(self.now, &NetworkPath::internet(), &request) {
            Ok(_) => Answer::Passes,
            Err(refusal) => Answer::Fails {
                gate: refusal.gate.as_str().to_owned(),
                rules: refusal
                    .rules
                    .iter()
                    .map(|rule| rule.as_str().to_owned())
                    .collect(),
                code: refusal.code,
            },
        }
    }
}

impl Question for OperateVault {
    type Sketch = Sketch;
    const NAME: &'static str = "operate-vault";
    const ASKED: &'static str = "May a person do that with a Backup vault?";

    fn expected(_profile: Profile, sketch: &Sketch) -> Expected {
        operate_vault(sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let mut world = Foundation::begin(rules, seed)?;
        let subscription = world.person.subscription.clone();
        let group = world.group(&subscription, "backups")?;
        let (vault, _) = world.vault(&group, "GeoRedundant")?;
        let person = world.principal(11, "somebody", IdentityKind::Application);
        let client = Client::sign_in(&world.azure, world.now, person, ARM_AUDIENCE);
        Ok(Self {
            instance: vault.child(["backupInstances", "sales"]),
            client: client.ok_or(WorldError::Missing("person"))?,
            assignments: world.azure.state().access.assignments().cloned().collect(),
            now: world.now,
            azure: world.azure,
            person,
            vault,
        })
    }

    fn tables() -> Vec<Table<Sketch>> {
        let roles = Product::of(&["to", "role"]);
        let scopes = Product::of(&["to", "on"]);
        vec![
            Table::of(
                "roles",
                "Operating a vault: what may be done by whom, with a role on the vault’s group",
                "the person’s role",
                roles,
            ),
            Table::of(
                "scopes",
                "Operating a vault: where an owner must be one",
                "where the role is assigned",
                scopes,
            ),
        ]
    }

    fn because(_rules: Vec<String>, code: String) -> String {
        code
    }
}
