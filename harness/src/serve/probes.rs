//! Answers that look like refusals and are none: a client asked whether something is there before it made
//! it, or where to get a token.

use std::collections::BTreeSet;

use super::call::Call;

/// The numbers of the calls that only asked.
pub(super) fn only_asked(calls: &[Call]) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    // From the end: what was made, and who was let in, later than the call looked at.
    let (mut made, mut admitted) = (BTreeSet::new(), BTreeSet::new());
    for call in calls.iter().rev() {
        let place = place(call);
        let reads = matches!(call.method.as_str(), "GET" | "HEAD");
        // HEAD asks for nothing else.
        let whether = call.method == "HEAD" || (reads && made.contains(&place));
        let challenged = call.status == 401 && call.caller.is_empty() && admitted.contains(&place);
        if (call.status == 404 && whether) || challenged {
            found.insert(call.number);
        }
        if call.method == "PUT" {
            made.insert(place.clone());
        }
        if !call.caller.is_empty() {
            admitted.insert(place);
        }
    }
    // And whether something is gone that was deleted.
    let mut deleted = BTreeSet::new();
    for call in calls {
        let place = place(call);
        match call.method.as_str() {
            "DELETE" if call.status < 400 => {
                deleted.insert(place);
            }
            "GET" if call.status == 404 && deleted.contains(&place) => {
                found.insert(call.number);
            }
            _ => {}
        }
    }
    found
}

fn place(call: &Call) -> (String, String) {
    let path = call.path.trim_end_matches('/').to_ascii_lowercase();
    (call.host.to_ascii_lowercase(), path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::tally::tests::call;

    #[test]
    fn what_only_asked_is_told_from_what_was_refused() {
        let answered = [
            ("HEAD", "/group", 404, "operator"),
            ("GET", "/vault", 404, "operator"),
            ("GET", "/secret", 401, ""),
            ("GET", "/secret", 200, "operator"),
            ("PUT", "/Vault/", 403, "operator"),
            ("GET", "/other", 404, "operator"),
            ("GET", "/open", 401, ""),
            ("DELETE", "/disk", 202, "operator"),
            ("GET", "/disk", 404, "operator"),
            ("GET", "/vault", 403, "operator"),
        ];
        let calls: Vec<Call> = (1..)
            .zip(answered)
            .map(|(number, (method, path, status, caller))| Call {
                number,
                status,
                caller: caller.to_owned(),
                ..call(method, path, 0.0, false)
            })
            .collect();
        assert_eq!(only_asked(&calls), BTreeSet::from([1, 2, 3, 9]));
    }
}
