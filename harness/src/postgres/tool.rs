//! PostgreSQL's own tools, wherever they run: a dump as a stream, and a restore from one. Neither
//! ever holds more than a few chunks in memory.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;

use super::ClientProgram;
use azdrill_emulator::server::{Dump, DumpKind, EngineError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A call of one of the tools. It connects by environment variables, which take a database's name
/// as it is, where an argument would be read as a connection string if it holds an `=`.
pub(super) struct ToolCall {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(&'static str, OsString)>,
}

/// A piece of what a tool says.
pub(super) enum Chunk {
    Out(Bytes),
    Err(Bytes),
}

/// A tool that runs. Dropping it ends it.
pub(super) struct RunningTool {
    pub(super) input: Pin<Box<dyn AsyncWrite + Send>>,
    pub(super) output: Pin<Box<dyn Stream<Item = Result<Chunk, EngineError>> + Send>>,
    /// The exit code, once the output has ended.
    pub(super) exit: Pin<Box<dyn Future<Output = Result<i64, EngineError>> + Send>>,
}

/// How a restore went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreOutcome {
    /// Whether `pg_restore` restored everything.
    pub complete: bool,
    /// What it said, line by line.
    pub messages: Vec<String>,
}

/// How many lines of a tool's messages are kept.
const MESSAGES: usize = 2000;

/// The tool that makes a dump.
pub(super) fn dump_call(kind: &DumpKind) -> ToolCall {
    let all = |what: &str| ToolCall {
        program: "pg_dumpall",
        arguments: vec![what.to_owned(), "--no-password".to_owned()],
        environment: vec![("PGDATABASE", "postgres".into())],
    };
    match kind {
        DumpKind::Database(name) => ToolCall {
            program: "pg_dump",
            arguments: vec!["--format=custom".to_owned(), "--no-password".to_owned()],
            environment: vec![("PGDATABASE", name.into())],
        },
        DumpKind::Roles => all("--roles-only"),
        DumpKind::Tablespaces => all("--tablespaces-only"),
        DumpKind::Schema => all("--schema-only"),
    }
}

/// The tool that restores one.
pub(super) fn restore_call(database: &str) -> ToolCall {
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    ToolCall {
        program: "pg_restore",
        arguments: vec![format!("--dbname=dbname='{name}'"), "--no-password".to_owned()],
        environment: Vec::new(),
    }
}

/// A program of a client's, as somebody calls it who reads no start-up file and is asked for no password.
pub(super) fn program_call(program: ClientProgram, arguments: Vec<String>, database: &str) -> ToolCall {
    let own: &[&str] = match program {
        ClientProgram::Psql => &["--no-psqlrc", "--no-password", "--quiet"],
        ClientProgram::PgRestore => &["--no-password"],
    };
    let mut all: Vec<String> = own.iter().map(|&argument| argument.to_owned()).collect();
    if program == ClientProgram::PgRestore {
        all.extend(restore_call(database).arguments.into_iter().take(1));
    }
    all.extend(arguments);
    ToolCall {
        program: program.name(),
        arguments: all,
        environment: vec![("PGDATABASE", database.into())],
    }
}

/// What a tool writes, as a dump: an error at the end unless the tool ended well.
pub(super) fn into_dump(what: String, tool: RunningTool) -> Dump {
    let state = Some((what, tool, ToolMessages::default()));
    Box::pin(stream::unfold(state, |state| async move {
        let (what, mut tool, mut messages) = state?;
        loop {
            match tool.output.next().await {
                Some(Ok(Chunk::Out(bytes))) => return Some((Ok(bytes), Some((what, tool, messages)))),
                Some(Ok(Chunk::Err(bytes))) => messages.push(&bytes),
                Some(Err(error)) => return Some((Err(error), None)),
                None => break,
            }
        }
        match tool.exit.await {
            Ok(0) => None,
            Ok(code) => Some((
                Err(EngineError::Failed {
                    what,
                    detail: messages.last_words(code),
                }),
                None,
            )),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// How a program of a client's ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramOutcome {
    /// Its exit code.
    pub code: i64,
    /// What it said, line by line.
    pub messages: Vec<String>,
}

/// Feeds a file to a running program, and hears what it says.
pub(super) async fn feed_any(tool: RunningTool, dump: Dump) -> Result<ProgramOutcome, EngineError> {
    let ended = converse(tool, dump).await?;
    // In which order the two came is chance.
    let mut messages = ended.errors.lines();
    messages.extend(ended.output.lines());
    Ok(ProgramOutcome {
        code: ended.code,
        messages,
    })
}

/// A tool that has ended, with what it wrote.
struct Conversation {
    code: i64,
    errors: ToolMessages,
    output: ToolMessages,
}

/// Feeds a dump to a running tool until both have ended.
async fn converse(tool: RunningTool, mut dump: Dump) -> Result<Conversation, EngineError> {
    let RunningTool {
        mut input,
        mut output,
        exit,
    } = tool;
    let feeding = async {
        while let Some(chunk) = dump.next().await {
            // The dump broke off: what has been restored so far is not to be taken for a restore.
            let chunk = chunk?;
            if input.write_all(&chunk).await.is_err() {
                // The tool stopped reading. Its own words tell why.
                break;
            }
        }
        let _ = input.shutdown().await;
        drop(input);
        Ok(())
    };
    let listening = async {
        let (mut errors, mut written) = (ToolMessages::default(), ToolMessages::default());
        while let Some(chunk) = output.next().await {
            match chunk? {
                Chunk::Out(bytes) => written.push(&bytes),
                Chunk::Err(bytes) => errors.push(&bytes),
            }
        }
        Ok((errors, written))
    };
    let ((), (errors, output)) = tokio::try_join!(feeding, listening)?;
    Ok(Conversation {
        code: exit.await?,
        errors,
        output,
    })
}

/// Feeds a dump to a running `pg_restore`.
pub(super) async fn feed(what: String, tool: RunningTool, dump: Dump) -> Result<RestoreOutcome, EngineError> {
    let Conversation { code, errors, .. } = converse(tool, dump).await?;
    let ignored = errors
        .lines()
        .iter()
        .any(|line| line.contains("errors ignored on restore"));
    if code != 0 && !ignored {
        return Err(EngineError::Failed {
            what,
            detail: errors.last_words(code),
        });
    }
    Ok(RestoreOutcome {
        complete: code == 0,
        messages: errors.lines(),
    })
}

/// A dump held in memory.
#[must_use]
pub fn dump_from_bytes(bytes: Bytes) -> Dump {
    Box::pin(stream::iter([Ok(bytes)]))
}

/// A dump in a file, read as it is needed.
///
/// # Errors
/// If the file cannot be opened.
pub async fn dump_from_file(path: &Path) -> Result<Dump, EngineError> {
    let what = format!("reading {}", path.display());
    let failed = |what: &str, error: &std::io::Error| EngineError::Failed {
        what: what.to_owned(),
        detail: error.to_string(),
    };
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|error| failed(&what, &error))?;
    Ok(Box::pin(stream::unfold(
        Some((file, what)),
        move |state| async move {
            let (mut file, what) = state?;
            let mut buffer = bytes::BytesMut::with_capacity(256 * 1024);
            match file.read_buf(&mut buffer).await {
                Ok(0) => None,
                Ok(_) => Some((Ok(buffer.freeze()), Some((file, what)))),
                Err(error) => Some((Err(failed(&what, &error)), None)),
            }
        },
    )))
}

/// What a tool says on its error stream: the last lines of it.
#[derive(Default)]
struct ToolMessages {
    whole: VecDeque<String>,
    begun: Vec<u8>,
}

impl ToolMessages {
    fn push(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&self.begun).trim_end().to_owned();
                self.begun.clear();
                self.whole.push_back(line);
                if self.whole.len() > MESSAGES {
                    self.whole.pop_front();
                }
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let rest = String::from_utf8_lossy(&self.begun).trim_end().to_owned();
        self.whole
            .iter()
            .cloned()
            .chain((!rest.is_empty()).then_some(rest))
            .collect()
    }

    fn last_words(&self, code: i64) -> String {
        let lines = self.lines();
        let said = lines
            .iter()
            .rev()
            .take(4)
            .rev()
            .cloned()
            .collect::<Vec<_>>()
            .join("; ");
        if said.is_empty() {
            format!("it ended with code {code}")
        } else {
            said
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(chunks: Vec<Chunk>, code: i64) -> RunningTool {
        RunningTool {
            input: Box::pin(tokio::io::sink()),
            output: Box::pin(stream::iter(chunks.into_iter().map(Ok))),
            exit: Box::pin(async move { Ok(code) }),
        }
    }

    fn out(text: &'static str) -> Chunk {
        Chunk::Out(Bytes::from_static(text.as_bytes()))
    }

    fn err(text: &'static str) -> Chunk {
        Chunk::Err(Bytes::from_static(text.as_bytes()))
    }

    #[tokio::test]
    async fn a_dump_that_fails_after_its_bytes_ends_in_an_error() {
        let items: Vec<_> = into_dump("dumping".into(), tool(vec![out("PGDMP"), err("no\nmore\n")], 1))
            .collect()
            .await;
        assert_eq!(items[0], Ok(Bytes::from_static(b"PGDMP")));
        assert_eq!(
            items[1],
            Err(EngineError::Failed {
                what: "dumping".into(),
                detail: "no; more".into()
            })
        );
        assert_eq!(items.len(), 2);
    }

    #[tokio::test]
    async fn a_dump_that_ends_well_ends() {
        let items: Vec<_> = into_dump("dumping".into(), tool(vec![out("PGDMP")], 0))
            .collect()
            .await;
        assert_eq!(items, [Ok(Bytes::from_static(b"PGDMP"))]);
    }

    #[tokio::test]
    async fn ignored_errors_are_an_outcome_and_others_are_not() {
        let dump = || dump_from_bytes(Bytes::from_static(b"PGDMP"));
        let said = vec![
            err("pg_restore: error: nope\npg_restore: warn"),
            err("ing: errors ignored on restore: 1\n"),
        ];
        let outcome = feed("restoring".into(), tool(said, 1), dump()).await.unwrap();
        assert!(!outcome.complete);
        assert_eq!(
            outcome.messages[1],
            "pg_restore: warning: errors ignored on restore: 1"
        );
        let refused = feed("restoring".into(), tool(vec![err("not an archive")], 1), dump()).await;
        assert_eq!(
            refused,
            Err(EngineError::Failed {
                what: "restoring".into(),
                detail: "not an archive".into()
            })
        );
    }

    #[tokio::test]
    async fn a_broken_dump_is_not_restored() {
        let broken = EngineError::Failed {
            what: "dumping".into(),
            detail: "cut off".into(),
        };
        let dump: Dump = Box::pin(stream::iter([Err(broken.clone())]));
        assert_eq!(feed("restoring".into(), tool(vec![], 0), dump).await, Err(broken));
    }

    #[test]
    fn a_database_name_is_not_read_as_a_connection_string() {
        assert_eq!(
            restore_call("a=b 'c'\\").arguments[0],
            "--dbname=dbname='a=b \\'c\\'\\\\'"
        );
    }
}
