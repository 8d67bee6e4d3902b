//! Jobs of a vault, followed to their ends, and what came of them.

use http::Method;
use serde_json::Value;

use super::ended::Ended;
use super::{Outcome, Play, RunError};

/// How a job ends that nobody can read: it may have done all it was asked for, or nothing.
pub(crate) const NOT_READ: &str = "NotRead";

impl Play<'_> {
    /// The job an operation has begun, to its end. `path` is where it was asked for.
    pub(super) async fn follow_job(&mut self, ended: Ended, path: &str) -> Result<Outcome, RunError> {
        let Some(id) = ended.value["jobId"].as_str().map(str::to_owned) else {
            return Ok(Outcome::of(&ended));
        };
        let done = |body: &Value| body["properties"]["status"].as_str() != Some("InProgress");
        let job = match path.rsplit_once('/') {
            // A job of another region has no id that could be read: it is asked about there.
            Some((there, _)) if !id.starts_with('/') => {
                let path = format!("{there}/fetchCrossRegionRestoreJob");
                let body = self.job_there(&id);
                self.client
                    .ask_until(Method::POST, &path, Some(&body), done)
                    .await?
            }
            _ => self.client.read_until(&id, done).await?,
        };
        if job["error"].is_object() {
            return Ok(Outcome {
                status: NOT_READ.to_owned(),
                ..Outcome::of_error(&job["error"])
            });
        }
        let properties = &job["properties"];
        let mut outcome = Outcome::of_error(&properties["errorDetails"][0]);
        outcome.status = properties["status"].as_str().unwrap_or_default().to_owned();
        self.add_reason(&mut outcome);
        Ok(outcome)
    }

    /// Jobs and protection states carry no headers of ours: the gate, the reason and the rules are
    /// in the log.
    pub(super) fn add_reason(&self, outcome: &mut Outcome) {
        if outcome.code.is_empty() {
            return;
        }
        let found = self.client.look(|core| {
            let notes = core.log().notes();
            notes.iter().rev().find_map(|note| note.refused.clone())
        });
        if let Some(refused) = found.filter(|refused| refused.code == outcome.code) {
            outcome.gate = refused.gate.as_str().to_owned();
            outcome.reason = refused.reason;
            outcome.rules = refused.rules.iter().map(ToString::to_string).collect();
            outcome.mark = refused.mark.as_str().to_owned();
        }
    }

    /// What is in the target container, seen from behind the scenes: a look, not a client's call.
    pub(super) fn blob_names(&self) -> Vec<String> {
        let storage = &self.world.storage;
        self.client.look(|core| {
            core.services()
                .storage
                .blob_names(&storage.name, &storage.container)
        })
    }
}
