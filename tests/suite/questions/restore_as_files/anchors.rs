//! Anchors: truths with a source, written out by hand. Nothing here comes from the oracle or from
//! the rule files, so an error that is in both of those still meets a wall here.

use azdrill::oracle::Profile;
use azdrill::sketch::Shape as _;
use azdrill::sketch::identity::Identity;
use azdrill::sketch::restore_as_files::{
    Assignee, Bypass, Container, CrossTenant, DefaultAction, Grant, Network, Prefix, PublicAccess,
    ResourceRule, Role, Scope, Sketch,
};
use azdrill::strategy::answer::Answer;
use azdrill::strategy::question::{Engine as _, engine};
use azdrill::strategy::restore_as_files::RestoreAsFiles;

const MISSING: &str = "UserErrorMSIMissingPermissions";

fn answer(profile: Profile, change: impl FnOnce(&mut Sketch)) -> Answer {
    let mut sketch = Sketch::in_order();
    change(&mut sketch);
    engine::<RestoreAsFiles>(profile).unwrap().ask(&sketch)
}

/// The same under both books.
fn both(change: impl Fn(&mut Sketch)) -> Answer {
    let documented = answer(Profile::DOCUMENTED, &change);
    assert_eq!(documented.passes(), answer(Profile::OBSERVED, &change).passes());
    documented
}

fn refused(answer: &Answer, wanted_gate: &str, wanted_code: &str) {
    match answer {
        Answer::Fails { gate, code, .. } => {
            assert_eq!((gate.as_str(), code.as_str()), (wanted_gate, wanted_code));
        }
        other => panic!("{other:?}"),
    }
}

/// Deny, with what lets the service in.
fn denied_but(bypass: Bypass, resource_rule: ResourceRule) -> Network {
    Network {
        default_action: DefaultAction::Deny,
        bypass,
        resource_rule,
        ..Network::OPEN
    }
}

/// The engineer's article of December 2025: all roles are there, the target is behind a private
/// endpoint, and validation fails in the words of a missing permission.
#[test]
fn a_private_target_fails_as_if_roles_were_missing() {
    let private = both(|sketch| {
        sketch.network.access = PublicAccess::Disabled;
        sketch.network.private_endpoint = true;
    });
    refused(&private, "network", MISSING);
}

/// The same article: made public, the restore works. The recordings of the CLI show it too.
#[test]
fn a_public_target_passes() {
    assert!(both(|_| {}).passes());
}

/// The management page of the documents: selected networks, the vault's resource rule, and the
/// exception for trusted services. Deployed in production by HMCTS.
#[test]
fn the_narrow_fix_of_the_documents_passes() {
    let fixed = both(|sketch| {
        sketch.network = denied_but(Bypass::AzureServices, ResourceRule::ThisVault);
        sketch.network.private_endpoint = true;
    });
    assert!(fixed.passes());
}

/// Storage documents, default access: with public access disabled, rules and exceptions are dead.
#[test]
fn rules_of_a_disabled_account_are_dead() {
    let dead = both(|sketch| {
        sketch.network = denied_but(Bypass::AzureServices, ResourceRule::ThisVault);
        sketch.network.access = PublicAccess::Disabled;
    });
    refused(&dead, "network", MISSING);
}

/// Storage documents: Deny with neither rule nor exception lets nobody in.
#[test]
fn deny_without_an_exception_is_a_no() {
    let denied = both(|sketch| sketch.network = denied_but(Bypass::None, ResourceRule::None));
    refused(&denied, "network", MISSING);
}

/// Storage documents, resource instances: the rule names one resource and its tenant.
#[test]
fn a_rule_for_another_vault_or_tenant_is_none() {
    for rule in [ResourceRule::AnotherVault, ResourceRule::AnotherTenant] {
        let denied = both(|sketch| sketch.network = denied_but(Bypass::None, rule));
        refused(&denied, "network", MISSING);
    }
}

/// The troubleshooting page: without Storage Blob Data Contributor, this code.
#[test]
fn without_the_role_the_code_is_that_of_missing_permissions() {
    refused(&both(|sketch| sketch.grants.clear()), "authorization", MISSING);
}

/// The built-in role definitions: Owner, Contributor and Storage Account Contributor have no data
/// actions, and Storage Account Backup Contributor is for another kind of backup.
#[test]
fn control_plane_roles_write_no_blobs() {
    let roles = [
        Role::Owner,
        Role::Contributor,
        Role::AccountContributor,
        Role::AccountBackupContributor,
    ];
    for role in roles {
        let denied = both(|sketch| sketch.grants = vec![Grant::of(role, Scope::Subscription)]);
        refused(&denied, "authorization", MISSING);
    }
}

/// Scope on the container is documented for single servers only; data access works with it.
#[test]
fn the_role_on_the_container_is_where_the_books_differ() {
    let on_container = |sketch: &mut Sketch| {
        sketch.grants = vec![Grant::of(Role::BlobDataContributor, Scope::Container)];
    };
    refused(
        &answer(Profile::DOCUMENTED, on_container),
        "authorization",
        MISSING,
    );
    assert!(answer(Profile::OBSERVED, on_container).passes());
}

/// Access control's own troubleshooting page: up to ten minutes until an assignment is seen.
#[test]
fn a_role_that_has_not_propagated_is_none() {
    let denied = both(|sketch| sketch.grants[0].seen = false);
    refused(&denied, "authorization", MISSING);
}

/// An assignment names an object id; with the application id it looks right and does nothing.
#[test]
fn an_application_id_is_no_object_id() {
    let denied = both(|sketch| sketch.grants[0].to = Assignee::ApplicationId);
    refused(&denied, "authorization", MISSING);
}

/// The interface's own description: identityDetails left out means system-assigned.
#[test]
fn without_identity_details_the_user_assigned_roles_are_of_no_use() {
    refused(
        &both(|sketch| sketch.identity = Identity::UserNotNamed),
        "authorization",
        MISSING,
    );
    assert!(both(|sketch| sketch.identity = Identity::UserNamed).passes());
}

/// The vault's troubleshooting page names this code for an identity that is not on the vault.
#[test]
fn a_detached_identity_has_a_code_of_its_own() {
    let detached = both(|sketch| sketch.identity = Identity::UserDetached);
    refused(
        &detached,
        "service",
        "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault",
    );
}

/// The restore page wants AllowCrossTenantReplication; storage documents say that the property is
/// about object replication and nothing else.
#[test]
fn cross_tenant_replication_is_where_the_books_differ() {
    let off = |sketch: &mut Sketch| sketch.cross_tenant = CrossTenant::False;
    assert!(!answer(Profile::DOCUMENTED, off).passes());
    assert!(answer(Profile::OBSERVED, off).passes());
}

/// The restore page: the only recovery option is FailIfExists. Codes are not published.
#[test]
fn a_missing_container_and_a_taken_prefix_fail_with_codes_of_our_own() {
    let missing = both(|sketch| sketch.container = Container::Missing);
    refused(&missing, "service", "SyntheticContainerNotFound");
    let taken = both(|sketch| sketch.prefix = Prefix::Taken);
    refused(&taken, "service", "SyntheticFilePrefixInUse");
}
