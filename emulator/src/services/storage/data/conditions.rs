//! Conditional headers.

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderName, StatusCode};
use jiff::fmt::rfc2822::DateTimeParser;

use super::place::invalid_header;
use crate::gateway::Refusal;
use crate::model::{Request, Timestamp};
use crate::rules::{Mark, code};
use crate::services::storage::domain::WriteVersion;

/// What a request demands of the thing it is addressed to.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    matches: Option<String>,
    matches_not: Option<String>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// 400 if a time cannot be read, or a header names several entity tags.
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        Self::named(
            request,
            [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE],
        )
    }

    /// Reads what a copy demands of its source.
    pub(super) fn of_source(request: &Request) -> Result<Self, Refusal> {
        Self::named(
            request,
            [
                HeaderName::from_static("x-ms-source-if-match"),
                HeaderName::from_static("x-ms-source-if-none-match"),
                HeaderName::from_static("x-ms-source-if-modified-since"),
                HeaderName::from_static("x-ms-source-if-unmodified-since"),
            ],
        )
    }

    /// Reads them from headers of these names: by constants, which are found faster than texts.
    fn named(request: &Request, names: [HeaderName; 4]) -> Result<Self, Refusal> {
        let text = |name: &HeaderName| request.headers.get(name).and_then(|value| value.to_str().ok());
        let tag = |name: &HeaderName| match text(name).map(str::trim) {
            None | Some("") => Ok(None),
            Some(tag) if tag.contains(',') => {
                Err(Refusal::of_blob(code::MultipleConditionHeadersNotSupported, &[]))
            }
            Some(tag) => Ok(Some(tag.trim_matches('"').to_owned())),
        };
        let time = |name: &HeaderName| match text(name) {
            None | Some("") => Ok(None),
            Some(text) => DateTimeParser::new()
                .parse_timestamp(text)
                .map(Some)
                .map_err(|_| invalid_header(name.as_str())),
        };
        let [matches, matches_not, modified_since, unmodified_since] = &names;
        Ok(Self {
            matches: tag(matches)?,
            matches_not: tag(matches_not)?,
            modified_since: time(modified_since)?,
            unmodified_since: time(unmodified_since)?,
        })
    }

    /// Decides a read of something that exists: 412 if it is not what was meant, 304 if the caller
    /// has it already.
    pub(super) fn check_read(&self, version: &WriteVersion) -> Result<(), Refusal> {
        if self.matches_not.as_deref() == Some("*") {
            let mut refusal = Refusal::of_blob(code::UnsatisfiableCondition, &[]);
            refusal.mark = Mark::Code;
            return Err(refusal);
        }
        if !self.is_the_one(version) {
            return Err(not_met(StatusCode::PRECONDITION_FAILED));
        }
        // Of "another tag" and "changed since", one that holds is enough.
        let other = self.matches_not.as_ref().map(|tag| *tag != version.etag);
        let changed = self
            .modified_since
            .map(|since| seconds(version) > since.as_second());
        if [other, changed].contains(&Some(false)) && ![other, changed].contains(&Some(true)) {
            return Err(not_met(StatusCode::NOT_MODIFIED));
        }
        Ok(())
    }

    /// Decides a write, to something that exists or not.
    pub(super) fn check_write(&self, version: Option<&WriteVersion>) -> Result<(), Refusal> {
        let Some(version) = version else {
            // Only a demand for a certain thing fails for want of it.
            return match self.matches {
                Some(_) => Err(not_met(StatusCode::PRECONDITION_FAILED)),
                None => Ok(()),
            };
        };
        let other = match self.matches_not.as_deref() {
            Some("*") => false,
            Some(tag) => tag != version.etag,
            None => true,
        };
        let changed = self
            .modified_since
            .is_none_or(|since| seconds(version) > since.as_second());
        if self.is_the_one(version) && other && changed {
            Ok(())
        } else {
            Err(not_met(StatusCode::PRECONDITION_FAILED))
        }
    }

    /// Decides a write that may make something new: 409 if it must be new and is not.
    pub(super) fn check_create(&self, version: Option<&WriteVersion>) -> Result<(), Refusal> {
        if version.is_some() && self.matches_not.as_deref() == Some("*") {
            return Err(Refusal::of_blob(code::BlobAlreadyExists, &[]));
        }
        self.check_write(version)
    }

    fn is_the_one(&self, version: &WriteVersion) -> bool {
        let matches = match self.matches.as_deref() {
            Some("*") | None => true,
            Some(tag) => tag == version.etag,
        };
        let unchanged = self
            .unmodified_since
            .is_none_or(|since| seconds(version) <= since.as_second());
        matches && unchanged
    }
}

/// `Last-Modified` as the caller has seen it: in whole seconds.
fn seconds(version: &WriteVersion) -> i64 {
    version.modified.as_second()
}

/// 412, or 304 for a read.
pub(super) fn not_met(status: StatusCode) -> Refusal {
    Refusal {
        status,
        ..Refusal::of_blob(code::ConditionNotMet, &[])
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    const BEFORE: &str = "Wed, 26 Jun 2024 07:50:22 GMT";
    const AT: &str = "Wed, 26 Jun 2024 07:50:23 GMT";

    fn version() -> WriteVersion {
        WriteVersion {
            etag: "0x1".to_owned(),
            modified: "2024-06-26T07:50:23.5Z".parse().expect("a time"),
        }
    }

    fn with(headers: &[(&'static str, &str)]) -> Conditions {
        let mut request = Request::new(Method::GET, "a.blob.core.windows.net", "/c/b");
        for (name, value) in headers {
            request = request.with_header(name, value);
        }
        Conditions::of(&request).expect("readable")
    }

    fn read(headers: &[(&'static str, &str)]) -> u16 {
        match with(headers).check_read(&version()) {
            Ok(()) => 200,
            Err(refusal) => refusal.status.as_u16(),
        }
    }

    fn write(headers: &[(&'static str, &str)]) -> u16 {
        match with(headers).check_create(Some(&version())) {
            Ok(()) => 200,
            Err(refusal) => refusal.status.as_u16(),
        }
    }

    #[test]
    fn reads_answer_304_or_412() {
        assert_eq!(read(&[]), 200);
        assert_eq!(read(&[("if-match", "\"0x1\"")]), 200);
        assert_eq!(read(&[("if-match", "*")]), 200);
        assert_eq!(read(&[("if-match", "\"0x2\"")]), 412);
        assert_eq!(read(&[("if-none-match", "\"0x1\"")]), 304);
        assert_eq!(read(&[("if-none-match", "0x2")]), 200);
        assert_eq!(read(&[("if-none-match", "*")]), 400);
        assert_eq!(read(&[("if-modified-since", AT)]), 304);
        assert_eq!(read(&[("if-modified-since", BEFORE)]), 200);
        assert_eq!(read(&[("if-unmodified-since", AT)]), 200);
        assert_eq!(read(&[("if-unmodified-since", BEFORE)]), 412);
        assert_eq!(
            read(&[("if-none-match", "\"0x1\""), ("if-modified-since", BEFORE)]),
            200
        );
    }

    #[test]
    fn writes_answer_409_or_412() {
        assert_eq!(write(&[]), 200);
        assert_eq!(write(&[("if-none-match", "*")]), 409);
        assert_eq!(write(&[("if-none-match", "\"0x1\"")]), 412);
        assert_eq!(write(&[("if-match", "\"0x2\"")]), 412);
        assert_eq!(write(&[("if-modified-since", AT)]), 412);
        assert_eq!(write(&[("if-unmodified-since", BEFORE)]), 412);
        assert!(with(&[("if-none-match", "*")]).check_create(None).is_ok());
        assert!(
            with(&[("if-unmodified-since", BEFORE)])
                .check_create(None)
                .is_ok()
        );
        assert!(with(&[("if-match", "*")]).check_create(None).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let request = |name: &'static str, value: &str| {
            Conditions::of(
                &Request::new(Method::GET, "a.blob.core.windows.net", "/c/b").with_header(name, value),
            )
        };
        assert_eq!(
            request("if-modified-since", "yesterday").unwrap_err().code,
            "InvalidHeaderValue"
        );
        assert_eq!(
            request("if-match", "\"a\", \"b\"").unwrap_err().code,
            "MultipleConditionHeadersNotSupported"
        );
    }
}
