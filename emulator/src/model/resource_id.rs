//! Resource ids: echoed as written, compared without regard to case.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A resource id (or any ARM scope), e.g.
/// `/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Storage/storageAccounts/{n}`.
///
/// Two ids that differ only in letter case are equal. `/` is the root scope.
#[derive(Clone, Debug)]
pub struct ResourceId {
    text: String,
    key: String,
}

/// Most ids fit into this many bytes, so that building one seldom moves it.
const USUAL_BYTES: usize = 192;

/// A text that is not a resource id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a resource id: expected a path such as /subscriptions/…/resourceGroups/…")]
pub struct InvalidResourceId(pub String);

impl ResourceId {
    /// The id made of these segments, which are taken as they are.
    pub fn from_segments<'a>(segments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::build(String::with_capacity(USUAL_BYTES), segments)
    }

    fn build<'a>(mut text: String, segments: impl IntoIterator<Item = &'a str>) -> Self {
        for segment in segments {
            text.push('/');
            text.push_str(segment);
        }
        if text.is_empty() {
            text.push('/');
        }
        let key = text.to_ascii_lowercase();
        Self { text, key }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In lower case: what equality and order use.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The segments as written.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').filter(|segment| !segment.is_empty())
    }

    /// The value that follows the segment `name` for the first time.
    pub fn value_after(&self, name: &str) -> Option<&str> {
        let mut segments = self.segments();
        while let Some(segment) = segments.next() {
            if segment.eq_ignore_ascii_case(name) {
                return segments.next();
            }
        }
        None
    }

    /// The subscription id, if the scope lies in one.
    pub fn subscription(&self) -> Option<&str> {
        self.value_after("subscriptions")
    }

    /// The resource group's name, if the scope lies in one.
    pub fn resource_group(&self) -> Option<&str> {
        self.value_after("resourceGroups")
    }

    /// The scope of the resource group this id lies in.
    pub fn resource_group_id(&self) -> Option<Self> {
        Some(Self::from_segments([
            "subscriptions",
            self.subscription()?,
            "resourceGroups",
            self.resource_group()?,
        ]))
    }

    /// The last segment: the resource's own name.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The namespace and the types of the last provider in the id: behind the namespace, type and
    /// name take turns. Empty without a provider.
    fn type_parts(&self) -> impl Iterator<Item = &[u8]> {
        const PROVIDERS: &[u8; 11] = b"/providers/";
        // Byte by byte, and bytes: what searches a text for a word takes several times as long.
        let mut places = self.key.as_bytes().array_windows();
        let behind = match places.rposition(|place| place == PROVIDERS) {
            // Text and key differ in letter case only, so a place in one is the same in the other.
            Some(at) => &self.text.as_bytes()[at + PROVIDERS.len()..],
            None => &[],
        };
        behind
            .split(|byte| *byte == b'/')
            .enumerate()
            .filter(|(position, part)| (*position == 0 || position % 2 == 1) && !part.is_empty())
            .map(|(_, part)| part)
    }

    /// `Namespace/type[/type…]` of the last provider in the id, e.g.
    /// `Microsoft.DataProtection/backupVaults/backupInstances`.
    pub fn resource_type(&self) -> Option<String> {
        let parts: Vec<&[u8]> = self.type_parts().collect();
        let kind = String::from_utf8(parts.join(&b'/')).ok()?;
        (!kind.is_empty()).then_some(kind)
    }

    /// Whether it is of a provider's resource, and has a type.
    pub fn is_of_provider(&self) -> bool {
        self.type_parts().next().is_some()
    }

    /// Whether the resource type is `kind`, without regard to case. Asked of every resource in a
    /// list, so it builds nothing.
    pub fn is_type(&self, kind: &str) -> bool {
        let mut wanted = kind.as_bytes().split(|byte| *byte == b'/');
        self.type_parts().all(|part| {
            wanted
                .next()
                .is_some_and(|wanted| wanted.eq_ignore_ascii_case(part))
        }) && wanted.next().is_none()
    }

    /// The id without its last two segments (type and name), or the root.
    pub fn parent(&self) -> Self {
        let last = self.text.rfind('/').unwrap_or_default();
        match self.text[..last].rfind('/') {
            None | Some(0) => Self::from_segments([]),
            Some(end) => Self {
                text: self.text[..end].to_owned(),
                key: self.key[..end].to_owned(),
            },
        }
    }

    /// This id with more segments behind it.
    #[must_use]
    pub fn child<'a>(&'a self, segments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = String::with_capacity(USUAL_BYTES);
        if self.key != "/" {
            text.push_str(&self.text);
        }
        Self::build(text, segments)
    }

    /// What this id becomes where what it is, or is in, is moved from one id to another; `None` if it is not moved.
    pub fn moved(&self, from: &Self, to: &Self) -> Option<Self> {
        // Text and key differ in letter case only, so a place in one is the same in the other.
        let below = from.contains(self).then(|| self.text.get(from.text.len()..))??;
        let text = format!("{}{below}", to.text);
        let key = text.to_ascii_lowercase();
        Some(Self { text, key })
    }

    /// Whether `other` is this scope or lies below it. Segment by segment: `…/rg1` does not
    /// contain `…/rg10`.
    pub fn contains(&self, other: &Self) -> bool {
        self.key == "/"
            || other.key == self.key
            || (other.key.starts_with(&self.key) && other.key.as_bytes().get(self.key.len()) == Some(&b'/'))
    }
}

impl FromStr for ResourceId {
    type Err = InvalidResourceId;

    /// Parses an id. Leading slashes are folded into one (some clients send two), a trailing slash
    /// is dropped; an empty segment in the middle, or a `.` or `..` segment, is refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidResourceId(text.to_owned());
        let inner = text.trim_start_matches('/').trim_end_matches('/');
        if !text.starts_with('/') {
            return Err(invalid());
        }
        let segments: Vec<&str> = if inner.is_empty() {
            Vec::new()
        } else {
            inner.split('/').collect()
        };
        if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(invalid());
        }
        Ok(Self::from_segments(segments))
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ResourceId {}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl std::fmt::Display for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ResourceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ResourceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ResourceId {
        text.parse().expect("a resource id")
    }

    #[test]
    fn ids_are_compared_without_case_and_echoed_as_written() {
        let written = id("/subscriptions/S/resourcegroups/Rg1");
        assert_eq!(written, id("/SUBSCRIPTIONS/s/resourceGroups/rg1"));
        assert_eq!(written.as_str(), "/subscriptions/S/resourcegroups/Rg1");
        assert_eq!(written.resource_group(), Some("Rg1"));
    }

    #[test]
    fn containment_is_segment_exact() {
        assert!(
            id("/subscriptions/s/resourceGroups/rg1")
                .contains(&id("/subscriptions/s/resourceGroups/RG1/providers/M.S/a/x"))
        );
        assert!(
            !id("/subscriptions/s/resourceGroups/rg1").contains(&id("/subscriptions/s/resourceGroups/rg10"))
        );
        assert!(id("/").contains(&id("/subscriptions/s")));
    }

    #[test]
    fn types_and_parents_follow_the_last_provider() {
        let instance = id(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v/backupInstances/i",
        );
        assert_eq!(
            instance.resource_type().as_deref(),
            Some("Microsoft.DataProtection/backupVaults/backupInstances")
        );
        assert_eq!(instance.parent().name(), "v");
        assert!(instance.parent().is_type("microsoft.dataprotection/BACKUPVAULTS"));
        assert!(!instance.is_type("Microsoft.DataProtection/backupVaults"));
        assert!(
            !instance
                .parent()
                .is_type("Microsoft.DataProtection/backupVaults/backupInstances")
        );
        let nested = instance.child(["providers", "Microsoft.Authorization", "locks", "l"]);
        assert!(nested.is_type("Microsoft.Authorization/locks"));
        assert_eq!(id("/subscriptions/s").parent().as_str(), "/");
        assert_eq!(
            id("/subscriptions/s/resourceGroups/g").parent(),
            id("/subscriptions/s")
        );
        assert!(!id("/subscriptions/s").is_type(""));
        assert_eq!(id("/").child(["subscriptions", "s"]).as_str(), "/subscriptions/s");
    }

    #[test]
    fn tricks_with_slashes_and_dots_are_refused() {
        assert!(
            "/subscriptions/s//resourceGroups/g"
                .parse::<ResourceId>()
                .is_err()
        );
        assert!("/subscriptions/s/../t".parse::<ResourceId>().is_err());
        assert!("subscriptions/s".parse::<ResourceId>().is_err());
        assert_eq!(id("//subscriptions/s/").as_str(), "/subscriptions/s");
    }
}
