//! A cell in the words of a scenario's file.

use toml::{Table, Value};

/// A cell in the words of a scenario's file: the world, what is done in it, and the step that asks.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The file it extends.
    pub extends: &'static str,
    /// What is different in the world it begins with, and beside it: tables of the file's top level.
    pub tables: Table,
    /// What is done first.
    pub before: Vec<Table>,
    /// The step that asks.
    pub asks: Table,
}

impl Scene {
    /// A scene in which nothing is different yet.
    pub(super) fn new(extends: &'static str, asks: Table) -> Self {
        Self {
            extends,
            tables: Table::new(),
            before: Vec::new(),
            asks,
        }
    }

    /// Something is different: `path` is the tables down to it, `world.storage.bypass`.
    pub(super) fn set(&mut self, path: &str, value: impl Into<Value>) {
        let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
        let mut table = &mut self.tables;
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            let inner = table.entry(parent).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { return };
            table = inner;
        }
        table.insert(name.to_owned(), value.into());
    }
}

/// What is done first, which must succeed.
pub(super) fn done(mut step: Table) -> Table {
    step.insert("expect".to_owned(), toml::toml! { status = "Succeeded" }.into());
    step
}

impl Scene {
    /// The vault has a user-assigned identity, and loses it once everything else is there.
    pub(super) fn loses_the_user_assigned_identity(&mut self) {
        self.before.push(done(toml::toml! {
            do = "request"
            title = "the vault loses its user-assigned identity"
            request = "PATCH {vault}"
            body = { identity = { type = "SystemAssigned" } }
        }));
    }

    /// The vault has a user-assigned identity besides, and nothing else once everything is there.
    pub(super) fn loses_the_system_assigned_identity(&mut self) {
        self.set("resource.left.kind", "identity");
        self.set("world.vault.identities", vec!["left"]);
        self.before.push(done(toml::toml! {
            do = "request"
            title = "the vault loses its system-assigned identity"
            request = "PATCH {vault}"
            body = { identity = { type = "UserAssigned", userAssignedIdentities = { "{left}" = {} } } }
        }));
    }
}
