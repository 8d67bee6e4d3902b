//! Operations and the router over them.

use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::load::RulesError;
use crate::model::{Action, ResourceId};

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
    /// Our own: `/_azdrill/` at the address we listen on. Azure has nothing like it.
    Admin,
}

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
    /// Its name.
    pub id: String,
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
    /// SAS permission letters any one of which is enough.
    pub sas: String,
    /// What the shell does with its body.
    pub body: BodyPlan,
    /// Whether it polls a long-running operation.
    pub polling: bool,
    /// Whether any authenticated caller may perform it.
    pub any_caller: bool,
    /// Whether it needs no authentication.
    pub anonymous: bool,
    segments: Vec<Segment>,
    dispatch: [Option<String>; 2],
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Param(String),
    Rest(String),
    Scope,
}

/// The values of a path's placeholders, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// The value of a placeholder; empty if the path has none of that name.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationRow {
    id: String,
    at: String,
    action: Option<String>,
    data_action: Option<String>,
    #[serde(default)]
    sas: String,
    #[serde(default)]
    body: BodyPlan,
    #[serde(default)]
    polling: bool,
    #[serde(default)]
    any_caller: bool,
    #[serde(default)]
    anonymous: bool,
}

impl OperationsFile {
    pub(super) fn sources(&self) -> impl Iterator<Item = &String> {
        self.service.iter().flat_map(|service| &service.sources)
    }
}

/// A path that cannot be matched at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPath(pub String);

/// Finds the operation of a request.
#[derive(Debug)]
pub struct Router {
    operations: Vec<Operation>,
    /// Operations of an endpoint by method and number of segments, so that a look-up compares few
    /// rows; rows of any length stand under their own list.
    fixed: BTreeMap<(Endpoint, String, usize), Vec<usize>>,
    open: BTreeMap<(Endpoint, String), Vec<usize>>,
}

impl Router {
    pub(super) fn build(file: OperationsFile) -> Result<Self, RulesError> {
        let mut router = Self {
            operations: Vec::new(),
            fixed: BTreeMap::new(),
            open: BTreeMap::new(),
        };
        for service in file.service {
            for row in service.operations {
                router.add(compile(&service.name, service.endpoint, row)?);
            }
        }
        Ok(router)
    }

    fn add(&mut self, operation: Operation) {
        let index = self.operations.len();
        let method = operation.method.to_string();
        let open = operation
            .segments
            .iter()
            .any(|segment| matches!(segment, Segment::Rest(_) | Segment::Scope));
        if open {
            self.open
                .entry((operation.endpoint, method))
                .or_default()
                .push(index);
        } else {
            let key = (operation.endpoint, method, operation.segments.len());
            self.fixed.entry(key).or_default().push(index);
        }
        self.operations.push(operation);
    }

    /// All operations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation of that name.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The index of the operation a request asks for, and the placeholders' values.
    /// `dispatch` holds the query's `restype` and `comp`.
    ///
    /// # Errors
    ///
    /// If a segment holds an encoded slash, `.` or `..`, or the path has doubled slashes inside.
    pub fn route(
        &self,
        endpoint: Endpoint,
        method: &Method,
        path: &str,
        dispatch: [Option<&str>; 2],
    ) -> Result<Option<(usize, Params)>, BadPath> {
        let segments = split(endpoint, path)?;
        let method = method.as_str().to_owned();
        let fixed = self.fixed.get(&(endpoint, method.clone(), segments.len()));
        let open = self.open.get(&(endpoint, method));
        let candidates = fixed.into_iter().chain(open).flatten();
        for &index in candidates {
            let operation = &self.operations[index];
            if operation.answers(dispatch)
                && let Some(params) = operation.match_segments(&segments)
            {
                return Ok(Some((index, params)));
            }
        }
        Ok(None)
    }
}

impl Operation {
    fn answers(&self, dispatch: [Option<&str>; 2]) -> bool {
        self.endpoint != Endpoint::Blob
            || self
                .dispatch
                .iter()
                .zip(dispatch)
                .all(|(own, asked)| own.as_deref() == asked)
    }

    fn match_segments(&self, segments: &[String]) -> Option<Params> {
        let mut params = BTreeMap::new();
        let mut rest = segments;
        let mut pattern = self.segments.as_slice();
        if pattern.first() == Some(&Segment::Scope) {
            pattern = &pattern[1..];
            let scope_length = segments.len().checked_sub(pattern.len())?;
            let (scope, tail) = segments.split_at(scope_length);
            let scope = ResourceId::from_segments(scope.iter().map(String::as_str));
            params.insert("scope".to_owned(), scope.as_str().to_owned());
            rest = tail;
        }
        for (position, segment) in pattern.iter().enumerate() {
            match segment {
                Segment::Literal(text) => {
                    if !rest.get(position)?.eq_ignore_ascii_case(text) {
                        return None;
                    }
                }
                Segment::Param(name) => {
                    params.insert(name.clone(), rest.get(position)?.clone());
                }
                Segment::Rest(name) => {
                    let tail = rest.get(position..)?;
                    if tail.is_empty() {
                        return None;
                    }
                    params.insert(name.clone(), tail.join("/"));
                    return Some(Params(params));
                }
                Segment::Scope => return None,
            }
        }
        (rest.len() == pattern.len()).then_some(Params(params))
    }

    /// The scope access is decided on: the path up to its last placeholder. A collection's scope is
    /// what holds it, an action's the resource it is performed on.
    pub fn scope_of_path(&self, path: &str) -> Option<ResourceId> {
        let last = self
            .segments
            .iter()
            .rposition(|segment| matches!(segment, Segment::Param(_)))?;
        let segments = split(self.endpoint, path).ok()?;
        Some(ResourceId::from_segments(
            segments.get(..=last)?.iter().map(String::as_str),
        ))
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

fn split(endpoint: Endpoint, path: &str) -> Result<Vec<String>, BadPath> {
    let bad = || BadPath(path.to_owned());
    let inner = path.trim_start_matches('/');
    if endpoint == Endpoint::Blob {
        // A blob's name is everything after the container; its slashes may come encoded.
        let decoded = percent_decode_str(inner).decode_utf8().map_err(|_| bad())?;
        return Ok(if decoded.is_empty() {
            Vec::new()
        } else {
            decoded.split('/').map(str::to_owned).collect()
        });
    }
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner
        .split('/')
        .map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| bad())?;
            let trick = matches!(decoded.as_ref(), "" | "." | "..") || decoded.contains(['/', '\\', '\0']);
            if trick {
                Err(bad())
            } else {
                Ok(decoded.into_owned())
            }
        })
        .collect()
}

fn compile(service: &str, endpoint: Endpoint, row: OperationRow) -> Result<Operation, RulesError> {
    let wrong = |what: &str| RulesError::Row {
        file: "operations.toml",
        row: row.id.clone(),
        what: what.to_owned(),
    };
    let (method, target) = row
        .at
        .split_once(' ')
        .ok_or_else(|| wrong("`at` must read `METHOD /path`"))?;
    let target = target
        .replacen("@sub", "/subscriptions/{subscription}", 1)
        .replacen("@rg", "/subscriptions/{subscription}/resourceGroups/{group}", 1);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut dispatch = [None, None];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("restype", value)) => dispatch[0] = Some(value.to_owned()),
            Some(("comp", value)) => dispatch[1] = Some(value.to_owned()),
            _ => return Err(wrong("only `restype` and `comp` choose an operation")),
        }
    }
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(
            |segment| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some("scope") => Segment::Scope,
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => Segment::Rest(name.to_owned()),
                    None => Segment::Param(name.to_owned()),
                },
                None => Segment::Literal(segment.to_owned()),
            },
        )
        .collect();
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
    Ok(Operation {
        service: service.to_owned(),
        endpoint,
        method: method.parse().map_err(|_| wrong("unknown method"))?,
        action: row.action.map(Action::new),
        data_action: row.data_action.map(Action::new),
        sas: row.sas,
        body: row.body,
        polling: row.polling,
        any_caller: row.any_caller,
        anonymous: row.anonymous,
        segments,
        dispatch,
        id: row.id,
    })
}
