//! What `azdrill grants` prints, run on real servers: what it covers and what it does not.

use azdrill_emulator::jobs::{EffectResult, NeededRights, SessionFailure};
use tokio_postgres::Client;

use super::super::{PASSWORD, Sample, log_in, newest, spec};
use super::world::{USER, World, session_failure, sign_in, worlds};
use crate::postgres::azure::{password_verifier, quote_identifier, quote_literal};
use crate::postgres::grants::{BackupGrants, restore_grants};

/// A database of the administrator's, without large objects, and the administrator's connection.
async fn shop(world: &World) -> Client {
    world.start("grants").await;
    world.postgres.create_database("grants", "shop").await.unwrap();
    let spec = spec("grants", newest(&world.postgres).await);
    let address = world.look(|core| core.servers["grants"]);
    let admin = log_in(address, &spec.admin_login, PASSWORD, "shop")
        .await
        .unwrap();
    Sample::Shop.apply(&admin).await.unwrap();
    // Since version 16 it may alter only whom it made.
    admin
        .batch_execute(&format!(
            "CREATE ROLE {} LOGIN PASSWORD {}",
            quote_identifier(USER),
            quote_literal(&password_verifier(PASSWORD))
        ))
        .await
        .unwrap();
    admin
        .batch_execute("SELECT lo_unlink(content) FROM archive.documents")
        .await
        .unwrap();
    // What everybody may do by default would hide what is granted.
    admin
        .batch_execute("REVOKE CONNECT ON DATABASE shop FROM PUBLIC")
        .await
        .unwrap();
    admin
}

fn grants() -> BackupGrants {
    BackupGrants {
        user: USER.to_owned(),
        database: Some("shop".to_owned()),
        for_roles: Vec::new(),
    }
}

async fn lacks(world: &World) -> Vec<String> {
    world.lacks(sign_in("grants", "shop"), NeededRights::Backup).await
}

#[tokio::test]
async fn what_is_there_is_covered_and_a_dump_goes_through() {
    for world in worlds().await {
        let admin = shop(&world).await;
        assert_eq!(lacks(&world).await, ["CONNECT on database shop"]);
        admin.batch_execute(&grants().sql().unwrap()).await.unwrap();
        assert_eq!(lacks(&world).await, Vec::<String>::new());
        let dumped = world.dump(sign_in("grants", "shop")).await;
        assert!(matches!(dumped, EffectResult::Dumped { .. }), "{dumped:?}");
        // Twice is no more than once.
        admin.batch_execute(&grants().sql().unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_made_later_is_covered_only_for_whoever_ran_it() {
    for world in worlds().await {
        let admin = shop(&world).await;
        admin
            .batch_execute("CREATE ROLE developer; GRANT CREATE ON SCHEMA archive, public TO developer; GRANT developer TO CURRENT_USER")
            .await
            .unwrap();
        admin.batch_execute(&grants().sql().unwrap()).await.unwrap();
        admin
            .batch_execute("CREATE TABLE archive.mine (n serial)")
            .await
            .unwrap();
        assert_eq!(lacks(&world).await, Vec::<String>::new());
        let as_developer = |sql: &str| format!("SET ROLE developer; {sql}; RESET ROLE");
        let later = as_developer("CREATE TABLE public.theirs (n serial)");
        // The schema is theirs to look into as well.
        admin
            .batch_execute("GRANT USAGE ON SCHEMA public, archive TO developer")
            .await
            .unwrap();
        admin.batch_execute(&later).await.unwrap();
        assert_eq!(
            lacks(&world).await,
            [
                "SELECT on sequence public.theirs_n_seq",
                "SELECT on table public.theirs"
            ]
        );
        let (failure, _) = session_failure(&world.dump(sign_in("grants", "shop")).await);
        assert_eq!(failure, SessionFailure::MissingPrivilege);
        admin
            .batch_execute(&as_developer("DROP TABLE public.theirs"))
            .await
            .unwrap();
        let for_both = BackupGrants {
            for_roles: vec!["developer".to_owned()],
            ..grants()
        };
        admin.batch_execute(&for_both.sql().unwrap()).await.unwrap();
        admin.batch_execute(&later).await.unwrap();
        assert_eq!(lacks(&world).await, Vec::<String>::new());
        // The rest of what it does not cover.
        admin
            .batch_execute(
                "CREATE SCHEMA later; CREATE TABLE later.t (n int); SELECT lo_create(4242);
                 ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
            )
            .await
            .unwrap();
        assert_eq!(
            lacks(&world).await,
            [
                "SELECT on large object 4242",
                "USAGE on schema later",
                "SELECT on table later.t",
                "BYPASSRLS on table public.orders"
            ]
        );
    }
}

#[tokio::test]
async fn it_stops_where_it_may_not_or_should_not_grant() {
    for world in worlds().await {
        let admin = shop(&world).await;
        let elsewhere = BackupGrants {
            database: Some("an \"other\" 'one'".to_owned()),
            ..grants()
        };
        let stopped = admin.batch_execute(&elsewhere.sql().unwrap()).await.unwrap_err();
        let text = stopped.as_db_error().unwrap().message().to_owned();
        assert_eq!(
            text,
            "these grants are for database an \"other\" 'one', and this is shop"
        );
        let owner = world.postgres.connect("grants", "shop").await.unwrap();
        owner
            .batch_execute("CREATE TABLE archive.of_somebody_else (n int)")
            .await
            .unwrap();
        let stopped = admin.batch_execute(&grants().sql().unwrap()).await.unwrap_err();
        let text = stopped.as_db_error().unwrap().message().to_owned();
        assert_eq!(text, "permission denied for table of_somebody_else");
        assert_eq!(
            lacks(&world).await,
            ["CONNECT on database shop"],
            "nothing was granted"
        );
    }
}

/// The block published in the overview of single-server backup writes the user's name as it is.
#[tokio::test]
async fn a_user_name_that_needs_quoting_works_here_and_not_as_published() {
    for world in worlds().await {
        let admin = shop(&world).await;
        let published = format!(
            "DO $do$ BEGIN EXECUTE format($$ GRANT USAGE ON SCHEMA %I TO {USER} $$, 'archive'); END $do$"
        );
        let error = admin.batch_execute(&published).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().code().code(), "42601", "{error:?}");
        let awkward = "it's \\ $grants0$ \"x\"";
        world.create_user("grants", awkward, PASSWORD).await;
        let grants = BackupGrants {
            user: awkward.to_owned(),
            ..grants()
        };
        admin.batch_execute(&grants.sql().unwrap()).await.unwrap();
        let mut from = sign_in("grants", "shop");
        from.user = awkward.to_owned();
        assert_eq!(
            world.lacks(from, NeededRights::Backup).await,
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn a_restore_needs_what_is_granted_for_it() {
    for world in worlds().await {
        let admin = shop(&world).await;
        let needed = || NeededRights::Restore {
            database: "new".to_owned(),
        };
        let from = || sign_in("grants", "postgres");
        let lacks = world.lacks(from(), needed()).await;
        assert_eq!(
            lacks,
            [
                "MEMBER on role azure_pg_admin".to_owned(),
                format!("CREATEDB on role {}", quote_identifier(USER))
            ]
        );
        admin.batch_execute(&restore_grants(USER).unwrap()).await.unwrap();
        assert_eq!(world.lacks(from(), needed()).await, Vec::<String>::new());
    }
}
