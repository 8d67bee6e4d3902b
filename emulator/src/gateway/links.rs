//! What a write names of other resources: whoever writes must be allowed to put them to use.

use serde_json::Value;

use super::{Gates, Permit, Refusal};
use crate::authz::WantedAction;
use crate::model::{Action, Facts, PrincipalId, ResourceId, Timestamp};
use crate::rules::{Gate, Link, Mark, code, rule};

/// What a caller lacks.
struct Lacking {
    action: String,
    scope: ResourceId,
    mark: Mark,
}

/// Refuses a write whose body names what its caller may not put to use.
///
/// # Errors
///
/// Resource Manager's 403, which names all that is lacking; of a subscription of another tenant its other one.
pub(crate) fn check(
    gates: &Gates<'_>,
    now: Timestamp,
    permit: &Permit,
    body: Option<&Value>,
) -> Result<(), Refusal> {
    let Some(body) = body else { return Ok(()) };
    let mut rows = gates.rules.links.of(permit.operation).peekable();
    let (Some(principal), Some(_)) = (permit.caller.principal, rows.peek()) else {
        return Ok(());
    };
    let mut principals = None;
    let mut lacking = Vec::new();
    for link in rows {
        for named in link.ids(body) {
            require_own_tenant(gates, permit, link, &named)?;
            let principals = principals.get_or_insert_with(|| gates.state.directory.with_groups(principal));
            lacking.extend(lacks(gates, now, principals, link, named));
        }
    }
    if lacking.is_empty() {
        return Ok(());
    }
    Err(refuse(gates, permit, &lacking))
}

fn lacks(
    gates: &Gates<'_>,
    now: Timestamp,
    principals: &[PrincipalId],
    link: &Link,
    named: ResourceId,
) -> Option<Lacking> {
    let wanted = Action::new(link.action(&named));
    let decided = gates.state.access.decide(
        &gates.rules.built_in_roles,
        now,
        principals,
        WantedAction::Action(&wanted),
        &named,
        &Facts::none,
    );
    decided.err().map(|_| Lacking {
        action: link.called(&named),
        scope: named,
        mark: link.mark,
    })
}

/// A subscription of another tenant is out of the token's reach, whoever it is of. One that is nobody's here is the
/// service's to miss.
fn require_own_tenant(
    gates: &Gates<'_>,
    permit: &Permit,
    link: &Link,
    named: &ResourceId,
) -> Result<(), Refusal> {
    let (Some(own), Some(theirs)) = (permit.caller.tenant, gates.state.tenant_of(named)) else {
        return Ok(());
    };
    if own == theirs {
        return Ok(());
    }
    // What it calls the caller's is what the caller would do with the other.
    let (tenant, action) = (own.to_string(), link.called(named));
    let fill = [
        ("action", action.as_str()),
        ("scope", permit.scope.as_str()),
        ("tenant", &tenant),
        ("subscription", named.subscription().unwrap_or_default()),
    ];
    Err(Refusal::of(code::LinkedSubscriptionOfOtherTenant, &fill)
        .at(Gate::Authorization)
        .because(format!("{named} is in another tenant than the caller's token"))
        .by([rule::RBAC_LINKED]))
}

/// What the caller does that it may do.
fn written(gates: &Gates<'_>, permit: &Permit) -> String {
    let action = permit.operation(gates.rules).action.as_ref();
    action.map(ToString::to_string).unwrap_or_default()
}

fn refuse(gates: &Gates<'_>, permit: &Permit, lacking: &[Lacking]) -> Refusal {
    let client = permit.caller.app_id.map(|id| id.to_string()).unwrap_or_default();
    let object = permit
        .caller
        .principal
        .map(|id| id.to_string())
        .unwrap_or_default();
    let joined = |each: fn(&Lacking) -> &str| lacking.iter().map(each).collect::<Vec<_>>().join(",");
    let (wanted, scopes) = (joined(|own| &own.action), joined(|own| own.scope.as_str()));
    let fill = [
        ("client", client.as_str()),
        ("object", &object),
        ("action", &written(gates, permit)),
        ("scope", permit.scope.as_str()),
        ("wanted", &wanted),
        ("linked", &scopes),
    ];
    let reason = format!(
        "{} has no role that grants {wanted} at {scopes}",
        permit.caller.name
    );
    let mut refusal = Refusal::of(code::LinkedAuthorizationFailed, &fill)
        .at(Gate::Authorization)
        .because(reason)
        .by([rule::RBAC_LINKED]);
    refusal.mark = lacking.iter().fold(refusal.mark, |mark, own| mark.max(own.mark));
    refusal
}
