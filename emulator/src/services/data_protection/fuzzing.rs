//! Connection strings, repeating intervals and filters, as functions of bytes.

use super::credentials::ConnectionString;
use super::recovery_points::bounds;
use super::schedule::Interval;
use crate::model::Timestamp;

/// The secret of a single server's credentials.
pub(crate) fn connection_string(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = ConnectionString::parse(text);
}

/// What a policy repeats.
pub(crate) fn interval(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(interval) = Interval::parse(text) {
        for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let next = interval.after(time);
            assert!(
                next > time || next == Timestamp::MAX,
                "{next} is not after {time}"
            );
        }
    }
    let _ = bounds(text);
}
