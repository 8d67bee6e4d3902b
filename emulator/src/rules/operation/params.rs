//! The values of a path's placeholders.

use std::sync::Arc;

/// The values of a path's placeholders, decoded.
///
/// They stand one behind the other in one text, because every request has some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    pub(super) values: String,
    /// Each placeholder's name, and where its value ends.
    pub(super) ends: Vec<(Arc<str>, usize)>,
}

impl Params {
    /// The value of a placeholder; empty if the path has none of that name.
    pub fn get(&self, name: &str) -> &str {
        let Some(position) = self.ends.iter().position(|(own, _)| &**own == name) else {
            return "";
        };
        let start = match position.checked_sub(1) {
            Some(before) => self.ends[before].1,
            None => 0,
        };
        &self.values[start..self.ends[position].1]
    }

    /// The values, in the order of the path.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        starts
            .zip(&self.ends)
            .map(move |(start, (_, end))| &self.values[start..*end])
    }

    pub(super) fn push<'a>(&mut self, name: &Arc<str>, segments: impl IntoIterator<Item = &'a str>) {
        for (position, segment) in segments.into_iter().enumerate() {
            if position > 0 {
                self.values.push('/');
            }
            self.values.push_str(segment);
        }
        self.ends.push((Arc::clone(name), self.values.len()));
    }
}
