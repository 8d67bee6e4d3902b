//! Outside work, simulated: no PostgreSQL, no bytes. For abstract worlds only.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{
    CopiedFile, CopyWork, DumpDatabaseWork, DumpKind, DumpWork, DumpedFile, EffectFailure, EffectResult,
    ServerWork, Work,
};
use azdrill_emulator::model::{Body, Request, StoredBody, Timestamp};
use azdrill_emulator::server::Core;
use http::Method;

/// The version of the blob protocol spoken.
const VERSION: &str = "2024-11-04";
/// The length every simulated file has, in bytes.
const FILE_BYTES: u64 = 1024;

/// Where a server that is none is said to listen.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5432);

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
            Work::Server(ServerWork::Start(_)) => EffectResult::ServerStarted(NOWHERE),
            Work::Server(_) => EffectResult::ServerDone,
            Work::Dump(work) => dump(azure, now, work),
            Work::Copy(work) => self.copy(azure, now, work),
            Work::WorkOut(work) => work.carry_out(),
            Work::Examine(_) => EffectResult::Examined(Vec::new()),
            Work::DumpDatabase(work) => dump_database(azure, now, work),
            Work::LoadDatabase(work) => EffectResult::Loaded {
                bytes: work.source.length,
            },
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
            if let Err(failure) = work.first_block_written() {
                return EffectResult::Failed(failure);
            }
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
        let answer = azure.call(now, &work.path, file(&work.host, &target));
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

fn dump_database(azure: &mut Azure, now: Timestamp, work: &DumpDatabaseWork) -> EffectResult {
    let target = format!("/{}/{}?{}", work.container, work.blob, work.sas);
    let answer = azure.call(now, &work.sign_in.path, file(&work.blob_host, &target));
    if !answer.status.is_success() {
        let message = format!("vault storage answered {}", answer.status);
        return EffectResult::Failed(EffectFailure::Store(message));
    }
    EffectResult::Dumped {
        files: vec![DumpedFile {
            blob: work.blob.clone(),
            kind: DumpKind::Database(work.sign_in.database.clone()),
            length: FILE_BYTES,
        }],
        datasource_size_bytes: FILE_BYTES,
    }
}

/// The write of a file that is a description only.
fn file(host: &str, target: &str) -> Request {
    let mut request = Request::new(Method::PUT, host, target)
        .with_header("x-ms-version", VERSION)
        .with_header("x-ms-blob-type", "BlockBlob");
    request.body = Body::Stored(StoredBody {
        extents: Vec::new(),
        length: FILE_BYTES,
        md5: None,
    });
    request
}
