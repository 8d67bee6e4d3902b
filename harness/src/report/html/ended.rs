//! How a step ended.

/// How a step ended, as far as a sign can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Well.
    Well,
    /// With a no, or a failure.
    Badly,
    /// It was not taken: no rows were moved.
    Untaken,
}

impl Ended {
    /// From what is said of it in a line.
    pub(super) fn of(brief: &str) -> Self {
        let refused = |status: &str| status.parse::<u16>().is_ok_and(|status| status >= 400);
        let status = brief.split(':').next().unwrap_or_default();
        match status {
            "" => Self::Untaken,
            "Failed" | "Cancelled" | "Canceled" | "ProtectionError" => Self::Badly,
            status if refused(status) || brief.contains(": ") => Self::Badly,
            _ => Self::Well,
        }
    }

    /// A sign for it.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Well => "✓",
            Self::Badly => "✗",
            Self::Untaken => "–",
        }
    }

    /// A word for the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Badly => "badly",
            Self::Untaken => "untaken",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_by_its_line() {
        assert_eq!(Ended::of("Succeeded"), Ended::Well);
        assert_eq!(Ended::of("2 found"), Ended::Well);
        assert_eq!(Ended::of("Failed: UserErrorDBNotFound"), Ended::Badly);
        assert_eq!(Ended::of("403: AuthorizationFailed"), Ended::Badly);
        assert_eq!(Ended::of(""), Ended::Untaken);
    }
}
