//! What a person may do with a vault.

use azdrill::oracle::Profile;
use azdrill::sketch::operate_vault::{Operation, Role, Scope, Sketch};
use azdrill::strategy::operate_vault::OperateVault;
use azdrill_emulator::model::ActionPattern;
use azdrill_emulator::rules::Rules;

use super::agreement::walk_whole;
use super::mistakes::{Mistake, all_are_caught, sees, spoilt};
use super::words::each_carries_weight;

#[test]
fn the_whole_product_agrees_under_both_books() {
    for profile in [Profile::DOCUMENTED, Profile::OBSERVED] {
        assert_eq!(walk_whole::<OperateVault>(profile), 1_350);
    }
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<OperateVault>();
}

fn add_action(rules: &mut Rules, role: &str, pattern: &str) {
    let role = rules.built_in_roles.named_mut(role).unwrap();
    role.permissions_mut()[0]
        .actions
        .push(ActionPattern::new(pattern));
}

fn all() -> Vec<Mistake<Sketch>> {
    vec![
        spoilt("whoever backs up reads jobs", |rules| {
            add_action(
                rules,
                "Backup Contributor",
                "Microsoft.DataProtection/backupVaults/backupJobs/read",
            );
        }),
        spoilt("an operator deletes instances", |rules| {
            let delete = "Microsoft.DataProtection/backupVaults/backupInstances/delete";
            add_action(rules, "Backup Operator", delete);
        }),
        spoilt("what is not granted of * is not looked at", |rules| {
            let contributor = rules.built_in_roles.named_mut("Contributor").unwrap();
            contributor.permissions_mut()[0].not_actions.clear();
        }),
        sees(
            "calls of the paired region go to the vault",
            |sketch: &mut Sketch| {
                if sketch.operation == Operation::RestoreAcross && sketch.scope == Scope::Vault {
                    sketch.scope = Scope::Group;
                }
            },
        ),
        sees(
            "a role on an instance is one on its vault",
            |sketch: &mut Sketch| {
                if sketch.scope == Scope::Instance {
                    sketch.scope = Scope::Vault;
                }
            },
        ),
        sees("names of vaults are compared as texts", |sketch: &mut Sketch| {
            if sketch.scope == Scope::Prefix {
                sketch.scope = Scope::Vault;
            }
        }),
        sees("a new role is seen at once", |sketch: &mut Sketch| {
            if sketch.scope == Scope::TooNew {
                sketch.scope = Scope::Group;
            }
        }),
        sees(
            "stopping protection is suspending backups",
            |sketch: &mut Sketch| {
                if sketch.operation == Operation::StopProtection {
                    sketch.operation = Operation::SuspendBackups;
                }
            },
        ),
        sees("Reader is Backup Reader", |sketch: &mut Sketch| {
            if sketch.role == Role::Reader {
                sketch.role = Role::BackupReader;
            }
        }),
    ]
}

#[test]
fn mistakes_are_caught() {
    all_are_caught::<OperateVault>(&all());
}
