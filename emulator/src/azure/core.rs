//! The machine as the front door knows it.

use http::Method;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::Azure;
use crate::connection::{Surroundings, connect};
use crate::exchange::IncomingRequest;
use crate::gateway::{ParsedBody, Refusal, endpoint_of, too_large};
use crate::jobs::{Effect, EffectId, EffectResult};
use crate::log::CallOrigin;
use crate::machine::{Admission, Core, DatabaseRefusal, DatabaseRoute};
use crate::model::{Extent, NetworkPath, Preparation, Request, Response, Timestamp};
use crate::rules::{BodyPlan, Endpoint, Operation, cloud};
use crate::services::{Input, preparer};

/// The largest body of a request that is read into memory, in bytes, but for Resource Manager's, whose limit is
/// a rule.
const BUFFER_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Whether a request may be one of those that are prepared. Nearly all are not, and are to be told quickly.
fn may_take_long(endpoint: Option<Endpoint>, request: &Request) -> bool {
    match endpoint {
        Some(Endpoint::KeyVault) => request.method != Method::GET,
        Some(Endpoint::Arm) if !request.body.is_empty() => request.path.split('/').any(|part| {
            part.eq_ignore_ascii_case("deployments") || part.eq_ignore_ascii_case("Microsoft.ResourceGraph")
        }),
        _ => false,
    }
}

impl Azure {
    /// Refuses a request whose body nobody has read.
    fn refuse_unread(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        request: &Request,
        refusal: &Refusal,
    ) -> Response {
        let response = self.finish(now, request, refusal.respond(request));
        let came = IncomingRequest {
            path,
            request: request.clone(),
            asked: CallOrigin::ByClient,
        };
        self.record(now, came, None, Ok(&response), Some(refusal));
        response
    }
}

/// Whether a body follows the head of a request.
fn brings_body(request: &Request) -> bool {
    let length = request.headers.get(CONTENT_LENGTH);
    request.headers.contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

impl Azure {
    /// What is to be worked out for a request, and whether asking has changed anything: even what comes to
    /// nothing may have drawn numbers.
    pub(crate) fn prepare_noting(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        request: &Request,
    ) -> (Option<Preparation>, bool) {
        if let Some(reading) = ParsedBody::preparation(request) {
            return (Some(reading), true);
        }
        if request.prepared.len() <= usize::from(request.prepared::<ParsedBody>().is_some())
            && may_take_long(endpoint_of(&request.host, &request.path), request)
            // Most have nothing to prepare, and are spared the gates until they are called.
            && self.gates().operation_of(request).is_some_and(|operation| preparer(&operation.id).is_some())
            // Who is refused has nothing prepared: the call itself refuses, and takes note.
            && let Ok(permit) = self.decide(now, path, request)
            && let Some(prepare) = preparer(&permit.operation(&self.rules).id)
        {
            return (
                self.with_context(now, |context| prepare(context, &permit, request)),
                true,
            );
        }
        (None, false)
    }

    /// Whether a tick would do anything.
    pub(crate) fn has_to_do(&self, now: Timestamp) -> bool {
        self.agenda.next_due().is_some_and(|due| due <= now) || self.agenda.has_asked()
    }
}

impl Core for Azure {
    fn admit(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Admission {
        let endpoint = endpoint_of(&request.host, &request.path);
        let buffer = Admission::Buffer {
            limit_bytes: match endpoint {
                Some(Endpoint::Arm) => self.rules.limits.request_bytes.most,
                _ => BUFFER_MAX_BYTES,
            },
        };
        // What reads brings no body that anybody would be spared: the call alone decides.
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        if reads || !matches!(endpoint, Some(Endpoint::Blob | Endpoint::KeyVault)) {
            return buffer;
        }
        // Nor does what has none; what is put into the store is, even if it is empty.
        let is_stored = |operation: &Operation| operation.body == BodyPlan::Store;
        if !brings_body(request) && !self.gates().operation_of(request).is_some_and(is_stored) {
            return buffer;
        }
        match self.decide(now, path, request) {
            Ok(permit) => match permit.operation(&self.rules).body {
                BodyPlan::Buffer => buffer,
                BodyPlan::Store => Admission::Store {
                    limit_bytes: self.rules.blob_limits.put_bytes.most,
                    md5: &*permit.operation(&self.rules).id == "Blob_Put"
                        || request.headers.contains_key("content-md5"),
                },
            },
            Err(refusal) => Admission::Refuse(self.refuse_unread(now, path, request, &refusal)),
        }
    }

    fn too_long(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Option<Response> {
        let endpoint = endpoint_of(&request.host, &request.path)?;
        let refusal = (endpoint == Endpoint::Arm).then(|| too_large(&self.rules))?;
        Some(self.refuse_unread(now, path, request, &refusal))
    }

    fn prepare(&mut self, now: Timestamp, path: &NetworkPath, request: &Request) -> Option<Preparation> {
        self.prepare_noting(now, path, request).0
    }

    fn call(&mut self, now: Timestamp, path: &NetworkPath, request: Request) -> Response {
        self.answer(now, path, request, CallOrigin::ByClient)
    }

    fn connect_database(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        host: &str,
    ) -> Result<DatabaseRoute, DatabaseRefusal> {
        let mut around = Surroundings {
            rules: &self.rules,
            state: &self.state,
            servers: &self.own.postgres,
            faults: &mut self.faults,
            log: &mut self.log,
        };
        connect(&mut around, now, path, host)
    }

    fn running_databases(&self) -> Vec<String> {
        self.own.postgres.running_hosts().collect()
    }

    fn note_entrance(&mut self, host: &str, address: Option<std::net::SocketAddr>) {
        self.own.postgres.note_entrance(host, address);
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        while let Some(id) = self.agenda.pop_due(now) {
            self.run(now, id, Input::Woke);
        }
        self.agenda.take_asked()
    }

    fn complete(&mut self, now: Timestamp, id: EffectId, result: EffectResult) {
        if let Some(workflow) = self.agenda.end_of(id, now) {
            self.run(now, workflow, Input::Worked(result));
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    fn knows_host(&self, host: &str) -> bool {
        endpoint_of(host, "/").is_some() && self.rules.outside(host).is_none()
    }

    fn outside(&self, host: &str) -> Option<String> {
        let row = self.rules.outside(host)?;
        Some(format!("{}: {}", row.what, row.instead))
    }

    fn resolves(&self, host: &str) -> bool {
        // What is in a region that is down is there, and nobody answers.
        if !self.faults.down().is_empty()
            && self
                .region_of_host(host)
                .is_some_and(|region| self.faults.down().contains(&region))
        {
            return false;
        }
        match endpoint_of(host, "/") {
            Some(Endpoint::Blob) => self
                .state
                .storage_accounts
                .contains_key(cloud().account_named(host)),
            Some(Endpoint::KeyVault) => {
                let label = host.split('.').next().unwrap_or_default();
                self.state.key_vaults.contains_key(&label.to_ascii_lowercase())
            }
            _ => true,
        }
    }

    fn take_new_hosts(&mut self) -> Vec<String> {
        self.hosts.take_new(&self.state)
    }

    fn take_released(&mut self) -> Vec<Extent> {
        std::mem::take(&mut self.released)
    }
}
