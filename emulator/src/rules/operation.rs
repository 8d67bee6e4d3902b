//! Operations and the router over them.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;

use super::load::RulesError;
use super::{KeptResource, KeyVaultFacts, Mark, PolicyPermission, Routed};
use crate::model::{Action, PublicAccess, ResourceId, type_path};

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
    /// What its first answer calls the long-running operation it begins, where it has a name.
    pub announces: Option<String>,
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

/// The values of a path's placeholders, decoded.
///
/// They stand one behind the other in one text, because every request has some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    values: String,
    /// Each placeholder's name, and where its value ends.
    ends: Vec<(Arc<str>, usize)>,
}

impl Params {
    /// The value of a placeholder; empty if the path has none of that name.
    pub fn get(&self, name: &str) -> &str {
        let Some(position) = self.ends.iter().position(|(own, _)| &**own == name) else {
            return "";
        };
        let start = match position.checked_sub(1) {
            Some(before) => self.ends[before].1,
            None => 0,
        };
        &self.values[start..self.ends[position].1]
    }

    /// The values, in the order of the path.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        starts
            .zip(&self.ends)
            .map(move |(start, (_, end))| &self.values[start..*end])
    }

    fn push<'a>(&mut self, name: &Arc<str>, segments: impl IntoIterator<Item = &'a str>) {
        for (position, segment) in segments.into_iter().enumerate() {
            if position > 0 {
                self.values.push('/');
            }
            self.values.push_str(segment);
        }
        self.ends.push((Arc::clone(name), self.values.len()));
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationsFile {
    service: Vec<ServiceRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceRow {
    name: String,
    endpoint: Endpoint,
    sources: Vec<String>,
    operations: Vec<OperationRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationRow {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) action: Option<String>,
    data_action: Option<String>,
    or_data_action: Option<String>,
    policy: Option<String>,
    public: Option<PublicAccess>,
    pub(super) mark: Option<Mark>,
    #[serde(default)]
    sas: String,
    #[serde(default)]
    body: BodyPlan,
    #[serde(default)]
    polling: bool,
    #[serde(default)]
    pub(super) listing: bool,
    #[serde(default)]
    pub(super) pages: bool,
    #[serde(default)]
    any_caller: bool,
    #[serde(default)]
    anonymous: bool,
    #[serde(default)]
    past_locks: bool,
    announces: Option<String>,
}

impl OperationsFile {
    /// Adds what resources that are only kept can be asked for.
    pub(super) fn add_kept(&mut self, rows: &[KeptResource]) {
        for row in rows {
            self.service.push(ServiceRow {
                name: "kept".to_owned(),
                endpoint: Endpoint::Arm,
                sources: row.sources.clone(),
                operations: row.operations(),
            });
        }
    }

    /// The rows as operations, in order.
    pub(super) fn compile(self) -> Result<Vec<Operation>, RulesError> {
        let mut operations = Vec::new();
        for service in self.service {
            for row in service.operations {
                operations.push(compile(&service.name, service.endpoint, row)?);
            }
        }
        Ok(operations)
    }

    /// Checks that each permission of an access policy is one that there is.
    pub(super) fn check_policies(&self, facts: &KeyVaultFacts) -> Result<(), RulesError> {
        for row in self.service.iter().flat_map(|service| &service.operations) {
            let known = row.policy.as_deref().is_none_or(|text| {
                PolicyPermission::parse(text)
                    .is_some_and(|policy| facts.knows_permission(&policy.collection, &policy.word))
            });
            if !known {
                return Err(wrong(&row.id, "key_vault.toml knows no such permission"));
            }
        }
        Ok(())
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &String> {
        self.service.iter().flat_map(|service| &service.sources)
    }
}

impl Operation {
    /// How many segments its paths have; `None` if any number.
    pub(super) fn length(&self) -> Option<usize> {
        let open = |segment: &Segment| matches!(segment, Segment::Rest(_) | Segment::Scope);
        (!self.segments.iter().any(open)).then_some(self.segments.len())
    }

    pub(super) fn answers(&self, dispatch: Dispatch<'_>) -> bool {
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
    pub(super) fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
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
    pub(super) fn take_apart(&self, operation: usize, segments: &[Cow<'_, str>]) -> Routed {
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
    pub(super) fn address(&self) -> String {
        let mut address = format!("{:?} {} {:?}", self.endpoint, self.method, self.dispatch);
        for segment in &self.segments {
            let part = match segment {
                Segment::Literal(text) => &text.to_ascii_lowercase(),
                Segment::Param(_) => "{}",
                Segment::Rest(_) => "{+}",
                Segment::Scope => "{scope}",
            };
            address = format!("{address}/{part}");
        }
        address
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

fn wrong(row: &str, what: &str) -> RulesError {
    RulesError::Row {
        file: "operations.toml",
        row: row.to_owned(),
        what: what.to_owned(),
    }
}

/// Access to a key vault is granted in one of two ways, and an operation says what it takes in each.
fn check_models(endpoint: Endpoint, row: &OperationRow) -> Result<(), RulesError> {
    let both = row.data_action.is_some() && row.policy.is_some();
    match endpoint {
        Endpoint::KeyVault if !both && !row.anonymous => Err(wrong(
            &row.id,
            "an operation of a key vault takes a data_action and a policy, or is anonymous",
        )),
        Endpoint::KeyVault => Ok(()),
        _ if row.policy.is_some() => Err(wrong(&row.id, "only a key vault has access policies")),
        _ => Ok(()),
    }
}

/// A path's segments, with what its placeholders are.
fn segments(path: &str) -> Vec<Segment> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(
            |segment| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some("scope") => Segment::Scope,
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => Segment::Rest(name.into()),
                    None => Segment::Param(name.into()),
                },
                None => Segment::Literal(segment.to_owned()),
            },
        )
        .collect()
}

/// The name of the type of a body: the resource's, or the action's on it.
fn body_type(method: &Method, resource_type: &str) -> Option<Box<str>> {
    let name = match *method {
        _ if resource_type.is_empty() => return None,
        Method::PUT | Method::PATCH => resource_type.to_ascii_lowercase(),
        Method::POST => {
            let (of, action) = resource_type.rsplit_once('/')?;
            format!("{} post {}", of.to_ascii_lowercase(), action.to_ascii_lowercase())
        }
        _ => return None,
    };
    Some(name.into())
}

fn compile(service: &str, endpoint: Endpoint, row: OperationRow) -> Result<Operation, RulesError> {
    check_models(endpoint, &row)?;
    let wrong = |what: &str| wrong(&row.id, what);
    let (method, target) = row
        .at
        .split_once(' ')
        .ok_or_else(|| wrong("`at` must read `METHOD /path`"))?;
    let target = target
        .replacen("@sub", "/subscriptions/{subscription}", 1)
        .replacen("@rg", "/subscriptions/{subscription}/resourceGroups/{group}", 1);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut dispatch = [None, None, None];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("restype", value)) => dispatch[0] = Some(value.to_owned()),
            Some(("comp", value)) => dispatch[1] = Some(value.to_owned()),
            Some(("from", value)) => dispatch[2] = Some(value.to_owned()),
            _ => return Err(wrong("only `restype`, `comp` and `from` choose an operation")),
        }
    }
    let segments = segments(path);
    let needs_nothing = matches!(
        endpoint,
        Endpoint::Login | Endpoint::Imds | Endpoint::Graph | Endpoint::Admin
    );
    if row.action.is_none()
        && row.data_action.is_none()
        && !row.any_caller
        && !row.anonymous
        && !needs_nothing
    {
        return Err(wrong(
            "an operation takes an action, a data_action, any_caller or anonymous",
        ));
    }
    let method: Method = method.parse().map_err(|_| wrong("unknown method"))?;
    let resource_type = if endpoint == Endpoint::Arm {
        type_path(path)
    } else {
        String::new()
    };
    Ok(Operation {
        service: service.to_owned(),
        endpoint,
        body_type: body_type(&method, &resource_type),
        resource_type,
        method,
        action: row.action.map(Action::new),
        data_action: row.data_action.map(Action::new),
        or_data_action: row.or_data_action.map(Action::new),
        public: row.public,
        mark: row.mark.unwrap_or(Mark::Doc),
        policy: row.policy.as_deref().and_then(PolicyPermission::parse),
        sas: row.sas,
        body: row.body,
        polling: row.polling,
        listing: row.listing,
        pages: row.pages,
        any_caller: row.any_caller,
        anonymous: row.anonymous,
        past_locks: row.past_locks,
        announces: row.announces,
        segments,
        dispatch,
        id: row.id.into(),
    })
}
