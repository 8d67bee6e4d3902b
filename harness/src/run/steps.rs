//! The steps, each by the calls a client would make.

use std::time::Instant;

use azdrill_emulator::journal::Given;
use azdrill_emulator::model::InvalidResourceId;
use http::Method;
use serde_json::{Value, json};

use super::client::Ended;
use super::{Outcome, Play, RunError, build, roles};
use crate::postgres::{quote_identifier, sql_error};
use crate::scenario::{GrantWorld, ServerFlavour, Site, Step};

const FLEXIBLE: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
const SERVER_GROUP: &str = "Microsoft.DBforPostgreSQL/serverGroupsv2";

impl Play<'_> {
    fn identity_details(&self, identity: Option<&str>, named: bool) -> Option<Value> {
        let identity = identity.unwrap_or(&self.scenario.world.vault.protect_as);
        (identity == "user" && named).then(|| {
            json!({"useSystemAssignedIdentity": false, "userAssignedIdentityArmUrl": self.names.user_identity})
        })
    }

    /// The properties a backup instance is written with.
    fn instance(&self, step: &Step) -> Value {
        let world = &self.scenario.world;
        let mut properties = match world.server.flavour {
            ServerFlavour::Single => self.single_server_instance(),
            ServerFlavour::Flexible => self.server_instance(FLEXIBLE),
            ServerFlavour::ServerGroup => self.server_instance(SERVER_GROUP),
        };
        if let Some(details) = self.identity_details(step.identity.as_deref(), step.identity_details) {
            properties["identityDetails"] = details;
        }
        properties
    }

    fn server_instance(&self, kind: &str) -> Value {
        let world = &self.scenario.world;
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
                "resourceLocation": world.location,
            },
            "policyInfo": {"policyId": self.names.policy},
        })
    }

    pub(super) async fn validate_backup(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let path = format!("{}/validateForBackup", self.names.vault);
        let body = json!({"backupInstance": self.instance(step)});
        let ended = self.client.operate(Method::POST, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn protect(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let body = json!({"properties": self.instance(step)});
        let path = self.names.instance.clone();
        let ended = self.client.operate(Method::PUT, &path, Some(&body)).await?;
        if ended.status != "Succeeded" {
            return Ok(Outcome::of(&ended));
        }
        let pending = ["ConfiguringProtection", "UpdatingProtection"];
        let instance = self
            .client
            .read_until(&path, |body| {
                body["properties"]["currentProtectionState"]
                    .as_str()
                    .is_some_and(|state| !pending.contains(&state))
            })
            .await?;
        let properties = &instance["properties"];
        let mut outcome = Outcome::of_error(&properties["protectionErrorDetails"]);
        outcome.status = properties["currentProtectionState"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.add_reason(&mut outcome);
        Ok(outcome)
    }

    pub(super) async fn backup(&mut self, step: &Step) -> Result<Outcome, RunError> {
        if let (Some(postgres), Some(spec)) = (&self.postgres, &self.source)
            && let Ok(client) = postgres
                .connect(&spec.key, &self.scenario.world.server.database)
                .await
        {
            self.backed_up = Some(crate::postgres::content::snapshot(&client).await?);
        }
        let path = format!("{}/backup", self.names.instance);
        let body = json!({"backupRuleOptions": {"ruleName": "BackupWeekly", "triggerOption": {}}});
        let began = Instant::now();
        let ended = match step.rotate {
            None => self.client.operate(Method::POST, &path, Some(&body)).await?,
            Some(_) => self.rotate_while_dumping(&path, &body).await?,
        };
        let mut outcome = self.follow_job(ended).await?;
        outcome.job_time = Some(began.elapsed());
        Ok(outcome)
    }

    /// The job an operation has begun, to its end.
    async fn follow_job(&mut self, ended: Ended) -> Result<Outcome, RunError> {
        let Some(id) = ended.value["jobId"].as_str().map(str::to_owned) else {
            return Ok(Outcome::of(&ended));
        };
        let job = self
            .client
            .read_until(&id, |body| {
                body["properties"]["status"].as_str() != Some("InProgress")
            })
            .await?;
        let properties = &job["properties"];
        let mut outcome = Outcome::of_error(&properties["errorDetails"][0]);
        outcome.status = properties["status"].as_str().unwrap_or_default().to_owned();
        self.add_reason(&mut outcome);
        Ok(outcome)
    }

    /// Jobs and protection states carry no headers of ours: the gate, the reason and the rules are
    /// in the log.
    fn add_reason(&self, outcome: &mut Outcome) {
        if outcome.code.is_empty() {
            return;
        }
        let found = self.client.look(|core| {
            let notes = core.log().notes();
            notes.iter().rev().find_map(|note| note.refused.clone())
        });
        if let Some(refused) = found.filter(|refused| refused.code == outcome.code) {
            outcome.gate = refused.gate.as_str().to_owned();
            outcome.reason = refused.reason;
            outcome.rules = refused.rules.iter().map(ToString::to_string).collect();
            outcome.mark = refused.mark.as_str().to_owned();
        }
    }

    async fn restore_request(&mut self, step: &Step) -> Result<Value, RunError> {
        let path = format!("{}/recoveryPoints", self.names.instance);
        let points = self.client.send(Method::GET, &path, None).await?.json_body();
        let newest = points["value"][0]["name"].as_str().unwrap_or_default().to_owned();
        let prefix = match &step.prefix {
            Some(prefix) => prefix.clone(),
            None => format!("drill{}", self.restores + 1),
        };
        let target = match step.to.as_deref() {
            None | Some("files") => {
                self.last_prefix = prefix.clone();
                self.last_database = None;
                json!({
                    "objectType": "RestoreFilesTargetInfo",
                    "recoveryOption": "FailIfExists",
                    "restoreLocation": self.scenario.world.location,
                    "targetDetails": {
                        "filePrefix": prefix,
                        "restoreTargetLocationType": "AzureBlobs",
                        "url": self.names.container_url,
                        "targetResourceArmId": self.names.container,
                    },
                })
            }
            Some("database") => {
                self.last_database = Some(step.database.clone().unwrap_or_else(|| "restored".to_owned()));
                self.database_target(step)?
            }
            Some(other) => {
                return Err(RunError::Scenario(format!(
                    "to = \"{other}\": expected files or database"
                )));
            }
        };
        let mut request = json!({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": newest,
            "sourceDataStoreType": "VaultStore",
            "restoreTargetInfo": target,
        });
        if let Some(details) = self.identity_details(step.identity.as_deref(), step.identity_details) {
            request["identityDetails"] = details;
        }
        Ok(request)
    }

    pub(super) async fn validate_restore(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let body = json!({"restoreRequestObject": self.restore_request(step).await?});
        let path = format!("{}/validateRestore", self.names.instance);
        let ended = self.client.operate(Method::POST, &path, Some(&body)).await?;
        let mut outcome = Outcome::of(&ended);
        self.add_reason(&mut outcome);
        Ok(outcome)
    }

    pub(super) async fn restore(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let body = self.restore_request(step).await?;
        self.restores += 1;
        let before = self.blob_names();
        let path = format!("{}/restore", self.names.instance);
        let began = Instant::now();
        let ended = match &step.midway {
            None => self.client.operate(Method::POST, &path, Some(&body)).await?,
            Some(properties) => self.restore_with_change(&path, &body, properties).await?,
        };
        let mut outcome = self.follow_job(ended).await?;
        outcome.job_time = Some(began.elapsed());
        outcome.blobs = self.blob_names();
        self.restored = outcome.blobs.clone();
        self.restored.retain(|blob| !before.contains(blob));
        outcome.files = Some(self.restored.len() as u64);
        Ok(outcome)
    }

    /// Restores, and changes the account after the first block has been written.
    async fn restore_with_change(
        &mut self,
        path: &str,
        body: &Value,
        properties: &toml::Table,
    ) -> Result<Ended, RunError> {
        let mut pause = self.client.driver().pause_copy_after_block(1);
        let properties = serde_json::to_value(properties).unwrap_or_default();
        let change = Given::Properties {
            id: self
                .names
                .account
                .parse()
                .map_err(|error: InvalidResourceId| RunError::Scenario(error.to_string()))?,
            properties: properties.as_object().cloned().unwrap_or_default(),
        };
        let door = self.client.door().clone();
        let change = async {
            if pause.reached().await {
                // Made behind the scenes: the driver is busy with the copy, and a call of the
                // operator's would wait for it.
                let now = door.clock().now();
                // Who has no account has nothing to change, and is told by the restore.
                let _ = door.with_core(|core| core.give(now, &change));
                pause.resume();
            }
        };
        let mut change = std::pin::pin!(change);
        let mut operate = std::pin::pin!(self.client.operate(Method::POST, path, Some(body)));
        // A restore that is refused copies nothing, and there is nothing to wait for.
        tokio::select! {
            ended = &mut operate => return ended,
            () = &mut change => {}
        }
        operate.await
    }

    fn wanted_grant(&self, step: &Step) -> Result<GrantWorld, RunError> {
        let named = step
            .grant
            .as_ref()
            .and_then(|name| self.scenario.world.grants.get(name));
        step.give
            .as_ref()
            .or(named)
            .cloned()
            .ok_or_else(|| RunError::Scenario("a grant step needs `grant` or `give`".to_owned()))
    }

    pub(super) async fn grant(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let grant = self.wanted_grant(step)?;
        let ended = roles::give(&mut self.client, &self.names, &grant).await?;
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn revoke(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let grant = self.wanted_grant(step)?;
        let ended = roles::take(&mut self.client, &self.names, &grant).await?;
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn set(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let path = self.names.site(step.on.unwrap_or(Site::Storage)).to_owned();
        let mut properties = serde_json::to_value(&step.properties).unwrap_or_default();
        if let Some(rules) = properties
            .pointer_mut("/networkAcls/resourceAccessRules")
            .and_then(Value::as_array_mut)
        {
            for rule in rules {
                if let Some(short) = rule.as_str() {
                    *rule = build::resource_rule(&self.client, &self.names, short)?;
                }
            }
        }
        let body = json!({"properties": properties});
        let ended = self.client.operate(Method::PATCH, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn recycle_identity(&mut self) -> Result<Outcome, RunError> {
        let path = self.names.vault.clone();
        let mut body = build::vault_body(&self.names, &self.scenario.world);
        let own = body["identity"].clone();
        body["identity"] = json!({"type": "None"});
        self.client.operate(Method::PUT, &path, Some(&body)).await?;
        body["identity"] = own;
        let ended = self.client.operate(Method::PUT, &path, Some(&body)).await?;
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn advance(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let by = step
            .by
            .ok_or_else(|| RunError::Scenario("an advance step needs `by`".to_owned()))?;
        self.client.advance(by).await?;
        Ok(Outcome::done())
    }

    pub(super) async fn server(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let server = self.names.server.clone();
        let ended = match step.action.as_deref() {
            Some("delete") => self.client.operate(Method::DELETE, &server, None).await?,
            Some(action @ ("stop" | "start" | "restart")) => {
                self.client
                    .operate(Method::POST, &format!("{server}/{action}"), None)
                    .await?
            }
            other => {
                let text = format!("action = {other:?}: expected stop, start, restart or delete");
                return Err(RunError::Scenario(text));
            }
        };
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn delete_container(&mut self) -> Result<Outcome, RunError> {
        let path = self.names.container.clone();
        let ended = self.client.operate(Method::DELETE, &path, None).await?;
        Ok(Outcome::of(&ended))
    }

    pub(super) async fn sql(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let Some(sql) = &step.sql else {
            return Err(RunError::Scenario("an sql step needs `sql`".to_owned()));
        };
        self.sql_as(sql, step.role.as_deref()).await
    }

    /// Runs SQL in the server's database, as its own superuser or as a role.
    pub(super) async fn sql_as(&self, sql: &str, role: Option<&str>) -> Result<Outcome, RunError> {
        let (Some(postgres), Some(spec)) = (&self.postgres, &self.source) else {
            return Err(RunError::NeedsRows);
        };
        let client = postgres
            .connect(&spec.key, &self.scenario.world.server.database)
            .await?;
        let sql = match role {
            Some(role) => format!("SET SESSION AUTHORIZATION {};{sql}", quote_identifier(role)),
            None => sql.to_owned(),
        };
        let mut outcome = Outcome::done();
        if let Err(error) = client.batch_execute(&sql).await {
            outcome.status = "Failed".to_owned();
            outcome.message = sql_error("SQL", &error).to_string();
        }
        Ok(outcome)
    }

    pub(super) async fn recovery_points(&mut self) -> Result<Outcome, RunError> {
        let path = format!("{}/recoveryPoints", self.names.instance);
        let response = self.client.send(Method::GET, &path, None).await?;
        let mut outcome = Outcome::done();
        outcome.status = response.status.as_u16().to_string();
        let listed = response.json_body();
        let points = listed["value"].as_array().map_or(&[][..], Vec::as_slice);
        outcome.count = Some(points.len() as u64);
        outcome.message = points.iter().map(kept).collect::<Vec<_>>().join(", ");
        Ok(outcome)
    }

    pub(super) fn blobs(&self) -> Outcome {
        let mut outcome = Outcome::done();
        outcome.blobs = self.blob_names();
        outcome.count = Some(outcome.blobs.len() as u64);
        outcome
    }

    /// What is in the target container, seen from behind the scenes: a look, not a client's call.
    pub(super) fn blob_names(&self) -> Vec<String> {
        let storage = &self.scenario.world.storage;
        self.client.look(|core| {
            core.services()
                .storage
                .blob_names(&storage.name, &storage.container)
        })
    }
}

/// The day of a recovery point, its tag, and until when it is kept, as far as it says so.
fn kept(point: &Value) -> String {
    let properties = &point["properties"];
    let day = |name: &str| properties[name].as_str().and_then(|time| time.get(..10));
    let mut text = day("recoveryPointTime").unwrap_or_default().to_owned();
    text += " ";
    text += properties["retentionTagName"].as_str().unwrap_or_default();
    if let Some(until) = day("expiryTime") {
        text += " until ";
        text += until;
    }
    text
}
