//! `azdrill explain`: one thing, instead of everything.

use azdrill_emulator::model::{NetworkPath, PrincipalId, Request, ResourceId};
use serde::Serialize;

use super::Checked;
use super::drills::tell;
use super::finding::{Cited, Finding, Level, Sort};
use crate::estate::attempt::Attempt;
use crate::estate::inventory::Inventory;
use crate::estate::smallest::search_both;
use crate::estate::trial::Trial;
use crate::estate::wording::named;
use crate::run::rule_note;

/// What is explained.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Backing up each instance.
    BackUp,
    /// Restoring each instance as files, into each container there is.
    RestoreAsFiles,
    /// Protecting what nothing protects.
    Protect,
    /// A request, and what it would be answered by the gates.
    Request {
        /// Who makes it; `None`: somebody without a token.
        by: Option<PrincipalId>,
        /// Where from.
        from: NetworkPath,
        /// The request, without a token.
        request: Box<Request>,
    },
}

/// Whether something works, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// What was asked about.
    pub what: String,
    /// Whether it works.
    pub works: bool,
    /// By which rules, where a request is let through.
    pub rules: Vec<Cited>,
    /// Why not, and what would have to change.
    pub finding: Option<Finding>,
}

/// Explains something in a world. `None` if there is no such operator.
pub fn explain(checked: &Checked<'_>, asked: &Asked) -> Option<Vec<Explained>> {
    let trial = Trial::of(checked.world, checked.now, checked.operator)?;
    let other = Trial::under(checked.world, &checked.other, checked.now, checked.operator)?;
    let inventory = Inventory::of(checked.world);
    let attempts = attempts(&trial, &inventory, asked);
    let each = attempts.into_iter();
    Some(
        each.map(|(what, about, attempt)| one(&trial, &other, what, &about, &attempt))
            .collect(),
    )
}

fn attempts(trial: &Trial, inventory: &Inventory, asked: &Asked) -> Vec<(String, ResourceId, Attempt)> {
    match asked {
        Asked::BackUp => back_ups(inventory),
        Asked::Protect => super::drills::unprotected(trial, inventory),
        Asked::RestoreAsFiles => restores(trial, inventory),
        Asked::Request { by, from, request } => {
            let what = format!("{} https://{}{}", request.method, request.host, request.path);
            let about = request
                .path
                .parse()
                .unwrap_or_else(|_| ResourceId::from_segments(["subscriptions"]));
            let attempt = Attempt::Request {
                by: *by,
                from: from.clone(),
                request: request.clone(),
            };
            vec![(what, about, attempt)]
        }
    }
}

fn back_ups(inventory: &Inventory) -> Vec<(String, ResourceId, Attempt)> {
    let each = inventory.instances.iter().map(|own| {
        let attempt = Attempt::BackUp {
            instance: own.id.clone(),
        };
        (
            format!("back up {}", named(&own.datasource)),
            own.id.clone(),
            attempt,
        )
    });
    each.collect()
}

fn restores(trial: &Trial, inventory: &Inventory) -> Vec<(String, ResourceId, Attempt)> {
    let mut found = Vec::new();
    for instance in &inventory.instances {
        for (account, container) in super::restores::targets(trial, inventory) {
            let what = format!(
                "restore {} into {}/{container}",
                named(&instance.datasource),
                account.name()
            );
            let attempt = Attempt::RestoreAsFiles {
                instance: instance.id.clone(),
                account: account.clone(),
                container,
            };
            found.push((what, account, attempt));
        }
    }
    found
}

fn one(trial: &Trial, other: &Trial, what: String, about: &ResourceId, attempt: &Attempt) -> Explained {
    let found = search_both(trial, other, attempt);
    let works = found.works();
    let finding = (!works).then(|| {
        let title = format!("{what}: refused");
        let mut finding = Finding::new(Sort::Explained, Level::Error, about, title);
        tell(&mut finding, trial, attempt, &found);
        finding
    });
    Explained {
        rules: if works {
            let_through(trial, attempt)
        } else {
            Vec::new()
        },
        what,
        works,
        finding,
    }
}

/// The rules a request is let through by.
fn let_through(trial: &Trial, attempt: &Attempt) -> Vec<Cited> {
    let rules = trial.azure.rules();
    let notes = attempt.let_through(trial).into_iter();
    notes
        .filter_map(|id| rule_note(rules, id.as_str()))
        .map(|note| Cited {
            id: note.id,
            statement: note.statement,
            mark: note.mark,
            sources: note.sources,
        })
        .collect()
}
