use super::*;
use crate::model::Action;
use crate::rules::{Assumptions, Profile, Rules};

const GROUP_SCOPE: &str = "/subscriptions/s/resourceGroups/rg1";
const BLOB_READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";

struct Fixture {
    rules: Rules,
    access: AccessControl,
    now: Timestamp,
    who: PrincipalId,
}

impl Fixture {
    fn new() -> Self {
        Self {
            rules: Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load"),
            access: AccessControl::default(),
            now: "2026-03-02T06:00:00Z".parse().expect("a time"),
            who: PrincipalId(Uuid::from_u128(1)),
        }
    }

    fn grant(&mut self, role: &str, scope: &str, seconds_until_seen: i64) {
        let role = self.rules.built_in_role(role).expect("a built-in role").id;
        let scope = scope.parse().expect("a scope");
        let name = Uuid::from_u128(9).to_string();
        self.access.insert(Assignment {
            seen_from: self.now + jiff::SignedDuration::from_secs(seconds_until_seen),
            ..Assignment::new(name, scope, role, self.who, self.now)
        });
    }

    fn may(&self, wanted: &str, scope: &str) -> Result<Grant<'_>, Denied> {
        let action = Action::new(wanted);
        let scope = scope.parse().expect("a scope");
        let wanted = if wanted.contains("/blobs/") {
            WantedAction::DataAction(&action)
        } else {
            WantedAction::Action(&action)
        };
        self.access.decide(
            &self.rules.built_in_roles,
            self.now,
            &[self.who],
            wanted,
            &scope,
            &Facts::none,
        )
    }
}

#[test]
fn owner_does_everything_but_touch_data() {
    let mut fixture = Fixture::new();
    fixture.grant("Owner", "/subscriptions/s", 0);
    assert!(
        fixture
            .may("Microsoft.Storage/storageAccounts/listKeys/action", GROUP_SCOPE)
            .is_ok()
    );
    assert!(fixture.may(BLOB_READ, GROUP_SCOPE).is_err());
}

#[test]
fn a_role_on_one_group_does_not_cover_its_namesakes() {
    let mut fixture = Fixture::new();
    fixture.grant("Reader", GROUP_SCOPE, 0);
    assert!(
        fixture
            .may(
                "Microsoft.Storage/storageAccounts/read",
                "/subscriptions/S/resourcegroups/RG1"
            )
            .is_ok()
    );
    assert!(
        fixture
            .may(
                "Microsoft.Storage/storageAccounts/read",
                "/subscriptions/s/resourceGroups/rg10"
            )
            .is_err()
    );
}

#[test]
fn contributor_may_not_assign_roles() {
    let mut fixture = Fixture::new();
    fixture.grant("Contributor", "/subscriptions/s", 0);
    assert!(
        fixture
            .may("Microsoft.Authorization/roleAssignments/write", GROUP_SCOPE)
            .is_err()
    );
    assert!(
        fixture
            .may("Microsoft.Authorization/roleAssignments/read", GROUP_SCOPE)
            .is_ok()
    );
}

#[test]
fn not_actions_take_out_of_one_grant_and_do_not_deny() {
    let mut fixture = Fixture::new();
    fixture.grant("Contributor", "/subscriptions/s", 0);
    fixture.grant("User Access Administrator", GROUP_SCOPE, 0);
    assert!(
        fixture
            .may("Microsoft.Authorization/roleAssignments/write", GROUP_SCOPE)
            .is_ok()
    );
}

#[test]
fn an_assignment_is_not_seen_before_it_has_propagated() {
    let mut fixture = Fixture::new();
    fixture.grant("Reader", GROUP_SCOPE, 600);
    let denied = fixture
        .may("Microsoft.Storage/storageAccounts/read", GROUP_SCOPE)
        .expect_err("too early");
    assert_eq!(denied.pending.len(), 1);
    fixture.now += jiff::SignedDuration::from_secs(600);
    assert!(
        fixture
            .may("Microsoft.Storage/storageAccounts/read", GROUP_SCOPE)
            .is_ok()
    );
}

#[test]
fn a_deleted_assignment_is_gone_from_lists_at_once_and_from_the_gates_later() {
    let mut fixture = Fixture::new();
    fixture.grant("Reader", GROUP_SCOPE, 0);
    let scope = GROUP_SCOPE.parse().expect("a scope");
    let until = fixture.now + jiff::SignedDuration::from_secs(60);
    let name = Uuid::from_u128(9).to_string();
    assert!(fixture.access.remove(&scope, &name, until).is_some());
    assert_eq!(fixture.access.assignments().count(), 0);
    assert!(
        fixture
            .may("Microsoft.Storage/storageAccounts/read", GROUP_SCOPE)
            .is_ok()
    );
    fixture.now = until;
    assert!(
        fixture
            .may("Microsoft.Storage/storageAccounts/read", GROUP_SCOPE)
            .is_err()
    );
}

#[test]
fn a_role_on_a_server_is_enough_to_ask_about_operations_of_its_subscription() {
    let mut fixture = Fixture::new();
    let server = format!("{GROUP_SCOPE}/providers/Microsoft.DBforPostgreSQL/flexibleServers/x");
    fixture.grant(
        "PostgreSQL Flexible Server Long Term Retention Backup Role",
        &server,
        0,
    );
    let below = |action: &str, scope: &str| {
        let action = Action::new(action);
        let scope = scope.parse().expect("a scope");
        let wanted = WantedAction::Action(&action);
        let roles = &fixture.rules.built_in_roles;
        let access = &fixture.access;
        access.grants_below(roles, fixture.now, &[fixture.who], wanted, &scope)
    };
    let polls = "Microsoft.DBforPostgreSQL/locations/azureAsyncOperation/read";
    assert!(below(polls, "/subscriptions/s"));
    assert!(!below(polls, "/subscriptions/other"));
    assert!(!below(
        "Microsoft.DBforPostgreSQL/flexibleServers/write",
        "/subscriptions/s"
    ));
}
