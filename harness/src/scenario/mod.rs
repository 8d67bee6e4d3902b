//! Scenario files: what they may say, and finding and reading them.

mod alike;
mod check;
mod error;
mod expect;
mod file;
mod grant;
mod library;
mod misstated;
mod named;
mod password;
mod placeholder;
mod resource;
#[cfg(test)]
mod schema;
mod single_server;
mod step;
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
pub use single_server::{
    KeyVaultWorld, PermissionModel, PersonaRole, PersonaWorld, TargetWorld, UserRights, UserWorld,
};
pub use step::{Step, StepKind};
pub use world::{
    Acting, ROTATED, ServerFlavour, ServerNetwork, ServerWorld, StorageWorld, TagWorld, TakenFor,
    VaultIdentity, VaultWorld, World,
};
