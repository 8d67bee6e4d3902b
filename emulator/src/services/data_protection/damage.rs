//! What a fault does to the files a restore writes, behind the job's back.

use super::job_run::JobRun;
use super::jobs;
use super::recovery_point::{RecoveryPoint, VaultFile};
use crate::fault::{Artefact, ArtefactFault, JobFaultKind, JobPoint, LOST_BYTES};
use crate::model::{ResourceId, StoredBody};
use crate::services::Context;

/// Has the job read the recovery point before the one it was asked for, where a fault says so.
pub(super) fn choose_point(
    context: &mut Context<'_>,
    run: &JobRun,
    instance: &ResourceId,
    wanted: &mut RecoveryPoint,
) {
    let all = context.own.data_protection.recovery_points(instance);
    // Newest first.
    let before = all.iter().skip_while(|point| point.id != wanted.id).nth(1);
    if let Some(before) = before.cloned()
        && let Some(JobFaultKind::Artefact(ArtefactFault::OlderPoint)) =
            jobs::struck(context, &run.vault, &run.job, JobPoint::Reading)
    {
        wanted.place = before.place;
        wanted.files = before.files;
    }
}

/// Damages the files the job is about to write, where a fault says so. There is one source a file.
pub(super) fn damage(
    context: &mut Context<'_>,
    run: &JobRun,
    files: &mut Vec<VaultFile>,
    sources: &mut Vec<StoredBody>,
) {
    let artefacts: Vec<Artefact<'_>> = files
        .iter()
        .zip(&*sources)
        .map(|(file, source)| Artefact {
            name: &file.blob,
            length: source.length,
        })
        .collect();
    let struck = jobs::struck(context, &run.vault, &run.job, JobPoint::Writing(&artefacts));
    let Some(JobFaultKind::Artefact(fault)) = struck else {
        return;
    };
    let Some(number) = fault.strikes(&artefacts) else {
        return;
    };
    match fault {
        ArtefactFault::LeaveOut { .. } => {
            files.remove(number);
            sources.remove(number);
        }
        ArtefactFault::Cut { bytes, .. } => sources[number] = sources[number].slice(0, bytes),
        ArtefactFault::Zero { at_byte, .. } => sources[number] = zeroed(&sources[number], at_byte),
        ArtefactFault::OlderPoint => {}
    }
}

fn zeroed(whole: &StoredBody, at: u64) -> StoredBody {
    let lost = LOST_BYTES.min(whole.length.saturating_sub(at));
    whole.with_part(at, &StoredBody::zeros(lost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Extent;

    #[test]
    fn what_is_lost_reads_as_zeros_and_the_length_stays() {
        let extent = |offset, length| Extent {
            segment: 1,
            offset,
            length,
        };
        let whole = StoredBody {
            extents: vec![extent(100, 2000)],
            length: 2000,
            md5: Some([1; 16]),
        };
        let damaged = zeroed(&whole, 700);
        assert_eq!(
            damaged.extents,
            [extent(100, 700), Extent::zeros(512), extent(1312, 788)]
        );
        assert_eq!((damaged.length, damaged.md5), (2000, None));
        let at_the_end = zeroed(&whole, 1990);
        assert_eq!(at_the_end.extents, [extent(100, 1990), Extent::zeros(10)]);
        assert_eq!(at_the_end.length, 2000);
    }
}
