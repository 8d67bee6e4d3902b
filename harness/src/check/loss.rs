//! What is lost with what: roles, the server, its group, its subscription, the instance.

use azdrill_emulator::model::{PrincipalId, ResourceId};
use http::Method;

use super::drills::{Protected, Worlds};
use super::finding::{Finding, Level, Report, Sort};
use super::restores::{restores_somewhere, value};
use crate::estate::attempt::{Attempt, Outcome};
use crate::estate::change::Change;
use crate::estate::propose::Parties;
use crate::estate::trial::Trial;
use crate::estate::wording::{called, named};

/// Takes away what can be lost, a copy each, and sees what still works and what notices.
pub(super) fn losses(worlds: &Worlds<'_>, protected: &[Protected], report: &mut Report) {
    for own in protected {
        roles(worlds, own, report);
        server(worlds, own, report);
        accident(worlds, own, report);
        together(own, report);
    }
}

/// The live assignments of a principal: role, scope and name.
pub(super) fn held(trial: &Trial, principal: PrincipalId) -> Vec<(String, ResourceId, String)> {
    let access = &trial.azure.state().access;
    let roles = &trial.azure.rules().built_in_roles;
    let own = access.assignments().filter(|own| own.principal == principal);
    own.map(|own| {
        let role = access.role(roles, own.role).map(|role| role.name.to_string());
        (
            role.unwrap_or_else(|| own.role.to_string()),
            own.scope.clone(),
            own.name.clone(),
        )
    })
    .collect()
}

/// Takes an assignment away in a copy.
pub(super) fn revoke(trial: &mut Trial, scope: &ResourceId, name: &str) -> bool {
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    trial.operate(Method::DELETE, &path, None).is_well()
}

/// Which of its roles a backup misses, which a restore, and which nobody.
fn roles(worlds: &Worlds<'_>, own: &Protected, report: &mut Report) {
    let back_up = Attempt::BackUp {
        instance: own.instance.clone(),
    };
    let parties = Parties::of(&back_up, &own.world);
    let Some(identity) = parties.identity() else {
        return;
    };
    let restores = restores_somewhere(worlds, &own.world, &own.instance);
    for (role, scope, name) in held(&own.world, identity) {
        let mut copy = own.world.fork();
        if !revoke(&mut copy, &scope, &name) {
            continue;
        }
        let backs_up = back_up.play(&mut copy.fork()) == Outcome::Works;
        let restored = restores && restores_somewhere(worlds, &copy, &own.instance);
        let notices = match (backs_up, restores, restored) {
            (false, ..) => "the next backup fails, and its job says so",
            (true, true, false) => "backups go on, and nobody notices before a restore",
            (true, true, true) => {
                "nobody notices: neither a backup of what is configured nor a restore misses it"
            }
            (true, false, _) => {
                "backups go on; no restore works with it either, so that nobody notices there"
            }
        };
        let who = called(&own.world.azure, identity);
        report
            .notes
            .push(format!("if {who} loses {role} at {}, {notices}.", named(&scope)));
    }
}

/// The server is gone: can what was backed up of it be restored?
fn server(worlds: &Worlds<'_>, own: &Protected, report: &mut Report) {
    if !restores_somewhere(worlds, &own.world, &own.instance) {
        return;
    }
    let parties = Parties::of(
        &Attempt::BackUp {
            instance: own.instance.clone(),
        },
        &own.world,
    );
    let Some(server) = parties.server().cloned() else {
        return;
    };
    lost(worlds, own, &server, "the server is deleted", report);
    if let Some(group) = server.resource_group_id() {
        lost(worlds, own, &group, "its resource group is deleted", report);
    }
}

fn lost(worlds: &Worlds<'_>, own: &Protected, what: &ResourceId, words: &str, report: &mut Report) {
    let mut copy = own.world.fork();
    let ended = copy.operate(Method::DELETE, what.as_str(), None);
    let gone = copy.azure.state().resource(what).is_none();
    let what_is = format!("restore {} after {words}", named(&own.datasource));
    if !gone {
        let code = ended.body.pointer("/error/code").and_then(|code| code.as_str());
        let refused = code.unwrap_or("the deletion is refused");
        report.drill(what_is, None, None);
        report.notes.push(format!(
            "{words}: Azure refuses it ({refused}), so that it is not lost like this."
        ));
        return;
    }
    let works = restores_somewhere(worlds, &copy, &own.instance);
    let odd = (!works).then_some("no restore works any more");
    report.drill(what_is, None, odd);
    if !works {
        let title = format!("no restore of {} works once {words}", named(&own.datasource));
        let mut finding = Finding::new(Sort::LostWithIt, Level::Warning, &own.shown, title);
        words.clone_into(&mut finding.about);
        let still = copy.azure.state().resource(&own.instance).is_some();
        finding.details.push(if still {
            "What it would be restored into, or the roles there, are gone with it.".to_owned()
        } else {
            "The vault and its recovery points are in there as well.".to_owned()
        });
        report.findings.push(finding);
    }
}

/// The instance is deleted by accident: does it come back?
fn accident(worlds: &Worlds<'_>, own: &Protected, report: &mut Report) {
    let vault = own.instance.parent();
    let mut copy = own.world.fork();
    let deleted = copy.operate(Method::DELETE, own.instance.as_str(), None);
    let gone = copy.azure.state().resource(&own.instance).is_none();
    let what = format!(
        "delete the instance of {} by accident, and get it back",
        named(&own.datasource)
    );
    if !gone {
        let code = deleted
            .body
            .pointer("/error/code")
            .and_then(|code| code.as_str())
            .unwrap_or_default();
        report.drill(what, None, None);
        report.notes.push(format!(
            "the instance of {} cannot be deleted like this: {code}.",
            named(&own.datasource)
        ));
        return;
    }
    let name = own.instance.name();
    let path = format!("{vault}/deletedBackupInstances/{name}/undelete");
    let back = copy.operate(Method::POST, &path, None).is_well()
        && copy.azure.state().resource(&own.instance).is_some();
    let odd = (!back).then_some("it does not come back, and neither do its recovery points");
    report.drill(what, None, odd);
    if !back {
        let state = value(
            &worlds.own,
            &vault,
            "/properties/securitySettings/softDeleteSettings/state",
        );
        let title = format!(
            "whoever deletes the instance of {} deletes its recovery points for good",
            named(&own.datasource)
        );
        let mut finding = Finding::new(Sort::LostWithIt, Level::Warning, &own.shown, title);
        "deleted by accident".clone_into(&mut finding.about);
        let state = state.as_str().unwrap_or("not set");
        finding.details.push(format!(
            "Soft delete of {} is {state}. With it on, what is deleted can be brought back for as many days as it is set \
             to; immutability keeps it from being deleted at all.",
            named(&vault)
        ));
        report.findings.push(finding);
    }
}

/// Vault and server in one subscription: what is lost with that is lost.
fn together(own: &Protected, report: &mut Report) {
    let vault = own.instance.parent();
    let same = vault.subscription().zip(own.datasource.subscription());
    if same.is_some_and(|(a, b)| a.eq_ignore_ascii_case(b)) {
        let title = format!(
            "nothing of {} survives the loss of its subscription",
            named(&own.datasource)
        );
        let mut finding = Finding::new(Sort::LostWithIt, Level::Note, &own.shown, title);
        "subscription".clone_into(&mut finding.about);
        finding.details.push(format!(
            "{} is in the same subscription: whoever may delete or cancel that takes the backups with it. A copy that \
             is to outlive it is restored as files into an account of another subscription, and kept there.",
            capital(&named(&vault))
        ));
        report.findings.push(finding);
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// Whether making a change and playing everything again leaves an instance as restorable as it was.
pub(super) fn still_works(
    worlds: &Worlds<'_>,
    own: &Protected,
    world: &Trial,
    changes: &[Change],
    without: (&ResourceId, &str),
) -> bool {
    let mut copy = world.fork();
    let back_up = Attempt::BackUp {
        instance: own.instance.clone(),
    };
    revoke(&mut copy, without.0, without.1)
        && changes.iter().all(|change| change.make(&mut copy))
        && back_up.play(&mut copy.fork()) == Outcome::Works
        && restores_somewhere(worlds, &copy, &own.instance)
}
