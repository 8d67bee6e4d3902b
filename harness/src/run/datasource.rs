//! What is protected, in the words a vault takes for it: the two flavours differ here and nowhere else.

use azdrill_emulator::model::{ResourceId, Response};
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
    /// The region the vault's is paired with, for a restore across regions: it is asked for and done there.
    in_region: Option<String>,
    /// How it is rehydrated first, for a restore from the archive: `rehydrate = {}` takes the usual priority and time.
    rehydrate: Option<Rehydrate>,
    /// Which of the vault's identities carries it out: `system`, `user`, or a user-assigned one by name; the vault's
    /// `protect_as` if left out.
    identity: Option<ActsAs>,
    /// Whether the request says so; `false` leaves `identityDetails` out.
    #[serde(default = "yes")]
    identity_details: bool,
}

/// How what is in the archive comes back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(default, deny_unknown_fields)]
struct Rehydrate {
    /// Its priority, in Azure's word.
    priority: String,
    /// How long the copy stays, as a duration of ISO 8601.
    keep: String,
}

impl Default for Rehydrate {
    /// What the portal takes.
    fn default() -> Self {
        Self {
            priority: "Standard".to_owned(),
            keep: "P15D".to_owned(),
        }
    }
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

    /// The recovery points of the instance: those in its vault's region, or those in the other one.
    pub(super) async fn recovery_points(&mut self, in_region: Option<&str>) -> Result<Response, RunError> {
        match in_region {
            Some(region) => {
                let path = self.there(region, "fetchSecondaryRecoveryPoints");
                self.client
                    .send(Method::POST, &path, Some(&self.source_there()))
                    .await
            }
            None => {
                let path = format!("{}/recoveryPoints", self.names.instance);
                self.client.send(Method::GET, &path, None).await
            }
        }
    }

    /// How long the policy's retention rule of that name keeps, as a duration of ISO 8601: as the policy stands, without
    /// a call that would be seen in the log.
    pub(super) fn kept_for(&self, tag: &str) -> Option<String> {
        let policy = self.names.policy.parse::<ResourceId>().ok()?;
        self.client.look(|core| {
            let rules = core
                .state()
                .resource(&policy)?
                .at("/properties/policyRules")
                .as_array()?;
            let rule = rules.iter().find(|rule| {
                let name = rule["name"].as_str().unwrap_or_default();
                rule["objectType"] == "AzureRetentionRule" && name.eq_ignore_ascii_case(tag)
            })?;
            let keeps = rule["lifecycles"][0]["deleteAfter"]["duration"].as_str();
            keeps.map(str::to_owned)
        })
    }

    /// Where something is asked about the vault in another region.
    fn there(&self, region: &str, action: &str) -> String {
        let group = &self.names.vault_group;
        format!("{group}/providers/Microsoft.DataProtection/locations/{region}/{action}")
    }

    /// What a restore across regions begins with.
    fn source_there(&self) -> Value {
        let world = &self.world;
        let region = world.vault.location.as_ref().unwrap_or(&world.location);
        json!({"sourceRegion": region, "sourceBackupInstanceId": self.names.instance})
    }

    /// What is asked about a job in another region.
    pub(super) fn job_there(&self, id: &str) -> Value {
        let region = self.source_there()["sourceRegion"].clone();
        json!({"sourceRegion": region, "sourceBackupVaultId": self.names.vault, "jobId": id})
    }

    /// Where a restore is asked for, and with what: `restore` or `validateRestore`, or what they are called across
    /// regions.
    pub(super) async fn asked(
        &mut self,
        wanted: &Wanted,
        here: &str,
        across: &str,
    ) -> Result<Result<(String, Value), Outcome>, RunError> {
        let request = match self.restore_request(wanted).await? {
            Ok(request) => request,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(Ok(match &wanted.in_region {
            Some(region) => (
                self.there(region, across),
                json!({"restoreRequestObject": request, "crossRegionRestoreDetails": self.source_there()}),
            ),
            None => (format!("{}/{here}", self.names.instance), request),
        }))
    }

    /// The name of the newest recovery point in a region, if there is one; or how reading them was refused.
    async fn newest(&mut self, in_region: Option<&str>) -> Result<Result<Option<String>, Outcome>, RunError> {
        let listed = self.recovery_points(in_region).await?;
        if !listed.status.is_success() {
            return Ok(Err(Outcome::of(&refused(&listed))));
        }
        let points = listed.json_body();
        Ok(Ok(points["value"][0]["name"].as_str().map(str::to_owned)))
    }

    /// The request of a restore of the newest recovery point, across regions of one that is there, if one is; or, for
    /// whoever may not read which there are here, how that was refused: there is nothing to restore by then.
    async fn restore_request(&mut self, wanted: &Wanted) -> Result<Result<Value, Outcome>, RunError> {
        let in_region = wanted.in_region.as_deref();
        let there = match in_region {
            Some(_) => self.newest(in_region).await?.ok().flatten(),
            None => None,
        };
        let newest = match there {
            Some(newest) => newest,
            None => match self.newest(None).await? {
                Ok(newest) => newest.unwrap_or_default(),
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let mut target = match wanted.to {
            Goal::Files => self.files_target(wanted.prefix.as_deref()),
            Goal::Database => self.database_target(wanted.database.as_deref().unwrap_or(RESTORED))?,
        };
        if let Some(region) = in_region {
            target["restoreLocation"] = json!(region);
        }
        let mut request = json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": newest,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": target,
        });
        if let Some(rehydrate) = &wanted.rehydrate {
            request["objectType"] = json!("AzureBackupRestoreWithRehydrationRequest");
            request["sourceDataStoreType"] = json!("ArchiveStore");
            request["rehydrationPriority"] = json!(rehydrate.priority);
            request["rehydrationRetentionDuration"] = json!(rehydrate.keep);
        }
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
