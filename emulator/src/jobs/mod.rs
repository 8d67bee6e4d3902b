//! Long-running work as a state machine driven by due times, and the outside work it asks for.

mod effect;

pub use effect::{
    CopiedFile, CopyWork, DumpWork, DumpedFile, Effect, EffectFailure, EffectId, EffectResult, FileToCopy,
    ServerWork, Work,
};
