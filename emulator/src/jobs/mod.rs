//! Long-running work: what falls due when, and the outside work it asks for.

mod agenda;
mod database;
mod effect;
mod session;

pub use agenda::{Agenda, WorkflowId};
pub use database::{DumpKind, RealParameter, ServerSpec};
pub use effect::{
    CopiedFile, CopyWork, DumpWork, DumpedFile, Effect, EffectFailure, EffectId, EffectResult, FileToCopy,
    ServerWork, UnderWay, Work, WorkOut,
};
pub use session::{
    DumpDatabaseWork, ExamineWork, LoadDatabaseWork, MissingRight, NeededRights, SessionFailure, SignIn,
};
