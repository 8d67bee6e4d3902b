//! Which operation a request asks for.

use super::Params;
use crate::model::ResourceId;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// The operation's index in [`Router::operations`](crate::rules::Router::operations).
    pub operation: usize,
    /// The values of the path's placeholders.
    pub params: Params,
    /// The path up to its last placeholder: what access is decided on. A collection's scope is what
    /// holds it, an action's the resource it is performed on.
    pub scope: ResourceId,
}
