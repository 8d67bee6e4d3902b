//! A job there must have been.

use serde::Deserialize;

use super::part::{is, wanted};
use crate::scenario::Misstated;
use crate::serve::known;
use crate::serve::record::Record;

/// A job there must have been.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ExpectedJob {
    /// `Backup` or `Restore`.
    pub operation: Option<String>,
    /// `Completed` or `Failed`.
    pub status: Option<String>,
    /// The code of the error it failed with.
    pub code: Option<String>,
}

impl ExpectedJob {
    pub(super) fn check(&self) -> Result<(), Misstated> {
        if self.code.is_some() && self.status.as_deref().is_some_and(|status| status != "Failed") {
            return Err(Misstated::new("a job that has not failed has no `code`").at("code"));
        }
        let words = [
            ("operation", &self.operation, ["Backup", "Restore"].as_slice()),
            (
                "status",
                &self.status,
                ["InProgress", "Completed", "Failed"].as_slice(),
            ),
        ];
        for (name, word, all) in words {
            if let Some(word) = word {
                known::one_of(&format!("job, {name}"), word, all.iter().copied())
                    .map_err(|wrong| wrong.at(name))?;
            }
        }
        Ok(())
    }

    pub(super) fn miss(&self, record: &Record) -> Option<String> {
        let found = record.jobs.iter().any(|job| {
            is(&self.operation, &job.operation) && is(&self.status, &job.status) && is(&self.code, &job.code)
        });
        if found {
            return None;
        }
        let parts = [
            ("operation", &self.operation),
            ("status", &self.status),
            ("code", &self.code),
        ];
        let wanted = wanted(&parts);
        let got: Vec<String> = record
            .jobs
            .iter()
            .map(|job| {
                format!("{} {} {}", job.operation, job.status, job.code)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        Some(format!(
            "job: there was none with {}, but {}",
            wanted,
            if got.is_empty() {
                "no job at all".to_owned()
            } else {
                got.join("; ")
            }
        ))
    }
}
