//! Containers that clients' programs run in, one a version. They share this machine's network, for
//! the gate in front of the servers listens on this machine's loopback and nowhere else.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, ImageExt};
use tokio::net::TcpListener;

use super::image::{self, Image};
use super::throwaway::ThrowawayContainer;
use super::{docker, exec};

/// How long a program in a container may take to get through to this machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The containers so far. They are gone when this is dropped.
#[derive(Default)]
pub(super) struct ClientContainers(tokio::sync::Mutex<BTreeMap<u32, ThrowawayContainer>>);

impl ClientContainers {
    /// The container with the programs of that image's version, started now if there is none.
    pub(super) async fn get(&self, docker: &Docker, image: &Image) -> Result<String, String> {
        let mut started = self.0.lock().await;
        if let Some(container) = started.get(&image.major) {
            return Ok(container.id().to_owned());
        }
        let container = start(docker, image).await?;
        let id = container.id().to_owned();
        started.insert(image.major, container);
        Ok(id)
    }
}

async fn start(docker: &Docker, image: &Image) -> Result<ThrowawayContainer, String> {
    let (repository, tag) = image::template(docker, image, docker::labels()).await?;
    let request = GenericImage::new(repository, tag)
        .with_entrypoint("sleep")
        .with_cmd(["infinity"])
        .with_labels(docker::labels())
        .with_host_config_modifier(|host| host.network_mode = Some("host".to_owned()));
    let container = docker::make(async move { request.start().await.map(ThrowawayContainer::new) }).await;
    let container = container.map_err(|error| format!("a container in this machine's network: {error}"))?;
    check_network(docker, container.id()).await?;
    Ok(container)
}

/// Makes sure that what listens on this machine's loopback is reached from the container. Docker
/// Desktop's containers share the network of its virtual machine instead.
async fn check_network(docker: &Docker, container: &str) -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.map_err(|error| format!("no port on loopback: {error}"))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let command = [
        "pg_isready",
        "-h",
        "127.0.0.1",
        "-t",
        "10",
        "-p",
        &port.to_string(),
    ];
    let knocking = async {
        let command = command.map(str::to_owned).to_vec();
        let tool = exec::start(docker, container, command, Vec::new()).await;
        // It says that nobody answers, and it is right: who connects is enough.
        let code = tool.map_err(|error| error.to_string())?.exit.await;
        code.map(drop).map_err(|error| error.to_string())
    };
    tokio::pin!(knocking);
    let reached = async {
        tokio::select! {
            accepted = listener.accept() => accepted.is_ok(),
            _ = &mut knocking => false,
        }
    };
    if tokio::time::timeout(PATIENCE, reached).await == Ok(true) {
        return Ok(());
    }
    Err(
        "programs in containers do not reach this machine's loopback, where the gate in front of the \
         servers listens, although the container has host networking: Docker runs in a virtual machine, as \
         Docker Desktop does. Switch on its host networking, or take installed programs \
         (AZDRILL_POSTGRES=local)"
            .to_owned(),
    )
}
