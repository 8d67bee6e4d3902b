//! Vocabulary: the nouns every other module speaks. Parse, print and compare; nothing decides.

mod action;
mod condition;
mod message;
mod network_path;
mod prepared;
mod principal;
mod public_access;
mod resource_id;
mod time;
mod type_path;

pub use action::{Action, ActionPattern};
pub use condition::{
    Condition, ConditionAttribute, ConditionLanguage, ConditionSide, Facts, KnownAttribute, SubOperation,
    Truth,
};
pub use message::{Body, Extent, RangeHash, Request, Response, Scheme, StoredBody};
pub use network_path::{NetworkPath, Origin};
pub use prepared::{Preparation, Prepared};
pub use principal::{PrincipalId, PrincipalKind, TenantId};
pub use public_access::PublicAccess;
pub use resource_id::{InvalidResourceId, ResourceId};
pub use time::{DotNetTicks, Timestamp, wire_http_date, wire_hundred_nanoseconds, wire_seconds, wire_ticks};
pub use type_path::type_path;
