//! What services show in Resource Graph that is not a resource of its own in the shared state. A
//! service gives rows; who asks for them knows nothing of the service.

use super::{Context, data_protection};
use crate::model::ResourceId;
use crate::state::ResourceBody;

/// Something that Resource Graph shows, with the body its own service would answer.
pub(super) struct Listed {
    /// Its id.
    pub(super) id: ResourceId,
    /// Its body, `name` and `type` included.
    pub(super) body: ResourceBody,
}

/// The services that have such things.
const SERVICES: [fn(&Context<'_>) -> Vec<Listed>; 1] = [data_protection::listed];

/// Everything of the kind, in order of service.
pub(super) fn listed(context: &Context<'_>) -> Vec<Listed> {
    SERVICES.iter().flat_map(|service| service(context)).collect()
}
