//! Long-running work of the Backup service. A task says what it waits for together with what is done then,
//! and it ends by saying how: nothing can leave a job, an operation or an instance hanging, because an
//! [`Over`] is made only by what ends one of them.

use jiff::SignedDuration;

use super::instance;
use super::jobs::{self, JobEnd};
use crate::jobs::{EffectResult, Work};
use crate::model::{ResourceId, Response};
use crate::services::{Context, Input, Next, Outbound, Workflow};
use crate::state::OperationOutcome;

/// What is needed from outside before a task can go on.
#[derive(Debug)]
pub(super) enum Need {
    /// The answer to a call through the front door.
    Call(Outbound),
    /// Whether the front door would let a call through.
    Ask(Outbound),
    /// The result of outside work.
    Work(Work),
    /// Time to pass.
    Sleep(SignedDuration),
    /// Any outside work to end.
    Watch,
}

impl Need {
    /// Whether it is a call, which is answered at once.
    pub(super) fn is_call(&self) -> bool {
        matches!(self, Self::Call(_) | Self::Ask(_))
    }
}

impl From<Need> for Next {
    fn from(need: Need) -> Self {
        match need {
            Need::Call(outbound) => Self::Call(outbound),
            Need::Ask(outbound) => Self::Ask(outbound),
            Need::Work(work) => Self::Work(work),
            Need::Sleep(time) => Self::Sleep(time),
            Need::Watch => Self::Watch,
        }
    }
}

/// What a task does with what it waited for.
enum Then<T> {
    Woke(fn(&mut T, &mut Context<'_>) -> Step<T>),
    Answered(fn(&mut T, &mut Context<'_>, Response) -> Step<T>),
    Worked(fn(&mut T, &mut Context<'_>, EffectResult) -> Step<T>),
    Whatever(fn(&mut T, &mut Context<'_>, Input) -> Step<T>),
    /// It has ended; what is left to clear away goes on.
    Nothing,
}

impl<T> Clone for Then<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Then<T> {}

/// What a step of a task comes to.
pub(super) enum Step<T> {
    /// It waits.
    Wait(Box<Wait<T>>),
    /// It has ended.
    Over(Over),
}

/// What a task waits for.
pub(super) struct Wait<T> {
    need: Need,
    then: Then<T>,
}

impl<T> Step<T> {
    /// Goes on after this time.
    pub(super) fn sleep(time: SignedDuration, then: fn(&mut T, &mut Context<'_>) -> Self) -> Self {
        Self::Wait(Box::new(Wait {
            need: Need::Sleep(time),
            then: Then::Woke(then),
        }))
    }

    /// Goes on with the answer to a call.
    pub(super) fn call(call: Outbound, then: fn(&mut T, &mut Context<'_>, Response) -> Self) -> Self {
        Self::Wait(Box::new(Wait {
            need: Need::Call(call),
            then: Then::Answered(then),
        }))
    }

    /// Goes on with the result of outside work.
    pub(super) fn work(work: Work, then: fn(&mut T, &mut Context<'_>, EffectResult) -> Self) -> Self {
        Self::Wait(Box::new(Wait {
            need: Need::Work(work),
            then: Then::Worked(then),
        }))
    }

    /// Goes on with whatever answers a need: for a part of a task that has steps of its own.
    pub(super) fn need(need: Need, then: fn(&mut T, &mut Context<'_>, Input) -> Self) -> Self {
        Self::Wait(Box::new(Wait {
            need,
            then: Then::Whatever(then),
        }))
    }
}

impl<T> From<Over> for Step<T> {
    fn from(over: Over) -> Self {
        Self::Over(over)
    }
}

/// That a task has ended, and what whoever waits for it has been told.
#[must_use]
pub(super) struct Over {
    clean_up: Vec<Outbound>,
}

impl Over {
    /// An operation has ended.
    pub(super) fn operation(context: &mut Context<'_>, id: &str, outcome: OperationOutcome) -> Self {
        context.end(id, outcome);
        Self { clean_up: Vec::new() }
    }

    /// A job has ended.
    pub(super) fn job(context: &mut Context<'_>, vault: &ResourceId, id: &str, end: JobEnd) -> Self {
        jobs::end(context, vault, id, end);
        Self { clean_up: Vec::new() }
    }

    /// The protection of an instance has been configured, or could not be.
    pub(super) fn protection(
        context: &mut Context<'_>,
        id: &ResourceId,
        error: Option<serde_json::Value>,
    ) -> Self {
        instance::settle(context, id, error);
        Self { clean_up: Vec::new() }
    }

    /// Nobody waits for it: a schedule, the end of a retention.
    pub(super) fn unheard() -> Self {
        Self { clean_up: Vec::new() }
    }

    /// The same, with calls to make afterwards whose answers change nothing.
    pub(super) fn then(mut self, calls: impl IntoIterator<Item = Outbound>) -> Self {
        self.clean_up.extend(calls);
        self
    }
}

/// Long-running work. Worlds that are kept hold clones of it.
pub(super) trait Task: Clone + Send + 'static {
    /// Takes the first step.
    fn begin(&mut self, context: &mut Context<'_>) -> Step<Self>;

    /// Ends it where what came is not what it waited for.
    fn interrupted(&mut self, context: &mut Context<'_>) -> Over;
}

/// Begins a task.
pub(super) fn start<T: Task>(context: &mut Context<'_>, task: T) {
    context.start(Running {
        task,
        then: Then::Woke(T::begin),
        clean_up: Vec::new(),
    });
}

struct Running<T> {
    task: T,
    then: Then<T>,
    clean_up: Vec<Outbound>,
}

impl<T: Clone> Clone for Running<T> {
    fn clone(&self) -> Self {
        Self {
            task: self.task.clone(),
            then: self.then,
            clean_up: self.clean_up.clone(),
        }
    }
}

impl<T: Task> Workflow for Running<T> {
    fn step(&mut self, context: &mut Context<'_>, input: Input) -> Next {
        let task = &mut self.task;
        let step = match (self.then, input) {
            (Then::Nothing, _) => Step::Over(Over {
                clean_up: std::mem::take(&mut self.clean_up),
            }),
            (Then::Woke(then), Input::Woke) => then(task, context),
            (Then::Answered(then), Input::Answered(answer)) => then(task, context, answer),
            (Then::Worked(then), Input::Worked(result)) => then(task, context, result),
            (Then::Whatever(then), input) => then(task, context, input),
            (Then::Woke(_) | Then::Answered(_) | Then::Worked(_), _) => task.interrupted(context).into(),
        };
        match step {
            Step::Wait(wait) => {
                self.then = wait.then;
                wait.need.into()
            }
            Step::Over(mut over) => {
                self.then = Then::Nothing;
                let next = over.clean_up.pop();
                self.clean_up = over.clean_up;
                next.map_or(Next::Done, Next::Call)
            }
        }
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
