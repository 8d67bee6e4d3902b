//! What can be changed so that something works, and how it is made.

use std::sync::OnceLock;

use azdrill_emulator::model::{PrincipalId, ResourceId};
use azdrill_emulator::rules::RuleId;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::trial::Trial;

/// How long a resource is exempt from a policy.
const EXEMPT_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(8);
/// What that exemption is called.
pub(super) const EXEMPTION: &str = "restore";

/// What a change is made at, among what an attempt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The target storage account.
    Account,
    /// The target container.
    Container,
    /// The vault.
    Vault,
    /// The key vault with the credentials.
    KeyVault,
    /// The server that is backed up.
    Server,
    /// The same, if it is a single server.
    SingleServer,
}

/// A row of `changes.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRow {
    /// What it is called here.
    pub name: String,
    /// What it is made at.
    pub on: Place,
    /// In words, after the name of what it is made at.
    pub title: String,
    /// The rules it bears on.
    pub mends: Vec<String>,
    #[serde(default = "patch")]
    method: String,
    #[serde(default)]
    path: String,
    body: String,
    append: Option<String>,
    /// How Terraform's provider azurerm writes it; empty where it cannot.
    pub azurerm: String,
    /// How Bicep writes it.
    pub bicep: String,
    /// How the Azure CLI writes it.
    pub az: String,
    /// For which versions of the tools that holds, where it is known.
    pub since: Option<String>,
}

fn patch() -> String {
    "PATCH".to_owned()
}

/// A role where the rule names none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRow {
    /// The rules it bears on.
    pub mends: Vec<String>,
    /// Its display name.
    pub role: String,
    /// Where, the narrowest first.
    pub at: Vec<Place>,
}

/// All rows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRows {
    /// Changes of settings.
    #[serde(rename = "change")]
    pub changes: Vec<ChangeRow>,
    /// Roles.
    #[serde(rename = "role")]
    pub roles: Vec<RoleRow>,
}

/// The rows of `changes.toml`.
///
/// # Panics
///
/// If the file that is built in cannot be read; a test reads it.
pub fn rows() -> &'static ChangeRows {
    static ROWS: OnceLock<ChangeRows> = OnceLock::new();
    ROWS.get_or_init(|| toml::from_str(include_str!("changes.toml")).expect("a test reads it"))
}

impl ChangeRow {
    /// Whether it bears on a rule.
    pub fn mends(&self, rule: RuleId) -> bool {
        self.mends.iter().any(|own| own == rule.as_str())
    }
}

/// What the words of a change are filled in with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filling {
    /// The vault it is for.
    pub vault: String,
    /// Its tenant.
    pub tenant: String,
    /// The identity it is for.
    pub principal: String,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Somebody is given a role.
    Assign {
        /// Whom.
        to: PrincipalId,
        /// The role's display name.
        role: String,
        /// Where.
        at: ResourceId,
    },
    /// A row of `changes.toml`, by its name.
    Set {
        /// The row.
        row: String,
        /// What it is made at.
        at: ResourceId,
        /// What it is filled in with.
        with: Filling,
    },
    /// A lock is taken off.
    Unlock {
        /// The lock.
        lock: ResourceId,
    },
    /// A resource is exempt from an assignment of Azure Policy for some hours.
    Exempt {
        /// The resource.
        at: ResourceId,
        /// The assignment.
        assignment: ResourceId,
    },
    /// Somebody waits.
    Wait {
        /// Until when.
        until: azdrill_emulator::model::Timestamp,
    },
}

impl Change {
    /// The row it is of, if it is of one.
    pub fn row(&self) -> Option<&'static ChangeRow> {
        match self {
            Self::Set { row, .. } => rows().changes.iter().find(|own| own.name == *row),
            Self::Assign { .. } | Self::Unlock { .. } | Self::Exempt { .. } | Self::Wait { .. } => None,
        }
    }

    /// Which comes first of changes that are made together: locks, then settings in the order of their rows, then roles.
    pub fn order(&self) -> usize {
        match self {
            Self::Unlock { .. } | Self::Exempt { .. } => 0,
            Self::Set { row, .. } => {
                1 + rows()
                    .changes
                    .iter()
                    .position(|own| own.name == *row)
                    .unwrap_or_default()
            }
            Self::Assign { .. } => usize::MAX - 1,
            Self::Wait { .. } => usize::MAX,
        }
    }

    /// What it is made at.
    pub fn at(&self) -> Option<&ResourceId> {
        match self {
            Self::Assign { at, .. } | Self::Set { at, .. } | Self::Exempt { at, .. } => Some(at),
            Self::Unlock { lock } => Some(lock),
            Self::Wait { .. } => None,
        }
    }

    /// Makes it, by the operator's own call; whether that was let. Where it was not, the newest no of the copy says why.
    pub fn make(&self, trial: &mut Trial) -> bool {
        match self {
            Self::Assign { to, role, at } => assign(trial, *to, role, at),
            Self::Set { at, with, .. } => self.row().is_some_and(|row| set(trial, row, at, with)),
            Self::Unlock { lock } => trial.operate(Method::DELETE, lock.as_str(), None).is_well(),
            Self::Exempt { at, assignment } => exempt(trial, at, assignment),
            Self::Wait { until } => {
                trial.advance(*until);
                true
            }
        }
    }
}

fn assign(trial: &mut Trial, to: PrincipalId, role: &str, at: &ResourceId) -> bool {
    let Some(role) = trial.azure.rules().built_in_role(role).map(|role| role.id) else {
        return false;
    };
    // The same of the same, so that a name is never taken by another.
    let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{to}{role}{}", at.key()).as_bytes());
    let kind = trial.azure.state().directory.get(to).map(|own| own.kind());
    let body = json!({"properties": {
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": to,
        "principalType": kind.map_or("ServicePrincipal", |kind| kind.as_str()),
    }});
    let path = format!("{at}/providers/Microsoft.Authorization/roleAssignments/{name}");
    trial.operate(Method::PUT, &path, Some(&body)).is_well()
}

fn exempt(trial: &mut Trial, at: &ResourceId, assignment: &ResourceId) -> bool {
    let until = trial.now.checked_add(EXEMPT_FOR).unwrap_or(trial.now);
    let body = json!({"properties": {
        "policyAssignmentId": assignment,
        "exemptionCategory": "Waiver",
        "expiresOn": until.to_string(),
    }});
    let path = format!("{at}/providers/Microsoft.Authorization/policyExemptions/{EXEMPTION}");
    trial.operate(Method::PUT, &path, Some(&body)).is_well()
}

/// Fills in what stands in braces.
pub(super) fn filled(text: &str, at: &ResourceId, with: &Filling) -> String {
    let account = at
        .key()
        .find("/blobservices/")
        .map_or(at.as_str(), |end| &at.as_str()[..end]);
    text.replace("{vault}", &with.vault)
        .replace("{tenant}", &with.tenant)
        .replace("{principal}", &with.principal)
        .replace("{account}", account)
        .replace("{name}", at.name())
        .replace("{group}", at.resource_group().unwrap_or_default())
        .replace("{id}", at.as_str())
}

fn set(trial: &mut Trial, row: &ChangeRow, at: &ResourceId, with: &Filling) -> bool {
    let Ok(mut body) = serde_json::from_str::<Value>(&filled(&row.body, at, with)) else {
        return false;
    };
    if let Some(pointer) = &row.append
        && let Some(resource) = trial.azure.state().resource(at)
        && let Some(there) = resource.at(pointer).as_array()
        && let Some(Value::Array(items)) = body.pointer_mut(pointer)
    {
        items.splice(0..0, there.iter().cloned());
    }
    let Ok(method) = row.method.parse::<Method>() else {
        return false;
    };
    if method == Method::PATCH && body.get("identity").is_some() {
        keep_identities(trial, at, &mut body);
    }
    let path = format!("{at}{}", row.path);
    trial.operate(method, &path, Some(&body)).is_well()
}

/// A resource's user-assigned identities stay when it is given a system-assigned one.
fn keep_identities(trial: &Trial, at: &ResourceId, body: &mut Value) {
    let resource = trial.azure.state().resource(at);
    let there = resource.and_then(|own| own.at("/identity/userAssignedIdentities").as_object());
    if let Some(there) = there.filter(|there| !there.is_empty()) {
        let ids = there.keys().map(|id| (id.clone(), json!({})));
        body["identity"] = json!({
            "type": "SystemAssigned,UserAssigned",
            "userAssignedIdentities": ids.collect::<serde_json::Map<_, _>>(),
        });
    }
}
