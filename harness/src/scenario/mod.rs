//! Scenario files: what they may say, and finding and reading them.

mod error;
mod expect;
mod file;
mod library;
mod world;

pub use error::{ScenarioError, SyntaxError};
pub use expect::{Expect, ProfiledExpect};
pub use file::{Scenario, Step, StepKind};
pub use library::Library;
pub use world::{
    GrantWorld, Grantee, ServerFlavour, ServerNetwork, ServerWorld, Site, StorageWorld, VaultIdentity,
    VaultWorld, World,
};
