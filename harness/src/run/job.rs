//! Jobs of a vault, followed to their ends, and what came of them.

use super::ended::Ended;
use super::{Outcome, Play, RunError};

impl Play<'_> {
    /// The job an operation has begun, to its end.
    pub(super) async fn follow_job(&mut self, ended: Ended) -> Result<Outcome, RunError> {
        let Some(id) = ended.value["jobId"].as_str().map(str::to_owned) else {
            return Ok(Outcome::of(&ended));
        };
        let job = self
            .client
            .read_until(&id, |body| {
                body["properties"]["status"].as_str() != Some("InProgress")
            })
            .await?;
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
