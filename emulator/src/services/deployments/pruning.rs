//! What a deployment in complete mode takes away: what stands in the group and not in the template.

use std::collections::{BTreeSet, VecDeque};

use super::state::output_resources;
use super::template::Template;
use crate::model::ResourceId;
use crate::services::Context;
use crate::state::field;

/// The resources that are to go.
#[derive(Clone)]
pub(super) struct Pruning {
    left: VecDeque<ResourceId>,
    /// Those that could not go yet.
    later: Vec<ResourceId>,
    /// Whether any has gone in this round.
    any_gone: bool,
    /// Whether the round before has brought nothing, so that there is no other after this one.
    is_last: bool,
}

impl Pruning {
    /// Resources of the group that stand on their own and are neither of the template nor of one inside
    /// it. What is a part of another stays or goes with it.
    pub(super) fn of(context: &Context<'_>, deployment: &ResourceId, template: &Template) -> Self {
        let mut kept: BTreeSet<ResourceId> = template.ids().into_iter().cloned().collect();
        let nested = output_resources(context, template);
        kept.extend(nested.as_array().into_iter().flatten().filter_map(|resource| {
            let id = field(resource, "id").as_str();
            id.and_then(|id| id.parse().ok())
        }));
        let group = deployment.resource_group_id();
        let all = context
            .state
            .resources
            .keys()
            .filter(|id| group.as_ref().is_some_and(|group| group.contains(id)) && is_on_its_own(id));
        Self {
            left: all.filter(|id| !kept.contains(id)).cloned().collect(),
            later: Vec::new(),
            any_gone: false,
            is_last: false,
        }
    }

    /// The next that is to go.
    pub(super) fn next(&mut self) -> Option<ResourceId> {
        if self.left.is_empty() && !self.later.is_empty() {
            self.is_last = !std::mem::take(&mut self.any_gone);
            self.left.extend(self.later.drain(..));
        }
        self.left.pop_front()
    }

    pub(super) fn is_gone(&mut self) {
        self.any_gone = true;
    }

    /// Whether one that could not go may be able to later.
    pub(super) fn is_later(&mut self, id: &ResourceId) -> bool {
        if !self.is_last {
            self.later.push(id.clone());
        }
        !self.is_last
    }
}

fn is_on_its_own(id: &ResourceId) -> bool {
    id.resource_type()
        .is_some_and(|kind| kind.split('/').count() == 2)
        && id
            .segments()
            .filter(|segment| segment.eq_ignore_ascii_case("providers"))
            .count()
            == 1
}
