//! Protecting and backing up.

use azdrill_emulator::model::{ResourceId, region_name};

use super::finding::{Finding, Fix, How, Level, Report, Sort, words};
use crate::estate::attempt::{Attempt, Outcome};
use crate::estate::inventory::{Datasource, Inventory};
use crate::estate::near::near_misses;
use crate::estate::propose::Parties;
use crate::estate::smallest::{Found, Remedy, search_both};
use crate::estate::trial::Trial;
use crate::estate::wording::named;

/// The world under both profiles.
pub(super) struct Worlds<'a> {
    /// As it is played.
    pub(super) own: Trial,
    /// As the other profile has it.
    pub(super) other: Trial,
    /// What there is.
    pub(super) inventory: &'a Inventory,
}

/// An instance that has been backed up in a copy, by whatever changes it took.
pub(super) struct Protected {
    /// The instance.
    pub(super) instance: ResourceId,
    /// What it protects.
    pub(super) datasource: ResourceId,
    /// What findings about it are named by: the instance, or what it protects where it is there in copies alone.
    pub(super) shown: ResourceId,
    /// A world in which it has a recovery point.
    pub(super) world: Trial,
    /// The same under the other profile, where a backup works there as well.
    pub(super) other: Option<Trial>,
    /// Whether it took changes until a backup worked.
    pub(super) mended: bool,
}

/// Says of a finding how it failed, what nearly let it through, and what mends it.
pub(super) fn tell(finding: &mut Finding, trial: &Trial, attempt: &Attempt, found: &Found) {
    if let Some(no) = &found.no {
        finding.how = Some(How::of(&trial.azure, no));
        let parties = Parties::of(attempt, trial);
        finding.near_misses = near_misses(trial, &parties, no);
    }
    finding.details.extend(found.odd.clone());
    finding.fixes = found.remedies.iter().map(|own| fix(trial, own)).collect();
    for (change, no) in &found.not_let {
        let worded = change.worded(&trial.azure);
        finding.details.push(format!(
            "To {} is not let: {}.",
            imperative(&worded.text),
            words(no)
        ));
    }
    if found.remedies.is_empty()
        && let Some(no) = &found.no
    {
        let known = trial.azure.rules();
        let rules = no.rules.iter().filter_map(|id| known.stated.get(id));
        let by_hand = rules.filter_map(|rule| rule.fix.clone()).next();
        finding
            .details
            .extend(by_hand.map(|text| format!("By hand: {text}")));
        if let Some(remains) = found.remains.as_ref().filter(|remains| *remains != no) {
            finding.details.push(format!(
                "With what can be changed, it still ends with {}.",
                words(remains)
            ));
        }
    }
}

/// What is to be done at a resource, as what somebody does: "open the public endpoint of …".
fn imperative(text: &str) -> String {
    match text.split_once(": ") {
        Some((at, what)) => format!("{what} at {at}"),
        None => text.to_owned(),
    }
}

/// Changes that help, in words.
pub(super) fn fix(trial: &Trial, remedy: &Remedy) -> Fix {
    Fix {
        changes: remedy
            .changes
            .iter()
            .map(|own| own.worded(&trial.azure))
            .collect(),
        opens_to_all: remedy.opens.strangers > 0,
        by_both: remedy.by_both,
        rests_on: remedy.rests_on.map(|id| id.as_str().to_owned()),
    }
}

/// What the other profile makes of the same, where it is something else.
pub(super) fn otherwise(
    worlds: &Worlds<'_>,
    attempt: &Attempt,
    other: Option<&Trial>,
    own: &Found,
) -> Option<String> {
    let mut other = other.unwrap_or(&worlds.other).fork();
    match (attempt.play(&mut other), &own.no) {
        (Outcome::Works, Some(_)) => Some("it works".to_owned()),
        (Outcome::Refused(no), None) => Some(words(&no)),
        (Outcome::Refused(no), Some(own)) if no.code != own.code || no.stage != own.stage => Some(words(&no)),
        _ => None,
    }
}

/// Makes the changes of the best remedy in a copy, and plays.
pub(super) fn mended(world: &Trial, found: &Found, attempt: &Attempt) -> Option<Trial> {
    let mut copy = world.fork();
    if !found.works() {
        let remedy = found.remedies.first()?;
        if !remedy.changes.iter().all(|change| change.make(&mut copy)) {
            return None;
        }
    }
    (attempt.play(&mut copy) == Outcome::Works).then_some(copy)
}

/// Backs up every instance, and protects what nothing protects.
pub(super) fn protection(worlds: &Worlds<'_>, report: &mut Report) -> Vec<Protected> {
    let mut protected = Vec::new();
    for instance in &worlds.inventory.instances {
        let attempt = Attempt::BackUp {
            instance: instance.id.clone(),
        };
        let found = search_both(&worlds.own, &worlds.other, &attempt);
        let what = format!("back up {}", named(&instance.datasource));
        report.drill(what, found.no.as_ref(), found.odd.as_deref());
        let differs = otherwise(worlds, &attempt, None, &found);
        if !found.works() {
            let title = format!("the backup of {} fails", named(&instance.datasource));
            let mut finding = Finding::new(Sort::BackupFails, Level::Error, &instance.id, title);
            tell(&mut finding, &worlds.own, &attempt, &found);
            finding.otherwise = differs;
            report.findings.push(finding);
        } else if let Some(differs) = differs {
            report
                .findings
                .push(disagreement(&instance.id, "the backup", &differs));
        }
        protected.extend(mended(&worlds.own, &found, &attempt).map(|world| Protected {
            instance: instance.id.clone(),
            datasource: instance.datasource.clone(),
            shown: instance.id.clone(),
            world,
            other: in_other(worlds, &found, &attempt),
            mended: !found.works(),
        }));
    }
    for datasource in &worlds.inventory.datasources {
        if worlds.inventory.instances_of(&datasource.id).next().is_none() {
            protected.extend(not_protected(worlds, datasource, report));
        }
    }
    protected
}

/// The same by the other profile, with the same changes.
fn in_other(worlds: &Worlds<'_>, found: &Found, attempt: &Attempt) -> Option<Trial> {
    let mut copy = worlds.other.fork();
    let changes = found.remedies.first().into_iter().flat_map(|own| &own.changes);
    if !changes.into_iter().all(|change| change.make(&mut copy)) {
        return None;
    }
    (attempt.play(&mut copy) == Outcome::Works).then_some(copy)
}

/// What documents and observation do not agree in.
pub(super) fn disagreement(about: &ResourceId, what: &str, differs: &str) -> Finding {
    let title = format!("{what} works here, and would not where the other profile is right: {differs}");
    Finding::new(Sort::ProfilesDiffer, Level::Note, about, title)
}

/// A datasource that no instance is for: would it work with what vaults there are?
fn not_protected(worlds: &Worlds<'_>, datasource: &Datasource, report: &mut Report) -> Option<Protected> {
    let title = format!("nothing backs up {}", named(&datasource.id));
    let mut finding = Finding::new(Sort::NotProtected, Level::Warning, &datasource.id, title);
    let mut tried = attempts_to_protect(&worlds.own, worlds.inventory, datasource)
        .into_iter()
        .map(|attempt| {
            let found = search_both(&worlds.own, &worlds.other, &attempt);
            (attempt, found)
        });
    let best = tried
        .by_ref()
        .find(|(_, found)| found.works() || !found.remedies.is_empty());
    let Some((attempt, found)) = best else {
        finding.details.push(match worlds.inventory.vaults.len() {
            0 => "There is no Backup vault.".to_owned(),
            _ if datasource.is_database() => {
                "A database of a single server is protected with a secret that holds its credentials: which one is for whoever protects it to say."
                    .to_owned()
            }
            _ => "No vault of its region has a policy for it.".to_owned(),
        });
        report.findings.push(finding);
        return None;
    };
    let Attempt::Protect { vault, policy, .. } = &attempt else {
        return None;
    };
    finding.about = vault.name().to_owned();
    let with = format!("{} with the policy {}", named(vault), policy.name());
    if found.works() {
        finding
            .details
            .push(format!("It could be protected in {with} as things are."));
    } else {
        finding
            .details
            .push(format!("It could be protected in {with}, once that is changed."));
    }
    let what = format!(
        "protect {} in {}, and back it up",
        named(&datasource.id),
        vault.name()
    );
    report.drill(what, found.no.as_ref(), found.odd.as_deref());
    tell(&mut finding, &worlds.own, &attempt, &found);
    finding.otherwise = otherwise(worlds, &attempt, None, &found);
    report.findings.push(finding);
    let world = mended(&worlds.own, &found, &attempt)?;
    let instance = world_instance(&world, &datasource.id)?;
    Some(Protected {
        instance,
        datasource: datasource.id.clone(),
        shown: datasource.id.clone(),
        world,
        other: in_other(worlds, &found, &attempt),
        mended: !found.works(),
    })
}

fn world_instance(world: &Trial, datasource: &ResourceId) -> Option<ResourceId> {
    let inventory = Inventory::of(&world.azure);
    let mut all = inventory.instances_of(datasource);
    all.next().map(|own| own.id.clone())
}

/// What nothing protects, with the ways each could be.
pub(super) fn unprotected(trial: &Trial, inventory: &Inventory) -> Vec<(String, ResourceId, Attempt)> {
    let mut found = Vec::new();
    for datasource in &inventory.datasources {
        if inventory.instances_of(&datasource.id).next().is_none() {
            for attempt in attempts_to_protect(trial, inventory, datasource) {
                found.push((
                    format!("protect {}", named(&datasource.id)),
                    datasource.id.clone(),
                    attempt,
                ));
            }
        }
    }
    found
}

/// The ways a datasource could be protected: a vault of its region with a policy for it, each.
fn attempts_to_protect(trial: &Trial, inventory: &Inventory, datasource: &Datasource) -> Vec<Attempt> {
    // Which secret holds its credentials nobody but its owner can say.
    if datasource.is_database() {
        return Vec::new();
    }
    let region = region_name(&datasource.location);
    let vaults = inventory.vaults.iter();
    let here = vaults.filter(|vault| region_name(&trial.text(vault, "/location")) == region);
    here.filter_map(|vault| {
        let policy = inventory
            .policies_for(&trial.azure, vault, datasource.kind)
            .next()?;
        Some(Attempt::Protect {
            vault: vault.clone(),
            policy: policy.clone(),
            datasource: datasource.id.clone(),
            kind: datasource.kind,
            location: datasource.location.clone(),
        })
    })
    .collect()
}
