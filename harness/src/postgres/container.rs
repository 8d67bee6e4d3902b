//! Servers in containers. `testcontainers` starts and removes them; the rest, such as tools that
//! stream and the templates, goes to Docker directly, through the client it hands out.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use azdrill_emulator::server::{EngineError, ServerSpec};
use futures_util::StreamExt;
use rand::RngExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::{KillContainerOptionsBuilder, WaitContainerOptions};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, ImageExt};

use super::azure::{MAINTENANCE, SUPERUSER, password_verifier, quote_literal};
use super::backend::{Backend, Login, ServerAddress};
use super::client::ClientVersion;
use super::client_container::ClientContainers;
use super::engine::Servers;
use super::image::{self, FOLDER, IMAGE_VARIABLE, Image};
use super::missing::Missing;
use super::superuser::Superuser;
use super::throwaway::ThrowawayContainer;
use super::tool::{RunningTool, ToolCall};
use super::{PostgresMode, RealPostgres, docker, exec};

/// Fetched if there is no image at all.
const NEWEST: u32 = 17;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Servers in containers, if Docker is there and an image is to be had.
pub(super) async fn open() -> Result<Arc<dyn RealPostgres>, Missing> {
    let docker = docker::connect().await?;
    let remedy = "docker pull postgres:17, or .ci/postgres-images where no registry is in reach".to_owned();
    let missing = |what: String| Missing {
        what: format!("Docker is there, but {what}"),
        remedy: remedy.clone(),
    };
    docker::sweep(&docker).await;
    let chosen = std::env::var(IMAGE_VARIABLE).ok().filter(|name| !name.is_empty());
    let image = match chosen {
        Some(name) => Some(image::get(&docker, &name).await.map_err(missing)?),
        None => {
            if image::local_majors(&docker).await.map_err(missing)?.is_empty() {
                image::get(&docker, &format!("postgres:{NEWEST}"))
                    .await
                    .map_err(missing)?;
            }
            None
        }
    };
    Ok(Arc::new(Servers::new(Containers {
        image,
        docker,
        next: AtomicU32::new(0),
        clients: ClientContainers::default(),
    })))
}

/// What starts containers.
struct Containers {
    /// The one image to take, instead of `postgres:<major>`.
    image: Option<Image>,
    docker: Docker,
    next: AtomicU32,
    clients: ClientContainers,
}

impl Containers {
    async fn image_for(&self, major: u32) -> Result<Image, String> {
        match &self.image {
            Some(image) if image.major == major => Ok(image.clone()),
            Some(image) => Err(format!(
                "version {major} is not to be had: {IMAGE_VARIABLE} is `{}`, which is version {}",
                image.name, image.major
            )),
            None => match image::get(&self.docker, &format!("postgres:{major}")).await {
                Ok(image) => Ok(image),
                Err(why) => {
                    let here = match image::local_majors(&self.docker).await {
                        Ok(here) => format!("images here: {here:?}"),
                        Err(error) => format!("which images are here is not known: {error}"),
                    };
                    Err(format!("version {major} is not to be had ({why}); {here}"))
                }
            },
        }
    }

    async fn launch(&self, spec: &ServerSpec) -> Result<(ContainerServer, ServerAddress), String> {
        let image = self.image_for(spec.major).await?;
        let (repository, tag) = image::template(&self.docker, &image, docker::labels()).await?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let request = GenericImage::new(repository, tag)
            .with_exposed_port(5432.tcp())
            .with_cmd([
                "-D",
                &format!("{FOLDER}/data"),
                "-k",
                FOLDER,
                "-c",
                "listen_addresses=*",
            ])
            .with_labels(docker::labels())
            .with_container_name(format!(
                "azdrill-{}-{number}-{:08x}",
                std::process::id(),
                rand::rng().random::<u32>()
            ))
            .with_host_config_modifier(|host| {
                // On loopback only; by itself Docker publishes to the whole network.
                let binding = PortBinding {
                    host_ip: Some("127.0.0.1".to_owned()),
                    host_port: None,
                };
                host.port_bindings = Some(HashMap::from([("5432/tcp".to_owned(), Some(vec![binding]))]));
                host.publish_all_ports = Some(false);
            });
        let container =
            docker::make(async move { request.start().await.map(ThrowawayContainer::new) }).await?;
        let mut server = ContainerServer {
            major: spec.major,
            container,
        };
        let reach = self.ready(&mut server).await?;
        Ok((server, reach))
    }

    /// Waits until the server answers, and gives its superuser a password nobody else knows: from
    /// outside of the container it is reached over TCP.
    async fn ready(&self, server: &mut ContainerServer) -> Result<ServerAddress, String> {
        // Waiting in the container saves a call for each try.
        let script = format!(
            "until pg_isready -q -h {FOLDER}; do sleep 0.01; done
             exec psql -X -q -v ON_ERROR_STOP=1 -h {FOLDER} -U {SUPERUSER} -d {MAINTENANCE}"
        );
        let password = format!("{:032x}", rand::rng().random::<u128>());
        // Whatever the server's own parameters have been set to.
        let statement = format!(
            "SET default_transaction_read_only = off; SET statement_timeout = 0;
             ALTER ROLE {SUPERUSER} PASSWORD {};\n",
            quote_literal(&password_verifier(&password))
        );
        let command = vec!["sh".to_owned(), "-c".to_owned(), script];
        let asked = exec::run(&self.docker, server.container.id(), command, statement);
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Err(format!(
                    "{error}; {}",
                    image::last_words(&self.docker, server.container.id()).await
                ));
            }
            Err(_) => return Err(format!("it does not answer after {} s", PATIENCE.as_secs())),
        }
        let port = self.published_port(server.container.id()).await?;
        Ok(ServerAddress {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            superuser: Superuser::on_loopback(port, &password),
        })
    }

    async fn published_port(&self, id: &str) -> Result<u16, String> {
        let found = self
            .docker
            .inspect_container(id, None)
            .await
            .map_err(|error| error.to_string())?;
        let ports = found
            .network_settings
            .and_then(|settings| settings.ports)
            .unwrap_or_default();
        ports
            .get("5432/tcp")
            .and_then(|bindings| bindings.as_ref()?.first()?.host_port.as_ref()?.parse().ok())
            .ok_or_else(|| "Docker published no port".to_owned())
    }
}

/// A container, running or stopped.
struct ContainerServer {
    major: u32,
    container: ThrowawayContainer,
}

impl ContainerServer {
    fn failed(&self, detail: String) -> EngineError {
        EngineError::Failed {
            what: format!("starting PostgreSQL {}", self.major),
            detail,
        }
    }
}

impl Backend for Containers {
    type Server = ContainerServer;

    fn mode(&self) -> PostgresMode {
        PostgresMode::Container
    }

    async fn available_majors(&self) -> Result<Vec<u32>, EngineError> {
        match &self.image {
            Some(image) => Ok(vec![image.major]),
            None => image::local_majors(&self.docker)
                .await
                .map_err(|detail| EngineError::Failed {
                    what: "looking for images".to_owned(),
                    detail,
                }),
        }
    }

    async fn create(&self, spec: &ServerSpec) -> Result<(ContainerServer, ServerAddress), EngineError> {
        self.launch(spec).await.map_err(|detail| EngineError::Failed {
            what: format!("starting PostgreSQL {}", spec.major),
            detail,
        })
    }

    async fn is_running(&self, server: &mut ContainerServer) -> bool {
        let found = self.docker.inspect_container(server.container.id(), None).await;
        found.is_ok_and(|found| found.state.and_then(|state| state.running) == Some(true))
    }

    async fn resume(&self, server: &mut ContainerServer) -> Result<ServerAddress, EngineError> {
        let started = self.docker.start_container(server.container.id(), None).await;
        started.map_err(|error| server.failed(error.to_string()))?;
        self.ready(server).await.map_err(|detail| server.failed(detail))
    }

    async fn pause(&self, server: &mut ContainerServer) -> Result<(), EngineError> {
        // Asked to stop the usual way, PostgreSQL would wait for its clients to leave.
        let options = KillContainerOptionsBuilder::new().signal("SIGINT").build();
        let mut ended = self
            .docker
            .wait_container(server.container.id(), None::<WaitContainerOptions>);
        if self
            .docker
            .kill_container(server.container.id(), Some(options))
            .await
            .is_err()
        {
            return Ok(());
        }
        if tokio::time::timeout(Duration::from_secs(10), ended.next())
            .await
            .is_err()
        {
            let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
            let _ = self
                .docker
                .kill_container(server.container.id(), Some(options))
                .await;
        }
        Ok(())
    }

    async fn discard(&self, server: ContainerServer) -> Result<(), EngineError> {
        let ContainerServer { container, .. } = server;
        container.remove().await.map_err(|detail| EngineError::Failed {
            what: "removing a server".to_owned(),
            detail,
        })
    }

    async fn tool(
        &self,
        server: &ContainerServer,
        login: Option<Login>,
        call: ToolCall,
    ) -> Result<RunningTool, EngineError> {
        let mut environment = vec!["LC_ALL=C".to_owned()];
        for (name, value) in &call.environment {
            environment.push(format!("{name}={}", value.to_string_lossy()));
        }
        match login {
            Some(login) => environment.extend([
                "PGHOST=127.0.0.1".to_owned(),
                format!("PGUSER={}", login.name),
                format!("PGPASSWORD={}", login.password),
            ]),
            None => environment.extend([format!("PGHOST={FOLDER}"), format!("PGUSER={SUPERUSER}")]),
        }
        let mut command = vec![call.program.to_owned()];
        command.extend(call.arguments);
        exec::start(&self.docker, server.container.id(), command, environment).await
    }
    async fn client_tool(&self, version: ClientVersion, call: ToolCall) -> Result<RunningTool, EngineError> {
        let major = version.choose(call.program, &self.available_majors().await?)?;
        let failed = |detail| EngineError::Failed {
            what: format!("running `{}` of version {major} as a client", call.program),
            detail,
        };
        let image = self.image_for(major).await.map_err(failed)?;
        let container = self.clients.get(&self.docker, &image).await.map_err(failed)?;
        let mut environment = vec!["LC_ALL=C".to_owned()];
        for (name, value) in &call.environment {
            environment.push(format!("{name}={}", value.to_string_lossy()));
        }
        let mut command = vec![call.program.to_owned()];
        command.extend(call.arguments);
        exec::start(&self.docker, &container, command, environment).await
    }
}
