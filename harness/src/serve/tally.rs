//! Folding a run's calls: what is the same as the one before, and what was waited for.

use super::record::Call;

/// Shorter waits are not told of.
const WORTH_TELLING_SECONDS: f64 = 0.3;

/// Calls that follow one another and differ in nothing but time.
#[derive(Clone, Debug)]
pub(super) struct Folded<'a> {
    pub(super) first: &'a Call,
    pub(super) last: &'a Call,
    pub(super) count: usize,
}

/// Folds calls that repeat the one before.
pub(super) fn fold(calls: &[Call]) -> Vec<Folded<'_>> {
    let mut folded: Vec<Folded<'_>> = Vec::new();
    for call in calls {
        match folded.last_mut() {
            Some(last) if last.first.repeats(call) => {
                last.last = call;
                last.count += 1;
            }
            _ => folded.push(Folded {
                first: call,
                last: call,
                count: 1,
            }),
        }
    }
    folded
}

/// Something that was asked for again and again, with nothing else in between.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wait<'a> {
    pub(super) what: &'a str,
    pub(super) polls: usize,
    /// The time between those times of asking, in real seconds.
    pub(super) seconds: f64,
}

/// What the command waited for: addresses that it read, and read again as the next thing it did;
/// longest first.
pub(super) fn waits(calls: &[Call]) -> Vec<Wait<'_>> {
    let own: Vec<&Call> = calls.iter().filter(|call| !call.by_service).collect();
    let mut waits: Vec<Wait<'_>> = Vec::new();
    for pair in own.windows(2) {
        let &[before, call] = pair else { continue };
        let again = call.method == "GET" && before.method == "GET" && before.path == call.path;
        if !again {
            continue;
        }
        let seconds = call.seconds - before.seconds;
        match waits.iter_mut().find(|wait| wait.what == call.path) {
            Some(wait) => {
                wait.polls += 1;
                wait.seconds += seconds;
            }
            None => waits.push(Wait {
                what: &call.path,
                polls: 2,
                seconds,
            }),
        }
    }
    waits.retain(|wait| wait.seconds >= WORTH_TELLING_SECONDS);
    waits.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    waits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, path: &str, seconds: f64, by_service: bool) -> Call {
        Call {
            number: 0,
            at: jiff::Timestamp::UNIX_EPOCH,
            seconds,
            caller: "operator".to_owned(),
            by_service,
            method: method.to_owned(),
            host: "management.azure.com".to_owned(),
            path: path.to_owned(),
            operation: String::new(),
            status: 200,
            refused: None,
            not_implemented: None,
            query: String::new(),
            api_version: String::new(),
            failed: None,
            request_headers: std::collections::BTreeMap::new(),
            request_body: None,
            response_headers: std::collections::BTreeMap::new(),
            response_body: None,
        }
    }

    #[test]
    fn only_what_was_asked_for_again_at_once_was_waited_for() {
        let calls = [
            call("GET", "/vault", 0.0, false),
            call("PUT", "/server", 0.1, false),
            call("GET", "/operation", 0.2, false),
            call("PUT", "/block", 0.5, true),
            call("GET", "/operation", 1.2, false),
            call("GET", "/operation", 2.2, false),
            call("GET", "/vault", 9.0, false),
        ];
        let expected = Wait {
            what: "/operation",
            polls: 3,
            seconds: 2.0,
        };
        let found = waits(&calls);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].what, found[0].polls), (expected.what, expected.polls));
        assert!((found[0].seconds - expected.seconds).abs() < 1e-9);
    }

    #[test]
    fn calls_that_repeat_the_one_before_are_folded() {
        let calls = [
            call("GET", "/operation", 0.0, false),
            call("GET", "/operation", 1.0, false),
            call("GET", "/other", 2.0, false),
            call("GET", "/operation", 3.0, false),
        ];
        let counts: Vec<usize> = fold(&calls).iter().map(|line| line.count).collect();
        assert_eq!(counts, [2, 1, 1]);
    }
}
