//! What a journal leaves to do for whoever goes on where it ends: work that was under way, bytes that live, names
//! that answer.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use http::header::AUTHORIZATION;

use super::input::Input;
use crate::jobs::{Effect, EffectId, UnderWay, Work};
use crate::model::{Body, Extent, Request, Response};
use crate::world::Operator;

/// What a journal leaves to do.
#[derive(Default)]
pub struct Aftermath {
    under_way: BTreeMap<EffectId, UnderWay>,
    hosts: BTreeSet<String>,
    operator: Option<Operator>,
    built: bool,
}

/// Bytes of the blob store that an input brought, and those it let go of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BytesMoved {
    /// They live from then on.
    pub stored: Vec<Extent>,
    /// Nothing refers to them any more.
    pub released: Vec<Extent>,
}

impl Aftermath {
    /// The work that has not ended, in the order it was asked for.
    pub fn take_under_way(&mut self) -> Vec<UnderWay> {
        std::mem::take(&mut self.under_way).into_values().collect()
    }

    /// The hosts that services have begun to answer under.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    /// The operator of the world that began last, if one did.
    pub fn operator(&self) -> Option<&Operator> {
        self.operator.as_ref()
    }

    /// Whether the world that began last was built to its end.
    pub fn is_built(&self) -> bool {
        self.built
    }

    pub(super) fn began(&mut self, operator: Operator) {
        self.operator = Some(operator);
    }

    /// An input that is about to be played.
    pub(super) fn comes(&mut self, input: &Input<'_>) {
        match input {
            Input::Complete { effect, .. } => {
                self.under_way.remove(effect);
            }
            // Another world takes the place of the one there was: results of its work are for nobody.
            Input::BeginAgain(_) => {
                self.under_way.clear();
                self.built = false;
            }
            Input::Built => self.built = true,
            _ => {}
        }
    }

    pub(super) fn asked(&mut self, effects: &[Effect]) {
        for effect in effects {
            let under_way = UnderWay {
                effect: effect.clone(),
                committed: BTreeSet::new(),
            };
            self.under_way.insert(effect.id, under_way);
        }
    }

    pub(super) fn new_hosts(&mut self, hosts: Vec<String>) {
        self.hosts.extend(hosts);
    }

    /// The work that writes with what this request shows, if it commits a blob.
    pub(super) fn writer_of(&self, request: &Request) -> Option<EffectId> {
        if self.under_way.is_empty() || !request.query.contains("comp=blocklist") {
            return None;
        }
        let shown = request.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let token = shown.strip_prefix("Bearer ")?;
        let is_writer = |under_way: &&UnderWay| match &under_way.effect.work {
            Work::Copy(copy) => copy.bearer == token && copy.host == request.host,
            _ => false,
        };
        let writer = self.under_way.values().find(is_writer)?;
        Some(writer.effect.id)
    }

    /// That work has been answered.
    pub(super) fn answered(&mut self, writer: Option<EffectId>, path: String, response: &Response) {
        if response.status == StatusCode::CREATED
            && let Some(under_way) = writer.and_then(|id| self.under_way.get_mut(&id))
        {
            under_way.committed.insert(path);
        }
    }
}

impl BytesMoved {
    pub(super) fn of(request: &Request) -> Self {
        let stored = match &request.body {
            Body::Stored(stored) => stored.extents.clone(),
            Body::Empty | Body::Bytes(_) => Vec::new(),
        };
        Self {
            stored,
            released: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::jobs::CopyWork;
    use crate::model::NetworkPath;

    #[test]
    fn a_blob_that_was_committed_is_known_by_the_token_that_wrote_it() {
        let mut aftermath = Aftermath::default();
        let work = CopyWork {
            files: Vec::new(),
            host: "acct.blob.core.windows.net".to_owned(),
            container: "box".to_owned(),
            bearer: "t".to_owned(),
            path: NetworkPath::internet(),
            breaks_off: false,
        };
        let effect = Effect {
            id: EffectId(3),
            work: Work::Copy(work),
        };
        aftermath.asked(&[effect]);
        let put = |host: &str, target: &str, token: &str| {
            Request::new(Method::PUT, host, target).with_header("authorization", &format!("Bearer {token}"))
        };
        let (host, list) = ("acct.blob.core.windows.net", "/box/a.sql?comp=blocklist");
        for other in [
            put(host, list, "another"),
            put("other.blob.core.windows.net", list, "t"),
            put(host, "/box/a.sql?comp=block&blockid=MDA", "t"),
        ] {
            assert_eq!(aftermath.writer_of(&other), None);
        }
        let writer = aftermath.writer_of(&put(host, list, "t"));
        assert_eq!(writer, Some(EffectId(3)));
        aftermath.answered(
            writer,
            "/box/b.sql".to_owned(),
            &Response::new(StatusCode::CONFLICT),
        );
        aftermath.answered(
            writer,
            "/box/a.sql".to_owned(),
            &Response::new(StatusCode::CREATED),
        );
        let left = aftermath.take_under_way();
        let committed: Vec<_> = left[0].committed.iter().map(String::as_str).collect();
        assert_eq!(committed, ["/box/a.sql"]);
    }
}
