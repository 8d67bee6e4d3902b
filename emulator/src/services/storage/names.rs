//! What may be called what.

use http::StatusCode;

use crate::gateway::Refusal;

/// The most characters of a blob's name.
const BLOB_NAME_MAX_CHARS: usize = 1024;

/// Whether a storage account may be called that.
pub(super) fn is_account_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Whether a container may be called that: 3 to 63 lower-case letters, digits and single hyphens,
/// letter or digit first and last; or one of the two containers that have names of their own.
pub(super) fn is_container_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    matches!(name, "$root" | "$web")
        || ((3..=63).contains(&name.len())
            && name.bytes().all(|byte| plain(byte) || byte == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.contains("--"))
}

/// 400 for a container's name, in the blob service's envelope.
pub(super) fn invalid_container() -> Refusal {
    Refusal::blob(
        StatusCode::BAD_REQUEST,
        "InvalidResourceName",
        "The specifed resource name contains invalid characters.",
    )
}

/// Refuses a blob's name that Azure does not take.
pub(super) fn check_blob(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::blob(
            StatusCode::BAD_REQUEST,
            "InvalidUri",
            "The requested URI does not represent any resource on the server.",
        ));
    }
    if name.chars().count() > BLOB_NAME_MAX_CHARS {
        return Err(Refusal::blob(
            StatusCode::BAD_REQUEST,
            "OutOfRangeInput",
            "One of the request inputs is out of range.",
        )
        .because("a blob's name has at most 1024 characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_names_are_short_and_plain() {
        for good in ["abc", "a1b2c3", "abcdefghijklmnopqrstuvwx"] {
            assert!(is_account_name(good), "{good}");
        }
        for bad in ["ab", "Abc", "a-b", "abcdefghijklmnopqrstuvwxy", ""] {
            assert!(!is_account_name(bad), "{bad}");
        }
    }

    #[test]
    fn container_names_have_single_hyphens_inside() {
        for good in ["abc", "a-b-c", "0ab", "$root", "$web"] {
            assert!(is_container_name(good), "{good}");
        }
        for bad in ["ab", "Abc", "-abc", "abc-", "a--b", "$logs", "a_b"] {
            assert!(!is_container_name(bad), "{bad}");
        }
    }

    #[test]
    fn blob_names_are_neither_empty_nor_endless() {
        assert!(check_blob("a/b").is_ok());
        assert_eq!(check_blob("").unwrap_err().code, "InvalidUri");
        assert_eq!(check_blob(&"x".repeat(1025)).unwrap_err().code, "OutOfRangeInput");
    }
}
