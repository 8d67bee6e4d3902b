//! Rows of `operations.toml`, compiled.

use http::Method;
use serde::Deserialize;

use super::{BodyPlan, Endpoint, Operation, Segment};
use crate::model::{Action, PublicAccess, type_path};
use crate::rules::file::RulesError;
use crate::rules::{Code, KeyVaultFacts, Mark, PolicyPermission, RuleId};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rules) struct OperationsFile {
    service: Vec<ServiceRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceRow {
    name: String,
    endpoint: Endpoint,
    #[serde(default)]
    in_no_region: bool,
    sources: Vec<String>,
    operations: Vec<OperationRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rules) struct OperationRow {
    pub(in crate::rules) id: String,
    pub(in crate::rules) at: String,
    pub(in crate::rules) action: Option<String>,
    data_action: Option<String>,
    or_data_action: Option<String>,
    policy: Option<String>,
    public: Option<PublicAccess>,
    pub(in crate::rules) mark: Option<Mark>,
    #[serde(default)]
    sas: String,
    #[serde(default)]
    body: BodyPlan,
    #[serde(default)]
    polling: bool,
    #[serde(default)]
    pub(in crate::rules) listing: bool,
    #[serde(default)]
    pub(in crate::rules) pages: bool,
    #[serde(default)]
    any_caller: bool,
    #[serde(default)]
    anonymous: bool,
    #[serde(default)]
    past_locks: bool,
    announces: Option<String>,
    #[serde(default)]
    can_end_with: Vec<Code>,
    #[serde(default)]
    also: Vec<RuleId>,
}

impl OperationsFile {
    /// Adds what resources that are only kept can be asked for.
    pub(in crate::rules) fn add_kept(
        &mut self,
        rows: impl Iterator<Item = (Vec<String>, Vec<OperationRow>)>,
    ) {
        for (sources, operations) in rows {
            self.service.push(ServiceRow {
                name: "kept".to_owned(),
                endpoint: Endpoint::Arm,
                in_no_region: false,
                sources,
                operations,
            });
        }
    }

    /// The rows as operations, in order.
    pub(in crate::rules) fn compile(self) -> Result<Vec<Operation>, RulesError> {
        let mut operations = Vec::new();
        for service in self.service {
            for row in service.operations {
                let mut operation = compile(&service.name, service.endpoint, row)?;
                operation.in_no_region = service.in_no_region;
                operations.push(operation);
            }
        }
        Ok(operations)
    }

    /// Checks that each permission of an access policy is one that there is.
    pub(in crate::rules) fn check_policies(&self, facts: &KeyVaultFacts) -> Result<(), RulesError> {
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

    pub(in crate::rules) fn sources(&self) -> impl Iterator<Item = &String> {
        self.service.iter().flat_map(|service| &service.sources)
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
        also: row.also,
        past_locks: row.past_locks,
        announces: row.announces,
        can_end_with: row.can_end_with,
        in_no_region: false,
        segments,
        dispatch,
        id: row.id.into(),
    })
}
