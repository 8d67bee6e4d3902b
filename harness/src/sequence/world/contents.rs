//! What is in the server, as a number that each change makes another one; and the files that dumps and restores write
//! of it. No byte is kept: a file is a description, and where its bytes are said to be tells what it was made of.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{
    CopiedFile, CopyWork, DumpKind, DumpWork, DumpedFile, EffectFailure, EffectResult,
};
use azdrill_emulator::model::{Body, Extent, NetworkPath, Request, Response, StoredBody, Timestamp};
use azdrill_emulator::server::Core as _;
use http::{Method, StatusCode};

/// How many files a dump has.
pub const FILES: usize = 4;
/// The version of the blob protocol spoken.
const VERSION: &str = "2024-11-04";
/// The length every file has, in bytes.
const FILE_BYTES: u64 = 1024;
/// The one block of a file.
const BLOCK: &str = "MDAwMDAwMDAw";

/// What is in the server, and what was in it when.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Since when it has been what, oldest first.
    changes: Vec<(Timestamp, u32)>,
    /// What movement has wrong on purpose.
    pub mistake: Option<Copied>,
}

/// A mistake in moving data, planted to see that it is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// A restore leaves out a file and says that it is whole.
    LacksFile,
    /// A restore writes a file of other bytes.
    Garbled,
    /// A dump is of what was in the server before it last changed.
    Outdated,
    /// A restore writes all files, and is told as failed.
    FailsWhole,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            changes: vec![(Timestamp::UNIX_EPOCH, 0)],
            mistake: None,
        }
    }
}

impl Contents {
    /// The rows change.
    pub fn change(&mut self, now: Timestamp) {
        let next = self.version() + 1;
        self.changes.push((now, next));
    }

    /// What is in it.
    pub fn version(&self) -> u32 {
        self.changes.last().map_or(0, |(_, version)| *version)
    }

    /// What was in it at one time or another between two times.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Vec<u32> {
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at);
        let ends = ends.chain([Timestamp::MAX]);
        let all = self.changes.iter().zip(ends);
        let within = all.filter(|((begins, _), ends)| *begins <= to && *ends >= from);
        within.map(|((_, version), _)| *version).collect()
    }

    /// What a file was made of: the version, and which file of its dump it is. `None` for one that no dump has.
    pub fn made_of(body: &StoredBody) -> Option<(u32, usize)> {
        let [extent] = body.extents.as_slice() else {
            return None;
        };
        let number = usize::try_from(extent.offset / FILE_BYTES).ok()?;
        let whole = extent.length == FILE_BYTES && body.length == FILE_BYTES;
        (whole && number < FILES).then_some((extent.segment, number))
    }

    /// Dumps the server into vault storage.
    pub(super) fn dump(&self, azure: &mut Azure, now: Timestamp, work: &DumpWork) -> EffectResult {
        let version = match self.mistake {
            Some(Copied::Outdated) => self.version().saturating_sub(1),
            _ => self.version(),
        };
        let kinds = [
            DumpKind::Database("sales".to_owned()),
            DumpKind::Roles,
            DumpKind::Tablespaces,
            DumpKind::Schema,
        ];
        let mut files = Vec::new();
        for (number, kind) in kinds.into_iter().enumerate() {
            let blob = format!("{}{number}", work.blob_prefix);
            let target = format!("/{}/{blob}?{}", work.container, work.sas);
            let mut request = put(&work.host, &target).with_header("x-ms-blob-type", "BlockBlob");
            request.body = Body::Stored(bytes(version, number));
            if let Err(failure) = sent(azure, now, &work.path, request) {
                return EffectResult::Failed(failure);
            }
            files.push(DumpedFile {
                blob,
                kind,
                length: FILE_BYTES,
            });
        }
        EffectResult::Dumped {
            files,
            datasource_size_bytes: FILE_BYTES,
        }
    }

    /// Copies files into a container: all blocks first, then the lists.
    pub(super) fn copy(&self, azure: &mut Azure, now: Timestamp, work: &CopyWork) -> EffectResult {
        match self.copied(azure, now, work) {
            Ok(files) => EffectResult::Copied { files },
            Err(failure) => EffectResult::Failed(failure),
        }
    }

    fn copied(
        &self,
        azure: &mut Azure,
        now: Timestamp,
        work: &CopyWork,
    ) -> Result<Vec<CopiedFile>, EffectFailure> {
        let bearer = format!("Bearer {}", work.bearer);
        let request = |blob: &str, query: &str| {
            let target = format!("/{}/{blob}?{query}", work.container);
            put(&work.host, &target).with_header("authorization", &bearer)
        };
        for (number, file) in work.files.iter().enumerate() {
            let mut request = request(&file.blob, &format!("comp=block&blockid={BLOCK}"));
            request.body = Body::Stored(match self.mistake {
                Some(Copied::Garbled) if number == 1 => bytes(u32::MAX - 1, number),
                _ => file.source.clone(),
            });
            sent(azure, now, &work.path, request)?;
            work.first_block_written()?;
        }
        let list = format!("<?xml version=\"1.0\"?><BlockList><Latest>{BLOCK}</Latest></BlockList>");
        let mut files = Vec::new();
        for (number, file) in work.files.iter().enumerate() {
            files.push(CopiedFile {
                blob: file.blob.clone(),
                length: file.source.length,
            });
            if number == 1 && self.mistake == Some(Copied::LacksFile) {
                continue;
            }
            let mut request = request(&file.blob, "comp=blocklist")
                .with_header("content-type", "application/xml")
                .with_header("if-none-match", "*");
            request.body = Body::Bytes(list.clone().into());
            sent(azure, now, &work.path, request)?;
        }
        if self.mistake == Some(Copied::FailsWhole) {
            return Err(EffectFailure::Store("a mistake, on purpose".to_owned()));
        }
        Ok(files)
    }
}

fn bytes(version: u32, number: usize) -> StoredBody {
    let extent = Extent {
        segment: version,
        offset: number as u64 * FILE_BYTES,
        length: FILE_BYTES,
    };
    StoredBody {
        extents: vec![extent],
        length: FILE_BYTES,
        md5: None,
    }
}

fn put(host: &str, target: &str) -> Request {
    Request::new(Method::PUT, host, target).with_header("x-ms-version", VERSION)
}

fn sent(
    azure: &mut Azure,
    now: Timestamp,
    path: &NetworkPath,
    request: Request,
) -> Result<(), EffectFailure> {
    let answer = azure.call(now, path, request);
    if answer.status == StatusCode::CREATED {
        return Ok(());
    }
    Err(EffectFailure::Refused {
        status: answer.status.as_u16(),
        code: answer.header("x-ms-error-code").unwrap_or_default().to_owned(),
        message: first_line(&answer),
    })
}

fn first_line(answer: &Response) -> String {
    let text = String::from_utf8_lossy(answer.body.bytes());
    text.lines().next().unwrap_or_default().to_owned()
}
