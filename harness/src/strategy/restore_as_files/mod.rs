//! The restore of a flexible server as files.

mod by_calls;
mod founded;
mod paint;
mod scene;
mod settings;

pub use by_calls::can_be_called;
pub(super) use founded::backed_up;
pub use founded::{CONTAINER, TAKEN, account as target_account};
pub use settings::write_account;

use azdrill_emulator::model::{Request, ResourceId, Response, TenantId};
use azdrill_emulator::rules::Rules;
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::{Value, json};

use self::founded::Founded;
use super::answer::Answer;
use super::client::{WorldError, nothing_outside, operation, validate, validation_answer};
use super::foundation::Foundation;
use super::movement::SimulatedMovement;
use super::painted::Identities;
use super::question::{Engine, Question};
use super::scene::Scene;
use super::table::Table;
use crate::oracle::restore_as_files::restore_as_files;
use crate::oracle::{Expected, Profile};
use crate::sketch::identity::Identity;
use crate::sketch::restore_as_files::{
    Bypass, Container, DefaultAction, Network, Prefix, PublicAccess, Sketch,
};
use crate::sketch::{Product, Shape as _};

/// The version of the Backup service's interface spoken.
const VERSION: &str = "2024-04-01";

/// How a sketch is spelled in the real world. None of it may make a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// Ids in capitals, wherever a world may write them so.
    pub upper_case: bool,
    /// Role assignments in the opposite order.
    pub reversed: bool,
}

/// How a restore job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// The job's status.
    pub status: String,
    /// How many writes into the target were let in.
    pub writes_admitted: usize,
}

/// The emulator under test, with one world that each sketch in turn is painted on.
pub struct RestoreAsFiles {
    pub(super) world: Founded,
    /// How sketches are spelled.
    pub spelling: Spelling,
    pristine_accounts: [Value; 2],
    pristine_vault: Value,
    tenant: TenantId,
    /// What account and vault look like now.
    pub(super) painted: Option<(Sketch, Spelling)>,
}

impl RestoreAsFiles {
    /// The world, with a vault of this redundancy and what is done `besides`, with its instance.
    pub(super) fn found(
        rules: Rules,
        seed: u64,
        redundancy: &str,
        besides: impl FnOnce(&mut Foundation, &ResourceId) -> Result<(), WorldError>,
    ) -> Result<Self, WorldError> {
        let world = founded::found(rules, seed, redundancy, besides)?;
        let state = world.azure.state();
        let body = |id| {
            let resource = state.resource(id).map(|resource| resource.body.to_value());
            resource.unwrap_or_default()
        };
        let tenant = state
            .tenant_of(&world.vault)
            .ok_or(WorldError::Missing("tenant"))?;
        Ok(Self {
            pristine_accounts: [body(&world.accounts[0]), body(&world.accounts[1])],
            pristine_vault: body(&world.vault),
            spelling: Spelling::default(),
            tenant,
            painted: None,
            world,
        })
    }

    /// The restore request of a sketch.
    pub(super) fn request(&self, sketch: &Sketch) -> Value {
        let account = self.account(sketch).name();
        let container = container_name(sketch.container);
        let prefix = match sketch.prefix {
            Prefix::Free => "free",
            Prefix::Taken => founded::TAKEN,
        };
        let mut request = json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": self.world.point,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": {
                "objectType": "RestoreFilesTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": super::foundation::REGION,
                "targetDetails": {
                    "filePrefix": prefix,
                    "restoreTargetLocationType": "AzureBlobs",
                    "url": format!("https://{account}.blob.core.windows.net/{container}"),
                },
            },
        });
        if Identities::named(sketch.identity) {
            let id = self.spelled(&self.world.identities.user_id);
            request["identityDetails"] = Identities::details(&id);
        }
        request
    }

    fn instance(&self) -> ResourceId {
        self.spelled(&self.world.instance)
    }

    fn post(&mut self, action: &str, body: &Value) -> Response {
        let target = format!("{}/{action}?api-version={VERSION}", self.instance());
        let request = Request::new(Method::POST, "management.azure.com", &target).with_json(body);
        let operator = self.world.operator.clone();
        operator.send(&mut self.world.azure, self.world.now, request)
    }

    fn get(&mut self, target: &str) -> Response {
        let request = Request::new(Method::GET, "management.azure.com", target);
        let operator = self.world.operator.clone();
        operator.send(&mut self.world.azure, self.world.now, request)
    }

    /// Validates the restore in the world as it is painted now, and gives back the last response
    /// as it stands.
    ///
    /// # Errors
    ///
    /// If the request is not even accepted.
    pub fn validation(&mut self, sketch: &Sketch) -> Result<Response, Answer> {
        let body = json!({"restoreRequestObject": self.request(sketch)});
        let target = format!("{}/validateRestore?api-version={VERSION}", self.instance());
        let (operator, now) = (self.world.operator.clone(), self.world.now);
        validate(
            &operator,
            &mut self.world.azure,
            now,
            &target,
            &body,
            nothing_outside,
        )
    }

    /// The answer in the world as it is painted now.
    fn answer(&mut self, sketch: &Sketch) -> Answer {
        match self.validation(sketch) {
            Ok(response) => validation_answer(&response),
            Err(odd) => odd,
        }
    }

    /// Carries the restore out, without a validation before it. `midway` is what the world turns
    /// into after the job has looked at everything and before it writes.
    ///
    /// # Errors
    ///
    /// If the request is not accepted or names no job.
    pub fn restore(&mut self, sketch: &Sketch, midway: Option<&Sketch>) -> Result<JobEnd, Answer> {
        self.paint(sketch);
        let body = self.request(sketch);
        let accepted = self.post("restore", &body);
        let now = self.world.now;
        let asked = self.world.azure.tick(now);
        if let Some(midway) = midway {
            self.paint(midway);
        }
        let mut movement = SimulatedMovement::default();
        for effect in asked {
            let result = movement.carry_out(&mut self.world.azure, now, &effect.work);
            self.world.azure.complete(now, effect.id, result);
        }
        movement.settle(&mut self.world.azure, now);
        let operator = self.world.operator.clone();
        let status = operation(&operator, &mut self.world.azure, now, &accepted)?.json_body();
        let job = status
            .pointer("/properties/jobId")
            .and_then(Value::as_str)
            .ok_or_else(|| Answer::Odd(format!("the operation names no job: {status}")))?;
        let job = self.get(&format!("{job}?api-version={VERSION}")).json_body();
        Ok(JobEnd {
            status: job
                .pointer("/properties/status")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            writes_admitted: movement.admitted,
        })
    }
}

fn container_name(container: Container) -> &'static str {
    match container {
        Container::There => founded::CONTAINER,
        Container::Missing => "nowhere",
    }
}

impl Engine<Sketch> for RestoreAsFiles {
    fn ask(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        self.answer(sketch)
    }
}

/// Network × roles × identity × cross-tenant replication, whole: 61,440 cells. Cells that share a
/// world's settings follow one another. Without a system-assigned identity nothing else counts, so
/// that one is left to [`edges`].
pub fn core() -> Product<Sketch> {
    let identities = [
        Identity::System,
        Identity::UserNamed,
        Identity::UserNotNamed,
        Identity::UserDetached,
    ];
    Product::of(&[
        "public access",
        "default",
        "bypass",
        "resource rule",
        "IP rule",
        "private endpoint",
        "cross-tenant replication",
        "identity",
        "the identity holds",
    ])
    .only("default", &["Allow", "Deny"])
    .only("bypass", &["AzureServices", "None"])
    .only("cross-tenant replication", &["true", "false", "unset"])
    .only("identity", &identities.map(Identity::label))
}

/// What the core product leaves out: everything that is not network and roles, in full, over three
/// networks and two holdings; and every spelling of the network settings.
pub fn edges() -> Vec<Product<Sketch>> {
    let closed = Network {
        access: PublicAccess::Disabled,
        ..Network::OPEN
    };
    let denied = Network {
        default_action: DefaultAction::Deny,
        bypass: Bypass::None,
        ..Network::OPEN
    };
    let around = [Network::OPEN, closed, denied].map(|network| {
        let base = Sketch {
            network,
            ..Sketch::in_order()
        };
        Product::of(&[
            "region",
            "subscription",
            "container",
            "prefix",
            "cross-tenant replication",
            "identity",
            "the identity holds",
        ])
        .only("the identity holds", &["SBDC on the account", "nothing"])
        .around(base)
    });
    let spellings = Product::of(&[
        "public access",
        "default",
        "bypass",
        "resource rule",
        "IP rule",
        "private endpoint",
    ]);
    around.into_iter().chain([spellings]).collect()
}

impl Question for RestoreAsFiles {
    type Sketch = Sketch;
    const NAME: &'static str = "restore-as-files";
    const ASKED: &'static str = "Does the validation of a restore of a flexible server as files pass?";

    fn expected(profile: Profile, sketch: &Sketch) -> Expected {
        restore_as_files(profile, sketch)
    }

    fn scene(sketch: &Sketch) -> Option<Scene> {
        scene::scene(sketch)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        Self::found(rules, seed, "LocallyRedundant", |_, _| Ok(()))
    }

    fn products() -> Vec<Product<Sketch>> {
        std::iter::once(core()).chain(edges()).collect()
    }

    /// Each book with its open points decided either way.
    fn other_profiles() -> Vec<Profile> {
        let mut found = Vec::new();
        for book in [Profile::DOCUMENTED, Profile::OBSERVED] {
            for (either_is_enough, user_assigned_covered) in [(true, false), (false, true), (false, false)] {
                found.push(Profile {
                    either_is_enough,
                    user_assigned_covered,
                    ..book
                });
            }
        }
        found
    }

    fn tables() -> Vec<Table<Sketch>> {
        let network = Product::of(&[
            "public access",
            "default",
            "bypass",
            "resource rule",
            "IP rule",
            "private endpoint",
            "the identity holds",
        ])
        .only("default", &["Allow", "Deny"])
        .only("bypass", &["AzureServices", "None"]);
        let identity = Product::of(&["identity", "cross-tenant replication"]);
        let target = Product::of(&["container", "prefix", "region", "subscription"]);
        vec![
            Table::of(
                "network",
                "Restore as files: the account’s network, and what the identity holds",
                "what the identity holds (SBDC: Storage Blob Data Contributor; roles without a place are on the account)",
                network,
            ),
            Table::of(
                "identity",
                "Restore as files: who restores, and copying across tenants",
                "allowCrossTenantReplication of the account",
                identity,
            ),
            Table::of(
                "target",
                "Restore as files: what is in the account, and where it is",
                "the account’s subscription",
                target,
            ),
        ]
    }
}
