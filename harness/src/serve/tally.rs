//! Folding a run's calls: what is the same as the one before, and what was waited for.

use super::call::Call;

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
#[derive(Clone, Debug)]
pub(super) struct Wait<'a> {
    /// The call that began what was waited for, or the one that was made again and again.
    pub(super) what: &'a Call,
    pub(super) polls: usize,
    /// The time between those times of asking, in real seconds.
    pub(super) seconds: f64,
}

/// What the command waited for: addresses that it read, and read again as the next thing it did;
/// longest first.
pub(super) fn waits(calls: &[Call]) -> Vec<Wait<'_>> {
    let of_clients: Vec<&Call> = calls.iter().filter(|call| !call.by_service).collect();
    let mut waits: Vec<(&str, Wait<'_>)> = Vec::new();
    let mut began = None;
    for pair in of_clients.windows(2) {
        let &[before, call] = pair else { continue };
        if !matches!(before.method.as_str(), "GET" | "HEAD" | "CONNECT") {
            began = Some(before);
        }
        let again = call.method == "GET" && before.method == "GET" && before.path == call.path;
        if !again {
            continue;
        }
        let seconds = call.seconds - before.seconds;
        match waits.iter_mut().find(|(path, _)| *path == call.path) {
            Some((_, wait)) => {
                wait.polls += 1;
                wait.seconds += seconds;
            }
            None => {
                let wait = Wait {
                    what: waited_for(began, call),
                    polls: 2,
                    seconds,
                };
                waits.push((&call.path, wait));
            }
        }
    }
    let mut waits: Vec<Wait<'_>> = waits.into_iter().map(|(_, wait)| wait).collect();
    waits.retain(|wait| wait.seconds >= WORTH_TELLING_SECONDS);
    waits.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    waits
}

/// Who asks about an operation waits for what began it; who reads a resource again and again, for what
/// was last done to it.
fn waited_for<'a>(began: Option<&'a Call>, polled: &'a Call) -> &'a Call {
    let of_operation = polled.operation.contains("Operation");
    began
        .filter(|began| of_operation || began.path.eq_ignore_ascii_case(&polled.path))
        .unwrap_or(polled)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::serve) fn call(method: &str, path: &str, seconds: f64, by_service: bool) -> Call {
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
            faulted: false,
            failed: None,
            request_headers: std::collections::BTreeMap::new(),
            request_body: None,
            response_headers: std::collections::BTreeMap::new(),
            response_body: None,
        }
    }

    fn polled(seconds: f64) -> Call {
        Call {
            operation: "OperationStatus_Vault".to_owned(),
            ..call("GET", "/operation", seconds, false)
        }
    }

    #[test]
    fn only_what_was_asked_for_again_at_once_was_waited_for() {
        let calls = [
            call("GET", "/vault", 0.0, false),
            call("PUT", "/server", 0.1, false),
            polled(0.2),
            call("PUT", "/block", 0.5, true),
            polled(1.2),
            polled(2.2),
            call("GET", "/vault", 9.0, false),
        ];
        let found = waits(&calls);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].what.path.as_str(), found[0].polls), ("/server", 3));
        assert!((found[0].seconds - 2.0).abs() < 1e-9);
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
