//! The steps only a world with a single server has.

use azdrill_emulator::fault::{ConnectionFault, DatabaseFault};
use azdrill_emulator::rules::OriginKind;
use http::Method;
use serde_json::{Value, json};

use super::build::ADMIN;
use super::build_single::{self, connection_string, secret_call, set_secret};
use super::client::{refused, succeeded};
use super::{Outcome, Play, RunError, roles};
use crate::postgres::grants::{BackupGrants, restore_grants};
use crate::postgres::{password_verifier, quote_identifier, quote_literal, sql_error};
use crate::scenario::{
    GrantWorld, Grantee, KeyVaultWorld, Password, PermissionModel, ROTATED, Site, Step, UserRights, UserWorld,
};

const DATABASE: &str = "Microsoft.DBforPostgreSQL/servers/databases";
const SERVER: &str = "Microsoft.DBforPostgreSQL/servers";
/// How often a dump's session is looked for before it counts as not coming.
const DUMP_LOOKS_MAX: u32 = 4_000;

fn named(error: crate::postgres::grants::BadName) -> RunError {
    RunError::Scenario(format!("a database user: {error}"))
}

/// What `azdrill grants` prints for a user, for what this role makes too.
fn backup_grants(user: &str, for_role: &str) -> Result<String, RunError> {
    let grants = BackupGrants {
        user: user.to_owned(),
        database: None,
        for_roles: vec![for_role.to_owned()],
    };
    grants.sql().map_err(named)
}

/// The right to read the large objects there are, which the published text leaves out.
fn large_object_grants(user: &str) -> String {
    let user = quote_literal(user);
    format!(
        "DO $large$
DECLARE
    number oid;
BEGIN
    FOR number IN SELECT oid FROM pg_catalog.pg_largeobject_metadata LOOP
        EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO %I', number, {user});
    END LOOP;
END
$large$;
"
    )
}

/// What a password is rotated to: not to be guessed, and awkward to quote.
fn rotated(what: &str) -> Password {
    let fresh = Password::default();
    Password::try_from(format!("{ROTATED}{what} {}", fresh.as_str())).unwrap_or(fresh)
}

impl Play<'_> {
    /// `dataSourceInfo`, `dataSourceSetInfo` and `datasourceAuthCredentials` for a database.
    fn single_server_source(&self, server: &str, database: &str, secret: &str, location: &str) -> Value {
        let name = server.rsplit('/').next().unwrap_or_default();
        let key_vault = &self.scenario.world.key_vault;
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
        if self.scenario.world.entra_credentials_until.is_some() {
            source["credentials"] = Value::Null;
        }
        source
    }

    /// The properties of a backup instance of the single server's database.
    pub(super) fn single_server_instance(&self) -> Value {
        let world = &self.scenario.world;
        let source = self.single_server_source(
            &self.names.server,
            &world.server.database,
            &world.key_vault.secret,
            &world.location,
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

    /// `restoreTargetInfo` of a restore to a database of the target server.
    pub(super) fn database_target(&self, step: &Step) -> Result<Value, RunError> {
        let world = &self.scenario.world;
        let target = world
            .target
            .as_ref()
            .ok_or_else(|| RunError::Scenario("a restore to a database needs [world.target]".to_owned()))?;
        let database = step.database.as_deref().unwrap_or("restored");
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

    /// Makes the database users of the world, and remembers the version a pinned secret has.
    pub(super) async fn prepare_single_server(&mut self) -> Result<(), RunError> {
        let world = self.scenario.world.clone();
        if world.key_vault.pinned {
            let name = &world.key_vault.secret;
            let path = format!("/secrets/{name}");
            let answer = secret_call(
                &mut self.client,
                &world.key_vault,
                Method::GET,
                &path,
                &Value::Null,
            )
            .await?;
            let id = answer.json_body()["id"].as_str().unwrap_or_default().to_owned();
            self.pinned = id.rsplit('/').next().map(str::to_owned);
        }
        let Some(postgres) = self.postgres.clone() else {
            return Ok(());
        };
        let source = self.key_of(&self.names.server.clone());
        let target = world
            .target
            .as_ref()
            .map(|_| self.key_of(&self.names.target.clone()));
        if let Some(source) = source {
            self.make_user(&source, &world.server.database, &world.user)
                .await?;
            if world.server.entra_user {
                let user = self.entra_user()?;
                self.make_user(&source, &world.server.database, &user).await?;
            }
        }
        if let (Some(Some(key)), Some(target)) = (target, &world.target) {
            self.make_user(&key, "postgres", &target.user).await?;
            if target.entra_user {
                let user = UserWorld {
                    rights: UserRights::Restore,
                    ..self.entra_user()?
                };
                self.make_user(&key, "postgres", &user).await?;
            }
            self.target_key = Some(key);
        }
        drop(postgres);
        Ok(())
    }

    /// The vault's identity as a user of the database, as the older model has it: with its
    /// application id for a password.
    fn entra_user(&self) -> Result<UserWorld, RunError> {
        let missing =
            || RunError::Scenario("entra_user needs a vault with a system-assigned identity".to_owned());
        let vault = self.names.vault.parse().map_err(|_| missing())?;
        let application = self.client.look(|core| {
            let identity = core
                .state()
                .resource(&vault)?
                .at("/identity/principalId")
                .as_str()?
                .parse()
                .ok()?;
            core.state()
                .directory
                .get(azdrill_emulator::model::PrincipalId(identity))?
                .app_id
        });
        Ok(UserWorld {
            name: self.scenario.world.vault.name.clone(),
            password: Password::try_from(application.ok_or_else(missing)?.to_string())
                .map_err(|error| RunError::Scenario(error.to_owned()))?,
            rights: UserRights::Backup,
        })
    }

    /// The engine's key of a server.
    fn key_of(&self, server: &str) -> Option<String> {
        let id = server.parse().ok()?;
        self.client
            .look(|core| core.services().postgres.key(&id).map(str::to_owned))
    }

    /// What SQL a world's administrator would type to make a user.
    async fn make_user(&self, key: &str, database: &str, user: &UserWorld) -> Result<(), RunError> {
        let Some(postgres) = &self.postgres else {
            return Ok(());
        };
        let client = postgres.connect(key, database).await?;
        let name = quote_identifier(&user.name);
        let verifier = quote_literal(&password_verifier(user.password.as_str()));
        let mut sql = format!("CREATE ROLE {name} LOGIN PASSWORD {verifier};");
        match user.rights {
            UserRights::Backup => {
                sql += &backup_grants(&user.name, ADMIN)?;
                sql += &large_object_grants(&user.name);
            }
            UserRights::Documented => sql += &backup_grants(&user.name, ADMIN)?,
            UserRights::Restore => sql += &restore_grants(&user.name).map_err(named)?,
            UserRights::CreateDatabase => sql += &format!("ALTER ROLE {name} CREATEDB;"),
            UserRights::Administrator => sql += &format!("GRANT azure_pg_admin TO {name};"),
            UserRights::None => {}
        }
        self.run_sql(&client, &sql).await
    }

    async fn run_sql(&self, client: &tokio_postgres::Client, sql: &str) -> Result<(), RunError> {
        client
            .batch_execute(sql)
            .await
            .map_err(|error| RunError::from(sql_error("SQL of the world", &error)))
    }

    /// Gives the secret another value, or changes what it is good for.
    pub(super) async fn secret(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let own = self.scenario.world.key_vault.clone();
        let now = self.client.now().as_second();
        let path = format!("/secrets/{}", own.secret);
        let (method, path, body) = match (step.action.as_deref(), &step.body) {
            (None, Some(toml::Value::String(value))) => {
                let world = &self.scenario.world;
                let said = KeyVaultWorld {
                    value: value.clone(),
                    ..own.clone()
                };
                let value = connection_string(&said, &world.server.name, &world.server.database, &world.user);
                (Method::PUT, path, json!({"value": value}))
            }
            (Some("disable"), None) => (
                Method::PATCH,
                path + "/",
                json!({"attributes": {"enabled": false}}),
            ),
            (Some("enable"), None) => (
                Method::PATCH,
                path + "/",
                json!({"attributes": {"enabled": true, "exp": null}}),
            ),
            (Some("expire"), None) => (Method::PATCH, path + "/", json!({"attributes": {"exp": now - 1}})),
            (Some("delete"), None) => (Method::DELETE, path, Value::Null),
            _ => {
                return Err(RunError::Scenario(
                    "a secret step needs `body` with the new value, or `action`: disable, enable, expire or delete".to_owned(),
                ));
            }
        };
        let answer = secret_call(&mut self.client, &own, method, &path, &body).await?;
        Ok(Outcome::of(&if answer.status.is_success() {
            succeeded(&answer)
        } else {
            refused(&answer)
        }))
    }

    /// Changes the password of the world's user, where the step says.
    pub(super) async fn rotate(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let places = step.rotate.clone().unwrap_or_default();
        let known = ["database", "secret"];
        if places.is_empty() || places.iter().any(|place| !known.contains(&place.as_str())) {
            let text = "a rotate step needs `rotate`: a list of `database`, `secret` or both";
            return Err(RunError::Scenario(text.to_owned()));
        }
        self.rotations += 1;
        let world = self.scenario.world.clone();
        let user = UserWorld {
            password: rotated(&self.rotations.to_string()),
            ..world.user
        };
        if places.iter().any(|place| place == "database") {
            let key = self.key_of(&self.names.server.clone());
            if let (Some(postgres), Some(key)) = (&self.postgres, key) {
                let client = postgres.connect(&key, "postgres").await?;
                let verifier = quote_literal(&password_verifier(user.password.as_str()));
                let sql = format!("ALTER ROLE {} PASSWORD {verifier}", quote_identifier(&user.name));
                self.run_sql(&client, &sql).await?;
            }
        }
        if places.iter().any(|place| place == "secret") {
            let own = &world.key_vault;
            let value = connection_string(own, &world.server.name, &world.server.database, &user);
            set_secret(&mut self.client, own, &own.secret, &value).await?;
        }
        Ok(Outcome::done())
    }

    /// Grants what `azdrill grants` prints, and the right to read large objects.
    pub(super) async fn grants(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let user = self.scenario.world.user.name.clone();
        let mut sql = backup_grants(&user, step.role.as_deref().unwrap_or(ADMIN))?;
        sql += &large_object_grants(&user);
        self.sql_as(&sql, None).await
    }

    /// What the portal and the CLI do in one step while they configure a backup, as whoever may:
    /// Reader on the server, access to the secret, the firewall rule, the exception of the key vault.
    pub(super) async fn grant_inline(&mut self) -> Result<Outcome, RunError> {
        let world = self.scenario.world.clone();
        let give = |role: &str, on: Site| GrantWorld {
            to: Grantee::Vault,
            role: role.to_owned(),
            on: Some(on),
            absent: false,
        };
        let reader = give("Reader", Site::Server);
        let mut ended = vec![roles::give(&mut self.client, &self.names, &reader).await?];
        if world.key_vault.permission_model == PermissionModel::Roles {
            let user = give("Key Vault Secrets User", Site::KeyVault);
            ended.push(roles::give(&mut self.client, &self.names, &user).await?);
        } else {
            ended.push(self.add_access_policy().await?);
        }
        ended.push(build_single::azure_services(&mut self.client, &self.names.server, true).await?);
        let bypass = json!({"properties": {"networkAcls": {"defaultAction": world.key_vault.default_action, "bypass": "AzureServices"}}});
        let path = self.names.key_vault.clone();
        ended.push(self.client.operate(Method::PATCH, &path, Some(&bypass)).await?);
        let refused = ended.iter().find(|ended| ended.status != "Succeeded");
        Ok(refused.map_or_else(Outcome::done, Outcome::of))
    }

    async fn add_access_policy(&mut self) -> Result<super::client::Ended, RunError> {
        let vault = self
            .client
            .send(Method::GET, &self.names.vault.clone(), None)
            .await?
            .json_body();
        let body = json!({"properties": {"accessPolicies": [{
            "tenantId": self.client.operator().tenant.to_string(),
            "objectId": vault["identity"]["principalId"],
            "permissions": {"secrets": ["get", "list"]},
        }]}});
        let path = format!("{}/accessPolicies/add", self.names.key_vault);
        self.client.operate(Method::PUT, &path, Some(&body)).await
    }

    pub(super) async fn azure_services(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let allowed = match step.action.as_deref() {
            Some("allow") => true,
            Some("deny") => false,
            other => {
                return Err(RunError::Scenario(format!(
                    "action = {other:?}: expected allow or deny"
                )));
            }
        };
        let server = self.names.site(step.on.unwrap_or(Site::Server)).to_owned();
        let ended = build_single::azure_services(&mut self.client, &server, allowed).await?;
        Ok(Outcome::of(&ended))
    }

    /// Has something happen to the next connection to the server.
    pub(super) fn connection(&mut self, step: &Step) -> Result<Outcome, RunError> {
        let wanted = step.connection.as_deref().unwrap_or_default();
        let (word, count) = wanted.split_once(':').unwrap_or((wanted, ""));
        let fault = match (word, count.parse::<u64>()) {
            ("refuse", _) => ConnectionFault::Refuse,
            ("close", _) => ConnectionFault::AcceptThenClose,
            ("reset", Ok(bytes)) => ConnectionFault::ResetAfter { bytes },
            _ => {
                return Err(RunError::Scenario(format!(
                    "connection = {wanted:?}: expected refuse, close or reset:BYTES"
                )));
            }
        };
        let server = self.names.site(step.on.unwrap_or(Site::Server));
        let server = server.rsplit('/').next().unwrap_or_default().to_owned();
        self.break_connection(server, step.count.unwrap_or(1), fault);
        Ok(Outcome::done())
    }

    /// Has something happen to one of the connections that Azure services make to a server.
    fn break_connection(&self, server: String, nth: u64, kind: ConnectionFault) {
        let fault = DatabaseFault {
            server,
            from: Some(OriginKind::Service),
            nth,
            times: 1,
            optional: false,
            kind,
        };
        let now = self.client.now();
        self.client.look(|core| core.put_connection_fault(now, fault));
    }

    /// Changes the password of the world's user once a dump has signed in as it. The dump's
    /// connection is slowed down, so that there is something to come after the change.
    pub(super) async fn rotate_while_dumping(
        &mut self,
        path: &str,
        body: &Value,
    ) -> Result<super::client::Ended, RunError> {
        let key = self.key_of(&self.names.server.clone());
        let (Some(postgres), Some(key)) = (self.postgres.clone(), key) else {
            return Err(RunError::NeedsRows);
        };
        let user = self.scenario.world.user.name.clone();
        let change = async move {
            let client = postgres.connect(&key, "postgres").await?;
            let sql = "SELECT FROM pg_stat_activity WHERE usename = $1 AND application_name = 'pg_dump'";
            let failed = |error| RunError::from(sql_error("looking for the dump", &error));
            for _ in 0..DUMP_LOOKS_MAX {
                if client.query_opt(sql, &[&user]).await.map_err(failed)?.is_some() {
                    let verifier = quote_literal(&password_verifier(rotated("while dumping").as_str()));
                    let sql = format!("ALTER ROLE {} PASSWORD {verifier}", quote_identifier(&user));
                    return client.batch_execute(&sql).await.map_err(failed);
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            Err(RunError::Stuck("waiting for a dump to sign in".to_owned()))
        };
        // The first connection looks, the second measures, the third is the dump's.
        self.break_connection(
            self.scenario.world.server.name.clone(),
            3,
            ConnectionFault::Slow {
                bytes_per_second: 400_000,
            },
        );
        let (ended, changed) = tokio::join!(self.client.operate(Method::POST, path, Some(body)), change);
        changed?;
        ended
    }
}
