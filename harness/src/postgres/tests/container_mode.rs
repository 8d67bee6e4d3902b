//! Servers in containers, and that nothing is left of them.

use std::process::Command;

use testcontainers::bollard::query_parameters::ListContainersOptionsBuilder;

use super::*;

macro_rules! with_containers {
    ($name:ident) => {
        #[tokio::test]
        async fn $name() {
            if let Some(postgres) = containers().await {
                super::$name(&postgres).await;
            }
        }
    };
}

with_containers!(keeps_data);
with_containers!(two_at_once);
with_containers!(round_trip);
with_containers!(dies_while_dumping);
with_containers!(abandoned_dump_ends);
with_containers!(says_why);

#[tokio::test]
async fn every_image_makes_a_server() {
    let Some(postgres) = containers().await else {
        return;
    };
    for major in postgres.available_majors().await.unwrap() {
        let spec = spec(&format!("v{major}"), major);
        let address = postgres.start(&spec).await.unwrap();
        let client = log_in(address, &spec.admin_login, PASSWORD, "postgres")
            .await
            .unwrap();
        let version: String = client.query_one("SHOW server_version", &[]).await.unwrap().get(0);
        assert!(version.starts_with(&major.to_string()), "{version}");
        postgres.remove(&spec.key).await.unwrap();
    }
}

/// A customer may restore into a newer server than the one backed up.
#[tokio::test]
async fn an_old_servers_dump_is_the_same_in_a_new_one() {
    let Some(postgres) = containers().await else {
        return;
    };
    let majors = postgres.available_majors().await.unwrap();
    let (Some(&oldest), Some(&newest)) = (majors.first(), majors.last()) else {
        return;
    };
    if oldest == newest {
        super::skipped(&format!("only PostgreSQL {newest} is here"));
        return;
    }
    for (key, major) in [("old", oldest), ("new", newest)] {
        postgres.start(&spec(key, major)).await.unwrap();
        postgres.create_database(key, "shop").await.unwrap();
    }
    let source = postgres.connect("old", "shop").await.unwrap();
    Sample::Shop.apply(&source).await.unwrap();
    let dump = postgres
        .dump("old", DumpKind::Database("shop".to_owned()))
        .await
        .unwrap();
    let outcome = postgres
        .restore("new", "shop", dump, RestoreAs::Superuser)
        .await
        .unwrap();
    let target = postgres.connect("new", "shop").await.unwrap();
    let (before, after) = (snapshot(&source).await.unwrap(), snapshot(&target).await.unwrap());
    assert_eq!(compare(&before, &after), [], "{outcome:?}");
}

/// The container that publishes this port, if one does.
async fn publisher(port: u16) -> Option<String> {
    let docker = crate::postgres::docker::connect().await.ok()?;
    let filters = std::collections::HashMap::from([("publish", vec![port.to_string()])]);
    let options = ListContainersOptionsBuilder::new().filters(&filters).build();
    let found = docker.list_containers(Some(options)).await.unwrap();
    found.into_iter().next()?.id
}

#[test]
fn nothing_is_left_after_a_drop_outside_of_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(postgres) = runtime.block_on(containers()) else {
        return;
    };
    let address = runtime.block_on(async {
        let spec = spec("dropped", newest(&postgres).await);
        postgres.start(&spec).await.unwrap()
    });
    let container = runtime.block_on(publisher(address.port())).unwrap();
    runtime.shutdown_background();
    drop(postgres);
    // The port says nothing: Docker may have given it to another test's server already.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let left = runtime.block_on(async {
        let docker = crate::postgres::docker::connect().await.unwrap();
        docker.inspect_container(&container, None).await
    });
    assert!(left.is_err(), "{left:?}");
}

#[tokio::test]
async fn containers_of_the_dead_are_swept() {
    let Some(postgres) = containers().await else {
        return;
    };
    let major = newest(&postgres).await;
    let made = Command::new("docker")
        .args([
            "create",
            "--label",
            "azdrill=1",
            "--label",
            "azdrill.owner=1|0|another boot|",
        ])
        .arg(format!("postgres:{major}"))
        .output();
    let Some(made) = made.ok().filter(|made| made.status.success()) else {
        super::skipped("no `docker` to make a container with");
        return;
    };
    let id = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    drop(containers().await);
    let found = Command::new("docker").args(["inspect", &id]).output().unwrap();
    assert!(!found.status.success());
}
