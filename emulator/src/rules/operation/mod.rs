//! Operations: how each is asked for, and what it takes.

mod params;
mod routed;
mod row;

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;

use super::key_vault::PolicyPermission;
use super::source::Mark;
use super::{Code, RuleId};
use crate::model::{Action, PublicAccess, ResourceId};

pub use params::Params;
pub use routed::Routed;
pub(super) use row::{OperationRow, OperationsFile};

/// Which service a host name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `login.microsoftonline.com`.
    Login,
    /// `169.254.169.254` and the App Service identity endpoint.
    Imds,
    /// `graph.microsoft.com`.
    Graph,
    /// `management.azure.com` and its regional forms.
    Arm,
    /// `{account}.blob.core.windows.net`.
    Blob,
    /// `{vault}.vault.azure.net`.
    KeyVault,
    /// Our own: `/_azdrill/` at the address we listen on. Azure has nothing like it.
    Admin,
}

/// What chooses between operations of the blob service at one path: the query's `restype` and
/// `comp`, and where the bytes come from if not from the body (`url` or `copy`).
pub type Dispatch<'a> = [Option<&'a str>; 3];

/// What the shell does with an operation's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyPlan {
    /// Read it into memory.
    #[default]
    Buffer,
    /// Stream it into the blob store.
    Store,
}

/// One operation: how it is asked for and what it takes.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name. Shared: every exchange of the log has one.
    pub id: Arc<str>,
    /// The service (folder) that handles it.
    pub service: String,
    /// The endpoint it is asked at.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The control-plane action it takes, if one.
    pub action: Option<Action>,
    /// The data-plane action it takes, if one.
    pub data_action: Option<Action>,
    /// A data-plane action that is enough as well, as long as nothing is overwritten.
    pub or_data_action: Option<Action>,
    /// The permission it takes on a key vault with access policies.
    pub policy: Option<PolicyPermission>,
    /// Who may perform it without a credential: whoever reads a container of this public access.
    pub public: Option<PublicAccess>,
    /// How sure we are of what it takes.
    pub mark: Mark,
    /// SAS permission letters any one of which is enough.
    pub sas: String,
    /// What the shell does with its body.
    pub body: BodyPlan,
    /// Whether it polls a long-running operation.
    pub polling: bool,
    /// Whether it lists what lies below, so that whoever may read some of it is shown that much.
    pub listing: bool,
    /// Whether its list is answered in pages.
    pub pages: bool,
    /// Whether any authenticated caller may perform it.
    pub any_caller: bool,
    /// Whether it needs no authentication.
    pub anonymous: bool,
    /// Whether it goes through although a lock stands in the way: what handles locks itself.
    pub past_locks: bool,
    /// Rules that say so as well where no role grants it.
    pub also: Vec<RuleId>,
    /// What its first answer calls the long-running operation it begins, where it has a name.
    pub announces: Option<String>,
    /// Codes of errors that a fault may have the operation it begins end with.
    pub can_end_with: Vec<Code>,
    /// Whether it is a service's that is Azure's own all over the world.
    pub in_no_region: bool,
    /// The resource type it is about, in the control plane: `Microsoft.Storage/storageAccounts`.
    pub resource_type: String,
    /// The name of its body's type, in lower case, for what writes in the control plane.
    pub body_type: Option<Box<str>>,
    segments: Vec<Segment>,
    dispatch: [Option<String>; 3],
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Param(Arc<str>),
    Rest(Arc<str>),
    Scope,
}

impl Operation {
    /// Whether it is about something that extends whatever its path begins with.
    pub fn extends_any(&self) -> bool {
        self.segments.first() == Some(&Segment::Scope)
    }

    /// How many segments its paths have; `None` if any number.
    pub(in crate::rules) fn length(&self) -> Option<usize> {
        let open = |segment: &Segment| matches!(segment, Segment::Rest(_) | Segment::Scope);
        (!self.segments.iter().any(open)).then_some(self.segments.len())
    }

    pub(in crate::rules) fn answers(&self, dispatch: Dispatch<'_>) -> bool {
        self.endpoint != Endpoint::Blob
            || self
                .dispatch
                .iter()
                .zip(dispatch)
                .all(|(own, asked)| own.as_deref() == asked)
    }

    /// The pattern behind a leading scope, and how many segments of a path the scope takes.
    fn behind_scope(&self, count: usize) -> Option<(usize, &[Segment])> {
        match self.segments.split_first() {
            Some((Segment::Scope, pattern)) => Some((count.checked_sub(pattern.len())?, pattern)),
            _ => Some((0, &self.segments)),
        }
    }

    /// Whether a path is one of this operation's. Copies nothing: most rows do not fit.
    pub(in crate::rules) fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
        let Some((skip, pattern)) = self.behind_scope(segments.len()) else {
            return false;
        };
        let rest = &segments[skip..];
        let open = matches!(pattern.last(), Some(Segment::Rest(_)));
        let long_enough = if open {
            rest.len() >= pattern.len()
        } else {
            rest.len() == pattern.len()
        };
        long_enough
            // From the end: all rows of an endpoint begin alike, and are told apart by their types.
            && pattern.iter().zip(rest).rev().all(|(wanted, segment)| match wanted {
                Segment::Literal(text) => segment.eq_ignore_ascii_case(text),
                Segment::Param(_) | Segment::Rest(_) | Segment::Scope => true,
            })
    }

    /// The values in a path that fits.
    pub(in crate::rules) fn take_apart(&self, operation: usize, segments: &[Cow<'_, str>]) -> Routed {
        let (skip, pattern) = self.behind_scope(segments.len()).unwrap_or((0, &[]));
        let (leading, rest) = segments.split_at(skip);
        let mut params = Params {
            values: String::with_capacity(segments.iter().map(|segment| segment.len() + 1).sum()),
            ends: Vec::with_capacity(4),
        };
        let mut last = 0;
        for (position, wanted) in pattern.iter().enumerate() {
            match wanted {
                Segment::Param(name) => {
                    params.push(name, [rest[position].as_ref()]);
                    last = position + 1;
                }
                Segment::Rest(name) => {
                    params.push(name, rest[position..].iter().map(Cow::as_ref));
                    last = position;
                }
                Segment::Literal(_) | Segment::Scope => {}
            }
        }
        let leads = self.segments.first() == Some(&Segment::Scope);
        let scope = if leads { leading } else { &rest[..last] };
        Routed {
            operation,
            params,
            scope: ResourceId::from_segments(scope.iter().map(Cow::as_ref)),
        }
    }

    /// A path that is one of this operation's, with some name for each placeholder, and this scope where
    /// it takes any. For whoever wants to ask every operation something.
    pub fn example_path(&self, scope: &str) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Scope => path.push_str(scope),
                Segment::Literal(text) => path = format!("{path}/{text}"),
                Segment::Param(name) if &**name == "subscription" => {
                    path = format!("{path}/{}", scope.rsplit('/').next().unwrap_or_default());
                }
                Segment::Param(_) | Segment::Rest(_) => path.push_str("/name"),
            }
        }
        path
    }

    /// What tells its requests from those of others: two operations that have the same, nobody could
    /// tell apart.
    pub(in crate::rules) fn address(&self) -> String {
        let pattern = self.pattern().to_ascii_lowercase();
        format!("{:?} {} {:?}{pattern}", self.endpoint, self.method, self.dispatch)
    }

    /// What its paths look like: `{}` is any segment, `{+}` the rest, `{scope}` any scope in front.
    pub fn pattern(&self) -> String {
        let parts = self.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Param(_) => "/{}".to_owned(),
            Segment::Rest(_) => "/{+}".to_owned(),
            Segment::Scope => "/{scope}".to_owned(),
        });
        parts.collect()
    }

    /// The literal behind the last placeholder, joined with `/`: the name of an action or of a
    /// collection, empty for an operation on the resource itself.
    pub fn suffix(&self) -> String {
        let last = self
            .segments
            .iter()
            .rposition(|segment| !matches!(segment, Segment::Literal(_)));
        let tail = &self.segments[last.map_or(0, |last| last + 1)..];
        let literals: Vec<&str> = tail
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.as_str(),
                Segment::Param(_) | Segment::Rest(_) | Segment::Scope => "",
            })
            .collect();
        literals.join("/")
    }
}
