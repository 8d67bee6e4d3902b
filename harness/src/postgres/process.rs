//! Running PostgreSQL's programs as processes of this machine.

use std::process::Stdio;

use azdrill_emulator::server::EngineError;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::tool::{Chunk, RunningTool};

/// A command that gets nothing of this process's environment but the way to other programs.
pub(super) fn bare(program: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir("/");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Starts a program, its three streams attached. It ends when what is returned is dropped.
pub(super) fn start(what: String, mut command: Command) -> Result<RunningTool, EngineError> {
    let failed = |what: &str, detail: String| EngineError::Failed {
        what: what.to_owned(),
        detail,
    };
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(|error| failed(&what, error.to_string()))?;
    let (Some(input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed(&what, "its streams are not there".to_owned()));
    };
    let streams = stream::select(
        pieces(output).map(|piece| piece.map(Chunk::Out)),
        pieces(errors).map(|piece| piece.map(Chunk::Err)),
    );
    let described = what.clone();
    Ok(RunningTool {
        input: Box::pin(input),
        output: Box::pin(
            streams.map(move |piece| piece.map_err(|error| failed(&described, error.to_string()))),
        ),
        exit: Box::pin(async move {
            let status = child.wait().await;
            let status = status.map_err(|error| failed(&what, error.to_string()))?;
            // Ended by a signal, it has no code.
            Ok(status.code().map_or(-1, i64::from))
        }),
    })
}

fn pieces(source: impl AsyncRead + Send + 'static) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::unfold(Some(Box::pin(source)), |source| async move {
        let mut source = source?;
        let mut buffer = BytesMut::with_capacity(256 * 1024);
        match source.read_buf(&mut buffer).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(buffer.freeze()), Some(source))),
            Err(error) => Some((Err(error), None)),
        }
    })
}
