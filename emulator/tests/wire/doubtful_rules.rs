//! Rules that are taken in more than one way, or that a document has and nobody has met: what comes of each.

use azdrill_emulator::model::{Action, Response};
use azdrill_emulator::rules::{Assumptions, Profile, Rules};
use http::Method;
use serde_json::json;

use crate::bodies::backup_body;
use crate::world::{World, below_vault};

const LTR_ROLE: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";

/// The role as the documents have it reads servers; as it was recorded it did not yet.
#[test]
fn the_role_for_long_term_retention_reads_servers_where_it_is_taken_from_the_documents() {
    let reads_servers = |taken: &str| {
        let assumed = Assumptions::from([("ROLE-LTR".to_owned(), taken.to_owned())]);
        let rules = Rules::load(Profile::Observed, &assumed).expect("the rules load");
        let role = rules.built_in_role(LTR_ROLE).expect("the role").clone();
        let of_servers =
            |action: &str| Action::new(&format!("Microsoft.DBforPostgreSQL/flexibleServers/{action}"));
        let (start, read) = (of_servers("startLtrBackup/action"), of_servers("read"));
        let grants = |action: &Action| role.permissions().iter().any(|one| one.grants_action(action));
        (grants(&start), grants(&read))
    };
    assert_eq!(reads_servers("as_recorded"), (true, false));
    assert_eq!(reads_servers("as_documented"), (true, true));
}

fn newest_job(world: &mut World, started: &Response) -> String {
    assert_eq!(started.status, 202, "{started:?}");
    world.settle();
    let job = world.listed("backupJobs")[0]["properties"]["status"].clone();
    job.as_str().expect("a status").to_owned()
}

/// FX-B-06: whoever reads that a private server needs trusted services in its network settings looks for a setting that
/// flexible servers have not. It is backed up as it is, and nothing is said.
#[test]
fn a_server_nobody_reaches_from_outside_is_backed_up_all_the_same() {
    for profile in [Profile::Documented, Profile::Observed] {
        let mut world = World::of(profile).protect();
        let server = world.server();
        let private = json!({"properties": {"network": {"publicNetworkAccess": "Disabled"}}});
        let changed = world.arm(Method::PATCH, &server, Some(&private));
        assert_eq!(changed.status, 202, "{changed:?}");
        world.settle();
        let backup = below_vault("backupInstances/one/backup");
        let started = world.post(&backup, &backup_body());
        assert_eq!(newest_job(&mut world, &started), "Completed");
        let rule = world.azure.rules().stated.values();
        let rule = rule.into_iter().find(|rule| rule.id.as_str() == "FX-B-06");
        let fix = rule.and_then(|rule| rule.alternative().check.clone());
        assert_eq!(fix, Some(azdrill_emulator::rules::Check::None {}));
    }
}
