//! Versions of Azure's interfaces: dates, some of them previews.

use std::fmt;

/// A version as `api-version` names it: `2024-04-01` or `2024-04-01-preview`. Ordered by date; a
/// preview comes before the version of its own date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    // Compared first, and often: a number, not a text.
    date: jiff::civil::Date,
    stable: bool,
    suffix: Box<str>,
}

impl ApiVersion {
    /// Reads a version. `None`: it is no date, or has more behind it than one word.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let date = date.parse().ok()?;
        let suffix = match rest.strip_prefix('-') {
            None if rest.is_empty() => "",
            Some(word) if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()) => word,
            _ => return None,
        };
        Some(Self {
            date,
            stable: suffix.is_empty(),
            suffix: suffix.to_ascii_lowercase().into(),
        })
    }

    /// Whether it is a preview.
    pub fn is_preview(&self) -> bool {
        !self.stable
    }

    /// The year.
    pub fn year(&self) -> i16 {
        self.date.year()
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.date)?;
        if self.stable {
            Ok(())
        } else {
            write!(formatter, "-{}", self.suffix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn versions_are_dates_and_previews_come_first() {
        let version = |text: &str| ApiVersion::parse(text).expect(text);
        assert!(version("2024-04-01-preview") < version("2024-04-01"));
        assert!(version("2024-04-01") < version("2025-01-01-preview"));
        assert_eq!(version("2024-04-01-Preview").to_string(), "2024-04-01-preview");
        for wrong in [
            "",
            "banana",
            "2024-13-01",
            "2024-04",
            "2024-04-01-",
            "2024-04-01preview",
            "2024-04-01-a-b",
            "2024-04-é1",
        ] {
            assert_eq!(ApiVersion::parse(wrong), None, "{wrong}");
        }
    }
}
