//! Outside work without an outside: servers "start", dumps and copies are blobs of known lengths
//! that go through the front door like real ones.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{
    CopiedFile, CopyWork, DumpDatabaseWork, DumpKind, DumpWork, DumpedFile, EffectFailure, EffectResult,
    MissingRight, RealParameter, ServerWork, SessionFailure, Work,
};
use azdrill_emulator::model::{Body, Extent, Request, Response, StoredBody, Timestamp};
use azdrill_emulator::server::Core;
use http::Method;

/// The length of every dump, in bytes.
pub(crate) const DUMP_BYTES: u64 = 1024;
/// What a server says its databases take, in bytes.
pub(crate) const DATASOURCE_BYTES: u64 = 7_844_323;

/// Carries out what the core asks for.
#[derive(Default)]
pub(crate) struct SimulatedMovement {
    next_offset: u64,
    /// What real servers know of their parameters.
    pub(crate) parameters: Vec<RealParameter>,
    /// What was done to servers, apart from starting them.
    pub(crate) server_work: Vec<ServerWork>,
    /// How the next dumps end after their first file, if not well.
    pub(crate) dumps_fail_with: Option<EffectFailure>,
    /// How the next copies end, if not well.
    pub(crate) copies_fail_with: Option<EffectFailure>,
    /// Whether data that is to be moved ends without a result.
    pub(crate) ends_with_nothing: bool,
    /// How looking at a database ends, if not well.
    pub(crate) sign_ins_fail_with: Option<SessionFailure>,
    /// What the user of a database may not do there.
    pub(crate) lacks: Vec<MissingRight>,
    /// What restored files were called.
    pub(crate) copied: Vec<String>,
}

impl SimulatedMovement {
    pub(crate) fn carry_out(&mut self, azure: &mut Azure, now: Timestamp, work: &Work) -> EffectResult {
        let result = match work {
            Work::Dump(_) | Work::Copy(_) | Work::DumpDatabase(_) | Work::LoadDatabase(_)
                if self.ends_with_nothing =>
            {
                Ok(EffectResult::ServerDone)
            }
            Work::Server(ServerWork::Start(_) | ServerWork::Restart(_)) => Ok(EffectResult::ServerStarted(
                "127.0.0.1:5432".parse().expect("an address"),
            )),
            Work::Server(ServerWork::Describe(_)) => Ok(EffectResult::Described(self.parameters.clone())),
            Work::Server(work) => {
                self.server_work.push(work.clone());
                Ok(EffectResult::ServerDone)
            }
            Work::Dump(work) => self.dump(azure, now, work),
            Work::Copy(work) => match &self.copies_fail_with {
                Some(failure) => Err(failure.clone()),
                None => {
                    self.copied
                        .extend(work.files.iter().map(|file| file.blob.clone()));
                    copy(azure, now, work)
                }
            },
            Work::Examine(_) => match self.sign_ins_fail_with {
                Some(failure) => Err(EffectFailure::Session {
                    failure,
                    message: "it is said to have failed".to_owned(),
                }),
                None => Ok(EffectResult::Examined(self.lacks.clone())),
            },
            Work::DumpDatabase(work) => self.dump_database(azure, now, work),
            Work::LoadDatabase(work) => Ok(EffectResult::Loaded {
                bytes: work.source.length,
            }),
            Work::WorkOut(work) => Ok(work.carry_out()),
        };
        result.unwrap_or_else(EffectResult::Failed)
    }

    fn dump_database(
        &mut self,
        azure: &mut Azure,
        now: Timestamp,
        work: &DumpDatabaseWork,
    ) -> Result<EffectResult, EffectFailure> {
        let body = self.fresh();
        let target = format!("/{}/{}?{}", work.container, work.blob, work.sas);
        let request = put_blob(&work.blob_host, &target, body);
        accepted(azure.call(now, &work.sign_in.path, request))?;
        Ok(EffectResult::Dumped {
            files: vec![DumpedFile {
                blob: work.blob.clone(),
                kind: DumpKind::Database(work.sign_in.database.clone()),
                length: DUMP_BYTES,
            }],
            datasource_size_bytes: DUMP_BYTES,
        })
    }

    fn dump(
        &mut self,
        azure: &mut Azure,
        now: Timestamp,
        work: &DumpWork,
    ) -> Result<EffectResult, EffectFailure> {
        let kinds = [
            (DumpKind::Database("shop".to_owned()), "database_shop"),
            (DumpKind::Roles, "roles"),
            (DumpKind::Tablespaces, "tablespaces"),
            (DumpKind::Schema, "schema"),
        ];
        let mut files = Vec::new();
        for (kind, name) in kinds {
            let blob = format!("{}{name}", work.blob_prefix);
            let body = self.fresh();
            let target = format!("/{}/{blob}?{}", work.container, work.sas);
            let request = put_blob(&work.host, &target, body);
            accepted(azure.call(now, &work.path, request))?;
            files.push(DumpedFile {
                blob,
                kind,
                length: DUMP_BYTES,
            });
            if let Some(failure) = &self.dumps_fail_with {
                return Err(failure.clone());
            }
        }
        Ok(EffectResult::Dumped {
            files,
            datasource_size_bytes: DATASOURCE_BYTES,
        })
    }

    /// Bytes nobody else has.
    fn fresh(&mut self) -> StoredBody {
        let extent = Extent {
            segment: 1,
            offset: self.next_offset,
            length: DUMP_BYTES,
        };
        self.next_offset += DUMP_BYTES;
        StoredBody {
            extents: vec![extent],
            length: DUMP_BYTES,
            md5: Some([0; 16]),
        }
    }
}

fn copy(azure: &mut Azure, now: Timestamp, work: &CopyWork) -> Result<EffectResult, EffectFailure> {
    let mut files = Vec::new();
    for file in &work.files {
        // Nothing of a file can be seen before it is whole.
        work.first_block_written()?;
        let target = format!("/{}/{}", work.container, file.blob);
        let mut body = file.source.clone();
        body.md5 = Some([0; 16]);
        let request = put_blob(&work.host, &target, body)
            .with_header("authorization", &format!("Bearer {}", work.bearer));
        accepted(azure.call(now, &work.path, request))?;
        files.push(CopiedFile {
            blob: file.blob.clone(),
            length: file.source.length,
        });
    }
    Ok(EffectResult::Copied { files })
}

fn put_blob(host: &str, target: &str, body: StoredBody) -> Request {
    let mut request = Request::new(Method::PUT, host, target)
        .with_header("x-ms-version", "2024-11-04")
        .with_header("x-ms-blob-type", "BlockBlob");
    request.body = Body::Stored(body);
    request
}

fn accepted(answer: Response) -> Result<(), EffectFailure> {
    if answer.status.is_success() {
        return Ok(());
    }
    Err(EffectFailure::Refused {
        status: answer.status.as_u16(),
        code: answer.header("x-ms-error-code").unwrap_or_default().to_owned(),
        message: String::from_utf8_lossy(answer.body.bytes()).into_owned(),
    })
}
