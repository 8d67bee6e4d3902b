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

/// `RBAC-MG-DATA`: what holds data learns late that a role was given, and as late that it was taken.
#[test]
fn what_holds_data_sees_a_role_of_a_management_group_go_hours_later() {
    let mut fixture = Fixture::new();
    fixture.grant("Owner", GROUP_SCOPE, 0);
    fixture.grant("Storage Blob Data Reader", GROUP_SCOPE, 0);
    let hours = jiff::SignedDuration::from_hours(4);
    for own in fixture.access.by_principal.values_mut().flatten() {
        own.data_lag = hours;
        own.seen_from = fixture.now - hours;
        own.seen_until = Some(fixture.now);
    }
    let accounts = "Microsoft.Storage/storageAccounts/read";
    assert!(fixture.may(accounts, GROUP_SCOPE).is_err());
    assert!(fixture.may(BLOB_READ, GROUP_SCOPE).is_ok());
    fixture.now += hours;
    assert!(fixture.may(BLOB_READ, GROUP_SCOPE).is_err());
}

#[test]
fn a_denied_deed_names_the_deny_assignment_and_no_role() {
    let mut fixture = Fixture::new();
    fixture.grant("Reader", GROUP_SCOPE, 600);
    fixture.access.deny_assignments.push(deny_reads());
    let denied = fixture
        .may("Microsoft.Storage/storageAccounts/read", GROUP_SCOPE)
        .expect_err("it is denied to everybody");
    assert!(denied.by.is_some());
    assert!(denied.held.is_empty() && denied.pending.is_empty() && !denied.data_lags);
}

#[test]
fn a_deny_assignment_goes_with_what_it_is_on() {
    let mut fixture = Fixture::new();
    fixture.access.deny_assignments.push(deny_reads());
    let elsewhere = "/subscriptions/s/resourceGroups/rg2".parse().expect("a scope");
    fixture.access.remove_below(&elsewhere);
    assert_eq!(fixture.access.deny_assignments.len(), 1);
    let group = GROUP_SCOPE.parse().expect("a scope");
    fixture.access.remove_below(&group);
    assert!(fixture.access.deny_assignments.is_empty());
}

fn deny_reads() -> DenyAssignment {
    DenyAssignment {
        id: Uuid::from_u128(7),
        name: "no reads".to_owned(),
        scope: GROUP_SCOPE.parse().expect("a scope"),
        actions: vec![crate::model::ActionPattern::new("*/read")],
        not_actions: Vec::new(),
        data_actions: Vec::new(),
        not_data_actions: Vec::new(),
        principals: vec![DeniedPrincipal::everybody()],
        exclude_principals: Vec::new(),
        do_not_apply_to_child_scopes: false,
    }
}

#[test]
fn who_is_refused_by_a_condition_is_told_so() {
    let mut fixture = Fixture::new();
    fixture.grant("Storage Blob Data Reader", GROUP_SCOPE, 0);
    fixture.grant("Reader", GROUP_SCOPE, 0);
    let condition =
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'box'";
    for own in fixture.access.by_principal.values_mut().flatten().take(1) {
        own.condition = Some(Condition::read(&fixture.rules.conditions, condition));
    }
    let denied = fixture.may(BLOB_READ, GROUP_SCOPE).expect_err("not met");
    assert_eq!(
        denied.held[0],
        "Storage Blob Data Reader under a condition that is not met"
    );
    assert_eq!(denied.held[1], "Reader");
    // A role that does not grant it anyway is not refused for its condition.
    for own in fixture.access.by_principal.values_mut().flatten() {
        own.condition = Some(Condition::read(&fixture.rules.conditions, condition));
    }
    let denied = fixture.may(BLOB_READ, GROUP_SCOPE).expect_err("not met");
    assert_eq!(denied.held[1], "Reader");
}

/// What somebody waits for is told; what is over, or would be of no use, is not.
#[test]
fn only_what_would_grant_it_is_pending() {
    const ACCOUNTS: &str = "Microsoft.Storage/storageAccounts/write";
    let mut fixture = Fixture::new();
    fixture.grant("Reader", GROUP_SCOPE, 600);
    let denied = fixture.may(ACCOUNTS, GROUP_SCOPE).expect_err("it only reads");
    assert!(denied.pending.is_empty(), "{denied:?}");
    // Given and taken in the same moment, and long ago.
    for seen_from in [fixture.now, fixture.now - jiff::SignedDuration::from_hours(1)] {
        let mut fixture = Fixture::new();
        fixture.grant("Contributor", GROUP_SCOPE, 0);
        for own in fixture.access.by_principal.values_mut().flatten() {
            (own.seen_from, own.seen_until) = (seen_from, Some(fixture.now));
        }
        let denied = fixture.may(ACCOUNTS, GROUP_SCOPE).expect_err("it was taken away");
        assert!(denied.pending.is_empty() && denied.held.is_empty(), "{denied:?}");
    }
}

/// Whether a role is held is another question than whether something is granted: it may be on its way.
#[test]
fn a_role_is_held_when_it_is_seen_and_pending_before() {
    let mut fixture = Fixture::new();
    let reader = |fixture: &Fixture| {
        let role = fixture.rules.built_in_role("Reader").expect("a built-in role");
        let scope = GROUP_SCOPE.parse().expect("a scope");
        let held = fixture
            .access
            .holds_role(fixture.now, &[fixture.who], role, &scope);
        match held {
            HeldRole::Seen => "seen",
            HeldRole::Pending { data_lags: false } => "pending",
            HeldRole::Pending { data_lags: true } => "pending where there is data",
            HeldRole::No => "no",
        }
    };
    assert_eq!(reader(&fixture), "no");
    // One that is taken away as soon as it is seen is never held.
    fixture.grant("Reader", GROUP_SCOPE, 0);
    for own in fixture.access.by_principal.values_mut().flatten() {
        own.seen_until = Some(fixture.now);
    }
    assert_eq!(reader(&fixture), "no");
    fixture.grant("Reader", GROUP_SCOPE, 600);
    assert_eq!(reader(&fixture), "pending");
    fixture.now += jiff::SignedDuration::from_secs(600);
    assert_eq!(reader(&fixture), "seen");
}

/// `RBAC-MG-DATA`: only a role for data is seen late by what holds data.
#[test]
fn a_role_without_data_is_held_at_once() {
    let hours = jiff::SignedDuration::from_hours(4);
    for (name, lags) in [("Reader", false), ("Storage Blob Data Reader", true)] {
        let mut fixture = Fixture::new();
        fixture.grant(name, GROUP_SCOPE, 0);
        for own in fixture.access.by_principal.values_mut().flatten() {
            own.data_lag = hours;
        }
        // One that is on its way besides makes no difference to what lags.
        fixture.grant(name, GROUP_SCOPE, 600);
        let role = fixture.rules.built_in_role(name).expect("a built-in role");
        let scope = GROUP_SCOPE.parse().expect("a scope");
        let held = fixture
            .access
            .holds_role(fixture.now, &[fixture.who], role, &scope);
        if lags {
            assert!(matches!(held, HeldRole::Pending { data_lags: true }), "{name}");
        } else {
            assert!(matches!(held, HeldRole::Seen), "{name}");
        }
    }
}

/// A role is one for data if any of its permissions is.
#[test]
fn a_role_is_for_data_by_any_of_its_permissions() {
    let mut fixture = Fixture::new();
    let id = Uuid::from_u128(0xdada);
    let mut role = RoleDefinition::custom(id, "both".to_owned(), Vec::new());
    for name in ["Reader", "Storage Blob Data Reader"] {
        let own = fixture.rules.built_in_role(name).expect("a built-in role");
        role.permissions_mut().extend(own.permissions().iter().cloned());
    }
    fixture.access.custom_roles.insert(id, role.clone());
    let scope: ResourceId = GROUP_SCOPE.parse().expect("a scope");
    fixture.access.insert(Assignment {
        data_lag: jiff::SignedDuration::from_hours(4),
        ..Assignment::new("a".to_owned(), scope.clone(), id, fixture.who, fixture.now)
    });
    let held = fixture
        .access
        .holds_role(fixture.now, &[fixture.who], &role, &scope);
    assert_eq!(held, HeldRole::Pending { data_lags: true });
    // What it grants, too, is what any of them does.
    fixture.now += jiff::SignedDuration::from_hours(4);
    fixture.may(BLOB_READ, GROUP_SCOPE).expect("by the second");
    fixture
        .may("Microsoft.Storage/storageAccounts/read", GROUP_SCOPE)
        .expect("by the first");
    fixture
        .may("Microsoft.Storage/storageAccounts/write", GROUP_SCOPE)
        .expect_err("by none");
}

/// What is in no management group is below none.
#[test]
fn a_group_covers_the_subscriptions_in_it() {
    let mut hierarchy = Hierarchy::default();
    let group = management_group("platform");
    let own = "/subscriptions/one/resourceGroups/rg".parse().expect("a scope");
    let other = "/subscriptions/two/resourceGroups/rg".parse().expect("a scope");
    hierarchy.place("one", group.clone());
    assert!(hierarchy.covers(&group, &own));
    assert!(!hierarchy.covers(&group, &other));
}
