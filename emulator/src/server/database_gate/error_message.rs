//! What the gate itself says to a client, as a PostgreSQL server would say it.

/// `invalid_authorization_specification`: whoever asks may not come in.
pub(super) const NOT_LET_IN: &str = "28000";
/// `cannot_connect_now`.
pub(super) const NOT_NOW: &str = "57P03";
/// `too_many_connections`.
pub(super) const TOO_MANY: &str = "53300";
/// `feature_not_supported`.
pub(super) const NOT_SUPPORTED: &str = "0A000";

/// An ErrorResponse that ends the connection.
pub(super) fn fatal(sqlstate: &str, message: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, text) in [
        (b'S', "FATAL"),
        (b'V', "FATAL"),
        (b'C', sqlstate),
        (b'M', message),
    ] {
        body.push(field);
        // A text ends at its first zero.
        body.extend(text.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body.push(0);
    // Messages of ours are a line or two; the length counts itself.
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut whole = vec![b'E'];
    whole.extend(length.to_be_bytes());
    whole.extend(body);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_laid_out_as_the_protocol_wants_it() {
        assert_eq!(
            fatal("28000", "n\0o"),
            b"E\0\0\0\x1eSFATAL\0VFATAL\0C28000\0Mno\0\0"
        );
    }
}
