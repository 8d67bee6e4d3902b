use std::collections::BTreeSet;

use super::*;
use crate::rules::{Assumptions, DatasourceName, Profile, Rules};

#[test]
fn every_played_type_has_a_row_and_code() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    let rows: BTreeSet<DatasourceName> = rules.datasources.played().map(|(_, own)| own.name).collect();
    let code: BTreeSet<DatasourceName> = PLAYED.iter().map(|own| own.name()).collect();
    assert_eq!(rows, code);
    assert_eq!(code.len(), PLAYED.len(), "a type stands there twice");
}
