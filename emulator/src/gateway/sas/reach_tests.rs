//! Tests of what a signature reaches.

use http::Method;

use super::*;
use crate::rules::{Assumptions, Profile, Rules};

/// `sip` is an address or a range of them, both ends of it among them.
#[test]
fn a_range_of_addresses_has_its_ends() {
    let request = Request::new(Method::GET, "acct.blob.core.windows.net", "/box/b");
    for (sip, address, taken) in [
        ("203.0.113.4-203.0.113.9", "203.0.113.3", false),
        ("203.0.113.4-203.0.113.9", "203.0.113.4", true),
        ("203.0.113.4-203.0.113.9", "203.0.113.9", true),
        ("203.0.113.4-203.0.113.9", "203.0.113.10", false),
        ("203.0.113.4", "203.0.113.4", true),
        ("203.0.113.4", "203.0.113.5", false),
        ("203.0.113.4-anything", "203.0.113.4", false),
    ] {
        let path = NetworkPath {
            origin: Origin::Internet {
                address: address.parse().expect("an address"),
            },
        };
        let checked = check_origin(&path, &request, sip, "");
        assert_eq!(checked.is_ok(), taken, "{sip} {address}");
    }
}

/// It counts from the very second of its start, and no more at that of its expiry.
#[test]
fn a_time_has_its_beginning_and_not_its_end() {
    let now: Timestamp = "2026-03-02T06:00:00Z".parse().expect("a time");
    for (start, expiry, counts) in [
        ("2026-03-02T06:00:00Z", "2026-03-02T06:00:01Z", true),
        ("2026-03-02T06:00:01Z", "2026-03-02T07:00:00Z", false),
        ("2026-03-02T05:00:00Z", "2026-03-02T06:00:00Z", false),
        ("", "2026-03-02T06:00:01Z", true),
        ("2026-03-02", "2026-03-03", true),
        ("2026-03-02T05:59Z", "2026-03-02T06:01Z", true),
        ("soon", "2026-03-02T07:00:00Z", false),
        ("", "later", false),
    ] {
        assert_eq!(
            check_times(now, start, expiry).is_ok(),
            counts,
            "{start} {expiry}"
        );
    }
}

/// What looks at the account, and batches, take a signature for any of the types; the rest takes one for its own.
#[test]
fn an_account_signature_reaches_what_is_of_its_types() {
    let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
    for (id, reaching) in [
        ("Service_Batch", "sco"),
        ("Service_FindBlobs", "o"),
        ("Containers_List", "s"),
        ("Service_Properties", "s"),
        ("Container_Create", "c"),
        ("Blobs_List", "c"),
        ("Blob_Put", "o"),
    ] {
        let row = rules.router.operation(id).unwrap_or_else(|| panic!("{id}"));
        for types in ["s", "c", "o"] {
            let reached = check_account(row, "b", types).is_ok();
            assert_eq!(reached, reaching.contains(types), "{id} {types}");
        }
        assert!(check_account(row, "b", "sco").is_ok(), "{id}");
        assert!(check_account(row, "qtf", "sco").is_err(), "{id}");
    }
}

#[test]
fn any_protocol_that_is_said_will_do() {
    let request = Request::new(Method::GET, "acct.blob.core.windows.net", "/box/b");
    assert_eq!(request.scheme.as_str(), "https");
    for (protocols, taken) in [("", true), ("https", true), ("https,http", true), ("http", false)] {
        let checked = check_origin(&NetworkPath::internet(), &request, "", protocols);
        assert_eq!(checked.is_ok(), taken, "{protocols}");
    }
}
