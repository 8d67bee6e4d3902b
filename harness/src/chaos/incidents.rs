//! Incidents: what has happened to people who automate backups and restores, as plans of faults.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{Ends, Plan};

/// Something that has happened, or can.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// What it is called by.
    pub name: String,
    /// What happens, in a few words.
    pub title: String,
    /// What happens, as automation sees it.
    pub what: String,
    /// What well-behaved automation does about it.
    pub behaves: String,
    /// What that comes to.
    pub ends: Ends,
    /// How sure it is that this happens: `doc`, `recorded`, `reported`, `inferred`.
    pub mark: String,
    /// Where it was read.
    pub sources: Vec<String>,
    #[serde(default)]
    request: toml::value::Array,
    #[serde(default)]
    connection: toml::value::Array,
    #[serde(default)]
    job: toml::value::Array,
    #[serde(default)]
    region: toml::value::Array,
    #[serde(default)]
    throttling: toml::value::Array,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    incident: Vec<Incident>,
}

const TEXT: &str = include_str!("incidents.toml");

/// Every incident there is, in the order of the file.
///
/// # Panics
///
/// If the file cannot be read, which is part of the program and which a test reads.
pub fn incidents() -> &'static [Incident] {
    static READ: OnceLock<Vec<Incident>> = OnceLock::new();
    READ.get_or_init(|| {
        let file: File =
            toml::from_str(TEXT).expect("the incidents are part of the program, and a test reads them");
        file.incident
    })
}

/// The incident of a name.
pub fn incident(name: &str) -> Option<&'static Incident> {
    incidents().iter().find(|incident| incident.name == name)
}

impl Incident {
    /// What goes wrong in it.
    pub fn plan(&self) -> Plan {
        let lists = [
            ("request", &self.request),
            ("connection", &self.connection),
            ("job", &self.job),
            ("region", &self.region),
            ("throttling", &self.throttling),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        Plan {
            name: self.name.clone(),
            title: self.title.clone(),
            ends: self.ends,
            faults: lists
                .map(|(name, list)| (name.to_owned(), toml::Value::Array(list.clone())))
                .collect(),
        }
    }
}
