//! What Azure's published types say of request bodies: kinds, words, ranges, what is required and
//! what is only answered, and from which version on.
//!
//! The types stand in `emulator/rules/bodies/`, one file a provider; `limits.toml` beside them has
//! what a service is known to refuse although its published type would take it.

mod format;
mod limit;
mod read;
mod refusal;
mod types;

pub use format::Format;
pub(crate) use format::interval_seconds;
pub use refusal::{BodyRefusal, BodyShape};
pub use types::{BodyType, BodyTypes, JsonType, Member, Required, Same, ServiceLimit, Variant, Words};

use super::file::RulesError;
use super::source::SourceCheck;

/// The files of types, by name.
const FILES: [(&str, &str); 10] = [
    (
        "bodies/Microsoft.Authorization.txt",
        include_str!("../../../rules/bodies/Microsoft.Authorization.txt"),
    ),
    (
        "bodies/Microsoft.DBforPostgreSQL.txt",
        include_str!("../../../rules/bodies/Microsoft.DBforPostgreSQL.txt"),
    ),
    (
        "bodies/Microsoft.DataProtection.txt",
        include_str!("../../../rules/bodies/Microsoft.DataProtection.txt"),
    ),
    (
        "bodies/Microsoft.KeyVault.txt",
        include_str!("../../../rules/bodies/Microsoft.KeyVault.txt"),
    ),
    (
        "bodies/Microsoft.ManagedIdentity.txt",
        include_str!("../../../rules/bodies/Microsoft.ManagedIdentity.txt"),
    ),
    (
        "bodies/Microsoft.Network.txt",
        include_str!("../../../rules/bodies/Microsoft.Network.txt"),
    ),
    (
        "bodies/Microsoft.Resources.txt",
        include_str!("../../../rules/bodies/Microsoft.Resources.txt"),
    ),
    (
        "bodies/Microsoft.Storage.txt",
        include_str!("../../../rules/bodies/Microsoft.Storage.txt"),
    ),
    ("bodies/kept.txt", include_str!("../../../rules/bodies/kept.txt")),
    (
        "bodies/unlisted.txt",
        include_str!("../../../rules/bodies/unlisted.txt"),
    ),
];

/// Reads the types, applies the limits, and checks that whatever is named is there.
pub(super) fn load(known: &SourceCheck<'_>) -> Result<BodyTypes, RulesError> {
    let mut types = BodyTypes::default();
    for (file, text) in FILES {
        read::read(file, text, &mut types)?;
    }
    limit::apply(
        include_str!("../../../rules/bodies/limits.toml"),
        &mut types,
        known,
    )?;
    types.refusals = refusal::load(include_str!("../../../rules/bodies/refusals.toml"), known)?;
    types.check()?;
    Ok(types)
}
