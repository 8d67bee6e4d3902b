//! A backup of a flexible server in the words of a scenario's file.

use toml::{Table, Value, toml};

use crate::sketch::Shape as _;
use crate::sketch::identity::Identity;
use crate::sketch::validate_backup::{
    Access, Backs, Holder, Kind, Reads, Region, Server, Sketch, Subscription,
};
use crate::strategy::scene::{Scene, done};

const READY: &str = "_worlds/flexible_server_ready.toml";
const LTR: &str = "PostgreSQL Flexible Server Long Term Retention Backup Role";

/// The scene of a sketch. A file has no words for a name that begins another, for a replica, nor for who protected a
/// server that this world's vault does not protect.
pub(super) fn scene(sketch: &Sketch) -> Option<Scene> {
    if sketch.kind != Kind::BurstableOfToday {
        return None;
    }
    let mut scene = Scene::new(READY, toml! { do = "validate_backup" });
    match sketch.subscription {
        Subscription::Same => {}
        Subscription::Other => {
            scene.set("subscription.elsewhere", Table::new());
            scene.set("world.server.subscription", "elsewhere");
        }
        Subscription::OtherTenant => return None,
    }
    match sketch.region {
        Region::Same => {}
        Region::Other => scene.set("world.server.location", "westeurope"),
    }
    match sketch.access {
        Access::Public => {}
        Access::Disabled => scene.set("world.server.network", "private_endpoint"),
        Access::Injected => scene.set("world.server.network", "virtual_network"),
    }
    let to = identity(&mut scene, sketch.identity);
    let (role, on) = match sketch.backs {
        Backs::Nothing => (None, ""),
        Backs::LtrOnServer | Backs::LtrTooNew | Backs::LtrToApplication => (Some(LTR), "server"),
        Backs::LtrOnGroup => (Some(LTR), "server_group"),
        Backs::LtrOnSubscription => (Some(LTR), over(sketch)),
        Backs::BackupOperator => (Some("Backup Operator"), "server"),
        Backs::Contributor => (Some("Contributor"), "server"),
        Backs::Owner => (Some("Owner"), "server"),
        Backs::LtrOnPrefix => return None,
    };
    let application = match (sketch.backs, to) {
        (Backs::LtrToApplication, "vault") => "vault_application_id",
        (Backs::LtrToApplication, _) => return None,
        (_, to) => to,
    };
    give(
        &mut scene,
        "ltr",
        role,
        application,
        on,
        sketch.backs == Backs::LtrTooNew,
    );
    let (role, on) = match sketch.reads {
        Reads::Nothing => (None, ""),
        Reads::ReaderOnGroup | Reads::ReaderTooNew => (Some("Reader"), "server_group"),
        Reads::ReaderOnSubscription => (Some("Reader"), over(sketch)),
        Reads::ReaderOnServer => (Some("Reader"), "server"),
        Reads::BackupContributor => (Some("Backup Contributor"), "server_group"),
        Reads::Contributor => (Some("Contributor"), "server_group"),
        Reads::ReaderOnPrefix => return None,
    };
    give(
        &mut scene,
        "reader",
        role,
        to,
        on,
        sketch.reads == Reads::ReaderTooNew,
    );
    happens(&mut scene, sketch)?;
    Some(scene)
}

fn over(sketch: &Sketch) -> &'static str {
    match sketch.subscription {
        Subscription::Same => "subscription",
        Subscription::Other | Subscription::OtherTenant => "elsewhere",
    }
}

/// Who acts, and whom the roles are given to.
fn identity(scene: &mut Scene, identity: Identity) -> &'static str {
    if !matches!(identity, Identity::System | Identity::SystemSwitchedOff) {
        scene.set("world.vault.identity", "both");
    }
    if matches!(identity, Identity::UserNamed | Identity::UserDetached) {
        scene.asks.insert("identity".to_owned(), "user".into());
    }
    match identity {
        Identity::System | Identity::SystemSwitchedOff => "vault",
        Identity::UserNamed | Identity::UserNotNamed | Identity::UserDetached => "vault_user",
    }
}

/// A role of the world's, or none. One that is too new to be seen is given at the end.
fn give(scene: &mut Scene, name: &str, role: Option<&str>, to: &str, on: &str, is_new: bool) {
    let path = |word: &str| format!("world.grants.{name}.{word}");
    let Some(role) = role else {
        scene.set(&path("absent"), true);
        return;
    };
    for (word, said) in [("role", role), ("to", to), ("on", on)] {
        scene.set(&path(word), said);
    }
    if is_new {
        scene.set(&path("absent"), true);
        scene.set("world.role_propagation", "10m");
        let mut step = toml! {
            do = "grant"
            title = "a role is given that is not seen yet"
        };
        step.insert("grant".to_owned(), name.into());
        scene.before.push(done(step));
    }
}

/// What comes to pass before it is asked.
fn happens(scene: &mut Scene, sketch: &Sketch) -> Option<()> {
    match sketch.holder {
        Holder::Nobody => {}
        Holder::ThisVault
            if *sketch
                == (Sketch {
                    holder: sketch.holder,
                    ..Sketch::in_order()
                }) =>
        {
            scene.before.push(toml! { do = "protect" });
        }
        // What protects has to be in order when it begins to.
        Holder::ThisVault | Holder::SoftDeletedElsewhere | Holder::OtherVault | Holder::SoftDeleted => {
            return None;
        }
    }
    match sketch.server {
        Server::Ready => {}
        Server::Stopped => scene.before.push(server("stop")),
        Server::Gone => scene.before.push(server("delete")),
        Server::Replica => return None,
    }
    match sketch.identity {
        Identity::System | Identity::UserNamed | Identity::UserNotNamed => {}
        Identity::UserDetached => scene.loses_the_user_assigned_identity(),
        Identity::SystemSwitchedOff => scene.loses_the_system_assigned_identity(),
    }
    Some(())
}

fn server(action: &str) -> Table {
    let mut step = toml! { do = "server" };
    step.insert("action".to_owned(), Value::from(action));
    done(step)
}
