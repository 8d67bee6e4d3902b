//! What the programs of a client say while they load files, and the rules it comes down to.

use azdrill_emulator::rules::{Assumptions, Profile, Rules};

#[test]
fn what_is_said_comes_down_to_the_rules_of_every_row_that_fits() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).unwrap();
    let of = |program: &str, line: &str| -> Vec<&str> {
        let found = rules.client_words.rules_of(program, &[line.to_owned()]);
        found.iter().map(|rule| rule.as_str()).collect()
    };
    let custom = "The input is a PostgreSQL custom-format dump.";
    assert_eq!(of("psql", custom), ["FX-PR-02"]);
    assert!(of("pg_restore", custom).is_empty());
    // Version 16 says so of roles that a dump writes down whole.
    let row_security = "DETAIL:  Only roles with the BYPASSRLS attribute may change the BYPASSRLS attribute.";
    assert_eq!(of("psql", row_security), ["FX-PR-11"]);
    let listed = "ERROR:  extension \"pgaadauth\" is not allow-listed for users";
    assert_eq!(of("pg_restore", listed), ["FX-PR-05", "FX-PR-08", "FX-PR-09"]);
    assert!(of("psql", "CREATE TABLE").is_empty());
}
