//! What is protected, in the words a vault takes for it: the two flavours differ here and nowhere else.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ended::refused;
use super::{Outcome, Play, RunError};
use crate::scenario::{Acting, Misstated, Part, ServerFlavour, World};

const FLEXIBLE: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
const SERVER_GROUP: &str = "Microsoft.DBforPostgreSQL/serverGroupsv2";
const DATABASE: &str = "Microsoft.DBforPostgreSQL/servers/databases";
const SERVER: &str = "Microsoft.DBforPostgreSQL/servers";

/// The database a restore to a database creates.
const RESTORED: &str = "restored";

/// Where a restore goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    /// To files in the container.
    #[default]
    Files,
    /// To a database of the server to restore to.
    Database,
}

/// What a restore is asked for with: the words of a step that asks for one, or asks about one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Where to: `files`, or, of a single server, `database`.
    #[serde(default)]
    pub(super) to: Goal,
    /// What the names of the files begin with.
    prefix: Option<String>,
    /// The database a restore to a database creates; `restored` if left out.
    database: Option<String>,
    /// Which of the vault's identities carries it out: `system`, `user`, or a user-assigned one by name; the vault's
    /// `protect_as` if left out.
    identity: Option<ActsAs>,
    /// Whether the request says so; `false` leaves `identityDetails` out.
    #[serde(default = "yes")]
    identity_details: bool,
}

fn yes() -> bool {
    true
}

/// Which of a vault's identities acts: `system`, `user`, or the name of a user-assigned one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub(super) struct ActsAs(String);

/// The words for the identities a vault has without names.
const SYSTEM: &str = "system";
const USER: &str = "user";

impl ActsAs {
    /// Checks that there is such an identity.
    pub(super) fn check(&self, world: &World) -> Result<(), Misstated> {
        if [SYSTEM, USER].contains(&self.0.as_str()) {
            return Ok(());
        }
        world
            .check_identity(&self.0)
            .map_err(|wrong| wrong.at("identity"))
    }
}

impl Wanted {
    /// What something has to be for it.
    pub(super) fn needs(&self) -> Vec<Part> {
        let target: &[Part] = match self.to {
            Goal::Files => &[Part::Storage, Part::Container],
            Goal::Database => &[Part::KeyVault],
        };
        [&[Part::Vault, Part::Server, Part::Instance], target].concat()
    }

    /// Checks that a world has what it names and goes to.
    pub(super) fn check(&self, world: &World) -> Result<(), Misstated> {
        if self.to == Goal::Database && world.target.is_none() {
            return Err(Misstated::new("a restore to a database needs [world.target]").at("to"));
        }
        self.identity
            .iter()
            .try_for_each(|identity| identity.check(world))
    }
}

impl Play<'_> {
    fn identity_details(&self, identity: Option<&ActsAs>, said: bool) -> Option<Value> {
        let usual = match self.world.vault.protect_as {
            Acting::System => SYSTEM,
            Acting::User => USER,
        };
        let id = match identity.map_or(usual, |identity| identity.0.as_str()) {
            SYSTEM => return None,
            USER => self.names.user_identity.as_str(),
            name => self.names.called(name)?,
        };
        said.then(|| json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": id}))
    }

    /// The properties a backup instance is written with.
    pub(super) fn instance(&self, identity: Option<&ActsAs>, said: bool) -> Value {
        let world = &self.world;
        let mut properties = match world.server.flavour {
            ServerFlavour::Single => self.single_server_instance(),
            ServerFlavour::Flexible => self.server_instance(FLEXIBLE),
            ServerFlavour::ServerGroup => self.server_instance(SERVER_GROUP),
        };
        if let Some(details) = self.identity_details(identity, said) {
            properties["identityDetails"] = details;
        }
        properties
    }

    fn server_location(&self) -> &str {
        self.world
            .server
            .location
            .as_ref()
            .unwrap_or(&self.world.location)
    }

    fn server_instance(&self, kind: &str) -> Value {
        let world = &self.world;
        json!({
            "objectType": "BackupInstance",
            "friendlyName": world.server.name,
            "dataSourceInfo": {
                "objectType": "Datasource",
                "datasourceType": kind,
                "resourceType": kind,
                "resourceID": self.names.server,
                "resourceUri": self.names.server,
                "resourceName": world.server.name,
                "resourceLocation": self.server_location(),
            },
            "policyInfo": {"policyId": self.names.policy},
        })
    }

    /// The properties of a backup instance of the single server's database.
    fn single_server_instance(&self) -> Value {
        let world = &self.world;
        let source = self.single_server_source(
            &self.names.server,
            &world.server.database,
            &world.key_vault.secret,
            self.server_location(),
        );
        json!({
            "objectType": "BackupInstance",
            "friendlyName": format!("{}/{}", world.server.name, world.server.database),
            "dataSourceInfo": source["info"],
            "dataSourceSetInfo": source["set"],
            "datasourceAuthCredentials": source["credentials"],
            "policyInfo": {"policyId": self.names.policy},
        })
    }

    /// `dataSourceInfo`, `dataSourceSetInfo` and `datasourceAuthCredentials` for a database.
    fn single_server_source(&self, server: &str, database: &str, secret: &str, location: &str) -> Value {
        let name = server.rsplit('/').next().unwrap_or_default();
        let key_vault = &self.world.key_vault;
        let version = match &self.pinned {
            Some(version) if *secret == key_vault.secret => format!("/{version}"),
            _ => String::new(),
        };
        let mut source = json!({
            "info": {
                "objectType": "Datasource",
                "datasourceType": DATABASE,
                "resourceType": DATABASE,
                "resourceID": format!("{server}/databases/{database}"),
                "resourceUri": "",
                "resourceName": database,
                "resourceLocation": location,
            },
            "set": {
                "objectType": "DatasourceSet",
                "datasourceType": DATABASE,
                "resourceType": SERVER,
                "resourceID": server,
                "resourceUri": "",
                "resourceName": name,
                "resourceLocation": location,
            },
            "credentials": {
                "objectType": "SecretStoreBasedAuthCredentials",
                "secretStoreResource": {
                    "secretStoreType": "AzureKeyVault",
                    "uri": format!("https://{}.vault.azure.net/secrets/{secret}{version}", key_vault.name),
                    "value": null,
                },
            },
        });
        if self.world.entra_credentials_until.is_some() {
            source["credentials"] = Value::Null;
        }
        source
    }

    /// The request of a restore of the newest recovery point; or, for whoever may not read which there are, how that
    /// was refused: there is nothing to restore by then.
    pub(super) async fn restore_request(
        &mut self,
        wanted: &Wanted,
    ) -> Result<Result<Value, Outcome>, RunError> {
        let path = format!("{}/recoveryPoints", self.names.instance);
        let listed = self.client.send(Method::GET, &path, None).await?;
        if !listed.status.is_success() {
            return Ok(Err(Outcome::of(&refused(&listed))));
        }
        let points = listed.json_body();
        let newest = points["value"][0]["name"].as_str().unwrap_or_default().to_owned();
        let target = match wanted.to {
            Goal::Files => self.files_target(wanted.prefix.as_deref()),
            Goal::Database => self.database_target(wanted.database.as_deref().unwrap_or(RESTORED))?,
        };
        let mut request = json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": newest,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": target,
        });
        if let Some(details) = self.identity_details(wanted.identity.as_ref(), wanted.identity_details) {
            request["identityDetails"] = details;
        }
        Ok(Ok(request))
    }

    /// `restoreTargetInfo` of a restore as files.
    fn files_target(&mut self, prefix: Option<&str>) -> Value {
        let prefix = prefix.map_or_else(|| format!("drill{}", self.restores + 1), str::to_owned);
        self.last_prefix.clone_from(&prefix);
        self.last_database = None;
        json!({
            "objectType": "RestoreFilesTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": self.world.vault.location.as_ref().unwrap_or(&self.world.location),
            "targetDetails": {
                "filePrefix": prefix,
                "restoreTargetLocationType": "AzureBlobs",
                "url": self.names.container_url,
                "targetResourceArmId": self.names.container,
            },
        })
    }

    /// `restoreTargetInfo` of a restore to a database of the server to restore to.
    fn database_target(&mut self, database: &str) -> Result<Value, RunError> {
        let world = &self.world;
        let target = world
            .target
            .as_ref()
            .ok_or_else(|| RunError::Scenario("a restore to a database needs [world.target]".to_owned()))?;
        self.last_database = Some(database.to_owned());
        let location = target.location.as_ref().unwrap_or(&world.location);
        let source = self.single_server_source(&self.names.target, database, &target.secret, location);
        Ok(json!({
            "objectType": "RestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": location,
            "datasourceInfo": source["info"],
            "datasourceSetInfo": source["set"],
            "datasourceAuthCredentials": source["credentials"],
        }))
    }
}
