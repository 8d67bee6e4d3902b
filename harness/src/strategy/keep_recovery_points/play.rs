//! A history, played once: a policy, what happens, and what becomes of the recovery points.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::model::{Request, ResourceId, Response, Timestamp};
use azdrill_emulator::server::Core;
use http::Method;
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, ToSpan as _};
use serde_json::{Value, json};

use super::policy::policy;
use crate::sketch::keep_recovery_points::{After, Backup, Happens, Keeps, Rules};
use crate::strategy::answer::Answer;
use crate::strategy::client::{Client, WorldError, refused};
use crate::strategy::foundation::{Foundation, datasource};
use crate::strategy::movement::SimulatedMovement;

const VERSION: &str = "2024-04-01";
const ARM: &str = "management.azure.com";

/// What a look at a recovery point shows: its tag, or that it is not there.
pub(super) type Look = Result<String, Answer>;

/// What became of a backup.
pub(super) enum Made {
    /// None was made; why.
    Nothing(Answer),
    /// What each look at its recovery point showed, in the order of [`After::ALL`].
    Point(Vec<Look>),
}

/// What became of each backup, in the order of [`Backup::ALL`]; or that the policy was refused.
pub(super) type History = Result<Vec<Made>, Answer>;

/// Something that is done at a time.
enum Moment {
    /// A request.
    Does(Box<Request>),
    /// The backup of that place has been due.
    Due(usize),
    /// Its recovery point is looked for.
    Looks(usize),
}

/// The world a history is played in.
pub(super) struct Stage<'a> {
    pub(super) world: &'a mut Foundation,
    pub(super) vault: &'a ResourceId,
    pub(super) server: &'a ResourceId,
    /// The operator, and when he signed in last.
    pub(super) signed_in: Option<(Timestamp, Client)>,
}

/// How long he goes on with what he signed in with: well below what a token is good for.
const SIGNED_IN: SignedDuration = SignedDuration::from_mins(30);

fn at(year: i16, month: i8, day: i8, hour: i8) -> Result<Timestamp, WorldError> {
    let time = date(year, month, day).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC);
    time.map(|time| time.timestamp())
        .map_err(|_| WorldError::Missing("time"))
}

/// When a backup is due.
fn due(backup: Backup) -> Result<Timestamp, WorldError> {
    let (year, month, day) = match backup {
        Backup::December13 => (2025, 12, 13),
        Backup::December27 => (2025, 12, 27),
        Backup::January3 => (2026, 1, 3),
        Backup::January31 => (2026, 1, 31),
        Backup::February7 => (2026, 2, 7),
        Backup::February14 => (2026, 2, 14),
        Backup::February28 => (2026, 2, 28),
        Backup::March7 => (2026, 3, 7),
    };
    at(year, month, day, 2)
}

/// When its recovery point is looked for.
fn look(due: Timestamp, after: After) -> Result<Timestamp, WorldError> {
    let (span, minutes): (Span, i64) = match after {
        After::AlmostSixDays => (6.days(), -1),
        After::SixDays => (6.days(), 1),
        After::AlmostSevenDays => (7.days(), -1),
        After::SevenDays => (7.days(), 1),
        After::AlmostTenDays => (10.days(), -1),
        After::TenDays => (10.days(), 1),
        After::AlmostAMonth => (1.month(), -1),
        After::AMonth => (1.month(), 1),
        After::AlmostThreeMonths => (3.months(), -1),
        After::ThreeMonths => (3.months(), 1),
    };
    let day = due.to_zoned(TimeZone::UTC).checked_add(span);
    let time = day.and_then(|day| day.checked_add(minutes.minutes()));
    time.map(|time| time.timestamp())
        .map_err(|_| WorldError::Missing("time"))
}

fn request(method: Method, path: &str) -> Request {
    Request::new(method, ARM, &format!("{path}?api-version={VERSION}"))
}

impl Stage<'_> {
    fn instance(&self) -> ResourceId {
        self.vault.child(["backupInstances", self.server.name()])
    }

    fn operator(&mut self, now: Timestamp) -> Result<Client, WorldError> {
        match &self.signed_in {
            Some((then, client)) if now.duration_since(*then) < SIGNED_IN => Ok(client.clone()),
            _ => {
                let client = self.world.operator_at(now)?;
                self.signed_in = Some((now, client.clone()));
                Ok(client)
            }
        }
    }

    /// Lets time pass.
    fn advance(&mut self, until: Timestamp) {
        let azure = &mut self.world.azure;
        while let Some(due) = azure.next_due().filter(|due| *due <= until) {
            SimulatedMovement::default().settle(azure, due);
        }
    }

    fn send(&mut self, now: Timestamp, request: Request) -> Result<Response, WorldError> {
        let operator = self.operator(now)?;
        let azure: &mut Azure = &mut self.world.azure;
        let answer = operator.send(azure, now, request);
        SimulatedMovement::default().settle(azure, now);
        Ok(answer)
    }

    /// What is done, and when.
    fn events(&self, happens: Happens) -> Result<Vec<(Timestamp, Request)>, WorldError> {
        let instance = self.instance();
        let post = |action: &str| request(Method::POST, &format!("{instance}/{action}"));
        let delete = || request(Method::DELETE, instance.as_str());
        let then = at(2026, 2, 10, 12)?;
        Ok(match happens {
            Happens::Nothing => Vec::new(),
            Happens::Immutable => {
                let body = json!({"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}});
                let patch = request(Method::PATCH, self.vault.as_str()).with_json(&body);
                vec![(at(2026, 2, 10, 11)?, patch), (then, delete())]
            }
            Happens::Suspended => vec![(then, post("suspendBackups"))],
            Happens::Stopped => vec![(then, post("stopProtection"))],
            Happens::Resumed => {
                let resumed = at(2026, 2, 24, 10)?;
                vec![
                    (then, post("stopProtection")),
                    (resumed, post("resumeProtection")),
                ]
            }
            Happens::Deleted => vec![(then, delete())],
            Happens::BroughtBack => {
                let path = format!(
                    "{}/deletedBackupInstances/{}/undelete",
                    self.vault,
                    instance.name()
                );
                let back = request(Method::POST, &path);
                vec![(then, delete()), (at(2026, 2, 17, 10)?, back)]
            }
        })
    }

    /// Plays a history from the beginning.
    ///
    /// # Errors
    ///
    /// If the world is not as it should be.
    pub(super) fn play(
        mut self,
        rules: Rules,
        keeps: Keeps,
        happens: Happens,
    ) -> Result<History, WorldError> {
        let now = self.world.now;
        let id = self.vault.child(["backupPolicies", "weekly"]);
        let written = request(Method::PUT, id.as_str()).with_json(&policy(rules, keeps));
        let answer = self.send(now, written)?;
        if !answer.status.is_success() {
            let body = answer.json_body();
            let code = body.pointer("/error/code").and_then(Value::as_str);
            return Ok(Err(refused(&answer, code.unwrap_or_default())));
        }
        let body = json!({"properties": {
            "objectType": "BackupInstance",
            "dataSourceInfo": datasource(self.server),
            "policyInfo": {"policyId": id},
        }});
        self.send(
            now,
            request(Method::PUT, self.instance().as_str()).with_json(&body),
        )?;
        let mut moments: Vec<(Timestamp, Moment)> = Vec::new();
        for (time, request) in self.events(happens)? {
            moments.push((time, Moment::Does(Box::new(request))));
        }
        for (place, backup) in Backup::ALL.iter().enumerate() {
            let due = due(*backup)?;
            moments.push((due, Moment::Due(place)));
            for after in After::ALL {
                moments.push((look(due, *after)?, Moment::Looks(place)));
            }
        }
        moments.sort_by_key(|(time, _)| *time);
        self.go_through(moments).map(Ok)
    }

    fn go_through(&mut self, moments: Vec<(Timestamp, Moment)>) -> Result<Vec<Made>, WorldError> {
        let mut ids: Vec<Option<String>> = vec![None; Backup::ALL.len()];
        let mut made: Vec<Made> = Backup::ALL.iter().map(|_| Made::Point(Vec::new())).collect();
        for (now, moment) in moments {
            self.advance(now);
            match moment {
                Moment::Does(request) => drop(self.send(now, *request)?),
                Moment::Due(place) => match self.made_at(now)? {
                    Ok(id) => ids[place] = Some(id),
                    Err(answer) => made[place] = Made::Nothing(answer),
                },
                Moment::Looks(place) => {
                    let Some(id) = &ids[place] else { continue };
                    let path = format!("{}/recoveryPoints/{id}", self.instance());
                    let answer = self.send(now, request(Method::GET, &path))?;
                    if let Made::Point(looks) = &mut made[place] {
                        looks.push(text(&answer, "/properties/retentionTagName"));
                    }
                }
            }
        }
        Ok(made)
    }

    /// The recovery point that is made just now, or what the instance is instead of being protected.
    fn made_at(&mut self, now: Timestamp) -> Result<Look, WorldError> {
        let instance = self.instance();
        let list = self.send(now, request(Method::GET, &format!("{instance}/recoveryPoints")))?;
        let body = list.json_body();
        let newest = body.pointer("/value/0");
        let time = newest.and_then(|point| point.pointer("/properties/recoveryPointTime")?.as_str());
        let time: Option<Timestamp> = time.and_then(|time| time.parse().ok());
        if time == Some(now) {
            let name = newest.and_then(|point| point["name"].as_str());
            return Ok(Ok(name.unwrap_or_default().to_owned()));
        }
        let answer = self.send(now, request(Method::GET, instance.as_str()))?;
        let state = text(&answer, "/properties/currentProtectionState");
        Ok(Err(state.map_or_else(
            |refused| refused,
            |state| Answer::Fails {
                gate: "service".to_owned(),
                rules: Vec::new(),
                code: state,
            },
        )))
    }
}

/// What an answer says there, or how it was refused.
fn text(answer: &Response, pointer: &str) -> Look {
    let body = answer.json_body();
    if answer.status.is_success() {
        let text = body.pointer(pointer).and_then(Value::as_str);
        return Ok(text.unwrap_or_default().to_owned());
    }
    let code = body.pointer("/error/code").and_then(Value::as_str);
    Err(refused(answer, code.unwrap_or_default()))
}
