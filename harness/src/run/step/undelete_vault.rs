//! A vault that was deleted comes back.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Take;
use crate::run::{Outcome, Play, RunError};
use crate::scenario::Part;

/// The version of the interface that knows deleted vaults.
const VERSION: &str = "2025-09-01";

/// Brings the vault back that was deleted last under its name: it is looked up among the deleted
/// vaults of its region, and written again with its id there in a header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UndeleteVault {}

impl Take for UndeleteVault {
    const NEEDS: &'static [Part] = &[Part::Vault];

    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError> {
        let location = play.world.vault.location.as_ref();
        let location = location.unwrap_or(&play.world.location).clone();
        let vault = play.names.vault.clone();
        let subscription = vault.split("/resourceGroups/").next().unwrap_or_default();
        let listed = format!(
            "{subscription}/providers/Microsoft.DataProtection/locations/{location}/deletedVaults?api-version={VERSION}"
        );
        let listed = play.client.operate(Method::GET, &listed, None).await?;
        let deleted = listed.value["value"].as_array().into_iter().flatten();
        let of_this_name = deleted.filter(|deleted| {
            let path = deleted["properties"]["originalBackupVaultResourcePath"].as_str();
            path.is_some_and(|path| path.eq_ignore_ascii_case(&vault))
        });
        let when = |deleted: &&Value| {
            let time = &deleted["properties"]["resourceDeletionInfo"]["deletionTime"];
            time.as_str().unwrap_or_default().to_owned()
        };
        let Some(found) = of_this_name.max_by_key(when) else {
            let mut outcome = Outcome::of(&listed);
            if outcome.code.is_empty() {
                outcome.status = "Failed".to_owned();
                outcome.message = format!("no vault of this name is among the deleted ones of {location}");
            }
            return Ok(outcome);
        };
        let name = found["name"].as_str().unwrap_or_default().to_owned();
        let path = format!("{vault}?api-version={VERSION}");
        play.client.add_header(Some(("x-ms-deleted-vault-id", name)));
        let body = json!({"location": location});
        let ended = play.client.operate(Method::PUT, &path, Some(&body)).await;
        play.client.add_header(None);
        Ok(Outcome::of(&ended?))
    }
}
