//! What works and is riskier than it need be.

use azdrill_emulator::model::{NetworkPath, ResourceId};
use azdrill_emulator::network::Firewall;

use super::drills::{Protected, Worlds, fix};
use super::finding::{Finding, Level, Report, Sort};
use super::loss::{held, still_works};
use super::restores::restores_somewhere;
use crate::estate::attempt::{Attempt, Outcome};
use crate::estate::change::{Change, Filling};
use crate::estate::propose::{Parties, breadth};
use crate::estate::smallest::{Opens, Remedy, proved};
use crate::estate::wording::{called, named};

/// The roles Azure's documents give the vault's identity, the narrowest places first.
const DOCUMENTED: [&str; 4] = [
    "Storage Blob Data Contributor",
    "PostgreSQL Flexible Server Long Term Retention Backup Role",
    "Key Vault Secrets User",
    "Reader",
];

/// Looks for all of it.
pub(super) fn risks(worlds: &Worlds<'_>, protected: &[Protected], report: &mut Report) {
    for own in protected {
        report.findings.extend(wide_roles(worlds, own));
        report.findings.extend(pinned(own));
    }
    report.findings.extend(wide_access(worlds, protected));
    report.findings.extend(roles_for_nobody(worlds));
}

/// Roles of the acting identity without which everything works, or that a narrower one can stand for.
fn wide_roles(worlds: &Worlds<'_>, own: &Protected) -> Vec<Finding> {
    let back_up = Attempt::BackUp {
        instance: own.instance.clone(),
    };
    let parties = Parties::of(&back_up, &own.world);
    let (Some(identity), true) = (
        parties.identity(),
        restores_somewhere(worlds, &own.world, &own.instance),
    ) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (role, scope, name) in held(&own.world, identity) {
        let Some(definition) = own.world.azure.rules().built_in_role(&role) else {
            continue;
        };
        if DOCUMENTED.contains(&role.as_str()) {
            continue;
        }
        let who = called(&own.world.azure, identity);
        let mut finding = Finding::new(
            Sort::WideRole,
            Level::Warning,
            &scope,
            format!(
                "{who} has {role} at {}, which is more than it needs",
                named(&scope)
            ),
        );
        finding.about.clone_from(&role);
        if still_works(worlds, own, &own.world, &[], (&scope, &name)) {
            finding
                .details
                .push(
                    "Without it, backups of what is configured and restores work as well. Configuring protection anew may \
                     need what it grants."
                        .to_owned(),
                );
            found.push(finding);
            continue;
        }
        let mut narrower = narrower(worlds, own, definition, &scope, identity);
        narrower.retain(|changes| still_works(worlds, own, &own.world, changes, (&scope, &name)));
        if let Some(changes) = narrower.into_iter().next() {
            let without = (&scope, name.as_str());
            let remedy = Remedy {
                // It is less than what goes, and lets nobody in over the network that was not.
                opens: Opens::default(),
                rests_on: None,
                by_both: own
                    .other
                    .as_ref()
                    .is_some_and(|other| still_works(worlds, own, other, &changes, without)),
                changes,
            };
            finding
                .details
                .push(format!("In the place of {role} this is enough:"));
            finding.fixes.push(fix(&own.world, &remedy));
            found.push(finding);
        }
    }
    found
}

/// Sets of documented roles that may stand for a wider one, the fewest first.
fn narrower(
    worlds: &Worlds<'_>,
    own: &Protected,
    wide: &azdrill_emulator::rules::RoleDefinition,
    scope: &ResourceId,
    to: azdrill_emulator::model::PrincipalId,
) -> Vec<Vec<Change>> {
    let trial = &own.world;
    let most = breadth(trial, wide);
    let mut each = Vec::new();
    let server = Parties::of(
        &Attempt::BackUp {
            instance: own.instance.clone(),
        },
        trial,
    );
    let accounts = worlds.inventory.accounts.iter().filter(|id| scope.contains(id));
    let places: [(&str, Vec<ResourceId>); 4] = [
        (DOCUMENTED[0], accounts.cloned().collect()),
        (DOCUMENTED[1], server.server().cloned().into_iter().collect()),
        (DOCUMENTED[2], worlds.inventory.key_vaults.clone()),
        (
            DOCUMENTED[3],
            server
                .server()
                .and_then(ResourceId::resource_group_id)
                .into_iter()
                .collect(),
        ),
    ];
    for (role, places) in places {
        let is_narrower = trial
            .azure
            .rules()
            .built_in_role(role)
            .is_some_and(|own| breadth(trial, own) < most);
        for at in places.into_iter().filter(|at| is_narrower && scope.contains(at)) {
            each.push(Change::Assign {
                to,
                role: role.to_owned(),
                at,
            });
        }
    }
    // What configuring protection takes is not missed by a backup of what is configured, and belongs to each.
    let (configuring, rest): (Vec<Change>, Vec<Change>) = each.into_iter().partition(|change| {
        let at = change.at();
        at.is_some_and(|at| server.server().is_some_and(|server| at.contains(server)))
    });
    let with = |more: &[Change]| [configuring.as_slice(), more].concat();
    let mut sets = vec![with(&[])];
    sets.extend(rest.iter().map(|one| with(std::slice::from_ref(one))));
    sets.push(with(&rest));
    sets.retain(|set| !set.is_empty());
    sets
}

/// Accounts that are open to all networks, where the narrow fix is enough for restores.
fn wide_access(worlds: &Worlds<'_>, protected: &[Protected]) -> Vec<Finding> {
    let mut found = Vec::new();
    for account in &worlds.inventory.accounts {
        let Some(resource) = worlds.own.azure.state().resource(account) else {
            continue;
        };
        let firewall = Firewall::of_storage_account(resource);
        if !firewall
            .decide(worlds.own.azure.rules(), &NetworkPath::internet(), false)
            .allowed
        {
            continue;
        }
        for own in protected {
            let containers = super::restores::containers(&worlds.own, account);
            let Some(container) = containers.into_iter().next() else {
                continue;
            };
            let attempt = Attempt::RestoreAsFiles {
                instance: own.instance.clone(),
                account: account.clone(),
                container,
            };
            if attempt.play(&mut own.world.fork()) != Outcome::Works {
                continue;
            }
            if let Some(remedy) = narrow_network(own, account, &attempt) {
                let title = format!(
                    "{} is open to all networks, and a restore needs less",
                    named(account)
                );
                let mut finding = Finding::new(Sort::WideAccess, Level::Warning, account, title);
                finding
                    .details
                    .push("With this the restore works as well, and the internet is kept out:".to_owned());
                finding.fixes.push(fix(&own.world, &remedy));
                found.push(finding);
                break;
            }
        }
    }
    found
}

fn narrow_network(own: &Protected, account: &ResourceId, attempt: &Attempt) -> Option<Remedy> {
    let vault = own.instance.parent();
    let tenant = own.world.azure.state().tenant_of(&vault)?;
    let set = |row: &str| Change::Set {
        row: row.to_owned(),
        at: account.clone(),
        with: Filling {
            vault: vault.to_string(),
            tenant: tenant.to_string(),
            principal: String::new(),
        },
    };
    let rows = [
        "account-selected-networks",
        "account-resource-rule",
        "account-trusted-services",
    ];
    let changes: Vec<Change> = rows.iter().map(|row| set(row)).collect();
    proved(&own.world, own.other.as_ref(), attempt, changes)
}

/// An instance whose secret is named with its version.
fn pinned(own: &Protected) -> Option<Finding> {
    let uri = own.world.text(
        &own.instance,
        "/properties/datasourceAuthCredentials/secretStoreResource/uri",
    );
    let path = uri
        .strip_prefix("https://")?
        .split_once('/')?
        .1
        .trim_end_matches('/')
        .to_owned();
    let mut parts = path.split('/');
    let (_, secret, version) = (parts.next()?, parts.next()?, parts.next()?);
    let title = format!(
        "the credentials of {} are pinned to a version of a secret",
        named(&own.datasource)
    );
    let mut finding = Finding::new(Sort::PinnedSecret, Level::Warning, &own.shown, title);
    finding.details.push(format!(
        "The secret {secret} is named with its version {version}: once the password is rotated, backups go on with the \
         old one and fail. Name it without a version."
    ));
    Some(finding)
}

/// Assignments to nobody: an application id taken for an object id, or who is gone.
fn roles_for_nobody(worlds: &Worlds<'_>) -> Vec<Finding> {
    let state = worlds.own.azure.state();
    let roles = &worlds.own.azure.rules().built_in_roles;
    let mut found = Vec::new();
    for own in state.access.assignments() {
        if state.directory.get(own.principal).is_some() {
            continue;
        }
        let role = state
            .access
            .role(roles, own.role)
            .map_or_else(String::new, |role| role.name.to_string());
        let of = state
            .directory
            .iter()
            .find(|principal| principal.app_id == Some(own.principal.0));
        let (title, details) = match of {
            Some(of) => (
                format!("{role} at {} is given to an application id", named(&own.scope)),
                format!(
                    "{} is the application (client) id of {}. Role assignments name object ids: give it to {}.",
                    own.principal,
                    called(&worlds.own.azure, of.id),
                    of.id
                ),
            ),
            None => (
                format!("{role} at {} is given to nobody", named(&own.scope)),
                format!("There is no principal {} (any more).", own.principal),
            ),
        };
        let mut finding = Finding::new(Sort::RoleForNobody, Level::Warning, &own.scope, title);
        finding.about = own.principal.to_string();
        finding.details.push(details);
        found.push(finding);
    }
    found
}
