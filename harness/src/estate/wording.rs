//! How changes read, and how they are written for the tools estates are built with.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{PrincipalId, ResourceId};
use azdrill_emulator::state::IdentityKind;
use serde::Serialize;

use super::change::{Change, EXEMPTION, Filling, filled};

/// A change in words, and in the languages of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Worded {
    /// In words.
    pub text: String,
    /// What it is made at: an ARM id; empty where it is made nowhere.
    pub resource: String,
    /// For Terraform's provider azurerm; empty where it cannot.
    pub azurerm: String,
    /// For Bicep, ARM templates and Terraform's provider azapi.
    pub bicep: String,
    /// For the Azure CLI.
    pub az: String,
    /// For which versions of the tools that holds, where it is known.
    pub since: Option<String>,
}

/// What a principal is called: what it is the identity of, or its name.
pub fn called(azure: &Azure, id: PrincipalId) -> String {
    let Some(principal) = azure.state().directory.get(id) else {
        return format!("the principal {id}, which does not exist");
    };
    match &principal.identity {
        IdentityKind::SystemAssigned(of) => format!("the system-assigned identity of {}", of.name()),
        IdentityKind::UserAssigned(of) => format!("the user-assigned identity {}", of.name()),
        IdentityKind::Application | IdentityKind::User | IdentityKind::Group => {
            principal.display_name.clone()
        }
    }
}

/// What a resource is called in a sentence.
pub fn named(id: &ResourceId) -> String {
    let kind = match id
        .resource_type()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "microsoft.storage/storageaccounts" => "the storage account",
        "microsoft.storage/storageaccounts/blobservices/containers" => "the container",
        "microsoft.keyvault/vaults" => "the key vault",
        "microsoft.dataprotection/backupvaults" => "the Backup vault",
        "microsoft.dataprotection/backupvaults/backupinstances" => "the backup instance",
        "microsoft.dbforpostgresql/flexibleservers" => "the flexible server",
        "microsoft.dbforpostgresql/servers" => "the single server",
        "microsoft.dbforpostgresql/servers/databases" => "the database",
        "microsoft.resources/resourcegroups" => "the resource group",
        _ => "",
    };
    format!("{kind} {}", id.name()).trim().to_owned()
}

impl Change {
    /// How it reads in a world.
    pub fn worded(&self, azure: &Azure) -> Worded {
        match self {
            Self::Assign { to, role, at } => assigned(azure, *to, role, at),
            Self::Set { at, with, .. } => self.set_worded(at, with),
            Self::Unlock { lock } => Worded {
                text: format!("take the read-only lock {} off", lock.name()),
                resource: lock.to_string(),
                azurerm: "azurerm_management_lock: remove it".to_owned(),
                bicep: "resource 'Microsoft.Authorization/locks': remove it".to_owned(),
                az: format!("az lock delete --ids {lock}"),
                since: None,
            },
            Self::Exempt { at, assignment } => exempted(azure, at, assignment),
            Self::Wait { until } => Worded {
                text: format!("wait until {until}"),
                resource: String::new(),
                azurerm: String::new(),
                bicep: String::new(),
                az: String::new(),
                since: None,
            },
        }
    }

    fn set_worded(&self, at: &ResourceId, with: &Filling) -> Worded {
        let row = self.row();
        let fill = |text: &str| filled(text, at, with);
        Worded {
            text: format!(
                "{}: {}",
                named(at),
                row.map(|own| fill(&own.title)).unwrap_or_default()
            ),
            resource: at.to_string(),
            azurerm: row.map(|own| fill(&own.azurerm)).unwrap_or_default(),
            bicep: row.map(|own| fill(&own.bicep)).unwrap_or_default(),
            az: row.map(|own| fill(&own.az)).unwrap_or_default(),
            since: row.and_then(|own| own.since.clone()),
        }
    }
}

fn exempted(azure: &Azure, at: &ResourceId, assignment: &ResourceId) -> Worded {
    let own = azure.state().policies.assignments.get(assignment);
    let name = own.map_or_else(|| assignment.name(), |own| own.display_name());
    Worded {
        text: format!(
            "{}: have it exempt from the policy '{name}' for some hours",
            named(at)
        ),
        resource: at.to_string(),
        azurerm: format!(
            "azurerm_resource_policy_exemption: resource_id = \"{at}\", policy_assignment_id = \"{assignment}\", \
             exemption_category = \"Waiver\", expires_on = …"
        ),
        bicep: format!(
            "resource 'Microsoft.Authorization/policyExemptions', scoped to {}: policyAssignmentId: '{assignment}', \
             exemptionCategory: 'Waiver', expiresOn: …",
            named(at)
        ),
        az: format!(
            "az policy exemption create --name {EXEMPTION} --scope {at} --policy-assignment {assignment} \
             --exemption-category Waiver --expires-on …"
        ),
        since: None,
    }
}

fn assigned(azure: &Azure, to: PrincipalId, role: &str, at: &ResourceId) -> Worded {
    let principal = azure.state().directory.get(to);
    let kind = principal.map_or("ServicePrincipal", |own| own.kind().as_str());
    Worded {
        text: format!("give {role} to {}, at {}", called(azure, to), named(at)),
        resource: at.to_string(),
        azurerm: format!(
            "azurerm_role_assignment: scope = \"{at}\", role_definition_name = \"{role}\", principal_id = \"{to}\""
        ),
        bicep: format!(
            "resource 'Microsoft.Authorization/roleAssignments', scoped to {}: roleDefinitionId of '{role}', \
             principalId: '{to}', principalType: '{kind}'",
            named(at)
        ),
        az: format!(
            "az role assignment create --assignee-object-id {to} --assignee-principal-type {kind} --role \"{role}\" \
             --scope {at}"
        ),
        since: None,
    }
}
