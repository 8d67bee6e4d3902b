//! What is in a database: samples to put there, a snapshot of what is there, and the differences
//! between two of those.

mod compare;
mod sample;
mod snapshot;

pub use compare::{ContentDifference, compare};
pub use sample::{AWKWARD_DATABASE, Sample, UnknownSample};
pub use snapshot::{DatabaseContent, LargeObjects, SequenceContent, TableContent, snapshot};
