//! Shared Key: a request signed with an account key.
//!
//! The string to sign is the one of "Authorize with Shared Key" for versions from 2015-02-21 on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use jiff::SignedDuration;
use jiff::fmt::rfc2822::DateTimeParser;
use sha2::Sha256;

use super::{Gates, Refusal};
use crate::model::{Request, Timestamp, wire_http_date};
use crate::rules::{Gate, code};
use crate::state::AccountKeys;

/// Headers of the string to sign, in order, after the method.
const SIGNED_HEADERS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Refuses a key, and what is signed with one, where the account's setting does.
pub(super) fn key_allowed(gates: &Gates<'_>, request: &Request) -> Result<(), Refusal> {
    let forbidden = gates
        .account_of(request)
        .and_then(|id| gates.state.resource(id))
        .is_some_and(|account| account.at("/properties/allowSharedKeyAccess").as_bool() == Some(false));
    if forbidden {
        return Err(Refusal::of_blob(code::KeyBasedAuthenticationNotPermitted, &[])
            .at(Gate::Authentication)
            .because("allowSharedKeyAccess is false on the account"));
    }
    Ok(())
}

/// Checks `account:signature` against both keys.
pub(super) fn verify(
    request: &Request,
    account: &str,
    keys: &AccountKeys,
    shown: &str,
) -> Result<(), String> {
    let (name, signature) = shown
        .split_once(':')
        .ok_or("the header does not read account:signature")?;
    if !name.eq_ignore_ascii_case(account) {
        return Err(format!("the header names the account {name}, the host {account}"));
    }
    if request.header("x-ms-date").is_none() && request.header("date").is_none() {
        return Err("neither x-ms-date nor Date is there".to_owned());
    }
    if signed_by_either(keys, &string_to_sign(request, account), signature) {
        Ok(())
    } else {
        Err("the signature does not fit either key".to_owned())
    }
}

/// Checks that a request is not from another time. A client goes by the machine's clock, and knows
/// nothing of one that was moved; what is done inside azdrill goes by the world's. Either will do.
pub(super) fn check_date(now: Timestamp, skew: SignedDuration, request: &Request) -> Result<(), String> {
    let said = request
        .header("x-ms-date")
        .or_else(|| request.header("date"))
        .ok_or("neither x-ms-date nor Date is there")?;
    let date = DateTimeParser::new()
        .parse_timestamp(said)
        .map_err(|_| "the request's date is none of RFC 1123")?;
    let fits = |clock: Timestamp| date.duration_since(clock).abs() <= skew;
    if fits(now) || request.came_at.is_some_and(fits) {
        Ok(())
    } else {
        Err(format!(
            "the request is dated {date}, which is more than {} minutes from now",
            skew.as_mins()
        ))
    }
}

/// Whether a base64 signature fits one of the two keys.
pub(super) fn signed_by_either(keys: &AccountKeys, text: &str, signature: &str) -> bool {
    keys.keys.iter().any(|key| signed_by(key, text, signature))
}

/// Whether a base64 signature fits a key. Compared in constant time.
pub(super) fn signed_by(key: &str, text: &str, signature: &str) -> bool {
    let (Ok(key), Ok(signature)) = (STANDARD.decode(key), STANDARD.decode(signature)) else {
        return false;
    };
    // Anybody could sign with a key that is empty.
    !key.is_empty()
        && Hmac::<Sha256>::new_from_slice(&key)
            .map(|mac| mac.chain_update(text.as_bytes()).verify_slice(&signature).is_ok())
            .unwrap_or(false)
}

fn string_to_sign(request: &Request, account: &str) -> String {
    let mut text = format!("{}\n", request.method);
    for name in SIGNED_HEADERS {
        let value = match (name, request.header(name).unwrap_or_default()) {
            ("content-length", "0") => "",
            ("date", _) if request.header("x-ms-date").is_some() => "",
            (_, value) => value,
        };
        text.push_str(value);
        text.push('\n');
    }
    let mut own: Vec<(String, String)> = request
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-ms-"))
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).trim().to_owned(),
            )
        })
        .collect();
    own.sort();
    for (name, value) in own {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&canonical_resource(request, account));
    text
}

fn canonical_resource(request: &Request, account: &str) -> String {
    let mut text = format!("/{account}{}", request.path);
    let mut values: std::collections::BTreeMap<String, Vec<&str>> = std::collections::BTreeMap::new();
    for (name, value) in request.query.pairs() {
        values.entry(name.to_ascii_lowercase()).or_default().push(value);
    }
    for (name, mut values) in values {
        values.sort();
        text.push_str(&format!("\n{name}:{}", values.join(",")));
    }
    text
}

/// Signs a request with an account's key, as a client would.
pub(crate) fn authorize(request: &mut Request, account: &str, key: &str, now: Timestamp) {
    if let Ok(date) = HeaderValue::from_str(&wire_http_date(now)) {
        request.headers.insert("x-ms-date", date);
    }
    let signature = sign(key, &string_to_sign(request, account)).unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&format!("SharedKey {account}:{signature}")) {
        request.headers.insert(http::header::AUTHORIZATION, value);
    }
}

/// The signature of a text with a base64 key, base64.
pub(crate) fn sign(key: &str, text: &str) -> Option<String> {
    let key = STANDARD.decode(key).ok()?;
    let mac = Hmac::<Sha256>::new_from_slice(&key)
        .ok()?
        .chain_update(text.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn keys() -> AccountKeys {
        AccountKeys {
            keys: [STANDARD.encode([1; 64]), STANDARD.encode([2; 64])],
            created: [Timestamp::UNIX_EPOCH; 2],
        }
    }

    #[test]
    fn a_signed_request_is_accepted_and_a_changed_one_is_not() {
        let request = Request::new(
            Method::GET,
            "acct.blob.core.windows.net",
            "/c?restype=container&comp=list&prefix=a",
        )
        .with_header("x-ms-date", "Mon, 02 Mar 2026 06:00:00 GMT")
        .with_header("x-ms-version", "2026-10-06");
        let text = "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Mon, 02 Mar 2026 06:00:00 GMT\nx-ms-version:2026-10-06\n/acct/c\ncomp:list\nprefix:a\nrestype:container";
        let signature = sign(&keys().keys[1], text).expect("signed");
        assert_eq!(
            verify(&request, "acct", &keys(), &format!("acct:{signature}")),
            Ok(())
        );
        let changed = Request::new(
            Method::GET,
            "acct.blob.core.windows.net",
            "/c?restype=container&comp=list&prefix=b",
        )
        .with_header("x-ms-date", "Mon, 02 Mar 2026 06:00:00 GMT")
        .with_header("x-ms-version", "2026-10-06");
        assert!(verify(&changed, "acct", &keys(), &format!("acct:{signature}")).is_err());
        assert!(verify(&request, "acct", &keys(), "acct:AAAA").is_err());
        assert!(verify(&request, "acct", &keys(), "other:AAAA").is_err());
    }

    #[test]
    fn nobody_signs_with_an_empty_key() {
        let signature = sign("", "text").expect("signed");
        assert!(!signed_by("", "text", &signature));
        let signature = sign(&keys().keys[0], "text").expect("signed");
        assert!(signed_by(&keys().keys[0], "text", &signature));
    }

    /// HMAC-SHA256 of "text" with the key "key", and what is none of it.
    #[test]
    fn only_the_keys_own_signature_fits() {
        let mac = Hmac::<Sha256>::new_from_slice(b"key").expect("a key");
        let own = STANDARD.encode(mac.chain_update(b"text").finalize().into_bytes());
        let key = STANDARD.encode("key");
        assert!(signed_by(&key, "text", &own));
        assert!(!signed_by(&key, "another text", &own));
        assert!(!signed_by(&STANDARD.encode("another key"), "text", &own));
        for signature in ["", "!!!", "not base64"] {
            assert!(!signed_by(&key, "text", signature), "{signature}");
        }
        assert!(!signed_by("no base64", "text", &own));
        let mac = Hmac::<Sha256>::new_from_slice(b"").expect("an empty key");
        let empty = STANDARD.encode(mac.chain_update(b"text").finalize().into_bytes());
        assert!(!signed_by("", "text", &empty));
    }

    /// The line of the date is empty where x-ms-date is there, which is signed with the other headers of that kind.
    #[test]
    fn one_date_is_signed() {
        const DATE: &str = "Mon, 02 Mar 2026 06:00:00 GMT";
        let request = |name: &'static str| {
            Request::new(Method::GET, "acct.blob.core.windows.net", "/box/b").with_header(name, DATE)
        };
        let dated = string_to_sign(&request("date"), "acct");
        assert!(dated.lines().any(|line| line == DATE), "{dated}");
        let both = string_to_sign(&request("date").with_header("x-ms-date", DATE), "acct");
        assert!(!both.lines().any(|line| line == DATE), "{both}");
        assert!(both.contains(&format!("x-ms-date:{DATE}")), "{both}");
    }
}
