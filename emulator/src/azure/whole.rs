//! Everything a machine is, as text, for tests that hold two machines against each other. There are secrets in it.

use std::collections::BTreeMap;

use super::{Azure, KeptWorld};

impl Azure {
    /// Everything there is to know of it, in lines. What is not in it says why.
    pub(crate) fn whole(&self) -> String {
        let Self {
            // Made of what it begins with, and never changed.
            rules: _,
            handlers: _,
            tokens: _,
            entropy: _,
            first_request_id: _,
            // What the shell has yet to be told: no answer depends on it.
            released: _,
            hosts: _,
            settings,
            state,
            own,
            draws,
            agenda,
            workflows,
            faults,
            throttle,
            log,
            inner_tokens,
        } = self;
        let workflows: BTreeMap<_, _> = workflows.iter().map(|(id, work)| (id, work.sort())).collect();
        format!(
            "{settings:#?}\n{state:#?}\n{own:#?}\n{draws:#?}\n{agenda:#?}\n{workflows:#?}\n{faults:#?}\n\
             {throttle:#?}\n{log:#?}\n{inner_tokens:#?}"
        )
    }
}

impl KeptWorld {
    /// The same of a world that is kept.
    pub(crate) fn whole(&self) -> String {
        let Self {
            state,
            own,
            draws,
            agenda,
            workflows,
        } = self;
        let workflows: BTreeMap<_, _> = workflows.iter().map(|(id, work)| (id, work.sort())).collect();
        format!("{state:#?}\n{own:#?}\n{draws:#?}\n{agenda:#?}\n{workflows:#?}")
    }
}
