//! Seeded mistakes: engines that are wrong in one way each. The property that holds of the emulator
//! must report every one of them, or it proves nothing.

mod network;

use azdrill::oracle::{Book, Profile};
use azdrill::strategy::agreement::{Agreement, Answer, Disagreement, RestoreEngine, first_disagreement};
use azdrill::strategy::lower::{EngineUnderTest, rules_for};
use azdrill::strategy::product;
use azdrill::strategy::sketch::{
    Assignee, Container, CrossTenant, Grant, Identity, Prefix, Region, Role, Scope, Sketch, Subscription,
};
use azdrill_emulator::model::ActionPattern;
use azdrill_emulator::rules::{Endpoint, Gate, Rules};

/// What is wrong with an engine.
#[derive(Clone, Copy)]
enum Wrong {
    /// It takes one world for another.
    Sees(fn(&mut Sketch)),
    /// Its rules are wrong.
    Rules(fn(&mut Rules)),
    /// It goes by another profile.
    Profile(fn(&mut Profile)),
}

struct Mistake {
    name: &'static str,
    /// The book by which it is one.
    by: Profile,
    wrong: Wrong,
}

impl Mistake {
    /// A mistake by what was observed.
    fn new(name: &'static str, wrong: Wrong) -> Self {
        Self {
            name,
            by: Profile::OBSERVED,
            wrong,
        }
    }

    /// The same, but by the documents.
    fn documented(self) -> Self {
        Self {
            by: Profile::DOCUMENTED,
            ..self
        }
    }
}

fn sees(name: &'static str, mislead: fn(&mut Sketch)) -> Mistake {
    Mistake::new(name, Wrong::Sees(mislead))
}

/// An engine that takes one world for another.
struct Misled<'a> {
    engine: &'a mut EngineUnderTest,
    mislead: fn(&mut Sketch),
}

impl RestoreEngine for Misled<'_> {
    fn validate(&mut self, sketch: &Sketch) -> Answer {
        let mut seen = sketch.clone();
        (self.mislead)(&mut seen);
        self.engine.validate(&seen)
    }
}

fn in_access() -> Vec<Mistake> {
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

fn in_the_request() -> Vec<Mistake> {
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
        sees("the age of the account is overlooked", |sketch| {
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

fn add_data_action(rules: &mut Rules, role: &str, pattern: &str) {
    let role = rules.built_in_roles.named_mut(role);
    role.expect("a built-in role").permissions_mut()[0]
        .data_actions
        .push(ActionPattern::new(pattern));
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

/// Everything the property walks.
fn cells() -> impl Iterator<Item = Sketch> {
    product::edges().chain(product::core())
}

/// Runs THE property on an engine with a mistake.
fn caught(
    profile: Profile,
    emulator: &mut EngineUnderTest,
    mistake: &Mistake,
) -> Option<(Disagreement, usize)> {
    let walk = |engine: &mut dyn RestoreEngine| {
        let mut engine = engine;
        first_disagreement(Agreement::Reason, profile, &mut engine, cells())
    };
    let (found, count) = match mistake.wrong {
        Wrong::Sees(mislead) => walk(&mut Misled {
            engine: emulator,
            mislead,
        }),
        Wrong::Rules(spoil) => {
            let mut rules = rules_for(profile).unwrap();
            spoil(&mut rules);
            walk(&mut EngineUnderTest::with_rules(rules, 1).unwrap())
        }
        Wrong::Profile(change) => {
            let mut other = profile;
            change(&mut other);
            walk(&mut EngineUnderTest::new(other).unwrap())
        }
    };
    found.map(|found| (found, count))
}

/// That the emulator itself passes the same property over the same cells is what `matrix` shows.
#[allow(clippy::print_stdout, reason = "shown with `--nocapture`")]
fn all_are_caught(mistakes: &[Mistake]) {
    let mut emulators =
        [Profile::OBSERVED, Profile::DOCUMENTED].map(|by| (by, EngineUnderTest::new(by).unwrap()));
    for mistake in mistakes {
        let (_, emulator) = emulators
            .iter_mut()
            .find(|(by, _)| *by == mistake.by)
            .expect("one of the two books");
        let Some((found, count)) = caught(mistake.by, emulator, mistake) else {
            panic!("nobody noticed: {}", mistake.name);
        };
        println!(
            "{}: caught ({:?}, cell {count}): {found}",
            mistake.name, mistake.by.book
        );
    }
}

#[test]
fn mistakes_in_access_are_caught() {
    all_are_caught(&in_access());
}

#[test]
fn mistakes_in_the_network_are_caught() {
    all_are_caught(&network::all());
}

#[test]
fn mistakes_in_the_request_are_caught() {
    all_are_caught(&in_the_request());
}

/// The wrapper and the order of the cells are not what catches them.
#[test]
fn an_engine_without_a_mistake_is_not_reported() {
    for profile in [Profile::OBSERVED, Profile::DOCUMENTED] {
        let mut emulator = EngineUnderTest::new(profile).unwrap();
        let mut engine = Misled {
            engine: &mut emulator,
            mislead: |_| {},
        };
        let cells = product::edges().chain(product::core().step_by(7));
        let (found, _) = first_disagreement(Agreement::Reason, profile, &mut engine, cells);
        assert!(found.is_none(), "{}", found.unwrap());
    }
}
