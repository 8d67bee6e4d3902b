//! Long-running work, step by step. A workflow says what it wants next; it does nothing itself.

use dyn_clone::DynClone;
use jiff::SignedDuration;

use super::Context;
use crate::gateway::{Permit, Refusal};
use crate::jobs::{EffectResult, Work};
use crate::model::{NetworkPath, PrincipalId, Request, Response};

/// What a workflow is woken with.
#[derive(Debug)]
pub enum Input {
    /// The answer to [`Next::Call`].
    Answered(Response),
    /// The answer to [`Next::Ask`].
    Asked(Result<Permit, Refusal>),
    /// The result of [`Next::Work`].
    Worked(EffectResult),
    /// It begins, the time of [`Next::Sleep`] has passed, or something has changed after [`Next::Watch`].
    Woke,
}

/// What a workflow wants next.
#[derive(Debug)]
pub enum Next {
    /// Make a call through the front door.
    Call(Outbound),
    /// Ask the front door whether it would let a call through, without making it.
    Ask(Outbound),
    /// Have outside work done.
    Work(Work),
    /// Be woken after this time.
    Sleep(SignedDuration),
    /// Be woken when any outside work has ended.
    Watch,
    /// Be woken when another workflow has ended.
    WatchOthers,
    /// Nothing: it is over.
    Done,
}

/// A call of one fake service to another.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Whose token it carries; `None` for a call that carries its own credential or none.
    pub principal: Option<PrincipalId>,
    /// The audience of the token.
    pub audience: &'static str,
    /// Where the caller stands in the network.
    pub path: NetworkPath,
    /// The request.
    pub request: Request,
}

/// Long-running work. Worlds that are kept hold clones of it.
pub trait Workflow: Send + DynClone {
    /// Takes one step.
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next;

    /// What sort of work it is.
    #[cfg(test)]
    fn sort(&self) -> &'static str {
        std::any::type_name::<Self>()
    }
}

dyn_clone::clone_trait_object!(Workflow);
