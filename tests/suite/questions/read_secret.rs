//! Reading a secret of a key vault.

use std::collections::BTreeSet;

use azdrill::oracle::Profile;
use azdrill::sketch::Product;
use azdrill::sketch::read_secret::{
    Bypass, DefaultAction, Model, Origin, PolicyHeld, PublicAccess, RoleHeld, Sketch,
};
use azdrill::strategy::question::Question as _;
use azdrill::strategy::read_secret::ReadSecret;
use azdrill_emulator::rules::{Endpoint, Gate};

use super::agreement::{walk, walk_whole};
use super::mistakes::{Mistake, Wrong, add_data_action, all_are_caught};
use super::weights::{Weight, of_weight, weights};
use super::words::each_carries_weight;

#[test]
fn the_whole_product_agrees() {
    assert_eq!(walk_whole::<ReadSecret>(Profile::OBSERVED), 77_760);
}

/// Neither the documents nor the open point touch permissions.
#[test]
fn the_networks_agree_under_every_profile() {
    let networks = networks();
    for profile in ReadSecret::other_profiles()
        .into_iter()
        .chain([Profile::DOCUMENTED])
    {
        assert_eq!(walk::<ReadSecret>(profile, networks.cells()), 324);
    }
}

fn networks() -> Product<Sketch> {
    Product::of(&["public access", "default", "bypass", "the caller stands at"])
}

#[test]
fn every_word_carries_weight() {
    each_carries_weight::<ReadSecret>();
}

#[test]
fn every_row_of_the_key_vault_network_table_bears_load() {
    let found = weights::<ReadSecret>(
        &[Profile::OBSERVED],
        &networks().cells().collect::<Vec<_>>(),
        |rules| {
            rules
                .key_vault_rows
                .iter()
                .map(|row| row.id.to_string())
                .collect()
        },
        |rules, id| rules.key_vault_rows.retain(|row| row.id.as_str() != id),
    );
    assert_eq!(found.len(), 9);
    assert_eq!(of_weight(&found, Weight::None), BTreeSet::new());
    // Without these no row matches, and the answer is the same no for another reason.
    assert_eq!(of_weight(&found, Weight::Reason), ["KV-2", "KV-4", "KV-9"].into());
}

#[test]
fn mistakes_are_caught() {
    let network = in_closed_networks()
        .into_iter()
        .chain(in_what_is_trusted_or_unset());
    let access = in_roles().into_iter().chain(in_policies());
    let all = network
        .chain(access)
        .map(|(name, wrong)| Mistake::new(name, wrong));
    all_are_caught::<ReadSecret>(&all.collect::<Vec<_>>());
}

type Named = (&'static str, Wrong<Sketch>);

fn in_closed_networks() -> Vec<Named> {
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

fn in_what_is_trusted_or_unset() -> Vec<Named> {
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
        (
            "the open point is decided the other way",
            Wrong::Profile(|profile| profile.trusted_for_postgresql = false),
        ),
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

fn in_roles() -> Vec<Named> {
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

fn in_policies() -> Vec<Named> {
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
fn policy_read_as(name: &'static str, own: PolicyHeld, taken_for: PolicyHeld) -> Named {
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
