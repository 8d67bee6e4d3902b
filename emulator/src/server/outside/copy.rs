//! Writing stored bytes into a container. Every block of every file is staged before the first
//! file is committed, so that a refusal half-way leaves nothing that looks whole.

use std::collections::BTreeSet;
use std::io;

use super::pause::{Moment, Pauses};
use super::upload::{CommitCondition, Credential, FillingBlock, TargetContainer, Upload};
use crate::jobs::{CopiedFile, CopyWork, EffectFailure, EffectResult};
use crate::machine::Core;
use crate::server::blob_store::StoredReader;
use crate::server::front_door::FrontDoor;

/// What is read, and what need not be any more.
pub(super) struct FilesToCopy<'a> {
    /// One a file.
    pub(super) sources: Vec<io::Result<StoredReader>>,
    /// The paths of the blobs that are there already, written by an earlier process for the same work.
    pub(super) committed: &'a BTreeSet<String>,
}

pub(super) async fn carry_out<C: Core>(
    front_door: &FrontDoor<C>,
    work: &CopyWork,
    files: FilesToCopy<'_>,
    mut pauses: Pauses,
) -> Result<EffectResult, EffectFailure> {
    let container = TargetContainer {
        front_door,
        path: &work.path,
        host: &work.host,
        name: &work.container,
        credential: Credential::Bearer(&work.bearer),
    };
    pauses.at(Moment::Copied(0)).await;
    let mut blocks = 0;
    let mut uploads = Vec::with_capacity(work.files.len());
    for (file, source) in work.files.iter().zip(files.sources) {
        if files.committed.contains(&container.path_of(&file.blob)) {
            uploads.push(None);
            continue;
        }
        let mut source = source.map_err(unreadable)?;
        let mut upload = Upload::new(&container, &file.blob);
        while let Some(block) = read_block(&mut source)? {
            upload.stage(block).await?;
            blocks += 1;
            pauses.at(Moment::Copied(blocks)).await;
            work.first_block_written()?;
            // Nothing above waits for anything, and others have work to do.
            tokio::task::yield_now().await;
        }
        uploads.push(Some(upload));
    }
    // Where no file has anything in it there is no first block.
    work.first_block_written()?;
    let mut files = Vec::with_capacity(uploads.len());
    for (file, upload) in work.files.iter().zip(uploads) {
        files.push(CopiedFile {
            blob: file.blob.clone(),
            length: match upload {
                Some(upload) => upload.commit(CommitCondition::Absent).await?,
                None => file.source.length,
            },
        });
    }
    Ok(EffectResult::Copied { files })
}

fn read_block(source: &mut StoredReader) -> Result<Option<FillingBlock>, EffectFailure> {
    let mut block = FillingBlock::default();
    while !block.is_full()
        && let Some(bytes) = source.next_chunk()
    {
        // Chunks divide a block evenly, so nothing of one is left over.
        block.fill_from(&mut bytes.map_err(unreadable)?);
    }
    Ok((!block.is_empty()).then_some(block))
}

fn unreadable(error: io::Error) -> EffectFailure {
    EffectFailure::Store(format!("cannot read what is to be copied: {error}"))
}

const _: () = assert!(super::upload::BLOCK_BYTES.is_multiple_of(crate::server::blob_store::CHUNK_BYTES));
