//! What is tried, and how it ended.

use azdrill_emulator::model::{NetworkPath, PrincipalId, Request, ResourceId};
use azdrill_emulator::rules::{RuleId, cloud};
use http::Method;
use serde_json::{Value, json};

use super::trial::{No, Trial};

/// What files that are restored in a drill are called at the beginning, and a database that is.
const RESTORED: &str = "azdrillcheck";

/// Something that is tried in a copy of a world.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// A datasource is protected with a policy, and backed up once.
    Protect {
        /// The vault.
        vault: ResourceId,
        /// The policy.
        policy: ResourceId,
        /// The datasource.
        datasource: ResourceId,
        /// Its type.
        kind: &'static str,
        /// Its region.
        location: String,
    },
    /// What an instance protects is backed up on demand.
    BackUp {
        /// The instance.
        instance: ResourceId,
    },
    /// The newest recovery point of an instance is validated and restored as files.
    RestoreAsFiles {
        /// The instance.
        instance: ResourceId,
        /// The storage account.
        account: ResourceId,
        /// The container.
        container: String,
    },
    /// A request, of which the gates alone are asked.
    Request {
        /// Who makes it; `None`: somebody without a token.
        by: Option<PrincipalId>,
        /// Where from.
        from: NetworkPath,
        /// The request, without a token.
        request: Box<Request>,
    },
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It works.
    Works,
    /// Somebody said no.
    Refused(Box<No>),
    /// It ended some other way: in these words.
    Odd(String),
}

impl Attempt {
    /// Tries it.
    pub fn play(&self, trial: &mut Trial) -> Outcome {
        match self {
            Self::Protect { .. } => self.protect(trial),
            Self::BackUp { instance } => back_up(trial, instance),
            Self::RestoreAsFiles {
                instance,
                account,
                container,
            } => restore_as_files(trial, instance, account, container),
            Self::Request { by, from, request } => ask(trial, *by, from, request),
        }
    }

    /// The rules by which the gates let it through, if it is a request and they do.
    pub fn let_through(&self, trial: &Trial) -> Vec<RuleId> {
        match self {
            Self::Request { by, from, request } => trial
                .decide(from, &signed(trial, *by, request))
                .unwrap_or_default(),
            Self::Protect { .. } | Self::BackUp { .. } | Self::RestoreAsFiles { .. } => Vec::new(),
        }
    }

    /// The instance it is about, if it is about one that is there.
    pub fn instance(&self) -> Option<&ResourceId> {
        match self {
            Self::BackUp { instance } | Self::RestoreAsFiles { instance, .. } => Some(instance),
            Self::Protect { .. } | Self::Request { .. } => None,
        }
    }

    fn protect(&self, trial: &mut Trial) -> Outcome {
        let Self::Protect {
            vault,
            policy,
            datasource,
            kind,
            location,
        } = self
        else {
            return Outcome::Odd("it protects nothing".to_owned());
        };
        let mut properties = json!({
            "objectType": "BackupInstance",
            "friendlyName": datasource.name(),
            "dataSourceInfo": {
                "objectType": "Datasource",
                "datasourceType": kind,
                "resourceType": kind,
                "resourceID": datasource,
                "resourceUri": datasource,
                "resourceName": datasource.name(),
                "resourceLocation": location,
            },
            "policyInfo": {"policyId": policy},
        });
        if let Some(identity) = only_identity(trial, vault) {
            properties["identityDetails"] =
                json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": identity});
        }
        let body = json!({"backupInstance": properties});
        let validated = trial.operate(Method::POST, &format!("{vault}/validateForBackup"), Some(&body));
        if !validated.is_well() {
            return refused(trial, &validated.body);
        }
        let instance = vault.child(["backupInstances", &format!("{}-{RESTORED}", datasource.name())]);
        let put = trial.operate(
            Method::PUT,
            instance.as_str(),
            Some(&json!({"properties": properties})),
        );
        if !put.is_well() {
            return refused(trial, &put.body);
        }
        back_up(trial, &instance)
    }
}

/// The no that something ended with, or what else it said.
fn refused(trial: &Trial, body: &Value) -> Outcome {
    match trial.newest_no() {
        Some(no) => Outcome::Refused(Box::new(no)),
        None => Outcome::Odd(said(body)),
    }
}

fn said(body: &Value) -> String {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", text("/error/code"), text("/error/message"))
        .trim()
        .to_owned()
}

fn back_up(trial: &mut Trial, instance: &ResourceId) -> Outcome {
    let state = trial.text(instance, "/properties/currentProtectionState");
    if state != "ProtectionConfigured" {
        let properties = trial.azure.state().resource(instance);
        let error = properties.map_or(Value::Null, |own| {
            own.at("/properties/protectionErrorDetails").clone()
        });
        return match trial.newest_no() {
            Some(no) => Outcome::Refused(Box::new(no)),
            None => {
                let code = error["code"].as_str().unwrap_or_default();
                Outcome::Odd(format!("its protection is {state} {code}").trim().to_owned())
            }
        };
    }
    let rule = backup_rule(trial, instance);
    let body = json!({"backupRuleOptions": {"ruleName": rule, "triggerOption": {}}});
    let ended = trial.operate(Method::POST, &format!("{instance}/backup"), Some(&body));
    job_of(trial, instance, &ended.body)
}

/// The name of the backup rule of an instance's policy.
fn backup_rule(trial: &Trial, instance: &ResourceId) -> String {
    let policy = trial
        .text(instance, "/properties/policyInfo/policyId")
        .parse::<ResourceId>();
    let policy = policy.ok().and_then(|id| trial.azure.state().resource(&id));
    let rules = policy.and_then(|own| own.at("/properties/policyRules").as_array());
    let mut rules = rules.into_iter().flatten();
    let rule = rules.find(|rule| rule["objectType"] == "AzureBackupRule");
    rule.and_then(|rule| rule["name"].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// How the job ended that an operation began.
fn job_of(trial: &Trial, instance: &ResourceId, body: &Value) -> Outcome {
    let id = body.pointer("/properties/jobId").and_then(Value::as_str);
    let id = id.and_then(|id| id.rsplit('/').next());
    let Some(id) = id else {
        return refused(trial, body);
    };
    let jobs = trial.azure.services().data_protection.all_jobs();
    let job = jobs
        .filter(|job| job.instance == instance)
        .find(|job| job.id.eq_ignore_ascii_case(id));
    match job {
        Some(job) if job.status == "Completed" => Outcome::Works,
        Some(job) if job.status == "Failed" => refused(trial, &json!({"error": job.error})),
        Some(job) => Outcome::Odd(format!("its job stands at {}", job.status)),
        None => refused(trial, body),
    }
}

fn restore_as_files(
    trial: &mut Trial,
    instance: &ResourceId,
    account: &ResourceId,
    container: &str,
) -> Outcome {
    let points = trial.azure.services().data_protection.recovery_points(instance);
    let Some(point) = points.first().map(|point| point.id.clone()) else {
        return Outcome::Odd("there is no recovery point".to_owned());
    };
    let vault = instance.parent();
    let mut request = json!({
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": point,
        "sourceDataStoreType": "VaultStore",
        "restoreTargetInfo": {
            "objectType": "RestoreFilesTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": trial.text(&vault, "/location"),
            "targetDetails": {
                "filePrefix": RESTORED,
                "restoreTargetLocationType": "AzureBlobs",
                "url": format!("https://{}/{container}", cloud().blob_host(account.name())),
                "targetResourceArmId": account.child(["blobServices", "default", "containers", container]),
            },
        },
    });
    if let Some(details) = identity_details(trial, instance) {
        request["identityDetails"] = details;
    }
    let path = format!("{instance}/validateRestore");
    let body = json!({"restoreRequestObject": request});
    let validated = trial.operate(Method::POST, &path, Some(&body));
    if !validated.is_well() {
        return refused(trial, &validated.body);
    }
    let ended = trial.operate(Method::POST, &format!("{instance}/restore"), Some(&request));
    job_of(trial, instance, &ended.body)
}

/// The user-assigned identity of a vault that has one, and none of its own.
pub(super) fn only_identity(trial: &Trial, vault: &ResourceId) -> Option<String> {
    if !trial.text(vault, "/identity/principalId").is_empty() {
        return None;
    }
    let resource = trial.azure.state().resource(vault)?;
    let assigned = resource.at("/identity/userAssignedIdentities").as_object()?;
    assigned.keys().next().cloned()
}

/// The identity an instance names, where it names one.
fn identity_details(trial: &Trial, instance: &ResourceId) -> Option<Value> {
    let own = trial.azure.state().resource(instance)?;
    let details = own.at("/properties/identityDetails");
    details.is_object().then(|| details.clone())
}

fn ask(trial: &Trial, by: Option<PrincipalId>, from: &NetworkPath, request: &Request) -> Outcome {
    match trial.decide(from, &signed(trial, by, request)) {
        Ok(_) => Outcome::Works,
        Err(no) => Outcome::Refused(no),
    }
}

/// A request with the token of who makes it.
fn signed(trial: &Trial, by: Option<PrincipalId>, request: &Request) -> Request {
    let mut request = request.clone();
    let endpoint = cloud().endpoint_at(&request.host);
    let audience = endpoint.and_then(|endpoint| cloud().audience(endpoint));
    let principal = by.and_then(|id| trial.azure.state().directory.get(id));
    if let (Some(principal), Some(audience)) = (principal, audience) {
        let (token, _) = trial.azure.tokens().issue(trial.now, principal, audience);
        request = request.with_header("authorization", &format!("Bearer {token}"));
    }
    request
}
