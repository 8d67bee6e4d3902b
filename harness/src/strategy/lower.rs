//! From a sketch to a real world, and the emulator's answer in it.

use azdrill_emulator::model::{Request, ResourceId, Response, TenantId};
use azdrill_emulator::rules::{self, Rules};
use azdrill_emulator::server::Core;
use http::Method;
use serde_json::{Value, json};

use super::agreement::{Answer, RestoreEngine};
use super::founded::{self, Founded};
use super::movement::SimulatedMovement;
use super::sketch::{Container, Identity, Prefix, Sketch};
use crate::oracle::{Book, Profile};

pub use super::client::WorldError;

/// The seed worlds are built from where it does not matter.
const SEED: u64 = 1;
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
pub struct EngineUnderTest {
    pub(super) world: Founded,
    /// How sketches are spelled.
    pub spelling: Spelling,
    pub(super) pristine_accounts: [Value; 2],
    pub(super) pristine_vault: Value,
    pub(super) tenant: TenantId,
    /// What account and vault look like now.
    pub(super) painted: Option<(Sketch, Spelling)>,
}

/// The rules of the emulator that stand for a profile of the oracle.
///
/// # Errors
///
/// If they do not load.
pub fn rules_for(profile: Profile) -> Result<Rules, WorldError> {
    let book = match profile.book {
        Book::Documented => rules::Profile::Documented,
        Book::Observed => rules::Profile::Observed,
    };
    let either = if profile.either_is_enough {
        "either_alone"
    } else {
        "both_required"
    };
    let user_assigned = if profile.user_assigned_covered {
        "covered"
    } else {
        "denied"
    };
    let assumptions = [("FX-RF-05", either), ("NET-UAMI", user_assigned)];
    let assumptions = assumptions.map(|(rule, taken)| (rule.to_owned(), taken.to_owned()));
    Rules::load(book, &assumptions.into()).map_err(|error| WorldError::Rules(error.to_string()))
}

impl EngineUnderTest {
    /// The emulator with the rules of a profile.
    ///
    /// # Errors
    ///
    /// If the rules do not load, or the world cannot be put up.
    pub fn new(profile: Profile) -> Result<Self, WorldError> {
        Self::with_rules(rules_for(profile)?, SEED)
    }

    /// The emulator with these rules.
    ///
    /// # Errors
    ///
    /// If the world cannot be put up.
    pub fn with_rules(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        let world = founded::found(rules, seed)?;
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
    fn request(&self, sketch: &Sketch) -> Value {
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
                "restoreLocation": founded::REGION,
                "targetDetails": {
                    "filePrefix": prefix,
                    "restoreTargetLocationType": "AzureBlobs",
                    "url": format!("https://{account}.blob.core.windows.net/{container}"),
                },
            },
        });
        if matches!(sketch.identity, Identity::UserNamed | Identity::UserDetached) {
            request["identityDetails"] = json!({
                "useSystemAssignedIdentity": false,
                "userAssignedIdentityArmUrl": self.spelled(&self.world.user_identity),
            });
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

    /// The status of the operation an answer names.
    fn operation(&mut self, accepted: &Response) -> Result<Response, Answer> {
        let address = accepted
            .header("azure-asyncoperation")
            .and_then(|address| address.strip_prefix("https://management.azure.com"))
            .map(str::to_owned);
        match address {
            Some(address) => Ok(self.get(&address)),
            None => {
                let body = String::from_utf8_lossy(accepted.body.bytes());
                Err(Answer::Odd(format!("answered {}: {body}", accepted.status)))
            }
        }
    }

    /// Validates the restore in the world as it is painted now, and gives back the last response
    /// as it stands.
    ///
    /// # Errors
    ///
    /// If the request is not even accepted.
    pub fn validation(&mut self, sketch: &Sketch) -> Result<Response, Answer> {
        let body = json!({"restoreRequestObject": self.request(sketch)});
        let accepted = self.post("validateRestore", &body);
        let effects = self.world.azure.tick(self.world.now);
        if !effects.is_empty() {
            return Err(Answer::Odd("a validation asked for outside work".to_owned()));
        }
        self.operation(&accepted)
    }

    /// The answer in the world as it is painted now.
    pub(super) fn answer(&mut self, sketch: &Sketch) -> Answer {
        match self.validation(sketch) {
            Ok(response) => answer_of(&response),
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
        let status = self.operation(&accepted)?.json_body();
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

impl RestoreEngine for EngineUnderTest {
    fn validate(&mut self, sketch: &Sketch) -> Answer {
        self.paint(sketch);
        self.answer(sketch)
    }
}

pub(super) fn container_name(container: Container) -> &'static str {
    match container {
        Container::There => founded::CONTAINER,
        Container::Missing => "nowhere",
    }
}

/// What the status of a finished validation says.
fn answer_of(response: &Response) -> Answer {
    let body = response.json_body();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match text("/status") {
        "Succeeded" => Answer::Passes,
        "Failed" => Answer::Fails {
            gate: response.header("x-azdrill-gate").unwrap_or_default().to_owned(),
            rules: response
                .header("x-azdrill-rules")
                .unwrap_or_default()
                .split(',')
                .map(str::to_owned)
                .collect(),
            code: text("/error/code").to_owned(),
        },
        _ => Answer::Odd(format!("{}: {body}", response.status)),
    }
}
