//! The emulator under test: takes the same steps as the model, by requests as a client's, and tells what it answered.

mod acts;
mod founded;
mod lent;
mod seen;

use std::collections::BTreeMap;

use azdrill::sketch::restore_as_files::Network;
use azdrill::strategy::answer::Answer;
use azdrill::strategy::client::{Client, operation, refused, validation_answer};
use azdrill::strategy::foundation::ARM_AUDIENCE;
use azdrill::strategy::movement::SimulatedMovement;
use azdrill_emulator::model::{Request, Response, Timestamp};
use azdrill_emulator::server::Core as _;
use http::Method;
use serde_json::Value;

use self::founded::KEYS_AUDIENCE;
use self::lent::Lent;
use crate::model::{BEGIN, Beginning};
use crate::step::{Act, Person, Role, Step};

/// Tokens are good for an hour; the clients sign in again before.
const SIGNED_IN: i64 = 3_000_000;

/// The world while a sequence is played in it.
pub(crate) struct World {
    pub(crate) founded: Lent,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    clients: BTreeMap<(bool, bool), (Client, i64)>,
    /// The names of the role assignments there are, by role and principal.
    given: BTreeMap<(Role, String), String>,
    named: u64,
    /// The vault's newest identity.
    principal: String,
    /// The account's network, as it was set.
    network: Network,
    /// Operations under way, by the model's number.
    open: BTreeMap<u64, Response>,
    /// How many jobs have been seen to end.
    pub(crate) jobs_seen: usize,
    pub(crate) movement: SimulatedMovement,
}

impl World {
    /// The world as it was put up.
    pub(crate) fn begin(beginning: Beginning) -> Self {
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
            jobs_seen: 0,
            movement: SimulatedMovement::default(),
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now).expect("it is a time")
    }

    /// Takes a step. `ticket` is the model's number of an operation that it begins.
    pub(crate) fn take(&mut self, step: &Step, ticket: Option<u64>) -> Answer {
        if let Act::Wait(seconds) = step.act {
            self.pass(seconds);
            return Answer::Passes;
        }
        let response = self.act(step);
        let answer = told(&response);
        if let Some(ticket) = ticket
            && answer.passes()
        {
            self.open.insert(ticket, response);
        }
        self.settle();
        answer
    }

    fn settle(&mut self) {
        let now = self.time();
        self.movement.settle(&mut self.founded.world.azure, now);
    }

    /// Lets time pass, from one due time to the next.
    fn pass(&mut self, seconds: i64) {
        let until = self.time() + jiff::SignedDuration::from_secs(seconds);
        let azure = &mut self.founded.world.azure;
        while let Some(due) = azure.next_due()
            && due <= until
        {
            self.movement.settle(azure, due);
        }
        self.now += 1000 * seconds;
    }

    /// How an operation ended that was begun before.
    pub(crate) fn ended(&mut self, ticket: u64) -> Answer {
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
                self.clients.insert(slot, (client.clone(), self.now + SIGNED_IN));
                client
            }
        }
    }

    /// A request to Resource Manager.
    fn send(&mut self, who: Person, method: Method, target: &str, body: Option<&Value>) -> Response {
        let request = Request::new(method, "management.azure.com", target);
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        let (client, now) = (self.client(who, false), self.time());
        client.send(&mut self.founded.world.azure, now, request)
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
