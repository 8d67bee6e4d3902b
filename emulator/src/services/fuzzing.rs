//! What services read, as functions of bytes.

use serde_json::Value;

use super::{authorization, data_protection, deployments, graph, plain, resource_graph, sent_body, storage};
use crate::model::{Action, Condition, ConditionLanguage, Facts};
use crate::rules::{Limits, Rules};

pub(crate) use data_protection::fuzzing::{connection_string, interval};
pub(crate) use storage::data::fuzzing::{batch, tag_query, xml};

/// A template.
pub(crate) fn template(rules: &Rules, data: &[u8]) {
    deployments::fuzzing::template(rules, data);
}

/// An expression of a template.
pub(crate) fn expression(rules: &Rules, data: &[u8]) {
    deployments::fuzzing::expression(rules, data);
}

/// A query to Resource Graph.
pub(crate) fn query(limits: &Limits, data: &[u8]) {
    resource_graph::fuzzing::query(limits, data);
}

/// `$filter` of Graph, and of role assignments.
pub(crate) fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    graph::filter_holds(
        text,
        &serde_json::json!({"displayName": "x", "servicePrincipalNames": ["a", "b"]}),
    );
    let _ = authorization::read_filter(text);
}

/// A condition of a role assignment; what is read is asked about a request as well.
pub(crate) fn condition(language: &ConditionLanguage, data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let condition = Condition::read(language, text);
    let action = Action::new("Microsoft.Authorization/roleAssignments/write");
    for facts in [Facts::none(), Facts::default()] {
        let _ = condition.holds(&action, &facts);
    }
}

/// A change of a resource, line by line: a body and what is merged into it.
pub(crate) fn merge(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let mut value = || serde_json::from_slice::<Value>(lines.next()?).ok();
    let (Some(mut body), Some(patch)) = (value(), value()) else {
        return;
    };
    let mut filled = body.clone();
    sent_body::fill(&mut filled, &patch);
    plain::merge(&mut body, &patch);
    // What has been merged changes nothing when it is merged again.
    let once = body.clone();
    plain::merge(&mut body, &patch);
    assert_eq!(once, body);
}
