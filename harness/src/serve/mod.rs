//! A fake Azure on a real port, with a world in it: what `azdrill serve` keeps and `azdrill run`
//! puts a command in front of.
//!
//! The world is built while its clock stands still, by the same calls as a scenario's. Then the clock
//! is set going, as fast as the machine's, unless it is to stand still. It is ours to move forward, to freeze and to
//! set going again.

mod admin;
mod asked;
mod az_profile;
mod begin;
#[cfg(test)]
mod begin_tests;
mod builder;
mod call;
mod environment;
mod expectation;
mod faults;
mod hosts;
mod java;
pub(crate) mod known;
mod origin;
mod print;
mod probes;
mod record;
mod served_world;
mod setup;
mod tally;

pub use asked::{asked_request, principal_named};
pub use az_profile::write_az_profile;
pub use begin::Found;
pub use call::{Call, Refused, RefusedCall, Told};
pub use environment::{Environment, Form, Reach, quoted_for_sh};
pub use expectation::{ExpectedJob, ExpectedRefusal, RunExpect};
pub(crate) use faults::unstruck;
pub use faults::{Ends, FaultFile};
pub use hosts::{HostsFile, Resolving};
pub use java::{java_options, write_trust_store};
pub use origin::{OriginError, origin};
pub(crate) use print::place;
pub use print::{Detail, print};
pub use record::{Job, Record};
pub use served_world::ServedWorld;
pub use setup::{ServeError, Setup};
