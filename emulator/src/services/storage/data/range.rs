//! Byte ranges.

use http::HeaderName;
use http::header::RANGE;

use crate::gateway::Refusal;
use crate::model::Request;
use crate::rules::code;

const X_MS_RANGE: HeaderName = HeaderName::from_static("x-ms-range");

/// A run of bytes that lies within a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteRange {
    /// The first byte.
    pub(super) start: u64,
    /// Number of bytes; never 0.
    pub(super) length: u64,
}

impl ByteRange {
    /// `Content-Range` for a blob of that many bytes.
    pub(super) fn content_range(self, total: u64) -> String {
        format!("bytes {}-{}/{total}", self.start, self.start + self.length - 1)
    }
}

/// The range a request asks for, `x-ms-range` before `Range`. `None`: the whole blob, also for a
/// form the service does not know, such as a suffix, which it passes over.
///
/// # Errors
///
/// 416 if the range begins at the blob's end or behind it; an empty blob has no range at all.
pub(super) fn of(request: &Request, total: u64) -> Result<Option<ByteRange>, Refusal> {
    match sent(request) {
        Some(sent) => within(sent, total).map(Some),
        None => Ok(None),
    }
}

/// The first and the last byte that a request names, if it names any.
pub(super) fn sent(request: &Request) -> Option<(u64, Option<u64>)> {
    request
        .headers
        .get(X_MS_RANGE)
        .or_else(|| request.headers.get(RANGE))
        .and_then(|value| value.to_str().ok())
        .and_then(parse)
}

/// A range, clipped to a blob of that many bytes.
///
/// # Errors
///
/// 416 if it begins at the blob's end or behind it.
pub(super) fn within(sent: (u64, Option<u64>), total: u64) -> Result<ByteRange, Refusal> {
    let (start, end) = sent;
    if start >= total {
        let mut refusal = Refusal::of_blob(code::InvalidRange, &[]);
        refusal
            .headers
            .push(("content-range", format!("bytes */{total}")));
        return Err(refusal);
    }
    let end = end.unwrap_or(u64::MAX).min(total - 1);
    Ok(ByteRange {
        start,
        length: end - start + 1,
    })
}

/// Reads `bytes=first-last`.
pub(super) fn parse(text: &str) -> Option<(u64, Option<u64>)> {
    let (start, end) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let start = start.trim().parse().ok()?;
    match end.trim() {
        "" => Some((start, None)),
        end => {
            let end = end.parse().ok()?;
            (start <= end).then_some((start, Some(end)))
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn asked(text: &str, total: u64) -> Result<Option<(u64, u64)>, String> {
        let request =
            Request::new(Method::GET, "a.blob.core.windows.net", "/c/b").with_header("x-ms-range", text);
        of(&request, total)
            .map(|range| range.map(|range| (range.start, range.length)))
            .map_err(|refusal| refusal.headers[0].1.clone())
    }

    #[test]
    fn ranges_are_clipped_and_odd_ones_passed_over() {
        assert_eq!(asked("bytes=0-9", 100), Ok(Some((0, 10))));
        assert_eq!(asked("bytes=90-", 100), Ok(Some((90, 10))));
        assert_eq!(asked("bytes=90-33554431", 100), Ok(Some((90, 10))));
        assert_eq!(asked("bytes=99-99", 100), Ok(Some((99, 1))));
        assert_eq!(asked("bytes=-5", 100), Ok(None));
        assert_eq!(asked("bytes=5-2", 100), Ok(None));
        assert_eq!(asked("bytes=0-1,5-6", 100), Ok(None));
        assert_eq!(asked("bytes=0-18446744073709551615", 100), Ok(Some((0, 100))));
    }

    #[test]
    fn nothing_begins_behind_the_end() {
        assert_eq!(asked("bytes=100-", 100), Err("bytes */100".to_owned()));
        assert_eq!(asked("bytes=0-33554431", 0), Err("bytes */0".to_owned()));
    }
}
