//! Plays a recording: request by request, in order, with our ids in the place of the recorded ones.

use azdrill_emulator::model::{Response, Timestamp};
use azdrill_emulator::rules::Profile;
use azdrill_emulator::server::Core;
use http::Method;
use jiff::SignedDuration;
use serde_json::Value;

use super::align::{Alignment, guids_of, with_texts};
use super::differ::HIDDEN;
use super::differ::{AnswerComparison, Holder};
use super::mistake::Mistake;
use super::presupposed::{PASSWORD, Presupposed, build};
use super::recording::{Interaction, Recording};
use super::world::{ARM, World};

/// When a recording was made that does not say so.
const UNDATED: i64 = 1_767_225_600;
/// How long before the first request what it presupposes was built.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// How long what was built is given to be protected.
const SETTLING: SignedDuration = SignedDuration::from_hours(1);
/// What a client calls a request of its own.
const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";
/// How often a poll is made again until what it asks about has ended.
const POLLS_MAX: usize = 200;
/// The longest it is waited for, on the world's clock.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// States that something comes to rest in.
const ENDED: [&str; 9] = [
    "Succeeded",
    "Failed",
    "Canceled",
    "Cancelled",
    "Completed",
    "CompletedWithWarnings",
    "ProtectionConfigured",
    "ProtectionStopped",
    "SoftDeleted",
];

/// What came of one request.
pub(super) struct PlayedRequest {
    pub(super) held: AnswerComparison,
    /// Why it was not played at all.
    pub(super) skipped: Option<&'static str>,
}

/// Plays a recording against a world of its own.
pub(super) fn play(recording: &Recording, profile: Profile) -> Result<Vec<PlayedRequest>, Mistake> {
    let first = recording.interactions.iter().find_map(|one| one.at);
    let first = first
        .or_else(|| Timestamp::from_second(UNDATED).ok())
        .unwrap_or_default();
    let not_built = |what: String| Mistake::World {
        file: recording.file.clone(),
        what,
    };
    let mut world = World::new(profile, first - BEFORE).map_err(not_built)?;
    let mut alignment = Alignment::default();
    let presupposed = build(recording, &mut world, &mut alignment).map_err(not_built)?;
    let built = world.now + SETTLING;
    world.pass_until(built);
    let mut player = Player {
        world,
        alignment,
        presupposed,
        not_sent: recording
            .setting
            .not_sent
            .iter()
            .map(|path| format!("/{}", path.replace('.', "/")))
            .collect(),
        first,
        ahead: SignedDuration::ZERO,
    };
    let later: Vec<String> = recording.interactions.iter().map(Interaction::target).collect();
    let mut played = Vec::new();
    for (at, one) in recording.interactions.iter().enumerate() {
        let skipped = skipped(one);
        let mut held = AnswerComparison::default();
        if skipped.is_none() {
            player.make_before(recording, one).map_err(not_built)?;
            player.catch_up(one);
            held = player.play(one, &later[at + 1..].join("\n"));
        }
        played.push(PlayedRequest { held, skipped });
    }
    Ok(played)
}

/// Why a request is not played: what it answers follows from a secret, or from bytes nobody recorded.
fn skipped(one: &Interaction) -> Option<&'static str> {
    let host = one.uri.host_str().unwrap_or_default();
    if host == ARM || host == "graph.microsoft.com" || host.ends_with(".vault.azure.net") {
        None
    } else if host == "login.microsoftonline.com" {
        Some("signing in")
    } else {
        Some("another host")
    }
}

struct Player {
    world: World,
    alignment: Alignment,
    presupposed: Presupposed,
    /// Pointers to members of bodies that are not sent.
    not_sent: Vec<String>,
    /// When the recording begins.
    first: Timestamp,
    /// By how much our clock is ahead of the recording's.
    ahead: SignedDuration,
}

impl Player {
    /// Makes the requests that are not in the recording. What they take longer than there was time for
    /// is added to all that follows.
    fn make_before(&mut self, recording: &Recording, one: &Interaction) -> Result<(), String> {
        let (world, alignment) = (&mut self.world, &self.alignment);
        (self.presupposed).make_before(recording, one.number, world, alignment)?;
        if let Some(at) = one.at {
            let late = self.world.now.duration_since(at + self.ahead);
            self.ahead += late.max(SignedDuration::ZERO);
        }
        Ok(())
    }

    /// Lets time pass until a request was made.
    fn catch_up(&mut self, one: &Interaction) {
        if let Some(at) = one.at {
            self.world.pass_until(at.max(self.first) + self.ahead);
        }
    }

    fn play(&mut self, one: &Interaction, later: &str) -> AnswerComparison {
        self.meet_jobs(one);
        let target = self.alignment.to_ours(&one.target());
        let mut body = self.body(&one.body);
        for pointer in &self.not_sent {
            let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
            if let Some(members) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                members.remove(name);
            }
        }
        for text in [&target, &body.to_string()] {
            self.alignment.keep_own(text);
        }
        let answer = self.ask(one, &target, &body);
        if one.method == Method::PUT && answer.status.is_success() {
            self.presupposed.was_put(&mut self.world, &target);
        }
        Holder::new(&mut self.alignment, later).hold(one, &answer)
    }

    /// Asks, and asks again while what the recording shows as ended has not ended here.
    fn ask(&mut self, one: &Interaction, target: &str, body: &Value) -> Response {
        let host = one.uri.host_str().unwrap_or(ARM).to_owned();
        let mut headers: Vec<(String, String)> = (one.headers.iter())
            .map(|(name, value)| (name.clone(), self.alignment.to_ours(value)))
            .collect();
        if headers.iter().all(|(name, _)| name != CLIENT_REQUEST_ID) {
            // Every client names its requests, and recorders leave the names out.
            let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, one.number.to_string().as_bytes());
            headers.push((CLIENT_REQUEST_ID.to_owned(), name.to_string()));
        }
        let mut answer = self.world.send(one.method.clone(), &host, target, &headers, body);
        if one.method != Method::GET {
            self.world.settle();
            return answer;
        }
        let longest = self.world.now + LONGEST;
        for _ in 0..POLLS_MAX {
            let goes_on = one.status == 200 && answer.status == 202
                || answer.status.as_u16() == one.status && ends_later(&one.answer, &answer.json_body());
            let due = self.world.azure.next_due();
            if !goes_on || due.is_none_or(|due| due > longest) {
                break;
            }
            self.world.wait();
            answer = self.world.send(one.method.clone(), &host, target, &headers, body);
        }
        answer
    }

    /// A recorded body with our ids.
    fn body(&self, body: &Value) -> Value {
        // It was long enough for a password, and mixed.
        with_texts(body, &|text| match text {
            HIDDEN => PASSWORD.to_owned(),
            text => self.alignment.to_ours(text),
        })
    }

    /// A recording from which polls were left out may ask about a job whose id it never told: it is the
    /// newest of ours that no other was aligned with.
    fn meet_jobs(&mut self, one: &Interaction) {
        let path = one.uri.path();
        let Some((_, name)) = path.split_once("/backupJobs/") else {
            return;
        };
        let Some(recorded) = guids_of(name)
            .next()
            .filter(|guid| self.alignment.ours(guid).is_none())
        else {
            return;
        };
        let jobs = self.world.azure.services().data_protection.all_jobs();
        let newest = jobs
            .filter_map(|job| Some((job.started, job.id.rsplit('/').next()?.to_owned())))
            .filter(|(_, id)| !self.alignment.is_bound(id))
            .max();
        if let Some((_, id)) = newest {
            self.alignment.bind(recorded, &id);
        }
    }
}

/// Whether something the recording shows at rest is still under way in an answer.
fn ends_later(recorded: &Value, ours: &Value) -> bool {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => recorded.iter().any(|(name, value)| {
            let Some(answered) = ours.get(name) else {
                return false;
            };
            let state = ["status", "provisioningState", "currentProtectionState"].contains(&name.as_str());
            match (value.as_str(), answered.as_str()) {
                (Some(value), Some(answered)) if state => {
                    ENDED.contains(&value) && !ENDED.contains(&answered)
                }
                _ => ends_later(value, answered),
            }
        }),
        _ => false,
    }
}
