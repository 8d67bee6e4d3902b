//! What Terraform calls the resources it made.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::finding::Report;
use crate::given_file;

/// The longest state that is read, in bytes.
const STATE_MAX: u64 = 64 * 1024 * 1024;

/// Addresses by ARM id, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Addresses(BTreeMap<String, String>);

impl Addresses {
    /// Those of a state in a folder (`terraform.tfstate`), or none.
    pub fn of_folder(folder: &Path) -> Self {
        let read = given_file::read(&folder.join("terraform.tfstate"), STATE_MAX).ok();
        let state = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        state.map_or_else(Self::default, |state| Self::of_state(&state))
    }

    /// Those of a state. Nothing but types, names and ids is looked at: there are secrets in it.
    pub fn of_state(state: &Value) -> Self {
        let mut found = BTreeMap::new();
        for resource in state["resources"].as_array().into_iter().flatten() {
            let text = |name: &str| resource[name].as_str().unwrap_or_default();
            if text("mode") != "managed" {
                continue;
            }
            let module = match text("module") {
                "" => String::new(),
                module => format!("{module}."),
            };
            let name = format!("{module}{}.{}", text("type"), text("name"));
            for instance in resource["instances"].as_array().into_iter().flatten() {
                let Some(id) = instance.pointer("/attributes/id").and_then(Value::as_str) else {
                    continue;
                };
                let address = match &instance["index_key"] {
                    Value::String(key) => format!("{name}[\"{key}\"]"),
                    Value::Number(key) => format!("{name}[{key}]"),
                    _ => name.clone(),
                };
                // An id is named by one resource only, but for what is laid over another.
                found.entry(id.to_ascii_lowercase()).or_insert(address);
            }
        }
        Self(found)
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of an id, if one is known.
    pub fn of(&self, id: &str) -> Option<&str> {
        self.0.get(&id.to_ascii_lowercase()).map(String::as_str)
    }

    /// Names what findings are about as their owner does.
    pub fn name(&self, report: &mut Report) {
        for finding in &mut report.findings {
            if let Some(address) = self.of(&finding.resource) {
                address.clone_into(&mut finding.address);
            }
        }
    }
}
