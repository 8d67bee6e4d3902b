//! Playing scenarios.

mod both;
mod build;
#[cfg(test)]
mod build_tests;
mod client;
mod compare;
mod datasource;
mod during;
mod ended;
mod error;
mod hold;
mod job;
mod kind;
mod machine;
mod missed;
mod names;
mod network;
mod onlooker;
mod owners;
mod personas;
mod play;
mod print;
mod progress;
mod report;
mod roles;
mod secrets;
mod settings;
mod simulated;
#[cfg(test)]
mod single_server_tests;
mod step;
mod tenants;
mod transcript;
mod users;

pub use both::{
    Aspect, Because, Both, ComparedStep, Comparison, Done, FoundBy, MachineRun, Made, RuleChoice, Taken,
    Unfinished, play_both, print_both,
};
pub(crate) use during::NOT_REACHED;
pub use during::{During, Job, Phase};
pub use error::RunError;
pub(crate) use job::NOT_READ;
pub use kind::Resource;
pub use machine::{BuiltWorld, Machine, Outside, built, play, play_into, play_watched};
pub use onlooker::Onlooker;
pub(crate) use print::{certainty, cited, found};
pub use print::{print, source_list};
pub use progress::{Watcher, watched};
pub use report::{JobState, JobTimes, Outcome, Report, RuleNote, StepReport};
pub(crate) use report::{rule_note, titled};
pub(crate) use simulated::SIMULATED_MAJORS;
pub use step::Action;
pub(crate) use transcript::for_people;
pub use transcript::transcript;

pub(crate) use client::Client;
pub(crate) use names::{ADMIN, Names};
pub(crate) use owners::Owners;
pub(crate) use play::Play;
pub(crate) use settings::{settings, share_no_servers_with};
