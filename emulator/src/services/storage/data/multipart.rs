//! The body of Blob Batch: `multipart/mixed`, each part a request of its own.

use http::{HeaderName, HeaderValue, Method};

use crate::model::{Request, Response};

/// A request of a batch.
pub(super) struct BatchPart {
    /// `Content-ID`, which its answer repeats.
    pub(super) id: Option<String>,
    /// The request.
    pub(super) request: Request,
}

/// The boundary that a content type names.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim().trim_matches('"'))
        .filter(|value| !value.is_empty())
}

/// Takes a body apart, as far as one part more than there may be. The parts are addressed as the whole is. `None` if it is not what it should be.
pub(super) fn parts(whole: &Request, boundary: &str, most: usize) -> Option<Vec<BatchPart>> {
    let text = std::str::from_utf8(whole.body.bytes()).ok()?;
    let delimiter = format!("--{boundary}");
    let mut pieces = text.split(delimiter.as_str());
    // What stands before the first delimiter is nothing.
    pieces.next().filter(|before| before.trim().is_empty())?;
    let mut found = Vec::new();
    for piece in pieces {
        if piece.trim_end() == "--" {
            return Some(found);
        }
        found.push(part(whole, piece)?);
        if found.len() > most {
            return Some(found);
        }
    }
    None
}

/// The headers at the beginning of a text, and what follows the empty line behind them.
fn headers(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((line, behind)) = rest.split_once('\n') {
        rest = behind;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim(), value.trim()));
        }
    }
    (found, rest)
}

fn part(whole: &Request, piece: &str) -> Option<BatchPart> {
    let (outer, inner) = headers(piece.strip_prefix("\r\n").or_else(|| piece.strip_prefix('\n'))?);
    let value = |name: &str| {
        let found = outer.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    if !value("content-type")?.eq_ignore_ascii_case("application/http") {
        return None;
    }
    let (line, rest) = inner.trim_start().split_once('\n')?;
    let mut words = line.split_whitespace();
    let method: Method = words.next()?.parse().ok()?;
    let target = words.next()?;
    // Some clients name the host again.
    let target = match target.split_once("://") {
        Some((_, behind)) => &behind[behind.find('/')?..],
        None => target,
    };
    let mut request = Request::new(method, &whole.host, target);
    request.scheme = whole.scheme;
    request.port = whole.port;
    request.came_at = whole.came_at;
    for (name, value) in headers(rest).0 {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request.headers.append(name, HeaderValue::from_str(value).ok()?);
    }
    Some(BatchPart {
        id: value("content-id").map(str::to_owned),
        request,
    })
}

/// Adds the answer to a part.
pub(super) fn write(text: &mut String, boundary: &str, id: Option<&str>, response: &Response) {
    text.push_str("--");
    text.push_str(boundary);
    text.push_str("\r\nContent-Type: application/http\r\n");
    if let Some(id) = id {
        text.push_str(&format!("Content-ID: {id}\r\n"));
    }
    let reason = response.status.canonical_reason().unwrap_or_default();
    text.push_str(&format!("\r\nHTTP/1.1 {} {reason}\r\n", response.status.as_u16()));
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let body = response.body.bytes();
    if !body.is_empty() {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(&String::from_utf8_lossy(body));
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::Body;

    fn read(text: &str) -> Option<Vec<BatchPart>> {
        let mut whole = Request::new(Method::POST, "a.blob.core.windows.net", "/?comp=batch");
        whole.body = Body::Bytes(Bytes::from(text.to_owned()));
        parts(&whole, "b_1", 256)
    }

    #[test]
    fn parts_are_requests_with_their_own_headers() {
        let text = "--b_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 0\r\n\r\nDELETE /c/a%20b?snapshot=x HTTP/1.1\r\nx-ms-date: now\r\nContent-Length: 0\r\n\r\n\r\n--b_1\nContent-Type: application/http\n\nPUT https://other/c/d?comp=tier HTTP/1.1\n\n--b_1--\r\n";
        let parts = read(text).expect("well-formed");
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].id.as_deref(), Some("0"));
        assert_eq!(parts[0].request.method, Method::DELETE);
        assert_eq!(parts[0].request.path, "/c/a%20b");
        assert_eq!(&*parts[0].request.query, "snapshot=x");
        assert_eq!(parts[0].request.header("x-ms-date"), Some("now"));
        assert_eq!(parts[1].request.path, "/c/d");
        assert_eq!(parts[1].request.host, "a.blob.core.windows.net");
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "--b_1--x",
            "--b_1\r\nContent-Type: application/http\r\n\r\nDELETE /c/a HTTP/1.1\r\n",
            "--b_1\r\nContent-Type: text/plain\r\n\r\nDELETE /c/a HTTP/1.1\r\n\r\n--b_1--",
            "--b_1\r\nContent-Type: application/http\r\n\r\nDELETE\r\n\r\n--b_1--",
            "x--b_1--",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        assert_eq!(boundary("multipart/mixed; boundary=\"b_1\""), Some("b_1"));
        assert_eq!(boundary("application/json"), None);
        assert_eq!(boundary("multipart/mixed; boundary="), None);
    }
}
