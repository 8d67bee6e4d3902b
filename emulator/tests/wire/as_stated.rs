//! The gate and the stages that a rule's row has, against what really happens: of every refusal these tests get.

use azdrill_emulator::log::{Exchange, Note};
use azdrill_emulator::rules::{Gate, RuleId, Rules, Stage};

/// The stage a request is at, where it is at one.
fn of_operation(operation: &str) -> Option<Stage> {
    Some(match operation {
        "BackupInstances_ValidateForBackup" => Stage::ValidateBackup,
        "BackupInstances_CreateOrUpdate" => Stage::Put,
        "BackupInstances_AdhocBackup" => Stage::BackupJob,
        "BackupInstances_ValidateForRestore" => Stage::ValidateRestore,
        "BackupInstances_TriggerRestore" => Stage::RestoreJob,
        _ => return None,
    })
}

/// The stage a note of the log is about.
fn of_note(about: &str) -> Option<Stage> {
    let word = match about {
        "backup" => "backup_job",
        "restore" => "restore_job",
        other => other,
    };
    Stage::ALL.into_iter().find(|stage| stage.as_str() == word)
}

#[track_caller]
fn assert_as_stated(rules: &Rules, named: &[RuleId], gate: Gate, stage: Option<Stage>) {
    let rows: Vec<_> = named.iter().map(|id| rules.rule(*id)).collect();
    let gates: Vec<Gate> = rows.iter().filter_map(|row| row.gate).collect();
    assert!(
        gates.is_empty() || gates.contains(&gate) || gate == Gate::Fault,
        "{named:?} say no at {gates:?}, and it was said at {gate:?}"
    );
    for row in rows {
        let Some(stage) = stage.filter(|_| !row.stages.is_empty()) else {
            continue;
        };
        assert!(
            row.stages.contains(&stage) || rules.failures.come_down_to(row.id, stage),
            "{} is found out at {:?}, and was at {stage:?}",
            row.id,
            row.stages
        );
    }
}

#[track_caller]
pub(crate) fn assert_exchange(rules: &Rules, exchange: &Exchange) {
    if let Some(refused) = &exchange.refused {
        let stage = of_operation(&exchange.operation);
        assert_as_stated(rules, &refused.rules, refused.gate, stage);
    }
}

#[track_caller]
pub(crate) fn assert_note(rules: &Rules, note: &Note) {
    if let Some(refused) = &note.refused {
        assert_as_stated(rules, &refused.rules, refused.gate, of_note(&note.about));
    }
}
