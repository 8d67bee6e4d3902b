//! What there is to back up, to back up into and to restore to.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::Check;
use azdrill_emulator::state::Resource;
use serde_json::Value;

/// The types of resources that are looked for.
const VAULT: &str = "Microsoft.DataProtection/backupVaults";
const POLICY: &str = "Microsoft.DataProtection/backupVaults/backupPolicies";
const INSTANCE: &str = "Microsoft.DataProtection/backupVaults/backupInstances";
const FLEXIBLE: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
const SINGLE: &str = "Microsoft.DBforPostgreSQL/servers";
const DATABASE: &str = "Microsoft.DBforPostgreSQL/servers/databases";
const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";
const KEY_VAULT: &str = "Microsoft.KeyVault/vaults";

/// Something that can be backed up: a flexible server, or a database of a single server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datasource {
    /// Its id.
    pub id: ResourceId,
    /// Its type, in Azure's word.
    pub kind: &'static str,
    /// The server it is or is on.
    pub server: ResourceId,
    /// Its region.
    pub location: String,
}

impl Datasource {
    /// Whether it is a database of a single server.
    pub fn is_database(&self) -> bool {
        self.kind == DATABASE
    }
}

/// A backup instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: ResourceId,
    /// The vault it is in.
    pub vault: ResourceId,
    /// What it protects.
    pub datasource: ResourceId,
    /// How its protection stands, in Azure's word.
    pub state: String,
}

/// What there is. Everything in order of id.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Backup vaults.
    pub vaults: Vec<ResourceId>,
    /// Backup policies.
    pub policies: Vec<ResourceId>,
    /// Backup instances.
    pub instances: Vec<Instance>,
    /// What can be backed up.
    pub datasources: Vec<Datasource>,
    /// Storage accounts, those behind vaults not among them.
    pub accounts: Vec<ResourceId>,
    /// Key vaults.
    pub key_vaults: Vec<ResourceId>,
    /// How many resources there are besides, that no drill is about.
    pub others: usize,
}

impl Inventory {
    /// What there is in a world, but for what is Microsoft's own.
    pub fn of(azure: &Azure) -> Self {
        let mut found = Self::default();
        let state = azure.state();
        let shown = |id: &ResourceId| {
            let subscription = id.subscription().and_then(|own| state.subscription(own));
            subscription.is_some_and(|own| !own.hidden)
        };
        for resource in state.resources.values().filter(|own| shown(&own.id)) {
            found.take(resource, azure);
        }
        found
    }

    fn take(&mut self, resource: &Resource, azure: &Azure) {
        let id = resource.id.clone();
        if resource.is_type(VAULT) {
            self.vaults.push(id);
        } else if resource.is_type(POLICY) {
            self.policies.push(id);
        } else if resource.is_type(INSTANCE) {
            self.instances.extend(instance(resource));
        } else if resource.is_type(FLEXIBLE) {
            self.datasources.push(Datasource {
                server: id.clone(),
                id,
                kind: FLEXIBLE,
                location: resource.location().to_owned(),
            });
        } else if resource.is_type(DATABASE) {
            let server = id.parent();
            if !is_azures_own(azure, id.name()) {
                let location = azure
                    .state()
                    .resource(&server)
                    .map(|own| own.location().to_owned());
                self.datasources.push(Datasource {
                    id,
                    kind: DATABASE,
                    server,
                    location: location.unwrap_or_default(),
                });
            }
        } else if resource.is_type(ACCOUNT) {
            self.accounts.push(id);
        } else if resource.is_type(KEY_VAULT) {
            self.key_vaults.push(id);
        } else if resource.is_top_level() && !resource.is_type(SINGLE) {
            self.others += 1;
        }
    }

    /// Whether there is anything that a drill could be about.
    pub fn is_empty(&self) -> bool {
        self.vaults.is_empty() && self.datasources.is_empty()
    }

    /// The instances that protect something.
    pub fn instances_of<'a>(&'a self, datasource: &'a ResourceId) -> impl Iterator<Item = &'a Instance> {
        self.instances
            .iter()
            .filter(move |instance| instance.datasource == *datasource)
    }

    /// The policies of a vault that are for a type of datasource.
    pub fn policies_for<'a>(
        &'a self,
        azure: &'a Azure,
        vault: &'a ResourceId,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a ResourceId> {
        self.policies.iter().filter(move |policy| {
            let policy = (vault.contains(policy))
                .then(|| azure.state().resource(policy))
                .flatten();
            let kinds = policy.and_then(|own| own.at("/properties/datasourceTypes").as_array());
            let mut kinds = kinds.into_iter().flatten().filter_map(Value::as_str);
            kinds.any(|own| own.eq_ignore_ascii_case(kind))
        })
    }
}

/// Whether a database of a single server is Azure's own, as the prerequisites of its backup have it.
fn is_azures_own(azure: &Azure, name: &str) -> bool {
    let checks = azure.rules().prerequisites.iter().map(|row| &row.check);
    let mut listed = checks.filter_map(|check| match check {
        Check::CustomerDatabase { azures_own } => Some(azures_own),
        _ => None,
    });
    listed.any(|own| own.iter().any(|own| own.eq_ignore_ascii_case(name)))
}

fn instance(resource: &Resource) -> Option<Instance> {
    Some(Instance {
        vault: resource.id.parent(),
        datasource: resource
            .text("/properties/dataSourceInfo/resourceID")
            .parse()
            .ok()?,
        state: resource.text("/properties/currentProtectionState").to_owned(),
        id: resource.id.clone(),
    })
}
