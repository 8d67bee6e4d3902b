//! What else a request names is looked at as the resource it is about: the caller must have a role there, too. Where
//! it is in another tenant, a token of that tenant comes beside the request's own.

use super::bearer::{audience_fits, strip_scheme};
use super::denied::why_not;
use super::{Caller, Gates, Permit, Refusal, TokenError};
use crate::authz::{Plane, WantedAction};
use crate::model::{Action, Facts, Request, ResourceId, TenantId, Timestamp};
use crate::rules::{Endpoint, Gate, RuleId, code, rule};

/// Why the caller may not do it.
struct Lack {
    reason: String,
    /// Rules that had a say.
    rules: Vec<RuleId>,
}

/// Where tokens of other tenants come in.
const AUXILIARY: &str = "x-ms-authorization-auxiliary";

/// Something else that a request names, and what the caller needs there.
pub(super) struct Wanted {
    /// What is named.
    pub(super) linked: ResourceId,
    /// What the caller needs.
    pub(super) action: Action,
    /// What a refusal calls that.
    pub(super) called: String,
}

impl Gates<'_> {
    /// Whether the caller, who has passed the gates, may perform an action on something else that the request names.
    ///
    /// # Errors
    ///
    /// The refusal of Azure Resource Manager.
    pub fn linked(
        &self,
        now: Timestamp,
        permit: &Permit,
        request: &Request,
        linked: &ResourceId,
        action: &Action,
    ) -> Result<(), Refusal> {
        let wanted = Wanted {
            linked: linked.clone(),
            action: action.clone(),
            called: action.to_string(),
        };
        self.all_linked(now, permit, request, vec![wanted])
    }

    /// The same of several things, of which the refusal names all that are lacking.
    pub(super) fn all_linked(
        &self,
        now: Timestamp,
        permit: &Permit,
        request: &Request,
        all: Vec<Wanted>,
    ) -> Result<(), Refusal> {
        let mut lacking = Vec::new();
        for wanted in all {
            let lacks = self.lacks(now, permit, request, &wanted)?;
            lacking.extend(lacks.map(|why| (wanted, why)));
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let each = |text: fn(&(Wanted, Lack)) -> String, by: &str| {
            let texts: Vec<String> = lacking.iter().map(text).collect();
            texts.join(by)
        };
        let wanted = each(|(wanted, _)| wanted.called.clone(), ",");
        let linked = each(|(wanted, _)| wanted.linked.to_string(), ",");
        let reason = each(|(_, lack)| lack.reason.clone(), "; ");
        let rules = lacking.iter().flat_map(|(_, lack)| lack.rules.iter().copied());
        Err(self
            .not_linked(permit, &wanted, &linked)
            .because(reason)
            .by(rules))
    }

    /// What the caller lacks at one thing, if anything.
    fn lacks(
        &self,
        now: Timestamp,
        permit: &Permit,
        request: &Request,
        wanted: &Wanted,
    ) -> Result<Option<Lack>, Refusal> {
        let linked = &wanted.linked;
        let nobody = |reason: String| {
            let rules = Vec::new();
            Ok(Some(Lack { reason, rules }))
        };
        let Some(tenant) = self.state.tenant_of(linked) else {
            return nobody(format!("{linked} is in no subscription that is there"));
        };
        let caller = if permit.caller.tenant == Some(tenant) {
            permit.caller.clone()
        } else {
            self.auxiliary(now, request, tenant)?
                .ok_or_else(|| self.of_other_tenant(permit, wanted, tenant))?
        };
        let at_it = Permit {
            caller,
            scope: linked.clone(),
            ..permit.clone()
        };
        let Some(principal) = at_it.caller.principal else {
            return nobody("the token names no principal".to_owned());
        };
        let principals = self.state.directory.with_seen_groups(principal, now);
        let (access, roles) = (&self.state.access, &self.rules.built_in_roles);
        let asked = WantedAction::Action(&wanted.action);
        let ahead = self.sight.ahead(Plane::Control);
        let decided = access.decide(roles, now + ahead, &principals, asked, linked, &Facts::none);
        Ok(decided.err().map(|denied| {
            let (reason, rules) = why_not(&self.sight, &at_it, &wanted.action, &denied.seen_earlier(ahead));
            Lack { reason, rules }
        }))
    }

    /// Whoever has shown a token of that tenant beside the request's own.
    fn auxiliary(
        &self,
        now: Timestamp,
        request: &Request,
        tenant: TenantId,
    ) -> Result<Option<Caller>, Refusal> {
        let shown = request.header(AUXILIARY).unwrap_or_default();
        for token in shown.split([',', ';']).map(str::trim) {
            let Some(token) = strip_scheme(token, "Bearer") else {
                continue;
            };
            let refuse = |code| {
                let why = format!("a token in {AUXILIARY} is not taken");
                Refusal::of(code, &[]).at(Gate::Authentication).because(why)
            };
            let claims = self.tokens.check(now, token).map_err(|error| match error {
                TokenError::Expired => refuse(code::ExpiredAuthenticationToken),
                TokenError::Invalid => refuse(code::InvalidAuthenticationToken),
            })?;
            if !audience_fits(request, Endpoint::Arm, &claims.aud) {
                return Err(refuse(code::InvalidAuthenticationToken));
            }
            if claims.tid == tenant {
                let principal = self.state.directory.get(claims.oid);
                let principal = principal.ok_or_else(|| refuse(code::PrincipalOfTokenGone))?;
                return Ok(Some(Caller::of(principal)));
            }
        }
        Ok(None)
    }

    fn not_linked(&self, permit: &Permit, wanted: &str, linked: &str) -> Refusal {
        let text = |id: Option<String>| id.unwrap_or_default();
        let client = text(permit.caller.app_id.map(|id| id.to_string()));
        let object = text(permit.caller.principal.map(|id| id.to_string()));
        let (action, scope) = self.asked(permit);
        let fill = [
            ("client", client.as_str()),
            ("object", &object),
            ("action", &action),
            ("scope", &scope),
            ("wanted", wanted),
            ("linked", linked),
        ];
        Refusal::of(code::LinkedAuthorizationFailed, &fill)
            .at(Gate::Authorization)
            .by([rule::RBAC_LINKED])
    }

    fn of_other_tenant(&self, permit: &Permit, wanted: &Wanted, tenant: TenantId) -> Refusal {
        let linked = &wanted.linked;
        let own = permit.caller.tenant.map(|id| id.to_string()).unwrap_or_default();
        // What it calls the caller's is what the caller would do with the other.
        let fill = [
            ("tenant", own.as_str()),
            ("action", wanted.called.as_str()),
            ("scope", permit.scope.as_str()),
            ("subscription", linked.subscription().unwrap_or_default()),
        ];
        let why = format!("{linked} is in the tenant {tenant}, and no token of it came in {AUXILIARY}");
        Refusal::of(code::LinkedSubscriptionOfOtherTenant, &fill)
            .by([rule::RBAC_LINKED])
            .at(Gate::Authorization)
            .because(why)
    }

    /// The action the request itself takes, and where.
    fn asked(&self, permit: &Permit) -> (String, String) {
        let action = permit.operation(self.rules).action.as_ref();
        let action = action.map(ToString::to_string).unwrap_or_default();
        (action, permit.scope.to_string())
    }
}
