//! Getting through to Docker on this machine, and clearing away what ended processes left in it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::core::client::docker_client_instance;

use super::missing::{Installable, Missing, install_command};
use super::owner::Owner;

const LABEL: &str = "azdrill";
const OWNER_LABEL: &str = "azdrill.owner";

/// How long Docker may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long clearing away may take.
const CLEARING: Duration = Duration::from_secs(10);

/// How many containers are being made at this moment.
static IN_THE_MAKING: AtomicUsize = AtomicUsize::new(0);

/// Counted as long as it lives.
struct InTheMaking;

impl InTheMaking {
    fn begin() -> Self {
        IN_THE_MAKING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for InTheMaking {
    fn drop(&mut self) {
        IN_THE_MAKING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Makes a container, to the end even if nobody waits for it any more: a call that is broken off
/// may have reached Docker, and what Docker then makes is known to nobody.
pub(super) async fn make<T, E>(
    making: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, String>
where
    T: Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let counted = InTheMaking::begin();
    let made = tokio::spawn(async move {
        let _counted = counted;
        making.await.map_err(|error| error.to_string())
    });
    made.await.map_err(|error| error.to_string())?
}

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
        remedy: install_command(Installable::Docker),
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
    remove_where(docker, Owner::is_gone).await;
}

/// Removes the containers whose owner is such a one; how many there were.
async fn remove_where(docker: &Docker, such: impl Fn(&Owner) -> bool) -> usize {
    let filters = HashMap::from([("label", vec![OWNER_LABEL])]);
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let Ok(containers) = docker.list_containers(Some(options)).await else {
        return 0;
    };
    let mut found = 0;
    for container in containers {
        let owner = container
            .labels
            .as_ref()
            .and_then(|labels| labels.get(OWNER_LABEL)?.parse::<Owner>().ok());
        if let (Some(id), true) = (&container.id, owner.is_some_and(|owner| such(&owner))) {
            tracing::debug!(container = id, "removing a container");
            found += 1;
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let _ = docker.remove_container(id, Some(options)).await;
        }
    }
    found
}

/// Removes every container of this process. For a process that was asked to end while one was being
/// made: what has no handle yet is removed by nobody.
pub async fn clear_away() {
    let cleared = async {
        let Ok(docker) = connect().await else { return };
        let me = Owner::me();
        while IN_THE_MAKING.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        while remove_where(&docker, |owner| *owner == me).await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // Whatever is left is swept at the next start.
    let _ = tokio::time::timeout(CLEARING, cleared).await;
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
