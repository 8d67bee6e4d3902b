//! Hashes of a part of a blob: its bytes are the shell's, so the core can only ask for them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc::{CRC_64_NVME, Crc, Table};
use http::{HeaderName, HeaderValue};
use md5::{Digest, Md5};

use crate::model::{RangeHash, Response};

/// Storage's CRC64 has the polynomial that NVMe has taken over.
const CRC64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);
const MD5_HEADER: HeaderName = HeaderName::from_static("content-md5");
const CRC64_HEADER: HeaderName = HeaderName::from_static("x-ms-content-crc64");

/// Adds the hash the core has asked for, if it has.
pub(super) fn add(response: &mut Response, bytes: &[u8]) {
    let Some(hash) = response.hash else { return };
    let (name, text) = match hash {
        RangeHash::Md5 => (MD5_HEADER, STANDARD.encode(Md5::digest(bytes))),
        RangeHash::Crc64 => (CRC64_HEADER, STANDARD.encode(CRC64.checksum(bytes).to_le_bytes())),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn hashed(hash: Option<RangeHash>) -> Response {
        let mut response = Response::new(StatusCode::PARTIAL_CONTENT);
        response.hash = hash;
        add(&mut response, b"123456789");
        response
    }

    #[test]
    fn hashes_are_the_known_ones() {
        let md5 = hashed(Some(RangeHash::Md5));
        assert_eq!(md5.header("content-md5"), Some("JfnnlDI7RTiF9RgfG2JNCw=="));
        // The catalogue's check value, 0xae8b14860a799888, little end first.
        let crc = hashed(Some(RangeHash::Crc64));
        let check = STANDARD.encode(0xae8b_1486_0a79_9888_u64.to_le_bytes());
        assert_eq!(crc.header("x-ms-content-crc64"), Some(check.as_str()));
        assert!(hashed(None).headers.is_empty());
    }
}
