//! Which bytes of the blob store more than one thing holds.
//!
//! A snapshot, a copy or a block list refers to bytes that are there already. What was written once
//! and is held once, which is nearly everything, has no entry here; an entry says how many more
//! hold a run of bytes, so that it is given back when the last of them lets go, and only then.

use std::collections::BTreeMap;

use crate::model::{Extent, StoredBody};

/// Bytes that something has let go of. They are free only once nothing else holds them:
/// [`Holdings::let_go`] tells.
#[must_use]
#[derive(Debug, Default)]
pub(in crate::services::storage) struct DroppedExtents(Vec<Extent>);

impl DroppedExtents {
    /// A body that one fewer holds.
    pub(in crate::services::storage) fn of(body: StoredBody) -> Self {
        Self(body.extents)
    }

    /// Adds a body.
    pub(super) fn take(&mut self, body: StoredBody) {
        if self.0.is_empty() {
            self.0 = body.extents;
        } else {
            self.0.extend(body.extents);
        }
    }
}

/// A run of bytes, and how many hold it besides the first.
#[derive(Clone, Copy, Debug)]
struct Run {
    end: u64,
    more: u64,
}

/// The runs of bytes that are held more than once, by segment and first byte.
#[derive(Clone, Debug, Default)]
pub(super) struct Holdings {
    runs: BTreeMap<(u32, u64), Run>,
}

impl Holdings {
    /// Takes note of one more that holds these bytes.
    pub(super) fn share(&mut self, extents: &[Extent]) {
        for extent in extents.iter().filter(|extent| !extent.is_zeros()) {
            self.split_around(extent);
            let end = extent.offset + extent.length;
            let mut at = extent.offset;
            while at < end {
                let (gap_end, run) = self.gap(extent.segment, at, end);
                if at < gap_end {
                    let run = Run {
                        end: gap_end,
                        more: 1,
                    };
                    self.runs.insert((extent.segment, at), run);
                }
                at = gap_end;
                if let Some(run) = run.and_then(|start| self.runs.get_mut(&(extent.segment, start))) {
                    run.more += 1;
                    at = run.end;
                }
            }
        }
    }

    /// Takes note that one fewer holds these bytes, and answers with those that nothing holds now.
    pub(super) fn let_go(&mut self, dropped: DroppedExtents) -> Vec<Extent> {
        let mut free = dropped.0;
        free.retain(|extent| !extent.is_zeros() && extent.length > 0);
        if self.runs.is_empty() {
            return free;
        }
        let mut found = Vec::with_capacity(free.len());
        for extent in free {
            self.let_go_of(extent, &mut found);
        }
        found
    }

    fn let_go_of(&mut self, extent: Extent, free: &mut Vec<Extent>) {
        self.split_around(&extent);
        let end = extent.offset + extent.length;
        let mut at = extent.offset;
        while at < end {
            let (gap_end, run) = self.gap(extent.segment, at, end);
            if at < gap_end {
                free.push(Extent {
                    segment: extent.segment,
                    offset: at,
                    length: gap_end - at,
                });
            }
            at = gap_end;
            let Some(key) = run.map(|start| (extent.segment, start)) else {
                continue;
            };
            if let Some(run) = self.runs.get_mut(&key) {
                at = run.end;
                run.more -= 1;
                if run.more == 0 {
                    self.runs.remove(&key);
                }
            }
        }
    }

    /// Up to where no run lies from `at` on, at most to `end`, and where the run there begins.
    fn gap(&self, segment: u32, at: u64, end: u64) -> (u64, Option<u64>) {
        let next = self.runs.range((segment, at)..(segment, end)).next();
        next.map_or((end, None), |((_, start), _)| (*start, Some(*start)))
    }

    /// Makes runs begin and end where the extent does.
    fn split_around(&mut self, extent: &Extent) {
        self.split(extent.segment, extent.offset);
        self.split(extent.segment, extent.offset + extent.length);
    }

    fn split(&mut self, segment: u32, at: u64) {
        let before = self.runs.range_mut((segment, 0)..(segment, at)).next_back();
        let Some((_, run)) = before.filter(|(_, run)| run.end > at) else {
            return;
        };
        let behind = *run;
        run.end = at;
        self.runs.insert((segment, at), behind);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn extent(offset: u64, length: u64) -> Extent {
        Extent {
            segment: 0,
            offset,
            length,
        }
    }

    #[test]
    fn what_is_held_once_is_free_at_once() {
        let mut holdings = Holdings::default();
        assert_eq!(
            holdings.let_go(DroppedExtents(vec![extent(0, 10)])),
            [extent(0, 10)]
        );
        assert_eq!(holdings.let_go(DroppedExtents(vec![Extent::zeros(10)])), []);
    }

    #[test]
    fn a_part_that_is_shared_outlives_the_rest() {
        let mut holdings = Holdings::default();
        holdings.share(&[extent(4, 2)]);
        let free = holdings.let_go(DroppedExtents(vec![extent(0, 10)]));
        assert_eq!(free, [extent(0, 4), extent(6, 4)]);
        assert_eq!(
            holdings.let_go(DroppedExtents(vec![extent(4, 2)])),
            [extent(4, 2)]
        );
        assert!(holdings.runs.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// Against a count for every single byte.
        #[test]
        fn bytes_are_free_when_the_last_lets_go(parts in prop::collection::vec((0..20_u64, 1..12_u64, any::<bool>()), 1..40)) {
            let mut holdings = Holdings::default();
            let mut counts: BTreeMap<u64, u64> = (0..32).map(|byte| (byte, 1)).collect();
            let mut held = vec![extent(0, 32)];
            for (offset, length, shares) in parts {
                let part = extent(offset, length);
                if shares {
                    if (offset..offset + length).any(|byte| counts[&byte] == 0) {
                        continue;
                    }
                    holdings.share(&[part]);
                    held.push(part);
                    (offset..offset + length).for_each(|byte| *counts.get_mut(&byte).unwrap() += 1);
                } else if let Some(part) = held.pop() {
                    let free = holdings.let_go(DroppedExtents(vec![part]));
                    let mut expected = Vec::new();
                    for byte in part.offset..part.offset + part.length {
                        let count = counts.get_mut(&byte).unwrap();
                        *count -= 1;
                        if *count == 0 {
                            expected.push(byte);
                        }
                    }
                    let found: Vec<u64> = free.iter().flat_map(|range| range.offset..range.offset + range.length).collect();
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}
