//! The users of a world's databases, and what they have been granted.

use azdrill_emulator::jobs::ServerSpec;
use http::Method;
use serde_json::Value;

use super::names::ADMIN;
use super::secrets::secret_call;
use super::{Play, RunError};
use crate::postgres::content::{Sample, UnknownSample};
use crate::postgres::grants::{BackupGrants, restore_grants};
use crate::postgres::{password_verifier, quote_identifier, quote_literal, sql_error};
use crate::scenario::{Part, Password, ServerFlavour, UserRights, UserWorld, World};

fn named(error: crate::postgres::grants::BadName) -> RunError {
    RunError::Scenario(format!("a database user: {error}"))
}

/// What `azdrill grants` prints for a user, for what this role makes too.
pub(super) fn backup_grants(user: &str, for_role: &str) -> Result<String, RunError> {
    let grants = BackupGrants {
        user: user.to_owned(),
        database: None,
        for_roles: vec![for_role.to_owned()],
    };
    grants.sql().map_err(named)
}

/// The right to read the large objects there are, which the published text leaves out.
pub(super) fn large_object_grants(user: &str) -> String {
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

impl Play<'_> {
    /// Puts into the world's servers what is in them: the sample content and the users.
    pub(super) async fn prepare_servers(&mut self) -> Result<(), RunError> {
        let whole = self.scenario.world.clone();
        let named = whole.resources.values();
        let servers = named.filter(|own| own.part() == Some(Part::Server));
        let mut seen: Vec<World> = servers.map(|own| whole.seen_from(own)).collect();
        if !whole.all_named {
            seen.push(whole.clone());
        }
        for world in seen {
            self.see(world);
            self.fill_source().await?;
            if self.world.server.flavour == ServerFlavour::Single {
                self.prepare_single_server().await?;
            }
        }
        self.see(whole);
        Ok(())
    }

    /// Puts the sample content into the server's database.
    async fn fill_source(&mut self) -> Result<(), RunError> {
        let Some(postgres) = self.postgres.clone() else {
            return Ok(());
        };
        let id = self.names.server.parse().ok();
        let spec = self
            .client
            .look(|core| core.services().postgres.spec(id.as_ref()?).cloned());
        let Some(spec) = spec else { return Ok(()) };
        let own = &self.world.server;
        let sample: Sample = own
            .content
            .parse()
            .map_err(|error: UnknownSample| RunError::Scenario(error.to_string()))?;
        let client = postgres.connect(&spec.key, &own.database).await?;
        // A customer's tables belong to the customer, and so do later grants on them.
        let set = format!("SET ROLE {}", quote_identifier(ADMIN));
        let set = client.batch_execute(&set).await;
        set.map_err(|error| RunError::from(sql_error("becoming the administrator", &error)))?;
        sample.apply(&client).await?;
        self.sources.insert(self.names.server.clone(), spec);
        Ok(())
    }

    /// The source server of what the step is about.
    pub(super) fn source(&self) -> Option<&ServerSpec> {
        self.sources.get(&self.names.server)
    }

    /// Sees the world as a step does.
    pub(super) fn see(&mut self, world: World) {
        self.names = self.names.seen_by(&world);
        self.world = world;
    }

    /// Makes the database users of the world, and remembers the version a pinned secret has.
    async fn prepare_single_server(&mut self) -> Result<(), RunError> {
        let world = self.world.clone();
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
            name: self.world.vault.name.clone(),
            password: Password::try_from(application.ok_or_else(missing)?.to_string())
                .map_err(|error| RunError::Scenario(error.to_owned()))?,
            rights: UserRights::Backup,
        })
    }

    /// The engine's key of a server.
    pub(super) fn key_of(&self, server: &str) -> Option<String> {
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

    pub(super) async fn run_sql(&self, client: &tokio_postgres::Client, sql: &str) -> Result<(), RunError> {
        client
            .batch_execute(sql)
            .await
            .map_err(|error| RunError::from(sql_error("SQL of the world", &error)))
    }
}
