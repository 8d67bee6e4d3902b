//! Scenario files: what they may say, and finding and reading them.

mod address;
mod alike;
mod called;
mod check;
mod error;
mod expect;
mod file;
mod folder;
mod grant;
mod library;
mod limits;
mod misstated;
mod named;
mod naming;
mod part;
mod password;
mod placeholder;
mod references;
mod resource;
#[cfg(test)]
mod schema;
mod server;
mod single_server;
mod step;
mod storage;
mod tenant;
mod time;
mod vault;
mod world;
#[cfg(test)]
mod wrong_files;

pub(crate) use alike::{nearest, shown};
pub(crate) use error::read_toml;
pub use error::{ScenarioError, SyntaxError};
pub use expect::{Expect, ProfiledExpect};
pub use file::Scenario;
pub(crate) use folder::is_inside;
pub use grant::{GrantWorld, Grantee, Site};
pub use library::Library;
pub(crate) use limits::Bucket;
pub use limits::Limits;
pub use misstated::Misstated;
pub(crate) use misstated::read_checked;
pub(crate) use named::none_called;
pub use part::About;
pub(crate) use part::Part;
pub use password::Password;
pub(crate) use placeholder::{parts_of, placeholders};
pub(crate) use references::check_region;
pub use server::{ServerFlavour, ServerNetwork, ServerWorld, TakenFor};
pub use single_server::{
    KeyVaultWorld, PermissionModel, PersonaRole, PersonaWorld, TargetWorld, UserRights, UserWorld,
};
pub use step::{Step, StepKind};
pub use storage::StorageWorld;
pub use tenant::{SubscriptionWorld, TenantWorld};
pub(crate) use time::{FURTHEST, duration};
pub use vault::{Acting, ArchiveWorld, TagWorld, VaultIdentity, VaultWorld};
pub use world::{ROTATED, World};
