//! The target container goes.

use http::Method;
use serde::Deserialize;

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// Deletes the target container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteContainer {}

impl Take for DeleteContainer {
    const DURING: bool = true;
    const NEEDS: &'static [Part] = &[Part::Storage, Part::Container];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let path = play.names.container.clone();
        let ended = play.client.operate(Method::DELETE, &path, None).await?;
        Ok(Outcome::of(&ended))
    }
}
