//! Vocabulary: the nouns every other module speaks. Parse, print and compare; nothing decides.

mod action;
mod azure_policy;
mod body;
mod condition;
mod json_merge;
mod member;
mod mishap;
mod network_path;
mod prepared;
mod principal;
mod public_access;
mod query;
mod region;
mod request;
mod resource_id;
mod response;
mod time;
mod type_path;

pub use action::{Action, ActionPattern};
pub use azure_policy::{
    EvaluatedExpression, PolicyAlias, PolicyEffect, PolicyLanguage, PolicyMode, PolicyParameter, PolicyRule,
    PolicySubject, PolicyUnread, WrongParameters,
};
pub use body::{Body, Extent, StoredBody};
pub use condition::{
    Condition, ConditionAttribute, ConditionLanguage, ConditionSide, Facts, KnownAttribute, SubOperation,
    Truth,
};
pub(crate) use json_merge::{change, merge};
pub use member::field;
pub(crate) use member::{called, named};
pub use mishap::Mishap;
pub use network_path::{NetworkPath, Origin};
pub use prepared::{Preparation, Prepared};
pub use principal::{PrincipalId, PrincipalKind, TenantId};
pub use public_access::PublicAccess;
pub use query::Query;
pub use region::region_name;
pub use request::{Request, Scheme};
pub use resource_id::{InvalidResourceId, ResourceId};
pub use response::{RangeHash, Response};
pub use time::{DotNetTicks, Timestamp, wire_http_date, wire_hundred_nanoseconds, wire_seconds, wire_ticks};
pub use type_path::type_path;
