//! Applications people sign in with.

use serde::Deserialize;
use uuid::Uuid;

use super::Mark;
use super::load::{RulesError, SourceCheck, parse};

const FILE: &str = "clients.toml";

/// An application of Microsoft's own, without a secret, in every tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicClient {
    /// Its name.
    pub name: String,
    /// Its application id.
    pub id: Uuid,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientsFile {
    public: Vec<PublicClient>,
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<Vec<PublicClient>, RulesError> {
    let clients = parse::<ClientsFile>(FILE, text)?.public;
    for client in &clients {
        known.check(FILE, &client.name, &client.sources)?;
    }
    Ok(clients)
}
