//! Times as this provider writes them.

use crate::model::Timestamp;

/// `2021-02-08T18:12:48.68+00:00`, as single servers write times.
pub(super) fn wire_offset(time: Timestamp) -> String {
    let milliseconds = format!("{:03}", time.subsec_nanosecond() / 1_000_000);
    let seconds = time.strftime("%Y-%m-%dT%H:%M:%S");
    match milliseconds.trim_end_matches('0') {
        "" => format!("{seconds}+00:00"),
        fraction => format!("{seconds}.{fraction}+00:00"),
    }
}
