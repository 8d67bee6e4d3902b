//! What is Key Vault's own at the front door: the vault behind a host name, the challenge that tells a
//! client where to get a token, the network, and the two permission models.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::bearer::{audience_fits, bearer_token};
use super::denied::why_not;
use super::{Caller, Gates, Permit, Refusal, TokenError};
use crate::authz::{Plane, WantedAction};
use crate::model::{Facts, NetworkPath, Origin, PrincipalId, Request, ResourceId, Timestamp};
use crate::network::Firewall;
use crate::rules::{
    Code, Endpoint, Gate, Operation, Params, PolicyPermission, RuleId, Rules, cloud, code, rule,
};
use crate::state::{IdentityKind, Resource, State, field};

const VAULT: &str = "Microsoft.KeyVault/vaults";

/// The vault a host name stands for.
fn vault_at<'a>(state: &'a State, host: &str) -> Option<&'a Resource> {
    let name = host.split('.').next()?;
    state.resource(state.key_vaults.get(name)?)
}

/// The vault a request is addressed to.
///
/// # Errors
///
/// If there is none: on Azure the name would not resolve.
pub(super) fn vault_of<'a>(gates: &Gates<'a>, request: &Request) -> Result<&'a Resource, Refusal> {
    vault_at(gates.state, &request.host).ok_or_else(|| {
        let name = request.host.split('.').next().unwrap_or_default();
        Refusal::key_vault(code::SyntheticKeyVaultNotFound, &[("vault", name)]).at(Gate::Route)
    })
}

/// What access is decided on: the object named, or the vault.
pub(super) fn scope(vault: &Resource, params: &Params) -> ResourceId {
    match (params.get("secret"), params.get("key")) {
        ("", "") => vault.id.clone(),
        ("", key) => vault.id.child(["keys", key]),
        (secret, _) => vault.id.child(["secrets", secret]),
    }
}

/// Headers every answer of Key Vault carries.
pub(crate) fn add_headers(rules: &Rules, state: &State, request: &Request, headers: &mut HeaderMap) {
    rules.headers.add_always(Endpoint::KeyVault, headers);
    let region = vault_at(state, &request.host).map_or("", Resource::location);
    let own = [
        ("x-ms-keyvault-region", region),
        (
            "x-ms-keyvault-service-version",
            rules.key_vault.service_version.text.as_str(),
        ),
    ];
    for (name, value) in own {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// 401 with the header that tells a client where to get a token.
fn challenge(vault: &Resource, code: Code, fill: &[(&str, &str)]) -> Refusal {
    let tenant = vault.text("/properties/tenantId");
    let mut refusal = Refusal::key_vault(code, fill).at(Gate::Authentication);
    refusal.headers.push((
        "www-authenticate",
        format!(
            "Bearer authorization=\"{}\", resource=\"{}\"",
            cloud().login.authority(&tenant),
            cloud().audience(Endpoint::KeyVault).unwrap_or_default()
        ),
    ));
    refusal
}

/// The authentication gate.
pub(super) fn authenticate(gates: &Gates<'_>, now: Timestamp, request: &Request) -> Result<Caller, Refusal> {
    let vault = vault_of(gates, request)?;
    let no = |code: Code, fill: &[(&str, &str)]| challenge(vault, code, fill);
    let token = bearer_token(request).ok_or_else(|| no(code::AKV10000, &[]))?;
    let claims = gates.tokens.check(now, token).map_err(|error| match error {
        TokenError::Expired => no(code::KeyVaultTokenExpired, &[]).by([rule::TOKEN_EXPIRED]),
        TokenError::Invalid => no(code::KeyVaultTokenInvalid, &[]),
    })?;
    if !audience_fits(request, Endpoint::KeyVault, &claims.aud) {
        return Err(no(code::AKV10022, &[("audience", &claims.aud)]));
    }
    let (expected, found) = (vault.text("/properties/tenantId"), claims.tid.to_string());
    if !found.eq_ignore_ascii_case(expected) {
        return Err(no(code::AKV10032, &[("expected", expected), ("found", &found)]));
    }
    let principal = gates
        .state
        .directory
        .get(claims.oid)
        .ok_or_else(|| no(code::KeyVaultTokenInvalid, &[]))?;
    Ok(Caller::of(principal))
}

/// Refuses a request that asks for no version, or for one there is not.
pub(super) fn check_version(rules: &Rules, row: &Operation, request: &Request) -> Result<(), Refusal> {
    if row.anonymous {
        return Ok(());
    }
    let versions = &rules.key_vault.versions;
    let asked = request.query_value("api-version").unwrap_or_default();
    if versions
        .known
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&asked))
    {
        return Ok(());
    }
    let error = if asked.is_empty() {
        code::KeyVaultVersionMissing
    } else {
        code::KeyVaultVersionUnknown
    };
    let fill = [("version", &*asked), ("latest", versions.latest.as_str())];
    Err(Refusal::key_vault(error, &fill).at(Gate::Route))
}

/// The caller as the service's messages name it.
fn shown(caller: &Caller) -> String {
    let text = |id: Option<String>| id.unwrap_or_default();
    format!(
        "appid={};oid={};iss={}",
        text(caller.app_id.map(|id| id.to_string())),
        text(caller.principal.map(|id| id.to_string())),
        cloud()
            .login
            .issuer(&text(caller.tenant.map(|id| id.to_string()))),
    )
}

/// The network gate.
pub(super) fn network(
    gates: &Gates<'_>,
    path: &NetworkPath,
    request: &Request,
    permit: &mut Permit,
) -> Result<(), Refusal> {
    let vault = vault_of(gates, request)?;
    let user_assigned = matches!(permit.caller.identity, Some(IdentityKind::UserAssigned(_)));
    let verdict = Firewall::of_key_vault(vault).decide(gates.rules, path, user_assigned);
    permit.rules.extend(verdict.rules.iter().copied());
    if verdict.allowed {
        return Ok(());
    }
    let address = match &path.origin {
        Origin::Internet { address } => address.to_string(),
        Origin::Subnet { .. } | Origin::PrivateEndpoint { .. } | Origin::AzureService { .. } => {
            "unknown".to_owned()
        }
    };
    let error = verdict.code.unwrap_or(code::ForbiddenByFirewall);
    let fill = [
        ("address", address.as_str()),
        ("caller", &shown(&permit.caller)),
        ("vault", vault.id.name()),
        ("location", vault.location()),
    ];
    let mut refusal = Refusal::key_vault(error, &fill);
    refusal.mark = refusal.mark.max(verdict.mark);
    Err(refusal
        .at(Gate::Network)
        .because(verdict.reason)
        .by(permit.rules.iter().copied()))
}

/// Who asks for what, of which vault.
struct Asked<'a> {
    vault: &'a Resource,
    principals: Vec<PrincipalId>,
    wanted: WantedAction<'a>,
    policy: &'a PolicyPermission,
}

/// The authorization gate. A vault has one of two permission models, and the other counts for nothing.
pub(super) fn authorize(
    gates: &Gates<'_>,
    now: Timestamp,
    row: &Operation,
    permit: &Permit,
) -> Result<(), Refusal> {
    let vault = if permit.scope.is_type(VAULT) {
        gates.state.resource(&permit.scope)
    } else {
        gates.state.resource(&permit.scope.parent())
    };
    let asked = match (vault, permit.caller.principal, &row.data_action, &row.policy) {
        (Some(vault), Some(principal), Some(action), Some(policy)) => Asked {
            vault,
            principals: gates.state.directory.with_seen_groups(principal, now),
            wanted: WantedAction::DataAction(action),
            policy,
        },
        _ => {
            let fill = [("what", "The request cannot be authorized.")];
            let refusal = Refusal::key_vault(code::BadParameter, &fill);
            let reason = "the operation's row or the caller says too little to decide on";
            return Err(refusal.at(Gate::Authorization).because(reason));
        }
    };
    if has_roles(asked.vault) {
        by_roles(gates, now, permit, &asked)
    } else {
        by_policies(gates, now, permit, &asked)
    }
}

/// Whether a vault's permission model is that of Azure roles.
fn has_roles(vault: &Resource) -> bool {
    vault.at("/properties/enableRbacAuthorization").as_bool() == Some(true)
}

fn by_roles(gates: &Gates<'_>, now: Timestamp, permit: &Permit, asked: &Asked<'_>) -> Result<(), Refusal> {
    let roles = &gates.rules.built_in_roles;
    let access = &gates.state.access;
    let ahead = gates.sight.ahead(Plane::Data);
    let Err(denied) = access.decide(
        roles,
        now + ahead,
        &asked.principals,
        asked.wanted,
        &permit.scope,
        &Facts::none,
    ) else {
        return Ok(());
    };
    let action = asked.wanted.action().as_str();
    let fill = [
        ("caller", shown(&permit.caller)),
        ("action", action.to_owned()),
        ("resource", permit.scope.to_string()),
        ("vault", asked.vault.id.name().to_owned()),
        ("location", asked.vault.location().to_owned()),
    ];
    let (mut reason, mut rules) = why_not(
        &gates.sight,
        permit,
        asked.wanted.action(),
        &denied.seen_earlier(ahead),
    );
    if policies_grant(asked, &permit.caller) {
        reason += "; an access policy would grant it, but the key vault has Azure roles";
        rules.push(rule::SS_B_04);
    }
    Err(refusal(code::ForbiddenByRbac, &fill, reason, rules))
}

fn by_policies(gates: &Gates<'_>, now: Timestamp, permit: &Permit, asked: &Asked<'_>) -> Result<(), Refusal> {
    if policies_grant(asked, &permit.caller) {
        return Ok(());
    }
    let policy = asked.policy;
    let fill = [
        ("caller", shown(&permit.caller)),
        ("collection", policy.collection.clone()),
        ("permission", policy.word.clone()),
        ("vault", asked.vault.id.name().to_owned()),
        ("location", asked.vault.location().to_owned()),
    ];
    let mut reason = format!(
        "{} has no access policy with the permission {} for {} on {}",
        permit.caller.name,
        policy.word,
        policy.collection,
        asked.vault.id.name()
    );
    let mut rules = vec![rule::KV_POLICY];
    let roles = &gates.rules.built_in_roles;
    let access = &gates.state.access;
    if let Ok(grant) = access.decide(
        roles,
        now + gates.sight.ahead(Plane::Data),
        &asked.principals,
        asked.wanted,
        &permit.scope,
        &Facts::none,
    ) {
        reason += &format!(
            "; the role {} would grant it, but the key vault has access policies",
            grant.role
        );
        rules.push(rule::SS_B_04);
    }
    Err(refusal(code::ForbiddenByPolicy, &fill, reason, rules))
}

fn refusal(code: Code, fill: &[(&str, String)], reason: String, rules: Vec<RuleId>) -> Refusal {
    let fill: Vec<(&str, &str)> = fill.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Refusal::key_vault(code, &fill)
        .at(Gate::Authorization)
        .because(reason)
        .by(rules)
}

/// Whether an access policy of the vault gives one of the principals the permission.
fn policies_grant(asked: &Asked<'_>, caller: &Caller) -> bool {
    let tenant = asked.vault.text("/properties/tenantId");
    let policies = asked.vault.at("/properties/accessPolicies").as_array();
    policies.into_iter().flatten().any(|entry| {
        let text = |name: &str| field(entry, name).as_str().unwrap_or_default();
        let names_one = text("objectId")
            .parse()
            .is_ok_and(|id| asked.principals.contains(&PrincipalId(id)));
        // An entry with an application is for a user who comes through it. Nobody here does.
        let direct = text("applicationId").is_empty();
        let same_tenant = text("tenantId").eq_ignore_ascii_case(tenant)
            && caller
                .tenant
                .is_some_and(|own| own.to_string().eq_ignore_ascii_case(tenant));
        let words = field(field(entry, "permissions"), &asked.policy.collection).as_array();
        let grants = words
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str())
            .any(|word| asked.policy.granted_by(word));
        names_one && direct && same_tenant && grants
    })
}
