//! Finds the operation a request asks for.

use std::borrow::Cow;
use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

use super::file::{RulesError, row_error};
use super::operation::{Dispatch, Endpoint, Operation, OperationsFile, Routed};

/// A path that cannot be matched at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPath(pub String);

/// Most paths have no more segments than this, so that taking one apart seldom moves them.
const USUAL_SEGMENTS: usize = 16;

/// Finds the operation of a request.
#[derive(Debug)]
pub struct Router {
    operations: Vec<Operation>,
    /// Operations of an endpoint by method and number of segments, so that a look-up compares few
    /// rows; rows of any length stand in a list of their own.
    fixed: HashMap<(Endpoint, Method, usize), Vec<usize>>,
    open: HashMap<(Endpoint, Method), Vec<usize>>,
}

impl Router {
    pub(super) fn build(file: OperationsFile) -> Result<Self, RulesError> {
        let mut router = Self {
            operations: Vec::new(),
            fixed: HashMap::new(),
            open: HashMap::new(),
        };
        let mut addresses: HashMap<String, String> = HashMap::new();
        for operation in file.compile()? {
            let id = operation.id.to_string();
            if let Some(other) = addresses.insert(operation.address(), id.clone()) {
                let what = format!("it is asked for as {other} is");
                return Err(row_error("operations.toml", &id, &what));
            }
            router.add(operation);
        }
        Ok(router)
    }

    fn add(&mut self, operation: Operation) {
        let index = self.operations.len();
        match operation.length() {
            None => self
                .open
                .entry((operation.endpoint, operation.method.clone()))
                .or_default()
                .push(index),
            Some(length) => self
                .fixed
                .entry((operation.endpoint, operation.method.clone(), length))
                .or_default()
                .push(index),
        }
        self.operations.push(operation);
    }

    /// All operations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation of that name.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| *operation.id == *id)
    }

    /// The operation a request asks for.
    ///
    /// # Errors
    ///
    /// If a segment holds an encoded slash, `.` or `..`, or the path has doubled slashes inside.
    pub fn route(
        &self,
        endpoint: Endpoint,
        method: &Method,
        path: &str,
        dispatch: Dispatch<'_>,
    ) -> Result<Option<Routed>, BadPath> {
        // A container may be named with a slash behind it.
        let path = if dispatch[0] == Some("container") {
            path.trim_end_matches('/')
        } else {
            path
        };
        let path = without_empty_parent(endpoint, path);
        let segments = split(endpoint, &path)?;
        let fixed = self.fixed.get(&(endpoint, method.clone(), segments.len()));
        let open = self.open.get(&(endpoint, method.clone()));
        for &index in fixed.into_iter().chain(open).flatten() {
            let operation = &self.operations[index];
            if operation.answers(dispatch) && operation.fits(&segments) {
                return Ok(Some(operation.take_apart(index, &segments)));
            }
        }
        Ok(None)
    }
}

/// The path without the empty segment behind a provider's namespace: what clients of the generic
/// resource operations send for a resource that has no parent. Nowhere else is a doubled slash let in.
pub fn without_empty_parent(endpoint: Endpoint, path: &str) -> Cow<'_, str> {
    if endpoint != Endpoint::Arm {
        return Cow::Borrowed(path);
    }
    let inner = path.trim_start_matches('/');
    // The first doubled slash, if any: every request is looked at, and nearly none has one.
    let Some(at) = inner.as_bytes().array_windows().position(|two| two == b"//") else {
        return Cow::Borrowed(path);
    };
    let (before, after) = (&inner[..at], &inner[at + 2..]);
    if is_namespace(before) {
        Cow::Owned(format!("/{before}/{after}"))
    } else {
        Cow::Borrowed(path)
    }
}

/// Whether a path ends with a provider's namespace.
fn is_namespace(path: &str) -> bool {
    path.rsplit('/')
        .nth(1)
        .is_some_and(|part| part.eq_ignore_ascii_case("providers"))
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
    // A client that names no version of an object leaves the version's segment empty.
    let counts = |segment: &&str| endpoint != Endpoint::KeyVault || !segment.is_empty();
    let mut segments = Vec::with_capacity(USUAL_SEGMENTS);
    // Nothing to decode and no trick but dots and doubled slashes: one look at the whole path
    // spares three at each segment.
    if !inner.bytes().any(|byte| matches!(byte, b'%' | b'\\' | b'\0')) {
        segments.extend(inner.split('/').filter(counts).map(Cow::Borrowed));
        let trick = segments
            .iter()
            .any(|segment| matches!(segment.as_ref(), "" | "." | ".."));
        return if trick { Err(bad()) } else { Ok(segments) };
    }
    for segment in inner.split('/').filter(counts) {
        let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| bad())?;
        let trick = matches!(decoded.as_ref(), "" | "." | "..") || decoded.contains(['/', '\\', '\0']);
        if trick {
            return Err(bad());
        }
        segments.push(decoded);
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Dispatch, Endpoint, Profile, Rules};
    use http::Method;

    fn routed(
        endpoint: Endpoint,
        method: &Method,
        path: &str,
        dispatch: Dispatch<'_>,
    ) -> Option<(String, String)> {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let routed = rules
            .router
            .route(endpoint, method, path, dispatch)
            .expect("a good path")?;
        let id = rules.router.operations()[routed.operation].id.to_string();
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
                "RoleDefinitions_ListAtTenantScope",
                "/",
            ),
        ];
        for (method, path, id, scope) in cases {
            let expected = Some((id.to_owned(), scope.to_owned()));
            assert_eq!(
                routed(Endpoint::Arm, &method, &path, [None; 3]),
                expected,
                "{path}"
            );
        }
        assert_eq!(
            routed(
                Endpoint::Arm,
                &Method::GET,
                "/subscriptions/s/nothing/here",
                [None; 3]
            ),
            None
        );
    }

    #[test]
    fn blob_operations_are_chosen_by_restype_and_comp() {
        let id =
            |path: &str, dispatch| routed(Endpoint::Blob, &Method::GET, path, dispatch).map(|(id, _)| id);
        assert_eq!(
            id("/", [None, Some("list"), None]).as_deref(),
            Some("Containers_List")
        );
        assert_eq!(
            id("/c/", [Some("container"), Some("list"), None]).as_deref(),
            Some("Blobs_List")
        );
        assert_eq!(id("/c/a/b%2Fc", [None; 3]).as_deref(), Some("Blob_Get"));
        assert_eq!(id("/c/a", [None, Some("unheard-of"), None]), None);
        let put = |dispatch| routed(Endpoint::Blob, &Method::PUT, "/c/a", dispatch).map(|(id, _)| id);
        assert_eq!(put([None; 3]).as_deref(), Some("Blob_Put"));
        assert_eq!(put([None, None, Some("url")]).as_deref(), Some("Blob_PutFromUrl"));
        assert_eq!(put([None, None, Some("copy")]).as_deref(), Some("Blob_Copy"));
        let block = [None, Some("block"), Some("url")];
        assert_eq!(put(block).as_deref(), Some("Blob_PutBlockFromUrl"));
    }

    #[test]
    fn two_operations_nobody_could_tell_apart_do_not_load() {
        let file = |second: &str| -> super::OperationsFile {
            let text = format!(
                "[[service]]\nname = \"a\"\nendpoint = \"arm\"\nsources = [\"OWN\"]\noperations = [\n\
                 {{ id = \"A_Get\", at = \"GET /x/{{one}}/parts\", any_caller = true }},\n\
                 {{ id = \"B_Get\", at = \"{second}\", any_caller = true }},\n]\n"
            );
            toml::from_str(&text).expect("a file of operations")
        };
        assert!(super::Router::build(file("GET /x/{one}/others")).is_ok());
        let Err(error) = super::Router::build(file("GET /X/{other}/Parts")) else {
            panic!("it loads");
        };
        assert!(error.to_string().contains("asked for as A_Get is"), "{error}");
    }

    #[test]
    fn a_resource_without_a_parent_may_say_so_by_an_empty_segment() {
        let path = "//subscriptions/s/resourcegroups/g/providers/Microsoft.Storage//storageAccounts/a";
        let (id, scope) =
            routed(Endpoint::Arm, &Method::GET, path, [None, None, None]).expect("an operation");
        assert_eq!(id, "StorageAccounts_Get");
        assert_eq!(
            scope,
            "/subscriptions/s/resourcegroups/g/providers/Microsoft.Storage/storageAccounts/a"
        );
    }

    #[test]
    fn tricks_in_paths_are_refused() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for path in [
            "/subscriptions/..",
            "/subscriptions/%2E%2e",
            "/subscriptions/.",
            "/subscriptions/a%2Fb",
            "/subscriptions/a\\b",
            "/subscriptions/a%5Cb",
            "/subscriptions/a%00",
            "/subscriptions/s//",
            "/subscriptions//s",
            "/subscriptions/s/providers//A.B/types/n",
            "/subscriptions/s/providers/A.B/types//n",
            "/subscriptions/s/providers/A.B//types//n",
            "/subscriptions/%ff",
        ] {
            assert!(
                rules
                    .router
                    .route(Endpoint::Arm, &Method::GET, path, [None; 3])
                    .is_err(),
                "{path}"
            );
        }
    }
}
