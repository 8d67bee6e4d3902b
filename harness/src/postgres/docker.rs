//! Getting through to Docker on this machine, and clearing away what ended processes left in it.

use std::collections::HashMap;
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::core::client::docker_client_instance;

use super::choose::{Missing, Wanted, install_command};
use super::owner::Owner;

const LABEL: &str = "azdrill";
const OWNER_LABEL: &str = "azdrill.owner";

/// How long Docker may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connects to Docker where `testcontainers` finds it.
pub(super) async fn connect() -> Result<Docker, Missing> {
    if let Ok(host) = std::env::var("DOCKER_HOST")
        && is_elsewhere(&host)
    {
        return Err(Missing {
            what: format!("DOCKER_HOST is `{host}`, and only this machine is ever dialled"),
            remedy: "unset DOCKER_HOST".to_owned(),
        });
    }
    let missing = |what: String| Missing {
        what,
        remedy: install_command(Wanted::Docker),
    };
    let docker = docker_client_instance()
        .await
        .map_err(|error| missing(format!("no Docker: {error}")))?;
    match tokio::time::timeout(PATIENCE, docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(missing(format!("no Docker: {}", innermost(&error)))),
        Err(_) => Err(missing(format!(
            "Docker does not answer within {} s",
            PATIENCE.as_secs()
        ))),
    }
}

/// The client wraps the one thing that tells, such as "permission denied", several times.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, innermost)
}

fn is_elsewhere(docker_host: &str) -> bool {
    let Some((scheme, rest)) = docker_host.split_once("://") else {
        return true;
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    !matches!(scheme, "unix" | "npipe") && !matches!(host, "127.0.0.1" | "localhost")
}

/// What marks a container as ours.
pub(super) fn labels() -> HashMap<String, String> {
    let me = Owner::me();
    HashMap::from([
        (LABEL.to_owned(), me.pid().to_string()),
        (OWNER_LABEL.to_owned(), me.to_string()),
    ])
}

/// Removes the containers of processes that have ended.
pub(super) async fn sweep(docker: &Docker) {
    let filters = HashMap::from([("label", vec![OWNER_LABEL])]);
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let Ok(containers) = docker.list_containers(Some(options)).await else {
        return;
    };
    for container in containers {
        let owner = container
            .labels
            .as_ref()
            .and_then(|labels| labels.get(OWNER_LABEL)?.parse::<Owner>().ok());
        if let (Some(id), true) = (&container.id, owner.is_some_and(|owner| owner.is_gone())) {
            tracing::debug!(container = id, "removing what an ended process left");
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let _ = docker.remove_container(id, Some(options)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_dialled() {
        assert!(!is_elsewhere("unix:///var/run/docker.sock"));
        assert!(!is_elsewhere("tcp://127.0.0.1:2375"));
        assert!(is_elsewhere("tcp://docker.example:2376"));
        assert!(is_elsewhere("ssh://me@docker.example"));
    }
}
