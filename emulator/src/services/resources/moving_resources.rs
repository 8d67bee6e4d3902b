//! A move that goes on, or the validation of one.

use jiff::SignedDuration;
use serde_json::json;

use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::services::moving::{Movable, Progress, Stage};
use crate::services::{Context, Input, Next, Workflow};
use crate::state::{Move, OperationOutcome};

/// What an operation ends with that has nothing to show: its result is answered with 204.
pub(super) const NO_CONTENT: &str = "NoContent";

/// What was asked for.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) from: ResourceId,
    pub(super) to: ResourceId,
    pub(super) resources: Vec<ResourceId>,
    pub(super) service: Movable,
}

/// Where something of one group is called in another.
pub(super) fn place(id: &ResourceId, wanted: &Wanted) -> ResourceId {
    id.moved(&wanted.from, &wanted.to).unwrap_or_else(|| id.clone())
}

/// Where a move is.
#[derive(Clone, Copy)]
pub(super) enum At {
    Beginning,
    Validating,
    Moving,
    /// It has broken off, and resolves by itself: to what is in its new place, or in its old one.
    Resolving {
        moved: bool,
    },
}

/// A move that goes on, or the validation of one.
#[derive(Clone)]
pub(super) struct Moving {
    pub(super) operation: String,
    pub(super) wanted: Wanted,
    pub(super) only_validates: bool,
    /// What its validation ends with.
    pub(super) refused: Option<Refusal>,
    /// How it breaks off, whether what is moved is in its new place then, and after how many hours it resolves.
    pub(super) halfway: Option<(Refusal, bool, i64)>,
    pub(super) stage: At,
}

impl Moving {
    /// Has both groups locked while it goes on.
    pub(super) fn take_note(&self, context: &mut Context<'_>) {
        if self.only_validates {
            return;
        }
        let one = Move {
            from: self.wanted.from.clone(),
            to: self.wanted.to.clone(),
            resources: self.wanted.resources.clone(),
            locks_groups: true,
        };
        context.state.moves.begin(self.operation.clone(), one);
    }

    /// Shows how it stands.
    fn note(&self, context: &mut Context<'_>, progress: Progress) {
        for id in &self.wanted.resources {
            let to = place(id, &self.wanted);
            let stage = Stage {
                operation: &self.operation,
                from: id,
                to: &to,
                progress,
            };
            (self.wanted.service.note)(context, &stage);
        }
    }

    fn relocate(&self, context: &mut Context<'_>) {
        for id in &self.wanted.resources {
            let to = place(id, &self.wanted);
            (self.wanted.service.carry_out)(context, id, &to);
        }
    }

    fn fail(&self, context: &mut Context<'_>, refusal: &Refusal) {
        let error = json!({"code": refusal.code, "message": refusal.message, "details": refusal.details});
        context.end(&self.operation, OperationOutcome::Failed(error));
        for (header, value) in refusal.marks() {
            context.state.operations.mark(&self.operation, header, value);
        }
    }

    /// It is over, and nothing is locked for it any more.
    fn end(&self, context: &mut Context<'_>, outcome: OperationOutcome) -> Next {
        context.end(&self.operation, outcome);
        context.state.moves.end(&self.operation);
        Next::Done
    }

    fn validated(&mut self, context: &mut Context<'_>) -> Next {
        if let Some(refusal) = self.refused.take() {
            self.fail(context, &refusal);
            context.state.moves.end(&self.operation);
            return Next::Done;
        }
        if self.only_validates {
            return self.end(context, OperationOutcome::Succeeded(json!(NO_CONTENT)));
        }
        self.note(context, Progress::Begun);
        self.stage = At::Moving;
        Next::Sleep(context.phase("resource_move"))
    }

    fn moved(&mut self, context: &mut Context<'_>) -> Next {
        let Some((refusal, moved, after_hours)) = self.halfway.take() else {
            self.relocate(context);
            self.note(context, Progress::Succeeded);
            return self.end(context, OperationOutcome::Succeeded(json!(NO_CONTENT)));
        };
        if moved {
            self.relocate(context);
        }
        let now = self.wanted.resources.iter().map(|id| match moved {
            true => place(id, &self.wanted),
            false => id.clone(),
        });
        let now: Vec<ResourceId> = now.collect();
        if let Some(own) = context.state.moves.get_mut(&self.operation) {
            own.resources = now;
            own.locks_groups = false;
        }
        self.note(
            context,
            if moved {
                Progress::BrokenBehind
            } else {
                Progress::BrokenBefore
            },
        );
        self.fail(context, &refusal);
        self.stage = At::Resolving { moved };
        Next::Sleep(SignedDuration::from_hours(after_hours))
    }
}

impl Workflow for Moving {
    fn step(&mut self, context: &mut Context<'_>, _: Input) -> Next {
        match self.stage {
            At::Beginning => {
                self.stage = At::Validating;
                Next::Sleep(context.phase("resource_move_validation"))
            }
            At::Validating => self.validated(context),
            At::Moving => self.moved(context),
            At::Resolving { moved } => {
                if moved {
                    self.note(context, Progress::Succeeded);
                }
                context.state.moves.end(&self.operation);
                Next::Done
            }
        }
    }
}
