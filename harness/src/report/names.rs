//! The names scenarios have in a report: each its own, and none that does something to whoever reads it.

use std::collections::BTreeSet;

use crate::harmless::harmless;
use crate::scenario::Scenario;

/// Of each scenario the name of its file; of those that share one, what comes later has its folder's before it, and a
/// number where that is not enough.
pub(super) fn distinct(scenarios: &[Scenario]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for scenario in scenarios {
        let short = harmless(&scenario.name).into_owned();
        let long = harmless(&format!("{}/{}", scenario.topic, scenario.name)).into_owned();
        let counted = (2_usize..).map(|count| format!("{long} ({count})"));
        let mut candidates = [short, long.clone()].into_iter().chain(counted);
        // There are more numbers than scenarios.
        if let Some(name) = candidates.find(|name| taken.insert(name.clone())) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::Library;

    #[test]
    fn no_two_have_one_name() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let library = Library::find(None, &root).expect("the scenarios");
        let scenario = library.get("missing-ltr-role").expect("read");
        let called = [
            ("roles", "reader"),
            ("mine", "reader"),
            ("mine", "reader"),
            ("mine", "a\u{1b}[31m"),
        ];
        let scenarios = called.map(|(topic, name)| Scenario {
            topic: topic.to_owned(),
            name: name.to_owned(),
            ..scenario.clone()
        });
        let names = distinct(&scenarios);
        assert_eq!(
            names,
            ["reader", "mine/reader", "mine/reader (2)", "a\u{241b}[31m"]
        );
    }
}
