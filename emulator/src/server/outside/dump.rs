//! Writing a whole server into a container: each dump is streamed block by block, and committed
//! only when it has ended well.
//!
//! The dumps follow one another, so that the same world makes the same requests in the same order.

use futures_util::StreamExt;

use super::database::failed;
use super::dump_fault::DumpFault;
use super::pause::{Moment, Pauses};
use super::upload::{CommitCondition, Credential, FillingBlock, TargetContainer, Upload};
use crate::jobs::DumpKind;
use crate::jobs::{DumpWork, DumpedFile, EffectFailure, EffectResult};
use crate::machine::Core;
use crate::server::engine::{DatabaseEngine, Dump, EngineError};
use crate::server::front_door::FrontDoor;

pub(super) async fn carry_out<C: Core>(
    front_door: &FrontDoor<C>,
    engine: &dyn DatabaseEngine,
    work: &DumpWork,
    mut pauses: Pauses,
) -> Result<EffectResult, EffectFailure> {
    let mut fault = DumpFault::new(engine, &work.key, work.fault);
    fault.begins().await?;
    let databases = engine.databases(&work.key).await.map_err(failed)?;
    let datasource_size_bytes = engine.size(&work.key).await.map_err(failed)?;
    let container = TargetContainer {
        front_door,
        path: &work.path,
        host: &work.host,
        name: &work.container,
        credential: Credential::Sas(&work.sas),
    };
    let mut files = Vec::new();
    for kind in kinds(databases, &work.excluded_databases) {
        let blob = format!("{}{}", work.blob_prefix, name(&kind));
        let length = write(
            engine,
            &container,
            &work.key,
            kind.clone(),
            &blob,
            &mut pauses,
            &mut fault,
        )
        .await?;
        files.push(DumpedFile { blob, kind, length });
    }
    Ok(EffectResult::Dumped {
        files,
        datasource_size_bytes,
    })
}

fn kinds(databases: Vec<String>, excluded: &[String]) -> Vec<DumpKind> {
    databases
        .into_iter()
        .filter(|database| !excluded.contains(database))
        .map(DumpKind::Database)
        .chain([DumpKind::Roles, DumpKind::Tablespaces, DumpKind::Schema])
        .collect()
}

/// The name of a dump's blob, after the prefix.
fn name(kind: &DumpKind) -> String {
    match kind {
        DumpKind::Database(database) => format!("database_{database}"),
        DumpKind::Roles => "roles".to_owned(),
        DumpKind::Tablespaces => "tablespaces".to_owned(),
        DumpKind::Schema => "schema".to_owned(),
    }
}

async fn write<C: Core>(
    engine: &dyn DatabaseEngine,
    container: &TargetContainer<'_, C>,
    key: &str,
    kind: DumpKind,
    blob: &str,
    pauses: &mut Pauses,
    fault: &mut DumpFault<'_>,
) -> Result<u64, EffectFailure> {
    let dump = engine.dump(key, kind).await.map_err(failed)?;
    upload_dump(container, dump, blob, pauses, fault, failed).await
}

/// Streams a dump into a blob, and commits it if the dump has ended well. Answers with its length.
pub(super) async fn upload_dump<C: Core>(
    container: &TargetContainer<'_, C>,
    mut dump: Dump,
    blob: &str,
    pauses: &mut Pauses,
    fault: &mut DumpFault<'_>,
    failed: impl Fn(EngineError) -> EffectFailure,
) -> Result<u64, EffectFailure> {
    let mut upload = Upload::new(container, blob);
    let mut block = FillingBlock::default();
    while let Some(bytes) = dump.next().await {
        let mut bytes = bytes.map_err(&failed)?;
        pauses.at(Moment::Dumping).await;
        fault.passes(bytes.len()).await?;
        while !bytes.is_empty() {
            block.fill_from(&mut bytes);
            if block.is_full() {
                upload.stage(std::mem::take(&mut block)).await?;
            }
        }
    }
    if !block.is_empty() {
        upload.stage(block).await?;
    }
    upload.commit(CommitCondition::None).await
}
