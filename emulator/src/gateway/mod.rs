//! The front door's decision: which operation, who is asking, may they, from there.
//!
//! The order of things stands in `pass.rs`. Everything fails closed: an operation without a
//! row, a gate that is not listed, a caller that is not known: all are refused.

pub(crate) mod arm_headers;
mod authentication;
mod authorization;
mod bearer;
mod blob_request;
mod caller;
mod conditional;
mod database;
mod denied;
mod endpoint;
mod gates;
mod given_twice;
pub(crate) mod json_text;
mod key_vault;
mod known_hosts;
pub(crate) mod lenient_json;
mod linked;
mod links;
mod lock;
mod parsed_body;
mod pass;
mod planned_write;
mod policy;
mod query_options;
mod refusal;
mod refusal_answer;
mod resource_place;
mod sas;
mod sent_body;
mod shared_key;
mod throttle;
mod token;
mod user_delegation;

pub(crate) use authorization::attributes;
pub use caller::{Caller, Credential};
pub(crate) use conditional::check as check_conditions;
pub(crate) use database::{DatabaseGates, DatabaseNo, server_named};
pub use endpoint::endpoint_of;
pub use gates::{Gates, Permit};
pub(crate) use key_vault::add_headers as add_key_vault_headers;
pub(crate) use known_hosts::KnownHosts;
pub(crate) use links::check as check_links;
pub(crate) use lock::{being_moved, locked};
pub(crate) use parsed_body::ParsedBody;
pub(crate) use planned_write::planned;
pub(crate) use policy::check as check_policies;
pub(crate) use refusal::NOT_IMPLEMENTED;
pub use refusal::{Disallowed, Refusal, Shape};
pub(crate) use resource_place::check as check_place;
pub(crate) use sas::{account_signature, container_signature, service_signature};
pub(crate) use sent_body::{check as check_body, check_tags, read_json, read_lenient_json, too_large};
pub(crate) use shared_key::authorize as authorize_with_key;
#[cfg(test)]
pub(crate) use shared_key::sign;
pub(crate) use throttle::{Left, Throttle};
pub use token::{TokenAuthority, TokenError};
pub(crate) use user_delegation::DelegationKey;
