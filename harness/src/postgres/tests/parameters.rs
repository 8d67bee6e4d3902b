//! Parameters of real servers: what they know, and what is set on them.

use super::*;

async fn shows(postgres: &Postgres, key: &str, name: &str) -> String {
    let client = postgres.connect(key, "postgres").await.unwrap();
    let row = client.query_one(&format!("SHOW {name}"), &[]).await.unwrap();
    row.get(0)
}

/// What is set shows in new sessions, at once or after a restart, and disturbs nothing we do ourselves.
async fn sets(postgres: &Postgres, spec: &ServerSpec) {
    let key = spec.key.as_str();
    let known = postgres.parameters(key).await.unwrap();
    let named = |name: &str| known.iter().find(|parameter| parameter.name == name).unwrap();
    assert_eq!(
        (named("work_mem").kind.as_str(), named("work_mem").unit.as_str()),
        ("integer", "kB")
    );
    assert_eq!(named("max_connections").context, "postmaster");
    assert!(named("wal_level").words.contains(&"logical".to_owned()));
    for (name, value) in [
        ("work_mem", "8192"),
        ("search_path", "\"$user\", public, azure"),
        ("max_connections", "60"),
        ("statement_timeout", "1"),
        ("default_transaction_read_only", "on"),
    ] {
        postgres.set_parameter(key, name, value).await.unwrap();
    }
    // A reload takes a moment to reach every process.
    for _ in 0..100 {
        if shows(postgres, key, "work_mem").await == "8MB" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(shows(postgres, key, "work_mem").await, "8MB");
    assert_eq!(
        shows(postgres, key, "search_path").await,
        "\"$user\", public, azure"
    );
    assert_eq!(
        shows(postgres, key, "max_connections").await,
        "100",
        "it waits for a restart"
    );
    postgres.create_database(key, "shop").await.unwrap();
    postgres.stop(key).await.unwrap();
    postgres.start(spec).await.unwrap();
    assert_eq!(shows(postgres, key, "max_connections").await, "60");
    let nothing = [
        ("no_such_parameter", "1"),
        ("made.up", "1"),
        ("block_size", "1"),
        ("work_mem", "banana"),
    ];
    for (name, value) in nothing {
        assert!(postgres.set_parameter(key, name, value).await.is_err(), "{name}");
    }
    postgres.remove(key).await.unwrap();
}

#[tokio::test]
async fn a_parameter_is_set_for_the_whole_server() {
    for postgres in installed().into_iter().chain(containers().await) {
        let spec = start(&postgres, "parameters").await;
        sets(&postgres, &spec).await;
    }
}
