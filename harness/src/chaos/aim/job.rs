//! Faults of jobs.

use rand::Rng;
use rand::seq::IndexedRandom as _;
use toml::{Table, Value};

use super::called::Called;
use super::drawn::{Drawn, table};
use super::kind::Kind;
use crate::chaos::Ends;

pub(super) fn of_job(kind: Kind, called: &Called, rng: &mut impl Rng) -> Option<Drawn> {
    let jobs: Vec<&String> = called.jobs.iter().collect();
    let job = (*jobs.choose(rng)?).clone();
    let (fault, ends, what): (Value, _, _) = match kind {
        Kind::JobFails => (
            table("fail", "CloudInternalError".into()),
            Ends::Either,
            "fails at once",
        ),
        Kind::JobBreaksOff => (
            table("fail", "CloudInternalError".into()),
            Ends::Either,
            "fails in the middle of its work",
        ),
        Kind::JobToldFailed => {
            let code = "LongRunningRestoreTrackingFailure".into();
            (
                table("fail_though_done", code),
                Ends::Either,
                "is told as failed when its work is done",
            )
        }
        Kind::JobLate => (
            table("end_late", "8s".into()),
            Ends::Recovers,
            "is told as ended eight seconds late",
        ),
        _ => ("stick".into(), Ends::GivesUp, "never ends"),
    };
    let title = format!("a {job} job {what}");
    let phase = match job.as_str() {
        "Backup" => "dumping",
        _ => "copying",
    };
    let mut fault = Table::from_iter([
        ("job".to_owned(), Value::String(job)),
        ("fault".to_owned(), fault),
    ]);
    if kind == Kind::JobBreaksOff {
        fault.insert("phase".to_owned(), phase.into());
    }
    Some(Drawn {
        list: "job",
        fault,
        ends,
        title,
    })
}
