//! Running programs inside a container.

use std::time::Duration;

use azdrill_emulator::server::EngineError;
use bytes::Bytes;
use futures_util::StreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};

use super::tool::{Chunk, RunningTool};

/// Big enough that a dump is not cut into tiny pieces.
const BUFFER: usize = 256 * 1024;

/// Starts a program as the user `postgres`, its three streams attached.
pub(super) async fn start(
    docker: &Docker,
    container: &str,
    command: Vec<String>,
    environment: Vec<String>,
) -> Result<RunningTool, EngineError> {
    let what = format!(
        "running `{}` in a container",
        command.first().map_or("", String::as_str)
    );
    let failed = |error: testcontainers::bollard::errors::Error| EngineError::Failed {
        what: what.clone(),
        detail: error.to_string(),
    };
    let options = CreateExecOptions {
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        env: Some(environment),
        cmd: Some(command),
        user: Some("postgres".to_owned()),
        ..CreateExecOptions::default()
    };
    let id = docker.create_exec(container, options).await.map_err(failed)?.id;
    let start = StartExecOptions {
        output_capacity: Some(BUFFER),
        ..StartExecOptions::default()
    };
    let StartExecResults::Attached { output, input } =
        docker.start_exec(&id, Some(start)).await.map_err(failed)?
    else {
        return Err(EngineError::Failed {
            what,
            detail: "its streams are not there".to_owned(),
        });
    };
    let (described, docker) = (what.clone(), docker.clone());
    Ok(RunningTool {
        input,
        output: Box::pin(output.map(move |piece| match piece {
            Ok(LogOutput::StdErr { message }) => Ok(Chunk::Err(message)),
            Ok(piece) => Ok(Chunk::Out(piece.into_bytes())),
            Err(error) => Err(EngineError::Failed {
                what: described.clone(),
                detail: error.to_string(),
            }),
        })),
        exit: Box::pin(async move { exit_code(&docker, &id, what).await }),
    })
}

/// The streams end a moment before Docker knows the code.
async fn exit_code(docker: &Docker, id: &str, what: String) -> Result<i64, EngineError> {
    for _ in 0..500 {
        let found = docker.inspect_exec(id).await;
        let found = found.map_err(|error| EngineError::Failed {
            what: what.clone(),
            detail: error.to_string(),
        })?;
        match found.exit_code {
            Some(code) if found.running != Some(true) => return Ok(code),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    Err(EngineError::Failed {
        what,
        detail: "its streams ended but it did not".to_owned(),
    })
}

/// Runs a program with some input to its end; its messages if it fails.
pub(super) async fn run(
    docker: &Docker,
    container: &str,
    command: Vec<String>,
    input: String,
) -> Result<(), EngineError> {
    let what = format!(
        "running `{}` in a container",
        command.first().map_or("", String::as_str)
    );
    let tool = start(docker, container, command, Vec::new()).await?;
    let outcome = super::tool::feed(
        what.clone(),
        tool,
        super::tool::dump_from_bytes(Bytes::from(input)),
    )
    .await?;
    debug_assert!(outcome.complete, "only `pg_restore` may fail in part");
    Ok(())
}
