//! Outside work, simulated: no PostgreSQL, no bytes. For abstract worlds only.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{
    CopiedFile, CopyWork, DumpKind, DumpWork, DumpedFile, EffectFailure, EffectResult, Work,
};
use azdrill_emulator::model::{Body, Request, StoredBody, Timestamp};
use azdrill_emulator::server::Core;
use http::Method;

/// The version of the blob protocol spoken.
const VERSION: &str = "2024-11-04";
/// The length every simulated file has, in bytes.
const FILE_BYTES: u64 = 1024;

/// Carries out outside work without doing any of it. A dump leaves descriptions of files in vault
/// storage; a copy asks, block by block, whether it would be let in, and writes nothing.
#[derive(Debug, Default)]
pub struct SimulatedMovement {
    /// How many writes of copies were let in.
    pub admitted: usize,
    /// How many were refused.
    pub refused: usize,
}

impl SimulatedMovement {
    /// Lets everything happen that is due, until it is quiet.
    pub fn settle(&mut self, azure: &mut Azure, now: Timestamp) {
        loop {
            let effects = azure.tick(now);
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                let result = self.carry_out(azure, now, &effect.work);
                azure.complete(now, effect.id, result);
            }
        }
    }

    /// Carries out one piece of work.
    pub fn carry_out(&mut self, azure: &mut Azure, now: Timestamp, work: &Work) -> EffectResult {
        match work {
            Work::Server(_) => EffectResult::ServerDone,
            Work::Dump(work) => dump(azure, now, work),
            Work::Copy(work) => self.copy(azure, now, work),
            Work::WorkOut(work) => work.carry_out(),
            Work::Examine(_) => EffectResult::Examined(Vec::new()),
            Work::DumpDatabase(_) | Work::LoadDatabase(_) => {
                EffectResult::Failed(EffectFailure::Engine("no sketch has a single server".to_owned()))
            }
        }
    }

    fn copy(&mut self, azure: &Azure, now: Timestamp, work: &CopyWork) -> EffectResult {
        let mut files = Vec::new();
        for file in &work.files {
            let target = format!(
                "/{}/{}?comp=block&blockid=MDAwMDAwMDAw",
                work.container, file.blob
            );
            let request = Request::new(Method::PUT, &work.host, &target)
                .with_header("x-ms-version", VERSION)
                .with_header("authorization", &format!("Bearer {}", work.bearer));
            if let Err(refusal) = azure.decide(now, &work.path, &request) {
                self.refused += 1;
                return EffectResult::Failed(EffectFailure::Refused {
                    status: refusal.status.as_u16(),
                    code: refusal.code,
                    message: refusal.message,
                });
            }
            self.admitted += 1;
            files.push(CopiedFile {
                blob: file.blob.clone(),
                length: file.source.length,
            });
        }
        EffectResult::Copied { files }
    }
}

fn dump(azure: &mut Azure, now: Timestamp, work: &DumpWork) -> EffectResult {
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
        let mut request = Request::new(Method::PUT, &work.host, &target)
            .with_header("x-ms-version", VERSION)
            .with_header("x-ms-blob-type", "BlockBlob");
        request.body = Body::Stored(StoredBody {
            extents: Vec::new(),
            length: FILE_BYTES,
            md5: None,
        });
        let answer = azure.call(now, &work.path, request);
        if !answer.status.is_success() {
            let message = format!("vault storage answered {}", answer.status);
            return EffectResult::Failed(EffectFailure::Store(message));
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
