//! Scenario files: what they may say, and finding and reading them.

mod alike;
mod called;
mod check;
mod error;
mod expect;
mod file;
mod folder;
mod grant;
mod library;
mod misstated;
mod named;
mod password;
mod placeholder;
mod resource;
#[cfg(test)]
mod schema;
mod server;
mod single_server;
mod step;
mod storage;
mod time;
mod vault;
mod world;
#[cfg(test)]
mod wrong_files;

pub(crate) use alike::{nearest, shown};
pub(crate) use check::{is_inside, region as check_region};
pub(crate) use error::read_toml;
pub use error::{ScenarioError, SyntaxError};
pub use expect::{Expect, ProfiledExpect};
pub use file::Scenario;
pub use grant::{GrantWorld, Grantee, Site};
pub use library::Library;
pub use misstated::Misstated;
pub(crate) use misstated::read_checked;
pub use named::About;
pub(crate) use named::{Part, none_called};
pub use password::Password;
pub(crate) use placeholder::{parts_of, placeholders};
pub use resource::{SubscriptionWorld, TenantWorld};
pub use server::{ServerFlavour, ServerNetwork, ServerWorld, TakenFor};
pub use single_server::{
    KeyVaultWorld, PermissionModel, PersonaRole, PersonaWorld, TargetWorld, UserRights, UserWorld,
};
pub use step::{Step, StepKind};
pub use storage::StorageWorld;
pub(crate) use time::duration;
pub use vault::{Acting, TagWorld, VaultIdentity, VaultWorld};
pub use world::{ROTATED, World};
