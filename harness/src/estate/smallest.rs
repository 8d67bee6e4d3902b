//! The smallest sets of changes that make something work.
//!
//! What said no names its rules, and those the changes that bear on them: each is made in a copy, and the attempt played
//! again, until it works or nobody knows what else to change. What works is made as small as it can be, so that no part
//! of it is enough, and measured: how many more callers it lets in, and how much of what they may do.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use azdrill_emulator::model::{NetworkPath, ResourceId};
use azdrill_emulator::network::Firewall;
use azdrill_emulator::rules::{Gate, Mark, RuleId};

use super::attempt::{Attempt, Outcome};
use super::change::Change;
use super::propose::{Parties, bearing_on, breadth, proposals};
use super::trial::{No, Trial};

/// How many worlds a search tries at the most.
const TRIALS_MAX: usize = 400;
/// How many sets it is content with.
const SETS_MAX: usize = 4;
/// The most changes that are made together.
const CHANGES_MAX: usize = 10;

/// How much a set of changes opens, the least first: to strangers, in steps, to those who are given something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opens {
    /// At how many resources the whole internet is let in that was not.
    pub strangers: usize,
    /// How many changes there are.
    pub changes: usize,
    /// Of the roles given: how many operations times how many resources.
    pub granted: usize,
}

/// A set of changes that was made in a copy, where the attempt then worked. No part of it is enough, but for a part that
/// rests on a rule nobody has seen, or is enough by one profile alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The changes, in the order they are to be made in.
    pub changes: Vec<Change>,
    /// How much they open.
    pub opens: Opens,
    /// Whether it works by the other profile as well: whichever of the two is right.
    pub by_both: bool,
    /// Of the rules by which it was let through, the one we are least sure of, where we are not sure of all.
    pub rests_on: Option<RuleId>,
}

/// What came of looking for them.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// How it ends as things are; `None`: it works.
    pub no: Option<No>,
    /// In other words, where nobody said no and it did not work all the same.
    pub odd: Option<String>,
    /// What would make it work: what opens least first.
    pub remedies: Vec<Remedy>,
    /// Where nothing does: what still says no when everything has been changed that anybody knows of.
    pub remains: Option<No>,
    /// Changes that bear on a no and that whoever asks may not make, with why.
    pub not_let: Vec<(Change, No)>,
    /// How many worlds were tried.
    pub trials: usize,
}

impl Found {
    /// Whether it works as things are.
    pub fn works(&self) -> bool {
        self.no.is_none() && self.odd.is_none()
    }
}

/// A set that is to be tried next: those first that open least.
type Waiting = Reverse<(Opens, Vec<Change>)>;

/// Looks for the smallest sets of changes that make an attempt work in a world, and tells those that make it work by
/// the other profile's rules as well: they come first.
pub fn search_both(world: &Trial, other: &Trial, attempt: &Attempt) -> Found {
    let mut found = search(world, attempt);
    if found.works() {
        return found;
    }
    let there = search(other, attempt);
    found.trials += there.trials;
    // What is the least there may be more than is needed here, and is what helps whichever is right.
    for remedy in there.remedies {
        found.trials += 1;
        let is_known = found
            .remedies
            .iter()
            .any(|own| sorted(&own.changes) == sorted(&remedy.changes));
        if !is_known && works_with(world, attempt, &remedy.changes) {
            let opens = opens(world, &remedy.changes);
            found.remedies.push(Remedy { opens, ..remedy });
        }
    }
    for remedy in &mut found.remedies {
        found.trials += 1;
        remedy.by_both = works_with(other, attempt, &remedy.changes);
    }
    found.remedies.sort_by_key(|own| {
        (
            own.opens.strangers,
            !own.by_both,
            own.rests_on.is_some(),
            own.opens,
        )
    });
    if !found.remedies.is_empty() {
        found.remains = None;
    }
    found
}

fn works_with(world: &Trial, attempt: &Attempt, changes: &[Change]) -> bool {
    tried(world, attempt, changes).is_ok_and(|own| own.outcome == Outcome::Works)
}

/// Looks for the smallest sets of changes that make an attempt work in a world.
pub fn search(world: &Trial, attempt: &Attempt) -> Found {
    let mut found = Found::default();
    let mut waiting: BinaryHeap<Waiting> = BinaryHeap::new();
    waiting.push(Reverse((Opens::default(), Vec::new())));
    let mut known: BTreeSet<Vec<Change>> = BTreeSet::new();
    while let Some(Reverse((_, changes))) = waiting.pop() {
        if found.trials >= TRIALS_MAX || found.remedies.len() == SETS_MAX {
            break;
        }
        let is_enough =
            |own: &Remedy| own.rests_on.is_none() && own.changes.iter().all(|one| changes.contains(one));
        if found.remedies.iter().any(is_enough) {
            continue;
        }
        let Tried {
            world: changed,
            outcome,
            rests_on,
        } = match tried(world, attempt, &changes) {
            Ok(tried) => tried,
            Err(not_let) => {
                found.trials += 1;
                let (change, no) = *not_let;
                for exemption in exemptions(world, &change, no.as_ref()) {
                    let mut next = with(&changes, exemption);
                    next.sort_by_key(Change::order);
                    if next.len() > changes.len() && known.insert(sorted(&next)) {
                        waiting.push(Reverse((opens(world, &next), next)));
                    }
                }
                note_not_let(&mut found, change, no);
                continue;
            }
        };
        found.trials += 1;
        let mut next = Vec::new();
        match outcome {
            Outcome::Works if changes.is_empty() => return found,
            Outcome::Works => {
                // What nobody has seen may not be: what else bears on it is tried besides.
                if let Some(rule) = rests_on {
                    next = bearing_on(&changed, &Parties::of(attempt, &changed), rule);
                }
                note(&mut found, world, attempt, changes.clone());
            }
            Outcome::Refused(no) => {
                next = proposals(&changed, &Parties::of(attempt, &changed), &no);
                if changes.is_empty() {
                    found.no = Some(*no.clone());
                }
                found.remains = Some(*no);
            }
            Outcome::Odd(words) => {
                if changes.is_empty() {
                    found.odd = Some(words);
                    return found;
                }
            }
        }
        for change in next {
            let next = with(&changes, change);
            if next.len() <= CHANGES_MAX && next.len() > changes.len() && known.insert(sorted(&next)) {
                waiting.push(Reverse((opens(world, &next), next)));
            }
        }
    }
    if !found.remedies.is_empty() {
        found.remains = None;
    }
    found.remedies.sort_by_key(|own| own.opens);
    found
}

fn with(changes: &[Change], another: Change) -> Vec<Change> {
    let mut next = changes.to_vec();
    if !next.contains(&another) {
        next.push(another);
    }
    next
}

fn sorted(changes: &[Change]) -> Vec<Change> {
    let mut sorted = changes.to_vec();
    sorted.sort();
    sorted
}

/// A world with changes, and how the attempt ends there.
struct Tried {
    world: Trial,
    outcome: Outcome,
    /// The rule it was let through by that we are least sure of, where we are not sure of all.
    rests_on: Option<RuleId>,
}

/// A change that may not be made, with the no if somebody said one.
type NotLet = Box<(Change, Option<No>)>;

/// What a change that Azure Policy forbids would have to be exempt from.
fn exemptions(world: &Trial, change: &Change, no: Option<&No>) -> Vec<Change> {
    let (Some(at), Some(no)) = (change.at(), no) else {
        return Vec::new();
    };
    if no.gate != Gate::Policy {
        return Vec::new();
    }
    let state = world.azure.state();
    let all = state.policies.assignments.values();
    let over = all.filter(|own| own.enforced && state.access.hierarchy.covers(&own.scope, at));
    over.map(|own| Change::Exempt {
        at: at.clone(),
        assignment: own.id.clone(),
    })
    .collect()
}

/// Takes note of a change that may not be made, once.
fn note_not_let(found: &mut Found, change: Change, no: Option<No>) {
    if let Some(no) = no
        && !found.not_let.iter().any(|(own, _)| *own == change)
    {
        found.not_let.push((change, no));
    }
}

/// Makes changes and plays.
///
/// # Errors
///
/// The first of them that may not be made, with the no if somebody said one.
fn tried(world: &Trial, attempt: &Attempt, changes: &[Change]) -> Result<Tried, NotLet> {
    let mut copy = world.fork();
    for change in changes {
        if !change.make(&mut copy) {
            return Err(Box::new((change.clone(), copy.newest_no())));
        }
    }
    // What is said of the attempt is to be told from what was said of the changes.
    copy.azure.clear_log();
    let mut played = copy.fork();
    let outcome = attempt.play(&mut played);
    Ok(Tried {
        rests_on: unsure(&played),
        world: copy,
        outcome,
    })
}

/// The first rule nobody has seen that something was let through by over the network.
fn unsure(played: &Trial) -> Option<RuleId> {
    let rules = played.azure.rules();
    let through = played.azure.log().since(0).filter(|own| own.refused.is_none());
    let mut by = through.flat_map(|own| own.rules.iter().copied());
    by.find(|id| {
        let rule = rules.stated.get(id);
        rule.is_some_and(|rule| rule.gate == Some(Gate::Network) && rule.mark() == Mark::Unverified)
    })
}

/// Takes note of a set that works, without what is not needed of it.
fn note(found: &mut Found, world: &Trial, attempt: &Attempt, mut changes: Vec<Change>) {
    changes.sort_by_key(Change::order);
    let sure = tried(world, attempt, &changes).ok().and_then(|own| own.rests_on);
    let mut at = 0;
    while at < changes.len() {
        let mut fewer = changes.clone();
        fewer.remove(at);
        found.trials += 1;
        match tried(world, attempt, &fewer) {
            // Not at the price of what nobody has seen.
            Ok(own) if own.outcome == Outcome::Works && (sure.is_some() || own.rests_on.is_none()) => {
                changes = fewer;
            }
            _ => at += 1,
        }
    }
    let is_known = |own: &Remedy| sorted(&own.changes) == sorted(&changes);
    if !found.remedies.iter().any(is_known) {
        found.remedies.extend(proved(world, None, attempt, changes));
    }
}

/// Changes as a remedy, if the attempt works with them: what they open, what they rest on, and whether it works by the
/// other profile as well are found out by making them. Nothing is left out of them.
pub fn proved(
    world: &Trial,
    other: Option<&Trial>,
    attempt: &Attempt,
    changes: Vec<Change>,
) -> Option<Remedy> {
    let own = tried(world, attempt, &changes).ok()?;
    (own.outcome == Outcome::Works).then(|| Remedy {
        opens: opens(world, &changes),
        by_both: other.is_some_and(|other| works_with(other, attempt, &changes)),
        rests_on: own.rests_on,
        changes,
    })
}

/// How much changes open: measured in a copy of the world in which they are made.
fn opens(world: &Trial, changes: &[Change]) -> Opens {
    let mut copy = world.fork();
    let mut granted = 0;
    for change in changes {
        change.make(&mut copy);
        if let Change::Assign { role, at, .. } = change
            && let Some(role) = world.azure.rules().built_in_role(role)
        {
            let below = world
                .azure
                .state()
                .resources
                .keys()
                .filter(|id| at.contains(id))
                .count();
            granted += breadth(world, role) * below.max(1);
        }
    }
    let touched: BTreeSet<&ResourceId> = changes.iter().filter_map(Change::at).collect();
    let strangers = touched.iter().map(|id| {
        let (before, after) = (let_in(world, id), let_in(&copy, id));
        after.saturating_sub(before)
    });
    Opens {
        strangers: strangers.sum(),
        changes: changes.len(),
        granted,
    }
}

/// Whether any address of the internet is let in at a resource over the network.
fn let_in(trial: &Trial, id: &ResourceId) -> usize {
    let Some(resource) = trial.azure.state().resource(id) else {
        return 0;
    };
    let rules = trial.azure.rules();
    let firewall = if resource.is_type("Microsoft.Storage/storageAccounts") {
        Firewall::of_storage_account(resource)
    } else if resource.is_type("Microsoft.KeyVault/vaults") {
        Firewall::of_key_vault(resource)
    } else {
        return 0;
    };
    usize::from(firewall.decide(rules, &NetworkPath::internet(), false).allowed)
}
