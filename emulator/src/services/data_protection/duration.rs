//! Durations as the service writes them, one way or the other.

use jiff::SignedDuration;

/// `PT15M40.886203S`.
pub(super) fn iso(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let ticks = duration.subsec_nanos().max(0) / 100;
    let mut text = "PT".to_owned();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        text += &format!("{hours}H");
    }
    if minutes > 0 {
        text += &format!("{minutes}M");
    }
    let fraction = format!("{ticks:07}");
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        text += &format!("{rest}S");
    } else {
        text += &format!("{rest}.{fraction}S");
    }
    text
}

/// `00:05:42.7551604`, `1.09:22:25.7992056`: how .NET prints a time span.
pub(super) fn timespan(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let ticks = duration.subsec_nanos().max(0) / 100;
    let (days, hours, minutes, rest) = (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    );
    let mut text = if days > 0 {
        format!("{days}.")
    } else {
        String::new()
    };
    text += &format!("{hours:02}:{minutes:02}:{rest:02}");
    if ticks > 0 {
        text += &format!(".{ticks:07}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_recorded() {
        let duration = SignedDuration::new(15 * 60 + 40, 886_203_000);
        assert_eq!(iso(duration), "PT15M40.886203S");
        assert_eq!(timespan(duration), "00:15:40.8862030");
        assert_eq!(iso(SignedDuration::ZERO), "PT0S");
        assert_eq!(
            timespan(SignedDuration::new(120_145, 799_205_600)),
            "1.09:22:25.7992056"
        );
    }
}
