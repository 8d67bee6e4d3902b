//! Which changes bear on a no: by the rules that said it.

use azdrill_emulator::authz::WantedAction;
use azdrill_emulator::model::{Facts, PrincipalId, ResourceId};
use azdrill_emulator::rules::{Check, Endpoint, Gate, Operation, RoleDefinition, RuleId, Subject, cloud};
use azdrill_emulator::state::IdentityKind;

use super::attempt::{Attempt, only_identity};
use super::change::{Change, Filling, Place, rows};
use super::trial::{No, Trial};

/// How many roles are proposed where nothing but an action is known.
const ROLES_MAX: usize = 3;

/// What an attempt is about, as far as changes are made at it.
#[derive(Clone, Debug, Default)]
pub struct Parties {
    vault: Option<ResourceId>,
    /// Whom the Backup service acts as.
    identity: Option<PrincipalId>,
    server: Option<ResourceId>,
    account: Option<ResourceId>,
    container: Option<ResourceId>,
    key_vault: Option<ResourceId>,
    /// Who asks.
    caller: Option<PrincipalId>,
}

impl Parties {
    /// Of an attempt, in a world.
    pub fn of(attempt: &Attempt, trial: &Trial) -> Self {
        let mut own = Self {
            caller: Some(trial.operator()),
            ..Self::default()
        };
        match attempt {
            Attempt::Protect {
                vault, datasource, ..
            } => {
                own.vault = Some(vault.clone());
                own.server = Some(server_of(datasource));
            }
            Attempt::BackUp { instance } => own.take_instance(instance, trial),
            Attempt::RestoreAsFiles {
                instance,
                account,
                container,
            } => {
                own.take_instance(instance, trial);
                own.container = Some(account.child(["blobServices", "default", "containers", container]));
                own.account = Some(account.clone());
            }
            Attempt::Request { by, request, .. } => {
                own.caller = *by;
                own.take_path(&request.host, &request.path, trial);
            }
        }
        if let Some(vault) = &own.vault {
            own.identity = acting(trial, vault, attempt.instance());
        }
        own
    }

    /// Whom the Backup service acts as.
    pub fn identity(&self) -> Option<PrincipalId> {
        self.identity
    }

    /// The server that is backed up.
    pub fn server(&self) -> Option<&ResourceId> {
        self.server.as_ref()
    }

    /// The target storage account.
    pub fn account(&self) -> Option<&ResourceId> {
        self.account.as_ref()
    }

    /// The vault.
    pub fn vault(&self) -> Option<&ResourceId> {
        self.vault.as_ref()
    }

    fn take_instance(&mut self, instance: &ResourceId, trial: &Trial) {
        self.vault = Some(instance.parent());
        let Some(resource) = trial.azure.state().resource(instance) else {
            return;
        };
        let datasource = resource.text("/properties/dataSourceInfo/resourceID").parse();
        self.server = datasource.ok().map(|id| server_of(&id));
        let secret = resource.text("/properties/datasourceAuthCredentials/secretStoreResource/uri");
        let host = secret
            .strip_prefix("https://")
            .and_then(|rest| rest.split('/').next());
        let name = host
            .and_then(|host| host.split('.').next())
            .map(str::to_ascii_lowercase);
        self.key_vault = name.and_then(|name| trial.azure.state().key_vaults.get(&name).cloned());
    }

    fn take_path(&mut self, host: &str, path: &str, trial: &Trial) {
        let state = trial.azure.state();
        let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
        self.account = state.storage_accounts.get(&label).cloned();
        if cloud().is_vault_host(host) {
            self.account = None;
            self.key_vault = state.key_vaults.get(&label).cloned();
        }
        if let Some(account) = &self.account {
            let container = path.split('/').find(|part| !part.is_empty());
            self.container =
                container.map(|name| account.child(["blobServices", "default", "containers", name]));
        }
    }

    fn place(&self, place: Place) -> Option<&ResourceId> {
        match place {
            Place::Account => self.account.as_ref(),
            Place::Container => self.container.as_ref(),
            Place::Vault => self.vault.as_ref(),
            Place::KeyVault => self.key_vault.as_ref(),
            Place::Server => self.server.as_ref(),
            Place::SingleServer => self
                .server
                .as_ref()
                .filter(|own| own.is_type("Microsoft.DBforPostgreSQL/servers")),
        }
    }

    fn subject(&self, subject: Subject) -> Option<ResourceId> {
        match subject {
            Subject::Server => self.server.clone(),
            Subject::ServerGroup => self.server.as_ref()?.resource_group_id(),
            Subject::Account => self.account.clone(),
            Subject::Container => self.container.clone(),
            Subject::Secret => self.key_vault.clone(),
        }
    }

    fn filling(&self, trial: &Trial) -> Filling {
        let vault = self.vault.as_ref();
        let tenant = vault
            .or(self.key_vault.as_ref())
            .and_then(|id| trial.azure.state().tenant_of(id));
        Filling {
            vault: vault.map(ToString::to_string).unwrap_or_default(),
            tenant: tenant.map(|own| own.to_string()).unwrap_or_default(),
            principal: self.identity.map(|own| own.to_string()).unwrap_or_default(),
        }
    }
}

/// The server a datasource is or is on.
fn server_of(datasource: &ResourceId) -> ResourceId {
    if datasource.is_type("Microsoft.DBforPostgreSQL/servers/databases") {
        datasource.parent()
    } else {
        datasource.clone()
    }
}

/// Whom the Backup service acts as for an instance of a vault, or for one that is to be.
fn acting(trial: &Trial, vault: &ResourceId, instance: Option<&ResourceId>) -> Option<PrincipalId> {
    let named = match instance {
        Some(own) => Some(trial.text(own, "/properties/identityDetails/userAssignedIdentityArmUrl")),
        None => only_identity(trial, vault),
    };
    if let Some(id) = named.and_then(|named| named.parse::<ResourceId>().ok()) {
        let wanted = IdentityKind::UserAssigned(id);
        let mut all = trial.azure.state().directory.iter();
        return all.find(|own| own.identity == wanted).map(|own| own.id);
    }
    trial
        .text(vault, "/identity/principalId")
        .parse()
        .ok()
        .map(PrincipalId)
}

/// The changes that bear on a no, each of which may or may not help.
pub fn proposals(trial: &Trial, parties: &Parties, no: &No) -> Vec<Change> {
    let mut found = Vec::new();
    for rule in &no.rules {
        found.extend(bearing_on(trial, parties, *rule));
        found.extend(roles_of_rule(trial, parties, *rule));
        found.extend(locks_of_rule(trial, parties, *rule));
    }
    found.extend(waits(trial, parties));
    if no.gate == Gate::Authorization && !no.operation.is_empty() {
        found.extend(roles_for_operation(trial, parties, no));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|change| seen.insert(change.clone()));
    found
}

/// The changes of settings that bear on a rule.
pub(super) fn bearing_on(trial: &Trial, parties: &Parties, rule: RuleId) -> Vec<Change> {
    let filling = parties.filling(trial);
    let rows = rows().changes.iter().filter(|row| row.mends(rule));
    let made = rows.filter_map(|row| {
        Some(Change::Set {
            row: row.name.clone(),
            at: parties.place(row.on)?.clone(),
            with: filling.clone(),
        })
    });
    made.collect()
}

/// The roles a rule's prerequisites name, whichever profile has them, and those of `changes.toml`.
fn roles_of_rule(trial: &Trial, parties: &Parties, rule: RuleId) -> Vec<Change> {
    let Some(to) = parties.identity else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut add = |role: &str, at: Option<ResourceId>| {
        if let Some(at) = at {
            let role = role.to_owned();
            found.push(Change::Assign { to, role, at });
        }
    };
    for row in &rows().roles {
        if row.mends.iter().any(|own| own == rule.as_str()) {
            for place in &row.at {
                add(&row.role, parties.place(*place).cloned());
            }
        }
    }
    let stated = trial.azure.rules().stated.get(&rule);
    for alternative in stated.into_iter().flat_map(|rule| rule.alternatives.values()) {
        if let Some(Check::HoldsRole { role, on }) = &alternative.check {
            add(role, parties.subject(*on));
        }
    }
    found
}

/// The time at which the next assignment of who acts is seen, where one is not yet.
fn waits(trial: &Trial, parties: &Parties) -> Option<Change> {
    let to = parties.identity.or(parties.caller)?;
    let own = trial
        .azure
        .state()
        .access
        .assignments()
        .filter(|own| own.principal == to);
    let seen = own
        .map(|own| own.seen_from + own.data_lag)
        .filter(|from| *from > trial.now);
    Some(Change::Wait { until: seen.min()? })
}

/// The read-only locks above what a rule looks at.
fn locks_of_rule(trial: &Trial, parties: &Parties, rule: RuleId) -> Vec<Change> {
    let prerequisites = trial.azure.rules().prerequisites.iter();
    let mut found = Vec::new();
    for row in prerequisites.filter(|row| row.id == rule) {
        if let Check::NotLocked { on, .. } = &row.check
            && let Some(at) = parties.subject(*on)
        {
            let locks = trial.azure.state().locks.against_writing(&at);
            found.extend(locks.map(|lock| Change::Unlock {
                lock: lock.id.clone(),
            }));
        }
    }
    found
}

/// The roles that grant what an operation takes, those first that grant least.
fn roles_for_operation(trial: &Trial, parties: &Parties, no: &No) -> Vec<Change> {
    let rules = trial.azure.rules();
    let Some(to) = parties.caller else {
        return Vec::new();
    };
    let Some(operation) = rules
        .router
        .operations()
        .iter()
        .find(|own| *own.id == *no.operation)
    else {
        return Vec::new();
    };
    let place = match operation.endpoint {
        Endpoint::Arm => resource_of(&no.on),
        Endpoint::KeyVault => parties.key_vault.clone(),
        _ => parties.container.clone().or_else(|| parties.account.clone()),
    };
    let (Some(at), Some(wanted)) = (place, wanted(operation)) else {
        return Vec::new();
    };
    let roles = rules
        .built_in_roles
        .iter()
        .filter(|role| wanted.granted_by(role, &Facts::none));
    let mut roles: Vec<_> = roles
        .map(|role| (breadth(trial, role), role.name.to_string()))
        .collect();
    roles.sort();
    let roles = roles.into_iter().take(ROLES_MAX);
    roles
        .map(|(_, role)| Change::Assign {
            to,
            role,
            at: at.clone(),
        })
        .collect()
}

/// What an operation takes.
fn wanted(operation: &Operation) -> Option<WantedAction<'_>> {
    let action = operation.action.as_ref().map(WantedAction::Action);
    action.or_else(|| operation.data_action.as_ref().map(WantedAction::DataAction))
}

/// The resource a path of Resource Manager is about: without the action at its end.
fn resource_of(path: &str) -> Option<ResourceId> {
    let id: ResourceId = path.parse().ok()?;
    let after = id
        .as_str()
        .rsplit_once("/providers/")
        .map(|(_, rest)| rest.split('/').count());
    match after {
        // A namespace, and a type and a name each.
        Some(parts) if parts % 2 == 0 => path.rsplit_once('/').and_then(|(above, _)| above.parse().ok()),
        _ => Some(id),
    }
}

/// How many of the operations there are here a role grants.
pub fn breadth(trial: &Trial, role: &RoleDefinition) -> usize {
    let operations = trial.azure.rules().router.operations().iter();
    let granted = operations.filter(|own| wanted(own).is_some_and(|own| own.granted_by(role, &Facts::none)));
    granted.count()
}
