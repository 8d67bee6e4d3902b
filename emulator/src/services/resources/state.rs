//! What Resource Manager knows of subscriptions besides their resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::model::ResourceId;

/// Tags of subscriptions, tag names given out, providers that were unregistered.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct ResourcesState {
    tags: BTreeMap<ResourceId, Map<String, Value>>,
    names: BTreeMap<ResourceId, BTreeMap<String, BTreeSet<String>>>,
    unregistered: BTreeSet<(String, String)>,
}

fn key(subscription: &str, namespace: &str) -> (String, String) {
    (subscription.to_ascii_lowercase(), namespace.to_ascii_lowercase())
}

impl ResourcesState {
    pub(super) fn tags_of_subscription(&self, id: &ResourceId) -> Option<Map<String, Value>> {
        self.tags.get(id).cloned()
    }

    pub(super) fn set_tags_of_subscription(&mut self, id: &ResourceId, tags: Map<String, Value>) {
        self.tags.insert(id.clone(), tags);
    }

    /// The names given out in a subscription with their values, each used by nothing yet.
    pub(super) fn names_given_out(
        &self,
        subscription: &ResourceId,
    ) -> BTreeMap<String, BTreeMap<String, u64>> {
        let unused = |values: &BTreeSet<String>| values.iter().map(|value| (value.clone(), 0)).collect();
        self.names
            .get(subscription)
            .into_iter()
            .flatten()
            .map(|(name, values)| (name.clone(), unused(values)))
            .collect()
    }

    /// Gives out a name, or a value of it; `true` if it is new.
    pub(super) fn give_out(&mut self, subscription: &ResourceId, name: &str, value: &str) -> bool {
        let names = self.names.entry(subscription.clone()).or_default();
        let known = names.contains_key(name);
        let values = names.entry(name.to_owned()).or_default();
        if value.is_empty() {
            !known
        } else {
            values.insert(value.to_owned())
        }
    }

    /// Takes back a name, or a value of it; `true` if it was given out.
    pub(super) fn take_back(&mut self, subscription: &ResourceId, name: &str, value: &str) -> bool {
        let Some(names) = self.names.get_mut(subscription) else {
            return false;
        };
        if value.is_empty() {
            names.remove(name).is_some()
        } else {
            names.get_mut(name).is_some_and(|values| values.remove(value))
        }
    }

    pub(super) fn is_unregistered(&self, subscription: &str, namespace: &str) -> bool {
        self.unregistered.contains(&key(subscription, namespace))
    }

    pub(super) fn register(&mut self, subscription: &str, namespace: &str) {
        self.unregistered.remove(&key(subscription, namespace));
    }

    pub(super) fn unregister(&mut self, subscription: &str, namespace: &str) {
        self.unregistered.insert(key(subscription, namespace));
    }
}
