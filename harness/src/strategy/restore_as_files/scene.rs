//! A restore as files in the words of a scenario's file.

use toml::{Table, Value, toml};

use crate::sketch::identity::Identity;
use crate::sketch::restore_as_files::{
    Assignee, Bypass, Container, CrossTenant, DefaultAction, Grant, Network, Prefix, PublicAccess, Region,
    ResourceRule, Scope, Sketch, Subscription,
};
use crate::strategy::scene::{Scene, done};

const BACKED_UP: &str = "_worlds/flexible_server_backed_up.toml";
const ELSEWHERE: &str = "elsewhere";

/// The scene of a sketch. A file has no words for a setting that nobody can send or take away again, nor for a name
/// that begins another, nor for a blob nobody restored.
pub(super) fn scene(sketch: &Sketch) -> Option<Scene> {
    let mut scene = Scene::new(BACKED_UP, toml! { do = "validate_restore" });
    match sketch.region {
        Region::Same => {}
        Region::Other => scene.set("world.storage.location", "westeurope"),
    }
    if sketch.subscription != Subscription::Same {
        scene.set("subscription.elsewhere", Table::new());
        scene.set("world.storage.subscription", ELSEWHERE);
    }
    if sketch.subscription == Subscription::OtherForbidden {
        let state = "world.vault.properties.featureSettings.crossSubscriptionRestoreSettings.state";
        scene.set(state, "Disabled");
    }
    match sketch.container {
        Container::There => {}
        Container::Missing => scene.set("world.storage.container_exists", false),
    }
    if sketch.prefix == Prefix::Taken {
        return None;
    }
    network(&mut scene, &sketch.network)?;
    match sketch.cross_tenant {
        CrossTenant::True => {}
        CrossTenant::False => scene.set("world.storage.allow_cross_tenant_replication", false),
        CrossTenant::Unset | CrossTenant::UnsetSinceLongAgo => return None,
    }
    identity(&mut scene, sketch.identity);
    grants(&mut scene, sketch)?;
    Some(scene)
}

fn network(scene: &mut Scene, network: &Network) -> Option<()> {
    if network.access == PublicAccess::Unset || network.default_action == DefaultAction::Unset {
        return None;
    }
    let storage = |name: &str| format!("world.storage.{name}");
    if network.access != PublicAccess::Enabled {
        scene.set(&storage("public_network_access"), network.access.label());
    }
    if network.default_action != DefaultAction::Allow {
        scene.set(&storage("default_action"), network.default_action.label());
    }
    if network.bypass != Bypass::AzureServices {
        scene.set(&storage("bypass"), network.bypass.label());
    }
    let rule = match network.resource_rule {
        ResourceRule::None => None,
        ResourceRule::ThisVault => Some("vault"),
        ResourceRule::AnotherVault => Some("other_vault"),
        ResourceRule::AnotherTenant => Some("vault_of_other_tenant"),
        ResourceRule::AnyVault => return None,
    };
    if let Some(rule) = rule {
        scene.set(&storage("resource_rules"), vec![rule]);
    }
    if network.ip_rule {
        scene.set(&storage("address_rules"), vec!["198.51.100.0/24"]);
    }
    if network.private_endpoint {
        scene.set(&storage("private_endpoint"), true);
    }
    Some(())
}

/// Who acts: the vault has a user-assigned identity besides where it is about one, and what it has not at the end is
/// taken away once it is backed up.
fn identity(scene: &mut Scene, identity: Identity) {
    match identity {
        Identity::System => {}
        Identity::UserNotNamed | Identity::UserNamed => scene.set("world.vault.identity", "both"),
        Identity::UserDetached => {
            scene.set("world.vault.identity", "both");
            scene.loses_the_user_assigned_identity();
        }
        Identity::SystemSwitchedOff => scene.loses_the_system_assigned_identity(),
    }
    if matches!(identity, Identity::UserNamed | Identity::UserDetached) {
        scene.asks.insert("identity".to_owned(), "user".into());
    }
}

/// The roles. One that is too new to be seen is given at the end.
fn grants(scene: &mut Scene, sketch: &Sketch) -> Option<()> {
    scene.set("world.grants.blobs.absent", true);
    for (number, grant) in sketch.grants.iter().enumerate() {
        let given = given(sketch, grant)?;
        if grant.seen {
            scene.set(&format!("world.grants.given{number}"), given);
            continue;
        }
        scene.set("world.role_propagation", "10m");
        let mut step = toml! {
            do = "grant"
            title = "a role is given that is not seen yet"
        };
        step.insert("give".to_owned(), Value::Table(given));
        scene.before.push(done(step));
    }
    Some(())
}

fn given(sketch: &Sketch, grant: &Grant) -> Option<Table> {
    let to = match (sketch.identity, grant.to) {
        (Identity::System | Identity::SystemSwitchedOff, Assignee::ObjectId) => "vault",
        (Identity::System | Identity::SystemSwitchedOff, Assignee::ApplicationId) => "vault_application_id",
        (_, Assignee::ObjectId) => "vault_user",
        (_, Assignee::ApplicationId) => return None,
    };
    let on = match grant.scope {
        Scope::Account => "storage",
        Scope::Container if sketch.container == Container::There => "container",
        Scope::ResourceGroup => "storage_group",
        Scope::Subscription if sketch.subscription == Subscription::Same => "subscription",
        Scope::Subscription => ELSEWHERE,
        Scope::Container | Scope::PrefixAccount | Scope::PrefixContainer | Scope::PrefixGroup => return None,
    };
    let words = [("to", to), ("role", grant.role.label()), ("on", on)];
    Some(
        words
            .map(|(name, word)| (name.to_owned(), Value::from(word)))
            .into_iter()
            .collect(),
    )
}
