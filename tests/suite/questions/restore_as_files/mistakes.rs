//! Engines that are wrong in one way each about a restore as files.

use azdrill::oracle::{Book, Profile};
use azdrill::sketch::identity::Identity;
use azdrill::sketch::restore_as_files::{
    Assignee, Container, CrossTenant, Grant, Prefix, Region, Role, Scope, Sketch, Subscription,
};
use azdrill::strategy::question::rules_for;
use azdrill::strategy::restore_as_files::RestoreAsFiles;
use azdrill_emulator::rules::{Endpoint, Gate, Rules};

use super::super::mistakes::{Mistake, Wrong, add_data_action, all_are_caught, sees};
use super::network_mistakes;

fn in_access() -> Vec<Mistake<Sketch>> {
    vec![
        Mistake::new(
            "Owner's * counts for data actions",
            Wrong::Rules(|rules| add_data_action(rules, "Owner", "*")),
        ),
        Mistake::new(
            "reading blobs is enough",
            Wrong::Rules(|rules| {
                let writing = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
                add_data_action(rules, "Storage Blob Data Reader", writing);
            }),
        ),
        Mistake::new(
            "managing accounts is enough",
            Wrong::Rules(|rules| {
                add_data_action(rules, "Storage Account Contributor", "Microsoft.Storage/*");
            }),
        ),
        sees("scopes are compared as texts", |sketch| {
            each(sketch, |grant| {
                grant.scope = match grant.scope {
                    Scope::PrefixAccount => Scope::Account,
                    Scope::PrefixContainer => Scope::Container,
                    Scope::PrefixGroup => Scope::ResourceGroup,
                    other => other,
                };
            });
        }),
        sees("a role on the container is overlooked", |sketch| {
            sketch.grants.retain(|grant| grant.scope != Scope::Container);
        }),
        sees("a role is not inherited from the subscription", |sketch| {
            sketch.grants.retain(|grant| grant.scope != Scope::Subscription);
        }),
        sees("a new role is seen at once", |sketch| {
            each(sketch, |grant| grant.seen = true);
        }),
        sees("an application id does for an object id", |sketch| {
            each(sketch, |grant| grant.to = Assignee::ObjectId);
        }),
        sees("Blob Data Owner is not enough to write", |sketch| {
            sketch.grants.retain(|grant| grant.role != Role::BlobDataOwner);
        }),
        Mistake::new(
            "the role is wanted on the account, observed or not",
            Wrong::Rules(|rules| take_check(rules, "FX-RF-01", Book::Documented)),
        ),
        Mistake::new(
            "any right to write will do, documented or not",
            Wrong::Rules(|rules| take_check(rules, "FX-RF-01", Book::Observed)),
        )
        .documented(),
        Mistake::new(
            "storage asks for roles before it looks at the network",
            Wrong::Rules(|rules| {
                let order = vec![Gate::Authentication, Gate::Authorization, Gate::Network];
                rules.gates.insert(Endpoint::Blob, order);
            }),
        ),
    ]
}

fn in_the_request() -> Vec<Mistake<Sketch>> {
    vec![
        sees("identityDetails is not read", |sketch| {
            if sketch.identity == Identity::UserNamed {
                sketch.identity = Identity::UserNotNamed;
            }
        }),
        sees(
            "without identityDetails the identity with the roles is taken",
            |sketch| {
                if sketch.identity == Identity::UserNotNamed {
                    sketch.identity = Identity::UserNamed;
                }
            },
        ),
        sees("an identity need not be on the vault", |sketch| {
            if sketch.identity == Identity::UserDetached {
                sketch.identity = Identity::UserNamed;
            }
        }),
        Mistake::new(
            "cross-tenant replication is enforced, documented or not",
            Wrong::Rules(|rules| take_check(rules, "FX-RF-02", Book::Documented)),
        ),
        Mistake::new(
            "cross-tenant replication is not enforced at all",
            Wrong::Rules(|rules| take_check(rules, "FX-RF-02", Book::Observed)),
        )
        .documented(),
        sees("the age of the account is overlooked", |sketch: &mut Sketch| {
            if sketch.cross_tenant == CrossTenant::UnsetSinceLongAgo {
                sketch.cross_tenant = CrossTenant::Unset;
            }
        })
        .documented(),
        sees("a missing container is overlooked", |sketch| {
            sketch.container = Container::There
        }),
        sees("a prefix in use is overlooked", |sketch| {
            sketch.prefix = Prefix::Free
        }),
        sees("the region is overlooked", |sketch| sketch.region = Region::Same),
        sees(
            "the vault's switch for other subscriptions is overlooked",
            |sketch| {
                if sketch.subscription == Subscription::OtherForbidden {
                    sketch.subscription = Subscription::Other;
                }
            },
        ),
    ]
}

fn each(sketch: &mut Sketch, change: impl Fn(&mut Grant)) {
    sketch.grants.iter_mut().for_each(change);
}

/// Takes one check from the other book.
fn take_check(rules: &mut Rules, rule: &str, book: Book) {
    let profile = Profile {
        book,
        ..Profile::OBSERVED
    };
    let other = rules_for(profile).unwrap().prerequisites;
    let theirs = other.into_iter().find(|row| row.id.as_str() == rule);
    let own = rules.prerequisites.iter_mut().find(|row| row.id.as_str() == rule);
    own.expect("a row").check = theirs.expect("a row").check;
}

#[test]
fn mistakes_in_access_are_caught() {
    all_are_caught::<RestoreAsFiles>(&in_access());
}

#[test]
fn mistakes_in_the_network_are_caught() {
    all_are_caught::<RestoreAsFiles>(&network_mistakes::all());
}

#[test]
fn mistakes_in_the_request_are_caught() {
    all_are_caught::<RestoreAsFiles>(&in_the_request());
}
