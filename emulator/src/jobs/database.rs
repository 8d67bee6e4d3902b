//! Database servers as outside work names them.

use serde::{Deserialize, Serialize};

/// A database server to start.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerSpec {
    /// A name that is unique among running servers, fit for a folder or a container label.
    pub key: String,
    /// The major version, e.g. 17.
    pub major: u32,
    /// The administrator's login. Becomes a member of `azure_pg_admin`, with LOGIN, CREATEDB and
    /// CREATEROLE, but not a superuser, as on Azure.
    pub admin_login: String,
    /// The administrator's password. Never logged.
    pub admin_password: String,
    /// Of the extensions every server begins with, those this one has not.
    pub absent_extensions: Vec<String>,
    /// Whether its customers create only the extensions that its parameter `azure.extensions` lists.
    pub lists_extensions: bool,
}

impl std::fmt::Debug for ServerSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSpec")
            .field("key", &self.key)
            .field("major", &self.major)
            .field("admin_login", &self.admin_login)
            .finish_non_exhaustive()
    }
}

/// Which part of a server to dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DumpKind {
    /// `pg_dump -Fc` of one database.
    Database(String),
    /// `pg_dumpall --roles-only`.
    Roles,
    /// `pg_dumpall --tablespaces-only`.
    Tablespaces,
    /// `pg_dumpall --schema-only`.
    Schema,
}

/// A parameter as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealParameter {
    /// Its name.
    pub name: String,
    /// `bool`, `enum`, `integer`, `real` or `string`.
    pub kind: String,
    /// Its unit, if it has one.
    pub unit: String,
    /// Its value unless anything sets it.
    pub default: String,
    /// The least a number may be.
    pub least: String,
    /// The most.
    pub most: String,
    /// The words there are, of an `enum`.
    pub words: Vec<String>,
    /// Who may set it, and when it takes effect: `user`, `sighup`, `postmaster`, …
    pub context: String,
    /// What it is for.
    pub description: String,
}
