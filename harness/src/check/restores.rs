//! Restoring as files into every account there is.

use azdrill_emulator::model::ResourceId;
use azdrill_emulator::rules::cloud;
use http::Method;
use serde_json::Value;

use super::drills::{Protected, Worlds, disagreement, otherwise, tell};
use super::finding::{Finding, Level, Report, Sort};
use crate::estate::attempt::{Attempt, Outcome};
use crate::estate::inventory::Inventory;
use crate::estate::smallest::{Found, search_both};
use crate::estate::trial::Trial;
use crate::estate::wording::named;

/// The container that is asked about where an account has none.
const CONTAINER: &str = "restored";

/// The containers of an account, as Resource Manager lists them.
pub(super) fn containers(trial: &Trial, account: &ResourceId) -> Vec<String> {
    let mut copy = trial.fork();
    let path = format!("{account}/blobServices/default/containers");
    let listed = copy.arm(Method::GET, &path, None).json_body();
    let names = listed["value"].as_array().into_iter().flatten();
    names
        .filter_map(|own| own["name"].as_str())
        .filter(|name| !name.starts_with('$'))
        .map(str::to_owned)
        .collect()
}

/// Restores every instance into every container there is; says what works, and what would have to change.
pub(super) fn restores(worlds: &Worlds<'_>, protected: &[Protected], report: &mut Report) {
    for own in protected {
        let targets = targets(&worlds.own, worlds.inventory);
        let mut tried = Vec::new();
        for (account, container) in &targets {
            let attempt = Attempt::RestoreAsFiles {
                instance: own.instance.clone(),
                account: account.clone(),
                container: container.clone(),
            };
            let other = own.other.as_ref().unwrap_or(&worlds.other);
            let found = search_both(&own.world, other, &attempt);
            let what = format!(
                "restore {} into {}/{container}",
                named(&own.datasource),
                account.name()
            );
            report.drill(what, found.no.as_ref(), found.odd.as_deref());
            tried.push((attempt, found, account, container));
        }
        let any = tried.iter().any(|(_, found, ..)| found.works());
        if targets.is_empty() {
            report.findings.push(no_target(own));
        }
        for (attempt, found, account, container) in tried {
            let target = format!("{}/{container}", account.name());
            let differs = otherwise(worlds, &attempt, own.other.as_ref(), &found);
            if found.works() {
                report.findings.extend(differs.map(|differs| {
                    let mut finding =
                        disagreement(&own.instance, &format!("the restore into {target}"), &differs);
                    finding.about = target.clone();
                    finding
                }));
            } else {
                report
                    .findings
                    .push(failing(own, &attempt, &found, account, &target, any, differs));
            }
        }
    }
}

/// Every container of every account, or one that an account without any might have.
pub(super) fn targets(trial: &Trial, inventory: &Inventory) -> Vec<(ResourceId, String)> {
    let accounts = inventory.accounts.iter();
    let each = accounts.flat_map(|account| {
        let mut names = containers(trial, account);
        if names.is_empty() {
            names.push(CONTAINER.to_owned());
        }
        names.into_iter().map(move |name| (account.clone(), name))
    });
    each.collect()
}

fn no_target(own: &Protected) -> Finding {
    let title = format!(
        "there is no storage account to restore {} into",
        named(&own.datasource)
    );
    let mut finding = Finding::new(Sort::NoRestore, Level::Error, &own.shown, title);
    let suffix = cloud().blob_host("…");
    finding.details.push(format!(
        "In an emergency one ({suffix}) would have to be made first, with a container, and the vault's identity given \
         Storage Blob Data Contributor there."
    ));
    finding
}

fn failing(
    own: &Protected,
    attempt: &Attempt,
    found: &Found,
    account: &ResourceId,
    target: &str,
    any: bool,
    differs: Option<String>,
) -> Finding {
    let (sort, level) = if any {
        (Sort::TargetFails, Level::Note)
    } else {
        (Sort::NoRestore, Level::Error)
    };
    let title = format!("the restore of {} into {target} fails", named(&own.datasource));
    let mut finding = Finding::new(sort, level, account, title);
    finding.about = format!("{} {target}", own.instance.name());
    if own.mended {
        finding
            .details
            .push("Tried in a copy in which what its backup needs had been changed.".to_owned());
    }
    tell(&mut finding, &own.world, attempt, found);
    finding.otherwise = differs;
    finding
}

/// Whether any restore of an instance works in a world.
pub(super) fn restores_somewhere(worlds: &Worlds<'_>, world: &Trial, instance: &ResourceId) -> bool {
    targets(&worlds.own, worlds.inventory)
        .into_iter()
        .any(|(account, container)| {
            let attempt = Attempt::RestoreAsFiles {
                instance: instance.clone(),
                account,
                container,
            };
            attempt.play(&mut world.fork()) == Outcome::Works
        })
}

/// A value of a resource; `Null` if there is none.
pub(super) fn value<'a>(trial: &'a Trial, id: &ResourceId, pointer: &str) -> &'a Value {
    trial
        .azure
        .state()
        .resource(id)
        .map_or(&Value::Null, |own| own.at(pointer))
}
