//! Engines that are wrong in one way each, about a vault of keys and secrets.

use azdrill::strategy::agreement::Answer;
use azdrill::strategy::key_vault::lower::{EngineUnderTest, rules_for};
use azdrill::strategy::key_vault::sketch::{
    Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch,
};
use azdrill::strategy::key_vault::{Disagreement, SecretEngine, first_disagreement, product};
use azdrill_emulator::model::ActionPattern;
use azdrill_emulator::rules::{Endpoint, Gate, Rules};

use super::{MACHINES_ONLY, TRUSTED};

/// What is wrong with an engine.
enum Wrong {
    /// It takes one world for another.
    Sees(fn(&mut Sketch)),
    /// Its rules are wrong.
    Rules(fn(&mut Rules)),
    /// It decides the open point the other way.
    Trust,
}

struct Misled<'a> {
    engine: &'a mut EngineUnderTest,
    mislead: fn(&mut Sketch),
}

impl SecretEngine for Misled<'_> {
    fn read(&mut self, sketch: &Sketch) -> Answer {
        let mut seen = *sketch;
        (self.mislead)(&mut seen);
        self.engine.read(&seen)
    }
}

type Mistake = (&'static str, Wrong);

fn in_closed_networks() -> Vec<Mistake> {
    vec![
        (
            "as on storage, the exception does not count while public access is disabled",
            Wrong::Sees(|sketch| {
                if sketch.access == PublicAccess::Disabled {
                    sketch.default_action = DefaultAction::Deny;
                    sketch.bypass = Bypass::None;
                }
            }),
        ),
        (
            "rules count although public access is disabled",
            Wrong::Sees(|sketch| {
                let listed = [Origin::ListedAddress, Origin::ListedSubnet].contains(&sketch.origin);
                if sketch.access == PublicAccess::Disabled && listed {
                    sketch.access = PublicAccess::Enabled;
                }
            }),
        ),
        (
            "a perimeter leaves the exception alone",
            Wrong::Sees(|sketch| {
                if sketch.access == PublicAccess::SecuredByPerimeter {
                    sketch.access = PublicAccess::Disabled;
                }
            }),
        ),
    ]
}

fn in_what_is_trusted_or_unset() -> Vec<Mistake> {
    vec![
        (
            "any Azure service is trusted",
            Wrong::Sees(|sketch| {
                if sketch.origin == Origin::OtherService {
                    sketch.origin = Origin::MachineBackup;
                }
            }),
        ),
        (
            "Azure Backup is not trusted",
            Wrong::Rules(|rules| rules.key_vault_trusted_services.clear()),
        ),
        ("the open point is decided the other way", Wrong::Trust),
        (
            "an unset default action denies",
            Wrong::Sees(|sketch| {
                if sketch.default_action == DefaultAction::Unset {
                    sketch.default_action = DefaultAction::Deny;
                }
            }),
        ),
        (
            "an unset bypass is none",
            Wrong::Sees(|sketch| {
                if sketch.bypass == Bypass::Unset && sketch.default_action != DefaultAction::Unset {
                    sketch.bypass = Bypass::None;
                }
            }),
        ),
        (
            "unset public access counts as disabled",
            Wrong::Sees(|sketch| {
                if sketch.access == PublicAccess::Unset {
                    sketch.access = PublicAccess::Disabled;
                }
            }),
        ),
        (
            "any private endpoint will do",
            Wrong::Sees(|sketch| {
                if sketch.origin == Origin::OtherEndpoint {
                    sketch.origin = Origin::OwnEndpoint;
                }
            }),
        ),
        (
            "rules for addresses and subnets are not read",
            Wrong::Rules(|rules| {
                rules
                    .key_vault_rows
                    .retain(|row| !["KV-7", "KV-8"].contains(&row.id.as_str()));
            }),
        ),
        (
            "the vault's table is storage's",
            Wrong::Rules(|rules| rules.key_vault_rows.clone_from(&rules.storage_rows)),
        ),
    ]
}

fn in_roles() -> Vec<Mistake> {
    vec![
        (
            "access policies count on a vault with Azure roles",
            Wrong::Sees(|sketch| {
                let granted = [PolicyHeld::Get, PolicyHeld::All].contains(&sketch.policy);
                if sketch.model == Model::Roles && granted {
                    sketch.model = Model::Policies;
                }
            }),
        ),
        (
            "roles count on a vault with access policies",
            Wrong::Sees(|sketch| {
                if sketch.model == Model::Policies && sketch.role == RoleHeld::SecretsUser {
                    sketch.model = Model::Roles;
                }
            }),
        ),
        (
            "Owner's * counts for data actions",
            Wrong::Rules(|rules| add_data_action(rules, "Owner", "*")),
        ),
        (
            "managing key vaults is reading them",
            Wrong::Rules(|rules| add_data_action(rules, "Key Vault Contributor", "Microsoft.KeyVault/*")),
        ),
        (
            "seeing what a vault holds is reading it",
            Wrong::Rules(|rules| {
                let action = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
                add_data_action(rules, "Key Vault Reader", action);
            }),
        ),
        (
            "names of secrets are compared as texts",
            Wrong::Sees(|sketch| {
                if sketch.role == RoleHeld::SecretsUserOnPrefix {
                    sketch.role = RoleHeld::SecretsUserOnSecret;
                }
            }),
        ),
        (
            "a role on a secret is overlooked",
            Wrong::Sees(|sketch| {
                if sketch.role == RoleHeld::SecretsUserOnSecret {
                    sketch.role = RoleHeld::None;
                }
            }),
        ),
        (
            "a new role is seen at once",
            Wrong::Sees(|sketch| {
                if sketch.role == RoleHeld::SecretsUserTooNew {
                    sketch.role = RoleHeld::SecretsUser;
                }
            }),
        ),
    ]
}

fn in_policies() -> Vec<Mistake> {
    vec![
        policy_read_as("`all` is no permission", PolicyHeld::All, PolicyHeld::None),
        policy_read_as("letters must fit", PolicyHeld::GetInCapitals, PolicyHeld::None),
        policy_read_as("groups are overlooked", PolicyHeld::GetForGroup, PolicyHeld::None),
        policy_read_as("listing is reading", PolicyHeld::List, PolicyHeld::Get),
        policy_read_as(
            "any kind of permission will do",
            PolicyHeld::KeysOnly,
            PolicyHeld::Get,
        ),
        policy_read_as(
            "tenants are not compared",
            PolicyHeld::OtherTenant,
            PolicyHeld::Get,
        ),
        policy_read_as(
            "whose policy it is does not matter",
            PolicyHeld::SomebodyElse,
            PolicyHeld::Get,
        ),
        policy_read_as(
            "applications are overlooked",
            PolicyHeld::ThroughApplication,
            PolicyHeld::Get,
        ),
        (
            "permissions are asked for before the network",
            Wrong::Rules(|rules| {
                let order = vec![Gate::Authentication, Gate::Authorization, Gate::Network];
                rules.gates.insert(Endpoint::KeyVault, order);
            }),
        ),
    ]
}

/// A mistake about one access policy. The pairs are few, so they stand here.
fn policy_read_as(name: &'static str, own: PolicyHeld, taken_for: PolicyHeld) -> Mistake {
    let mislead: fn(&mut Sketch) = match (own, taken_for) {
        (PolicyHeld::All, _) => |sketch| replace(sketch, PolicyHeld::All, PolicyHeld::None),
        (PolicyHeld::GetInCapitals, _) => {
            |sketch| replace(sketch, PolicyHeld::GetInCapitals, PolicyHeld::None)
        }
        (PolicyHeld::GetForGroup, _) => |sketch| replace(sketch, PolicyHeld::GetForGroup, PolicyHeld::None),
        (PolicyHeld::List, _) => |sketch| replace(sketch, PolicyHeld::List, PolicyHeld::Get),
        (PolicyHeld::KeysOnly, _) => |sketch| replace(sketch, PolicyHeld::KeysOnly, PolicyHeld::Get),
        (PolicyHeld::OtherTenant, _) => |sketch| replace(sketch, PolicyHeld::OtherTenant, PolicyHeld::Get),
        (PolicyHeld::SomebodyElse, _) => |sketch| replace(sketch, PolicyHeld::SomebodyElse, PolicyHeld::Get),
        _ => |sketch| replace(sketch, PolicyHeld::ThroughApplication, PolicyHeld::Get),
    };
    (name, Wrong::Sees(mislead))
}

fn replace(sketch: &mut Sketch, own: PolicyHeld, by: PolicyHeld) {
    if sketch.policy == own {
        sketch.policy = by;
    }
}

fn add_data_action(rules: &mut Rules, role: &str, pattern: &str) {
    let role = rules.built_in_roles.named_mut(role);
    role.expect("a built-in role").permissions_mut()[0]
        .data_actions
        .push(ActionPattern::new(pattern));
}

/// Runs THE property on an engine with a mistake.
fn caught(wrong: &Wrong) -> Option<Disagreement> {
    let cells = || {
        product::networks()
            .chain(product::permissions(Sketch::IN_ORDER))
            .chain(both_wrong())
    };
    let (found, _) = match wrong {
        Wrong::Sees(mislead) => {
            let mut engine = EngineUnderTest::new(TRUSTED).unwrap();
            let mut engine = Misled {
                engine: &mut engine,
                mislead: *mislead,
            };
            first_disagreement(TRUSTED, &mut engine, cells())
        }
        Wrong::Rules(spoil) => {
            let mut rules = rules_for(TRUSTED).unwrap();
            spoil(&mut rules);
            first_disagreement(TRUSTED, &mut EngineUnderTest::with_rules(rules).unwrap(), cells())
        }
        Wrong::Trust => first_disagreement(
            TRUSTED,
            &mut EngineUnderTest::new(MACHINES_ONLY).unwrap(),
            cells(),
        ),
    };
    found
}

/// A cell in which network and permissions say no, so that the order of the gates shows.
fn both_wrong() -> [Sketch; 1] {
    [Sketch {
        access: PublicAccess::Disabled,
        origin: Origin::OtherAddress,
        role: RoleHeld::None,
        ..Sketch::IN_ORDER
    }]
}

#[test]
fn mistakes_are_caught() {
    let network = in_closed_networks()
        .into_iter()
        .chain(in_what_is_trusted_or_unset());
    let access = in_roles().into_iter().chain(in_policies());
    for (name, wrong) in network.chain(access) {
        let Some(found) = caught(&wrong) else {
            panic!("nobody noticed: {name}");
        };
        println!("{name}: caught: {found}");
    }
}

/// The wrapper is not what catches them.
#[test]
fn an_engine_without_a_mistake_is_not_reported() {
    assert!(caught(&Wrong::Sees(|_| {})).is_none());
}
