//! Sweeps of ourselves: seeded worlds, what is done in them and what goes wrong, in process; and what holds in every run.

mod all;
mod coverage;
mod drawn;
mod drill;
mod drills;
mod ends;
mod explained;
mod grants;
mod invariant;
mod known;
mod line;
mod mistake;
mod numbers;
mod play;
mod points;
mod print;
mod probe;
mod restores;
mod rows;
mod run;
mod seen;
mod shard;
mod shrink;
mod tally;
mod target;
#[cfg(test)]
mod tests;
mod transcript;
mod watch;
mod wrong;

pub use all::{Extent, VAULT, plan, sweep};
pub use coverage::{Coverage, PHASES, Totals};
pub use drawn::{Doing, Drawn};
pub use drill::{Drill, Stage, play_drill};
pub use drills::{Scenes, sweep_drills};
pub use invariant::{Broken, Invariant};
pub use line::{BEGINS, Line, LineError, own_build};
pub use mistake::Mistake;
pub use play::{Kept, Played, play};
pub use print::print;
pub use rows::ROWS;
pub use shard::Shard;
pub use shrink::{Shrinking, least};
pub use tally::{Finding, MergeError, Tally};
pub use wrong::{KINDS, Wrong};
