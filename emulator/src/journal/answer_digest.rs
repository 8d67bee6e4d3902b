//! What came of an input, as far as a journal says it: enough to see that it is the same, byte for byte.

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::jobs::{Effect, ServerWork, Work};
use crate::machine::{Admission, DatabaseRefusal, DatabaseRoute};
use crate::model::{Body, Preparation, Response};

/// What came of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerDigest {
    /// The status of an answer to a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error code in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A digest of its headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<String>,
    /// A digest of its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How long the body is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// What else came of it, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// It broke off: a mistake of ours.
    #[serde(skip_serializing_if = "is_whole")]
    pub broke_off: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_whole(broke_off: &bool) -> bool {
    !broke_off
}

/// As many bytes of a digest as make an accident impossible.
const DIGEST_BYTES: usize = 16;

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('-');
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(halves.map(digit));
    text
}

fn ended(hash: Sha256) -> String {
    hex(&hash.finalize()[..DIGEST_BYTES])
}

impl AnswerDigest {
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self {
            said: Some(text.into()),
            ..Self::default()
        }
    }

    pub(super) fn broke_off() -> Self {
        Self {
            broke_off: true,
            ..Self::default()
        }
    }

    pub(super) fn of_response(response: &Response) -> Self {
        Self {
            status: Some(response.status.as_u16()),
            code: response.header("x-ms-error-code").map(str::to_owned),
            headers: Some(digest_of_headers(&response.headers, response)),
            body: Some(digest_of_body(&response.body)),
            length: Some(response.body.len()),
            ..Self::default()
        }
    }

    pub(super) fn of_admission(admission: &Admission) -> Self {
        match admission {
            Admission::Refuse(response) => Self::of_response(response),
            Admission::Buffer { .. } | Admission::Store { .. } => Self::said("admitted"),
        }
    }

    pub(super) fn of_preparation(preparation: Option<&Preparation>) -> Self {
        match preparation {
            Some(_) => Self::said("to be worked out"),
            None => Self::default(),
        }
    }

    pub(super) fn of_connection(connection: &Result<DatabaseRoute, DatabaseRefusal>) -> Self {
        match connection {
            Ok(route) => {
                let fault = route.fault.as_ref();
                let fault = fault.map_or_else(String::new, |fault| format!("; {fault}"));
                let tls = if route.tls_required { ", by TLS only" } else { "" };
                Self::said(format!(
                    "let in to {} at {}{tls}{fault}",
                    route.server, route.backend
                ))
            }
            Err(refusal) => Self::said(format!("refused: {}", refusal.message)),
        }
    }

    pub(super) fn of_effects(effects: &[Effect]) -> Self {
        if effects.is_empty() {
            return Self::default();
        }
        let each: Vec<String> = effects
            .iter()
            .map(|effect| format!("{} {}", effect.id.0, what(&effect.work)))
            .collect();
        Self::said(format!("asked for: {}", each.join(", ")))
    }

    /// In what it differs from another, which is what came of the same input now.
    pub fn difference(&self, now: &Self) -> Option<String> {
        if self == now {
            return None;
        }
        if self.broke_off != now.broke_off {
            let text = |broke: bool| if broke { "broke off" } else { "did not" };
            return Some(format!(
                "then it {}, now it {}",
                text(self.broke_off),
                text(now.broke_off)
            ));
        }
        let short = |answer: &Self| {
            let mut words: Vec<String> = Vec::new();
            let code = answer.code.as_deref().unwrap_or_default();
            let status = answer.status.map(|status| format!("{status} {code}"));
            words.extend(status.map(|status| status.trim_end().to_owned()));
            words.extend(answer.length.map(|length| format!("{length} bytes")));
            words.extend(answer.said.clone());
            match words.is_empty() {
                true => "nothing".to_owned(),
                false => words.join(", "),
            }
        };
        let (was, is) = (short(self), short(now));
        Some(if was != is {
            format!("then {was}; now {is}")
        } else if self.headers != now.headers && self.body != now.body {
            format!("{was}, with other headers and another body")
        } else if self.headers != now.headers {
            format!("{was}, with other headers")
        } else {
            format!("{was}, with another body")
        })
    }
}

/// Headers in the order of their names: one that has several values has them in their own.
fn digest_of_headers(headers: &HeaderMap, response: &Response) -> String {
    let mut lines: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    lines.sort_by_key(|(name, _)| *name);
    let mut hash = Sha256::new();
    for (name, value) in lines {
        hash.update(name.as_bytes());
        hash.update(b": ");
        hash.update(value);
        hash.update(b"\r\n");
    }
    for name in &response.spelled {
        hash.update(name.as_bytes());
        hash.update(b"\n");
    }
    if let Some(range) = response.hash {
        hash.update(format!("{range:?}").as_bytes());
    }
    ended(hash)
}

fn digest_of_body(body: &Body) -> String {
    let mut hash = Sha256::new();
    match body {
        Body::Empty => {}
        Body::Bytes(bytes) => hash.update(bytes),
        Body::Stored(stored) => {
            for extent in &stored.extents {
                hash.update(extent.segment.to_le_bytes());
                hash.update(extent.offset.to_le_bytes());
                hash.update(extent.length.to_le_bytes());
            }
            hash.update(stored.md5.unwrap_or_default());
        }
    }
    ended(hash)
}

/// A piece of outside work, in words, without its secrets.
fn what(work: &Work) -> String {
    match work {
        Work::Server(work) => {
            let verb = match work {
                ServerWork::Start(_) => "start",
                ServerWork::Restart(_) => "restart",
                ServerWork::Describe(_) => "describe",
                ServerWork::SetParameter { .. } => "set a parameter of",
                ServerWork::Stop(_) => "stop",
                ServerWork::Remove(_) => "remove",
                ServerWork::SetAdminPassword { .. } => "set the password of",
                ServerWork::CreateDatabase { .. } => "create a database in",
                ServerWork::DropDatabase { .. } => "drop a database of",
            };
            format!("{verb} {}", work.key())
        }
        Work::Dump(work) => format!("dump {} to {}/{}", work.key, work.host, work.container),
        Work::Copy(work) => {
            let bytes: u64 = work.files.iter().map(|file| file.source.length).sum();
            format!(
                "copy {} files of {bytes} bytes to {}/{}",
                work.files.len(),
                work.host,
                work.container
            )
        }
        Work::Examine(work) => format!("look at {} in {}", work.sign_in.database, work.sign_in.host),
        Work::DumpDatabase(work) => format!("dump {} of {}", work.sign_in.database, work.sign_in.host),
        Work::LoadDatabase(work) => format!("load {} into {}", work.database, work.sign_in.host),
        Work::WorkOut(_) => "work something out".to_owned(),
    }
}
