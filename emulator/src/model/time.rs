//! Points in time and the three ways Azure writes them.

use jiff::fmt::rfc2822::DateTimePrinter;

/// A point in time. Always handed in; the core never asks for the current one.
pub type Timestamp = jiff::Timestamp;

/// `2024-06-26T07:49:42.515338Z`: up to seven decimals without trailing zeros, as .NET writes a
/// `DateTime` into JSON.
pub fn wire_hundred_nanoseconds(time: Timestamp) -> String {
    let ticks = format!("{:07}", time.subsec_nanosecond() / 100);
    let seconds = time.strftime("%Y-%m-%dT%H:%M:%S");
    match ticks.trim_end_matches('0') {
        "" => format!("{seconds}Z"),
        ticks => format!("{seconds}.{ticks}Z"),
    }
}

/// `2024-06-26T07:49:42.5153380Z`: always seven decimals, as snapshots are named.
pub fn wire_ticks(time: Timestamp) -> String {
    let ticks = time.subsec_nanosecond() / 100;
    format!("{}.{ticks:07}Z", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// `2024-06-26T07:50:23Z`.
pub fn wire_seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `Wed, 26 Jun 2024 07:50:23 GMT`, for `Date` and `Last-Modified`.
pub fn wire_http_date(time: Timestamp) -> String {
    // Every answer carries at least one of these, and a printer made for the format is several
    // times as fast as `strftime`. It takes no year before 0.
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .unwrap_or_else(|_| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// A count of 100 ns intervals since year 1, as .NET writes versions (`retentionTagVersion`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DotNetTicks(pub i128);

impl From<Timestamp> for DotNetTicks {
    fn from(time: Timestamp) -> Self {
        const UNIX_EPOCH_TICKS: i128 = 621_355_968_000_000_000;
        Self(UNIX_EPOCH_TICKS + time.as_nanosecond() / 100)
    }
}

impl DotNetTicks {
    /// The time that many intervals stand for; `None` if it is further away than we count.
    pub fn time(self) -> Option<Timestamp> {
        let epoch = Self::from(Timestamp::UNIX_EPOCH).0;
        Timestamp::from_nanosecond((self.0 - epoch).checked_mul(100)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_as_recorded() {
        let time: Timestamp = "2024-06-26T07:49:42.5153387Z".parse().expect("a time");
        assert_eq!(wire_hundred_nanoseconds(time), "2024-06-26T07:49:42.5153387Z");
        let round: Timestamp = "2024-06-26T07:49:42.5153380Z".parse().expect("a time");
        assert_eq!(wire_hundred_nanoseconds(round), "2024-06-26T07:49:42.515338Z");
        let whole: Timestamp = "2024-06-26T07:49:42Z".parse().expect("a time");
        assert_eq!(wire_hundred_nanoseconds(whole), "2024-06-26T07:49:42Z");
        assert_eq!(wire_ticks(round), "2024-06-26T07:49:42.5153380Z");
        assert_eq!(DotNetTicks::from(time).time(), Some(time));
        assert_eq!(wire_seconds(time), "2024-06-26T07:49:42Z");
        assert_eq!(wire_http_date(time), "Wed, 26 Jun 2024 07:49:42 GMT");
        let single_digit: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
        assert_eq!(wire_http_date(single_digit), "Mon, 02 Mar 2026 06:00:00 GMT");
    }

    #[test]
    fn ticks_match_a_known_instant() {
        let epoch: Timestamp = "2000-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(DotNetTicks::from(epoch).0, 630_822_816_000_000_000);
    }
}
