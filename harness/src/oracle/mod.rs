//! The oracle: how each question is answered, by definition.
//!
//! A second implementation, written from the tables of prerequisites, roles and network settings
//! and from nothing else. It shares with the engine no code, no rule file and no data structure:
//! it reads a sketch. It is meant to be read whole: here is what its files have in common, and
//! each of the others is a question.

pub mod change_vault;
pub mod connect;
pub mod delete_vault;
pub mod keep_recovery_points;
pub mod operate_vault;
pub mod reach_blob;
pub mod read_secret;
pub mod restore_across_regions;
pub mod restore_as_files;
pub mod restore_to_database;
pub mod validate_backup;
pub mod validate_single_backup;

mod storage_network;

/// Whose word is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Book {
    /// What the documents say.
    Documented,
    /// What was observed or inferred.
    Observed,
}

/// A book, and the answers to questions neither book answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    /// Whose word is taken.
    pub book: Book,
    /// FX-RF-05: behind Deny, a resource rule or the trusted-services exception is enough alone.
    pub either_is_enough: bool,
    /// NET-UAMI: rule and exception cover a user-assigned identity of the vault as well.
    pub user_assigned_covered: bool,
    /// SS-B-05: a key vault's exception for trusted services covers Azure Backup when it backs up
    /// PostgreSQL, and not only when it backs up virtual machines.
    pub trusted_for_postgresql: bool,
    /// PG-N-EVERYONE: a firewall rule for every address lets Azure services in as well.
    pub everyone_is_services_too: bool,
    /// SS-RD-06: that the name of a database to be made is taken, the validation of a restore finds already.
    pub name_asked_at_validation: bool,
}

impl Profile {
    /// The documents.
    pub const DOCUMENTED: Self = Self {
        book: Book::Documented,
        either_is_enough: true,
        user_assigned_covered: true,
        trusted_for_postgresql: true,
        everyone_is_services_too: false,
        name_asked_at_validation: false,
    };
    /// The observations.
    pub const OBSERVED: Self = Self {
        book: Book::Observed,
        ..Self::DOCUMENTED
    };
}

/// Who says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// A service itself.
    Service,
    /// Network settings.
    Network,
    /// Access control.
    Authorization,
    /// Whoever looks at passwords.
    Authentication,
    /// Nobody: there is nothing of that name.
    Route,
    /// Nobody: what would have to answer does not.
    Fault,
}

impl Gate {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Network => "network",
            Self::Authorization => "authorization",
            Self::Authentication => "authentication",
            Self::Route => "route",
            Self::Fault => "fault",
        }
    }
}

/// The code where Azure's own is not known: an emulator must use one that shows it is the emulator's.
pub const SYNTHETIC: &str = "Synthetic…";

/// How something that was asked ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// It passes.
    Passes,
    /// It fails.
    Fails {
        /// Who says no.
        gate: Gate,
        /// Every rule that decides, by name: the one that is not kept, what says so of this case in
        /// particular, and the row of the network table.
        rules: Vec<&'static str>,
        /// The error code, or [`SYNTHETIC`].
        code: &'static str,
    },
}

/// It fails.
fn no(gate: Gate, rules: &[&'static str], code: &'static str) -> Expected {
    Expected::Fails {
        gate,
        rules: rules.to_vec(),
        code,
    }
}
