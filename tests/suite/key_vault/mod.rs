//! Key Vault: emulator and oracle agree in every cell of network × place × permission model × role ×
//! access policy; wrong engines are caught; every row carries weight.

mod mistakes;

use std::collections::BTreeSet;

use azdrill::oracle::key_vault::Trust;
use azdrill::strategy::agreement::Answer;
use azdrill::strategy::key_vault::lower::{EngineUnderTest, rules_for};
use azdrill::strategy::key_vault::{SecretEngine, first_disagreement, product, table};
use azdrill_emulator::rules::{RuleId, Rules};

const TRUSTED: Trust = Trust {
    covers_postgresql: true,
};
const MACHINES_ONLY: Trust = Trust {
    covers_postgresql: false,
};

fn walk(trust: Trust) -> usize {
    let mut engine = EngineUnderTest::new(trust).unwrap();
    let (found, count) = first_disagreement(trust, &mut engine, product::whole());
    if let Some(found) = found {
        panic!("{trust:?}, cell {count}: {found}");
    }
    count
}

#[test]
fn the_whole_product_agrees() {
    assert_eq!(walk(TRUSTED), 77_760);
}

/// The open point touches the network only.
#[test]
fn the_open_point_decided_the_other_way_agrees() {
    let mut engine = EngineUnderTest::new(MACHINES_ONLY).unwrap();
    let (found, count) = first_disagreement(MACHINES_ONLY, &mut engine, product::networks());
    assert!(found.is_none(), "{}", found.unwrap());
    assert_eq!(count, 324);
}

#[test]
fn the_tables_are_as_they_were() {
    for (name, trust) in [
        ("key-vault.covers_postgresql", TRUSTED),
        ("key-vault.virtual_machines_only", MACHINES_ONLY),
    ] {
        let text = table::read_secret(&mut EngineUnderTest::new(trust).unwrap());
        insta::with_settings!({
            snapshot_path => "../../../snapshots/matrix",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn every_row_of_the_key_vault_network_table_bears_load() {
    let answers = |rules: Rules| -> Vec<Answer> {
        let mut engine = EngineUnderTest::with_rules(rules).unwrap();
        product::networks().map(|sketch| engine.read(&sketch)).collect()
    };
    let with = answers(rules_for(TRUSTED).unwrap());
    let mut idle = BTreeSet::new();
    let rows: Vec<RuleId> = rules_for(TRUSTED)
        .unwrap()
        .key_vault_rows
        .iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(rows.len(), 9);
    for id in rows {
        let mut rules = rules_for(TRUSTED).unwrap();
        rules.key_vault_rows.retain(|row| row.id != id);
        let without = answers(rules);
        let pairs = with.iter().zip(&without);
        let same = |one: &Answer, other: &Answer| match (one, other) {
            // Which row refuses may differ; who refuses and with which code may not.
            (Answer::Fails { gate, code, .. }, Answer::Fails { gate: g, code: c, .. }) => {
                (gate, code) == (g, c)
            }
            _ => one == other,
        };
        if pairs.clone().all(|(with, without)| same(with, without)) {
            idle.insert(id.as_str());
        }
    }
    // Without these no row matches, and the answer is the same no for another reason.
    assert_eq!(idle, ["KV-2", "KV-9"].into());
}
