//! The emulator under test: takes steps by requests as a client's, and tells what it answered.

mod acts;
mod contents;
mod everything;
mod founded;
mod lent;

use std::collections::{BTreeMap, BTreeSet};

use azdrill_emulator::azure::Azure;
use azdrill_emulator::jobs::{EffectResult, Work};
use azdrill_emulator::model::{Request, ResourceId, Response, Timestamp};
use azdrill_emulator::server::Core as _;
use http::Method;
use serde_json::Value;

use self::founded::KEYS_AUDIENCE;
use super::step::{Act, Person, Role, Step};
use super::{BEGIN, Beginning};
use crate::sketch::restore_as_files::Network;
use crate::strategy::answer::Answer;
use crate::strategy::client::{Client, operation, refused, validation_answer};
use crate::strategy::foundation::ARM_AUDIENCE;
use crate::strategy::movement::SimulatedMovement;

pub use self::contents::{Contents, Copied, FILES};
pub use self::everything::Everything;
pub use self::founded::Founded;
pub use self::lent::Lent;

/// Tokens are good for an hour; the clients sign in again before.
const SIGNED_IN: i64 = 3_000_000;

/// The world while a sequence is played in it.
pub struct World {
    /// What there is in it.
    pub founded: Lent,
    /// Milliseconds since 1970.
    pub now: i64,
    clients: BTreeMap<(bool, bool), (Client, i64)>,
    /// The names of the role assignments there are, by role and principal.
    given: BTreeMap<(Role, String), String>,
    named: u64,
    /// The vault's newest identity.
    pub principal: String,
    /// The account's network, as it was set.
    network: Network,
    /// Operations under way, by the model's number.
    open: BTreeMap<u64, Response>,
    /// Outside work of which no byte is kept.
    pub movement: SimulatedMovement,
    /// What is in the server, where dumps and copies of it are to be told apart: then files are written.
    pub contents: Option<Contents>,
    /// How many restores have been asked for, where each has a prefix of its own.
    pub restores: u32,
    /// What nobody may be told: what signs requests, and passwords.
    pub secrets: BTreeSet<String>,
    /// What was sent last, and by whom; whether to Key Vault.
    last: Option<(Person, bool, Request)>,
}

impl World {
    /// The world as it was put up, with neither faults nor a log. Nobody says what is in its server: no file is written.
    pub fn begin(beginning: Beginning) -> Self {
        let founded = Lent::new(beginning);
        let principal = founded.identities.system.to_string();
        let mut given = BTreeMap::new();
        if !founded.keys.is_empty() {
            let access = &founded.world.azure.state().access;
            let mut own = access.assignments();
            let own = own.find(|own| own.principal == founded.identities.system);
            let name = own.map(|own| own.name.clone()).unwrap_or_default();
            given.insert((Role::UsesKey, principal.clone()), name);
        }
        Self {
            founded,
            now: BEGIN,
            clients: BTreeMap::new(),
            given,
            named: 0,
            principal,
            network: Network::OPEN,
            open: BTreeMap::new(),
            movement: SimulatedMovement::default(),
            contents: None,
            restores: 0,
            secrets: BTreeSet::new(),
            last: None,
        }
    }

    /// The same, in which dumps and restores write files that tell what was in the server.
    pub fn with_contents(beginning: Beginning) -> Self {
        Self {
            contents: Some(Contents::default()),
            ..Self::begin(beginning)
        }
    }

    /// The emulator.
    pub fn azure(&self) -> &Azure {
        &self.founded.world.azure
    }

    /// The time it is.
    pub fn time(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now).expect("it is a time")
    }

    /// Takes a step. `ticket` is the model's number of an operation that it begins.
    pub fn take(&mut self, step: &Step, ticket: Option<u64>) -> Answer {
        if let Act::Wait(seconds) = step.act {
            self.pass(seconds);
            return Answer::Passes;
        }
        let response = self.act(step);
        self.note(&response, ticket)
    }

    /// Takes a step that is no waiting, and gives back the answer as it came.
    pub fn ask(&mut self, step: &Step) -> Response {
        let response = self.act(step);
        self.settle();
        response
    }

    fn note(&mut self, response: &Response, ticket: Option<u64>) -> Answer {
        let answer = told(response);
        if let Some(ticket) = ticket
            && answer.passes()
        {
            self.open.insert(ticket, response.clone());
        }
        self.settle();
        answer
    }

    /// Lets everything happen that is due.
    pub fn settle(&mut self) {
        self.settle_at(self.time());
    }

    fn settle_at(&mut self, now: Timestamp) {
        loop {
            let effects = self.founded.world.azure.tick(now);
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                let result = self.carry_out(now, &effect.work);
                self.founded.world.azure.complete(now, effect.id, result);
            }
        }
    }

    fn carry_out(&mut self, now: Timestamp, work: &Work) -> EffectResult {
        let azure = &mut self.founded.world.azure;
        match (work, &mut self.contents) {
            (Work::Dump(work), Some(contents)) => {
                let signs = work.sas.split('&').find_map(|part| part.strip_prefix("sig="));
                self.secrets.extend(signs.map(str::to_owned));
                contents.dump(azure, now, work)
            }
            (Work::Copy(work), Some(contents)) => {
                self.secrets.insert(work.bearer.clone());
                contents.copy(azure, now, work)
            }
            _ => self.movement.carry_out(azure, now, work),
        }
    }

    /// Lets time pass, from one due time to the next.
    pub fn pass(&mut self, seconds: i64) {
        let until = self.time() + jiff::SignedDuration::from_secs(seconds);
        while let Some(due) = self.azure().next_due()
            && due <= until
        {
            self.settle_at(due);
        }
        self.now += 1000 * seconds;
    }

    /// What was sent last.
    pub fn sent(&self) -> Option<&Request> {
        self.last.as_ref().map(|(_, _, request)| request)
    }

    /// Sends the last request once more, as whoever does not know whether it arrived.
    pub fn again(&mut self) -> Option<Response> {
        let (who, keys, request) = self.last.clone()?;
        let response = self.send_as(who, keys, request);
        self.settle();
        Some(response)
    }

    /// How an operation ended that was begun before.
    pub fn ended(&mut self, ticket: u64) -> Answer {
        let Some(accepted) = self.open.remove(&ticket) else {
            return Answer::Odd("it was never begun".to_owned());
        };
        let (client, now) = (self.client(Person::Operator, false), self.time());
        match operation(&client, &mut self.founded.world.azure, now, &accepted) {
            Ok(response) => validation_answer(&response),
            Err(odd) => odd,
        }
    }

    /// Somebody, signed in to Resource Manager or to Key Vault.
    fn client(&mut self, who: Person, keys: bool) -> Client {
        let slot = (who == Person::Operator, keys);
        match self.clients.get(&slot) {
            Some((client, until)) if self.now < *until => client.clone(),
            _ => {
                let principal = match who {
                    Person::Operator => self.founded.world.person.object_id,
                    Person::Auditor => self.founded.auditor,
                };
                let audience = if keys { KEYS_AUDIENCE } else { ARM_AUDIENCE };
                let azure = &self.founded.world.azure;
                let client = Client::sign_in(azure, self.time(), principal, audience);
                let client = client.expect("the world was founded with both");
                self.secrets.insert(client.token().to_owned());
                self.clients.insert(slot, (client.clone(), self.now + SIGNED_IN));
                client
            }
        }
    }

    /// A request to Resource Manager.
    pub fn send(&mut self, who: Person, method: Method, target: &str, body: Option<&Value>) -> Response {
        let request = Request::new(method, "management.azure.com", target);
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        self.send_as(who, false, request)
    }

    /// A request, to Key Vault or to Resource Manager.
    fn send_as(&mut self, who: Person, keys: bool, request: Request) -> Response {
        self.last = Some((who, keys, request.clone()));
        let (client, now) = (self.client(who, keys), self.time());
        client.send(&mut self.founded.world.azure, now, request)
    }

    /// The backup instance's id.
    pub fn instance(&self) -> ResourceId {
        let own = self.founded.server.name();
        self.founded.vault.child(["backupInstances", own])
    }
}

/// What is answered at once.
fn told(response: &Response) -> Answer {
    if response.status.is_success() {
        return Answer::Passes;
    }
    let body = response.json_body();
    let code = body.pointer("/error/code").or_else(|| body.get("code"));
    refused(response, code.and_then(Value::as_str).unwrap_or_default())
}
