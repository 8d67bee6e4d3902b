//! How a request is answered: the gates, a fault, the handler, what every answer carries, and the log.

use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::Azure;
use crate::exchange::{AnswerDetails, IncomingRequest, exchange};
use crate::fault::{Arrived, CallMaker, FaultKind};
use crate::gateway::{
    Left, Permit, Refusal, Shape, add_key_vault_headers, arm_headers, check_body, check_conditions,
    check_links, check_place, check_policies, endpoint_of,
};
use crate::log::{CallOrigin, FailedBecause};
use crate::model::{Body, NetworkPath, Request, Response, Timestamp};
use crate::rules::{Endpoint, Gate, rule};
use crate::services::{check_being_deleted, check_moving};

/// What of a request was passed over: of a body because the version asked for does not have it, of the headers
/// because the service does not heed them.
const IGNORED: &str = "x-azdrill-ignored";

/// Which gate an answer comes from, where that is not the service's own.
const GATE: &str = "x-azdrill-gate";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const STORAGE_VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// Says how much more may be asked of Resource Manager.
fn say_left(mut response: Response, left: &Left) -> Response {
    for (name, number) in left {
        response.headers.insert(*name, HeaderValue::from(*number));
    }
    response
}

impl Azure {
    /// Takes a request through the gates, and lets its handler answer it.
    pub(super) fn answer(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        mut request: Request,
        asked: CallOrigin,
    ) -> Response {
        let came = |request| IncomingRequest { path, request, asked };
        let (permit, left) = match self.decide_and_count(now, path, &request, asked) {
            Ok(counted) => counted,
            Err(refusal) => {
                self.release_body(&request);
                let response = self.finish(now, &request, refusal.respond(&request));
                self.record(now, came(request), None, Ok(&response), Some(&refusal));
                return response;
            }
        };
        let struck = self.strike(now, path, &permit, &request, asked);
        let stale = || self.faults.answered_before(&request);
        let instead = match &struck {
            Some(FaultKind::Stale) => stale().map(|answer| answer.with_header(GATE, Gate::Fault.as_str())),
            struck => struck
                .as_ref()
                .and_then(|fault| fault.instead(self.faults.struck_first())),
        };
        if let Some(instead) = instead {
            self.release_body(&request);
            let response = say_left(self.finish(now, &request, instead), &left);
            self.record(now, came(request), Some(&permit), Ok(&response), None);
            return response;
        }
        let handler = self.handlers[permit.operation_index()];
        let mut started = Vec::new();
        let result = self.check(now, &permit, &mut request).and_then(|ignored| {
            self.check_region(&permit, &request)?;
            let mut context = self.context(now, Some(path), &mut started);
            context.fails = struck.as_ref().and_then(FaultKind::ends_operation);
            let of_operation = struck.as_ref().and_then(FaultKind::of_operation);
            context.state.operations.strike_next(of_operation.cloned());
            check_moving(&context, &permit, &request)?;
            check_being_deleted(&context, &permit, &request)?;
            let response = handler(&mut context, &permit, &request)?;
            // What a service has kept without effect it has said itself.
            let by_service = response.header(IGNORED).map(str::to_owned);
            let all: Vec<String> = by_service.into_iter().chain(ignored).collect();
            Ok(if all.is_empty() {
                response
            } else {
                response.with_header(IGNORED, &all.join(","))
            })
        });
        let unused = self.state.operations.strike_next(None);
        let begun = unused.is_none() && result.is_ok();
        self.begin(now, started);
        let (response, refusal) = match result {
            Ok(response) => (response, None),
            Err(mut refusal) => (self.refuse(&request, &mut refusal), Some(refusal)),
        };
        // What changes nothing has not struck.
        let response = match &struck {
            Some(fault) => {
                let (response, changed) = fault.afterwards(response, begun);
                if !changed {
                    self.faults.had_no_effect();
                }
                response
            }
            None => response,
        };
        let mut response = say_left(self.finish(now, &request, response), &left);
        if let Some(id) = response.headers.get(&REQUEST_ID).cloned() {
            arm_headers::identify(&mut response.headers, &self.rules, &self.state, &permit, &id);
        }
        if let Some(fault) = &struck {
            fault.strip(&mut response);
        }
        self.faults.remember(&request, &response);
        self.record(now, came(request), Some(&permit), Ok(&response), refusal.as_ref());
        response
    }

    /// Takes a request through the gates, counts what a client asks of Resource Manager, and refuses what is too much
    /// where that is so. What the fake services ask of it themselves is nobody's.
    fn decide_and_count(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        request: &Request,
        asked: CallOrigin,
    ) -> Result<(Permit, Left), Refusal> {
        let permit = self.decide(now, path, request)?;
        if asked != CallOrigin::ByClient || permit.operation(&self.rules).endpoint != Endpoint::Arm {
            return Ok((permit, Left::new()));
        }
        let limits = self.faults.limits();
        let counted = self.throttle.count(&self.rules, limits, now, &permit, request);
        self.faults.note_counted(counted.is_err());
        Ok((permit, counted?))
    }

    /// The fault that strikes a request which has passed the gates, if one does.
    fn strike(
        &mut self,
        now: Timestamp,
        path: &NetworkPath,
        permit: &Permit,
        request: &Request,
        asked: CallOrigin,
    ) -> Option<FaultKind> {
        if self.faults.is_empty() {
            return None;
        }
        let arrived = Arrived {
            operation: &permit.operation(&self.rules).id,
            caller: &permit.caller.name,
            principal: permit.caller.principal,
            path,
            by: match asked {
                CallOrigin::ByClient => CallMaker::Client,
                CallOrigin::ByService | CallOrigin::OnlyWhether => CallMaker::Service,
            },
            request,
        };
        self.faults.strike(now, &arrived)
    }

    /// What is asked of a request whatever it is, once it has been let in; answers with what of it is
    /// passed over.
    fn check(&self, now: Timestamp, permit: &Permit, request: &mut Request) -> Result<Vec<String>, Refusal> {
        let operation = permit.operation(&self.rules);
        let mut ignored = check_body(&self.rules, operation, request)?;
        check_links(&self.gates(), now, permit, request)?;
        check_policies(&self.gates(), now, operation, request)?;
        check_place(&self.state, permit, request)?;
        ignored.extend(check_conditions(
            &self.rules,
            &self.state,
            operation,
            permit,
            request,
        )?);
        Ok(ignored)
    }

    /// A service's own no. The Backup service cannot write one for a caller whose `Accept` header
    /// carries a charset, which is what every call of Terraform's provider does: it answers 406.
    fn refuse(&self, request: &Request, refusal: &mut Refusal) -> Response {
        let charset = request
            .header("accept")
            .is_some_and(|accept| accept.contains("charset"));
        if refusal.shape != Shape::UserFacing || !charset || !self.rules.takes(rule::DPP_406, "empty_406") {
            return refusal.respond(request);
        }
        refusal.name([rule::DPP_406]);
        refusal.stamp(Response::new(StatusCode::NOT_ACCEPTABLE))
    }

    /// Gives back a body no handler will see: a request that was admitted on its headers may be
    /// refused once its body is there.
    fn release_body(&mut self, request: &Request) {
        if let Body::Stored(body) = &request.body {
            self.released.extend_from_slice(&body.extents);
        }
    }

    /// Headers every answer of an endpoint carries.
    pub(super) fn finish(&self, now: Timestamp, request: &Request, mut response: Response) -> Response {
        let id = self.request_id();
        let headers = &mut response.headers;
        headers.insert(REQUEST_ID, id.clone());
        if let Some(sent) = request.headers.get(&CLIENT_REQUEST_ID) {
            headers.insert(CLIENT_REQUEST_ID, sent.clone());
        }
        match endpoint_of(&request.host, &request.path) {
            Some(Endpoint::Arm) => {
                arm_headers::add(headers, &self.rules.headers, now, &id);
                headers.insert(CORRELATION_ID, id);
            }
            Some(Endpoint::Blob) => {
                if let Some(version) = request.headers.get(&STORAGE_VERSION) {
                    headers.insert(STORAGE_VERSION, version.clone());
                }
            }
            Some(Endpoint::KeyVault) => add_key_vault_headers(&self.rules, &self.state, request, headers),
            Some(_) | None => {}
        }
        response
    }

    /// A request id that no other answer has: the seed's number, stepped on for each exchange by a
    /// constant that makes neighbours look unlike each other. The exchange is recorded right after.
    fn request_id(&self) -> HeaderValue {
        const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        let exchange = u128::from(self.log.count()) + 1;
        let number = self.first_request_id.wrapping_add(exchange.wrapping_mul(STEP));
        let id = uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid();
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        HeaderValue::from_str(id.hyphenated().encode_lower(&mut text))
            .unwrap_or(HeaderValue::from_static("-"))
    }

    pub(super) fn record(
        &mut self,
        now: Timestamp,
        came: IncomingRequest<'_>,
        permit: Option<&Permit>,
        answer: Result<&Response, StatusCode>,
        refusal: Option<&Refusal>,
    ) {
        let (status, told) = match answer {
            Ok(response) => (response.status, self.told(&came.request, response, refusal)),
            Err(status) => (status, AnswerDetails::default()),
        };
        let exchange = exchange(&self.rules, now, came, permit, status, refusal, told);
        self.log.push(exchange);
    }

    /// What the log is told of an answer besides its status.
    fn told(&mut self, request: &Request, response: &Response, refusal: Option<&Refusal>) -> AnswerDetails {
        let gate = response.header(GATE);
        AnswerDetails {
            faulted: refusal.is_none() && gate == Some(Gate::Fault.as_str()),
            failed: if refusal.is_none() && request.method == Method::GET {
                FailedBecause::of(&response.headers)
            } else {
                None
            },
            bodies: self.log.bodies(request, response),
        }
    }
}
