//! Recovery points are restored: what a backup that is told as completed is good for.

use http::Method;
use serde_json::json;

use super::invariant::{Broken, Invariant};
use super::restores::check_completed;
use super::run::Run;
use super::target::Asked;
use crate::sequence::step::{Act, Person, Role, Setting, Step};
use crate::sketch::restore_as_files::{DefaultAction, PublicAccess};

/// How long roles take to be seen, and how long a restore takes at most, in seconds.
const SEEN: i64 = 660;
const RESTORED: i64 = 7200;

/// Puts everything in order that a restore needs, and restores the newest and the oldest recovery point.
pub(super) fn check(run: &mut Run<'_>) -> Result<(), Broken> {
    run.clear_faults();
    let all = run
        .world
        .azure()
        .services()
        .data_protection
        .recovery_points(&run.world.instance());
    let mut wanted: Vec<String> = all
        .first()
        .into_iter()
        .chain(all.last())
        .map(|own| own.id.clone())
        .collect();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(());
    }
    run.told.line("# recovery points are restored");
    for act in in_order(run) {
        let by = Person::Operator;
        let response = run.world.ask(&Step { act, by });
        run.told.answer(&response);
    }
    run.world.pass(SEEN);
    run.look()?;
    for point in wanted {
        restore(run, &point)?;
    }
    Ok(())
}

/// What a restore needs that may not be so any more.
fn in_order(run: &Run<'_>) -> Vec<Act> {
    let mut acts = vec![
        Act::IdentityOn,
        Act::Grant(Role::WritesAccount),
        Act::Set(Setting::Access(PublicAccess::Enabled)),
        Act::Set(Setting::Default(DefaultAction::Allow)),
        Act::Set(Setting::Replication(true)),
    ];
    if !run.world.founded.keys.is_empty() {
        acts.extend([Act::Grant(Role::UsesKey), Act::EnableKey(true)]);
    }
    acts
}

fn restore(run: &mut Run<'_>, point: &str) -> Result<(), Broken> {
    // It may have expired while roles came to be seen.
    if !run.watch.known.points.contains_key(point) {
        return Ok(());
    }
    let broken = |why: String| Err(Broken::new(Invariant::BackupIsRestorable, why));
    let body = run.world.restore_of(point);
    let target = format!("{}/restore?api-version=2024-04-01", run.world.instance());
    let answer = run
        .world
        .send(Person::Operator, Method::POST, &target, Some(&body));
    run.world.settle();
    run.told.answer(&answer);
    if !answer.status.is_success() {
        let said = String::from_utf8_lossy(answer.body.bytes()).into_owned();
        return broken(format!("the recovery point {point} is not restored: {said}"));
    }
    let asked = Asked::of(&run.world, run.watch.blobs());
    let jobs = run.watch.new_jobs(&run.world);
    let Some(job) = jobs.into_iter().find(|job| job.kind.as_str() == "Restore") else {
        return broken(format!(
            "the restore of {point} is accepted, and there is no job of it"
        ));
    };
    if let Some(asked) = asked {
        run.watch.known.asked.insert(job.id.clone(), asked);
    }
    run.world.pass(RESTORED);
    run.look()?;
    let mut jobs = run.world.azure().services().data_protection.all_jobs();
    let ended = jobs.find(|own| own.id == job.id);
    match ended.map(|own| (own.status.to_owned(), own.error.clone())) {
        Some((status, _)) if status == "Completed" => check_completed(&run.watch.known, &run.world, &job),
        Some((status, error)) => {
            let error = json!(error);
            broken(format!(
                "the restore of {point} is {status}, with all in order: {error}"
            ))
        }
        None => broken(format!("the job of the restore of {point} is gone")),
    }
}
