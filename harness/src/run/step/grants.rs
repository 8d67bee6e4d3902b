//! The database user gets its rights.

use serde::Deserialize;

use super::Take;
use crate::run::names::ADMIN;
use crate::run::users::{backup_grants, large_object_grants};
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Grants what `azdrill grants` prints, and the right to read large objects.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// For what this role will create as well; the server's administrator if left out.
    role: Option<String>,
}

impl Take for Grants {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::Server];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let user = play.world.user.name.clone();
        let mut sql = backup_grants(&user, self.role.as_deref().unwrap_or(ADMIN))?;
        sql += &large_object_grants(&user);
        play.sql_as(&sql, None).await
    }
}
