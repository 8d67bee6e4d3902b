//! How far an examination has come with what it looks at.

use crate::gateway::Refusal;
use crate::jobs::MissingRight;
use crate::rules::{SecretFault, SignInFault};
use crate::services::data_protection::credentials::ConnectionString;

/// What is looked at.
pub(super) enum Look<'a> {
    /// The resource or the container itself.
    Itself,
    /// The first blob of the container whose name begins with the file prefix and this.
    FirstBlob {
        /// What follows the prefix.
        ending: &'a str,
    },
}

/// How far fetching the secret has come. Lives as long as one examination: nothing of the secret is
/// kept.
#[derive(Clone, Default)]
pub(super) enum SecretLook {
    /// Nothing has been asked.
    #[default]
    Begun,
    /// The gates would let the identity read it.
    Admitted,
    /// It cannot be had or used.
    Failed {
        fault: SecretFault,
        reason: String,
        refusal: Option<Box<Refusal>>,
    },
    /// Here it is.
    Read(ConnectionString),
}

/// How far signing in has come.
#[derive(Clone, Default)]
pub(super) enum SignInLook {
    /// Nothing has been asked.
    #[default]
    Begun,
    /// It failed.
    Failed { fault: SignInFault, reason: String },
    /// It could not be tried at all.
    Broken(String),
    /// The user is in, and lacks these rights.
    In(Vec<MissingRight>),
}
