//! Moving resources to another resource group: Resource Manager decides, and the service whose resources they are
//! carries it out. Who asks for a move knows nothing of the service.

use http::Method;

use super::{Context, data_protection};
use crate::gateway::{Permit, Refusal};
use crate::model::{Request, ResourceId};

/// How the resources of a type are moved.
#[derive(Clone, Copy)]
pub(super) struct Movable {
    /// The type.
    pub(super) kind: &'static str,
    /// Refuses what is not played of moving one.
    pub(super) require_played: fn(&Context<'_>, &ResourceId) -> Result<(), Refusal>,
    /// Whether the service lets these be moved together.
    pub(super) check: fn(&Context<'_>, &[ResourceId]) -> Result<(), Refusal>,
    /// Shows how a move stands.
    pub(super) note: fn(&mut Context<'_>, &Stage<'_>),
    /// Moves one, with all that is in it, to where it is called otherwise.
    pub(super) carry_out: fn(&mut Context<'_>, &ResourceId, &ResourceId),
    /// How a move ends that a fault has end with this code.
    pub(super) broken_by: fn(&Context<'_>, &str) -> Option<Broken>,
    /// The refusal of whatever is to be done with one that is being moved.
    pub(super) busy: fn(&Context<'_>) -> Refusal,
}

/// How the move of one resource stands.
pub(super) struct Stage<'a> {
    /// What the operation is called.
    pub(super) operation: &'a str,
    /// Where it was.
    pub(super) from: &'a ResourceId,
    /// Where it is to be.
    pub(super) to: &'a ResourceId,
    /// How far it has come.
    pub(super) progress: Progress,
}

/// How far a move has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Begun,
    /// It is over, and went well.
    Succeeded,
    /// It broke off behind the resource, which is in its new place.
    BrokenBehind,
    /// It broke off before it.
    BrokenBefore,
}

/// How a move ends badly.
pub(super) enum Broken {
    /// Before it begins.
    Refused(Refusal),
    /// In the middle, until it resolves by itself after so many hours.
    Halfway {
        /// What is told of it.
        refusal: Refusal,
        /// Whether the resource is in its new place.
        moved: bool,
        /// When it resolves.
        after_hours: i64,
    },
}

/// The types that are moved.
const TYPES: [Movable; 1] = [data_protection::MOVABLE];

/// How the resources of a type are moved. `None`: azdrill does not play that.
pub(super) fn movable(kind: &str) -> Option<Movable> {
    TYPES.into_iter().find(|own| own.kind.eq_ignore_ascii_case(kind))
}

/// Refuses what is to be done with something that is being moved. It can be read.
///
/// # Errors
///
/// The refusal of its service.
pub(crate) fn check(context: &Context<'_>, permit: &Permit, request: &Request) -> Result<(), Refusal> {
    let moves = &context.state.moves;
    if moves.is_empty() || matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let Some(moved) = moves.moved(&permit.scope) else {
        return Ok(());
    };
    match moved.resource_type().and_then(|kind| movable(&kind)) {
        Some(own) => Err((own.busy)(context)),
        None => Ok(()),
    }
}
