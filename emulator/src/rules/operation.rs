//! Operations and the router over them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    Param(Arc<str>),
    Rest(Arc<str>),
    Scope,
}

/// The values of a path's placeholders, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(Arc<str>, String)>);

impl Params {
    /// The value of a placeholder; empty if the path has none of that name.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(own, _)| &**own == name)
            .map_or("", |(_, value)| value.as_str())
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// The operation's index in [`Router::operations`].
    pub operation: usize,
    /// The values of the path's placeholders.
    pub params: Params,
    /// The path up to its last placeholder: what access is decided on. A collection's scope is what
    /// holds it, an action's the resource it is performed on.
    pub scope: ResourceId,
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
    /// Operations of an endpoint by number of segments, so that a look-up compares few rows; rows
    /// of any length stand in a list of their own.
    fixed: BTreeMap<(Endpoint, usize), Vec<usize>>,
    open: BTreeMap<Endpoint, Vec<usize>>,
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
        let open = operation
            .segments
            .iter()
            .any(|segment| matches!(segment, Segment::Rest(_) | Segment::Scope));
        if open {
            self.open.entry(operation.endpoint).or_default().push(index);
        } else {
            let key = (operation.endpoint, operation.segments.len());
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

    /// The operation a request asks for. `dispatch` holds the query's `restype` and `comp`.
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
    ) -> Result<Option<Routed>, BadPath> {
        // A container may be named with a slash behind it.
        let path = if dispatch[0] == Some("container") {
            path.trim_end_matches('/')
        } else {
            path
        };
        let segments = split(endpoint, path)?;
        let fixed = self.fixed.get(&(endpoint, segments.len()));
        let candidates = fixed.into_iter().chain(self.open.get(&endpoint)).flatten();
        for &index in candidates {
            let operation = &self.operations[index];
            if operation.method == *method && operation.answers(dispatch) && operation.fits(&segments) {
                return Ok(Some(operation.take_apart(index, &segments)));
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

    /// The pattern behind a leading scope, and how many segments of a path the scope takes.
    fn behind_scope(&self, count: usize) -> Option<(usize, &[Segment])> {
        match self.segments.split_first() {
            Some((Segment::Scope, pattern)) => Some((count.checked_sub(pattern.len())?, pattern)),
            _ => Some((0, &self.segments)),
        }
    }

    /// Whether a path is one of this operation's. Copies nothing: most rows do not fit.
    fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
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
            && pattern.iter().zip(rest).all(|(wanted, segment)| match wanted {
                Segment::Literal(text) => segment.eq_ignore_ascii_case(text),
                Segment::Param(_) | Segment::Rest(_) | Segment::Scope => true,
            })
    }

    /// The values in a path that fits.
    fn take_apart(&self, operation: usize, segments: &[Cow<'_, str>]) -> Routed {
        let (skip, pattern) = self.behind_scope(segments.len()).unwrap_or((0, &[]));
        let (leading, rest) = segments.split_at(skip);
        let mut params = Vec::with_capacity(4);
        let mut last = 0;
        for (position, wanted) in pattern.iter().enumerate() {
            match wanted {
                Segment::Param(name) => {
                    params.push((Arc::clone(name), rest[position].to_string()));
                    last = position + 1;
                }
                Segment::Rest(name) => {
                    params.push((Arc::clone(name), rest[position..].join("/")));
                    last = position;
                }
                Segment::Literal(_) | Segment::Scope => {}
            }
        }
        let leads = self.segments.first() == Some(&Segment::Scope);
        let scope = if leads { leading } else { &rest[..last] };
        Routed {
            operation,
            params: Params(params),
            scope: ResourceId::from_segments(scope.iter().map(Cow::as_ref)),
        }
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

fn split(endpoint: Endpoint, path: &str) -> Result<Vec<Cow<'_, str>>, BadPath> {
    let bad = || BadPath(path.to_owned());
    let inner = path.trim_start_matches('/');
    if endpoint == Endpoint::Blob {
        // A blob's name is everything after the container; its slashes may come encoded.
        let decoded = percent_decode_str(inner).decode_utf8().map_err(|_| bad())?;
        return Ok(match decoded {
            Cow::Borrowed("") => Vec::new(),
            Cow::Borrowed(text) => text.split('/').map(Cow::Borrowed).collect(),
            Cow::Owned(text) => text.split('/').map(|part| Cow::Owned(part.to_owned())).collect(),
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
            if trick { Err(bad()) } else { Ok(decoded) }
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
                    Some(name) => Segment::Rest(name.into()),
                    None => Segment::Param(name.into()),
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

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Endpoint, Profile, Rules};
    use http::Method;

    fn routed(
        endpoint: Endpoint,
        method: &Method,
        path: &str,
        dispatch: [Option<&str>; 2],
    ) -> Option<(String, String)> {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let routed = rules
            .router
            .route(endpoint, method, path, dispatch)
            .expect("a good path")?;
        let id = rules.router.operations()[routed.operation].id.clone();
        Some((id, routed.scope.as_str().to_owned()))
    }

    #[test]
    fn the_scope_is_the_resource_an_action_is_about() {
        let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
        let cases = [
            (
                Method::POST,
                format!("{account}/listKeys"),
                "StorageAccounts_ListKeys",
                account,
            ),
            (
                Method::GET,
                account.to_uppercase(),
                "StorageAccounts_Get",
                &account.to_uppercase(),
            ),
            (
                Method::GET,
                "/subscriptions/s/resourcegroups/g/providers/Microsoft.Storage/storageAccounts".to_owned(),
                "StorageAccounts_ListByResourceGroup",
                "/subscriptions/s/resourcegroups/g",
            ),
            (
                Method::PUT,
                format!("{account}/providers/Microsoft.Authorization/roleAssignments/n"),
                "RoleAssignments_Create",
                account,
            ),
            (
                Method::GET,
                "/providers/Microsoft.Authorization/roleDefinitions".to_owned(),
                "RoleDefinitions_List",
                "/",
            ),
        ];
        for (method, path, id, scope) in cases {
            let expected = Some((id.to_owned(), scope.to_owned()));
            assert_eq!(
                routed(Endpoint::Arm, &method, &path, [None, None]),
                expected,
                "{path}"
            );
        }
        assert_eq!(
            routed(
                Endpoint::Arm,
                &Method::GET,
                "/subscriptions/s/nothing/here",
                [None, None]
            ),
            None
        );
    }

    #[test]
    fn blob_operations_are_chosen_by_restype_and_comp() {
        let id =
            |path: &str, dispatch| routed(Endpoint::Blob, &Method::GET, path, dispatch).map(|(id, _)| id);
        assert_eq!(id("/", [None, Some("list")]).as_deref(), Some("Containers_List"));
        assert_eq!(
            id("/c/", [Some("container"), Some("list")]).as_deref(),
            Some("Blobs_List")
        );
        assert_eq!(id("/c/a/b%2Fc", [None, None]).as_deref(), Some("Blob_Get"));
        assert_eq!(id("/c/a", [None, Some("unheard-of")]), None);
    }

    #[test]
    fn tricks_in_paths_are_refused() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for path in [
            "/subscriptions/..",
            "/subscriptions/a%2Fb",
            "/subscriptions//s",
            "/subscriptions/%ff",
        ] {
            assert!(
                rules
                    .router
                    .route(Endpoint::Arm, &Method::GET, path, [None, None])
                    .is_err(),
                "{path}"
            );
        }
    }
}
