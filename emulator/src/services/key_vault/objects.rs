//! Objects of one kind in a vault: their versions, and those that are deleted and can be recovered.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::vault::Recovery;
use crate::model::Timestamp;
use crate::state::field;

/// What a version's maker says about its use. Times are seconds since 1970, as on the wire.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Attributes {
    pub(super) enabled: bool,
    pub(super) not_before: Option<i64>,
    pub(super) expires: Option<i64>,
    pub(super) created: i64,
    pub(super) updated: i64,
}

/// Where a time lies, seen from a version's `nbf` and `exp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    Before,
    Inside,
    After,
}

impl Attributes {
    pub(super) fn new(now: Timestamp) -> Self {
        let now = now.as_second();
        Self {
            enabled: true,
            not_before: None,
            expires: None,
            created: now,
            updated: now,
        }
    }

    /// Takes over what a request says.
    ///
    /// # Errors
    ///
    /// A text for the caller, if a member is not what it should be.
    pub(super) fn take(&mut self, sent: &Value) -> Result<(), String> {
        if !sent.is_null() && !sent.is_object() {
            return Err("attributes must be an object".to_owned());
        }
        match field(sent, "enabled") {
            Value::Null => {}
            Value::Bool(enabled) => self.enabled = *enabled,
            _ => return Err("enabled must be true or false".to_owned()),
        }
        for (name, moment) in [("nbf", &mut self.not_before), ("exp", &mut self.expires)] {
            match field(sent, name) {
                Value::Null => {}
                time => {
                    let seconds = time.as_i64();
                    *moment = Some(seconds.ok_or_else(|| format!("{name} must be a number of seconds"))?);
                }
            }
        }
        match (self.not_before, self.expires) {
            (Some(from), Some(until)) if from >= until => Err("nbf must be earlier than exp".to_owned()),
            _ => Ok(()),
        }
    }

    pub(super) fn window(&self, now: Timestamp) -> Window {
        let now = now.as_second();
        if self.not_before.is_some_and(|from| now < from) {
            Window::Before
        } else if self.expires.is_some_and(|until| now >= until) {
            Window::After
        } else {
            Window::Inside
        }
    }

    pub(super) fn wire(&self, recovery: &Recovery) -> Value {
        let mut wire = json!({"enabled": self.enabled});
        for (name, time) in [("nbf", self.not_before), ("exp", self.expires)] {
            if let Some(time) = time {
                wire[name] = json!(time);
            }
        }
        wire["created"] = json!(self.created);
        wire["updated"] = json!(self.updated);
        wire["recoveryLevel"] = json!(recovery.level);
        wire["recoverableDays"] = json!(recovery.days);
        wire
    }
}

/// A version of an object.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Version<M> {
    /// 32 hexadecimal digits.
    pub(super) id: String,
    pub(super) attributes: Attributes,
    pub(super) tags: Map<String, Value>,
    pub(super) material: M,
}

/// An object with its versions, the oldest first.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Object<M> {
    /// The name, as first written.
    pub(super) name: String,
    versions: Vec<Version<M>>,
}

impl<M> Object<M> {
    pub(super) fn versions(&self) -> &[Version<M>] {
        &self.versions
    }

    /// The version of that id; without one, the newest.
    pub(super) fn version(&self, id: &str) -> Option<&Version<M>> {
        if id.is_empty() {
            return self.versions.last();
        }
        self.versions
            .iter()
            .find(|version| version.id.eq_ignore_ascii_case(id))
    }
}

/// A deleted object.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Deleted<M> {
    pub(super) object: Object<M>,
    pub(super) deleted: Timestamp,
    pub(super) purged: Timestamp,
}

/// The objects of one kind in a vault, by name in lower case.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Objects<M> {
    live: BTreeMap<String, Object<M>>,
    deleted: BTreeMap<String, Deleted<M>>,
}

impl<M> Default for Objects<M> {
    fn default() -> Self {
        Self {
            live: BTreeMap::new(),
            deleted: BTreeMap::new(),
        }
    }
}

impl<M> Objects<M> {
    pub(super) fn live(&self) -> impl Iterator<Item = &Object<M>> {
        self.live.values()
    }

    pub(super) fn deleted(&self) -> impl Iterator<Item = &Deleted<M>> {
        self.deleted.values()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Object<M>> {
        self.live.get(&name.to_ascii_lowercase())
    }

    pub(super) fn get_deleted(&self, name: &str) -> Option<&Deleted<M>> {
        self.deleted.get(&name.to_ascii_lowercase())
    }

    /// The version of that id for writing; without one, the newest.
    pub(super) fn version_mut(&mut self, name: &str, id: &str) -> Option<&mut Version<M>> {
        let object = self.live.get_mut(&name.to_ascii_lowercase())?;
        if id.is_empty() {
            return object.versions.last_mut();
        }
        object
            .versions
            .iter_mut()
            .find(|version| version.id.eq_ignore_ascii_case(id))
    }

    /// Adds a version, and the object if it is not there.
    pub(super) fn add(&mut self, name: &str, version: Version<M>) {
        self.live
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| Object {
                name: name.to_owned(),
                versions: Vec::new(),
            })
            .versions
            .push(version);
    }

    /// Puts back an object whose name is free.
    pub(super) fn put_back(&mut self, object: Object<M>) {
        self.live.insert(object.name.to_ascii_lowercase(), object);
    }

    pub(super) fn delete(
        &mut self,
        name: &str,
        deleted: Timestamp,
        purged: Timestamp,
    ) -> Option<&Deleted<M>> {
        let key = name.to_ascii_lowercase();
        let object = self.live.remove(&key)?;
        let deleted = Deleted {
            object,
            deleted,
            purged,
        };
        self.deleted.insert(key.clone(), deleted);
        self.deleted.get(&key)
    }

    pub(super) fn recover(&mut self, name: &str) -> Option<&Object<M>> {
        let key = name.to_ascii_lowercase();
        let object = self.deleted.remove(&key)?.object;
        self.live.insert(key.clone(), object);
        self.live.get(&key)
    }

    pub(super) fn purge(&mut self, name: &str) -> bool {
        self.deleted.remove(&name.to_ascii_lowercase()).is_some()
    }

    /// Forgets what would have been purged by now.
    pub(super) fn forget_purged(&mut self, now: Timestamp) {
        self.deleted.retain(|_, deleted| now < deleted.purged);
    }
}

/// A backup, which can be restored in the subscription it was made in.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Backup<M> {
    pub(super) subscription: String,
    pub(super) object: Object<M>,
}

/// Backups by the text a client was given. The text says nothing: what it stands for never left.
pub(super) type Backups<M> = BTreeMap<String, Backup<M>>;
