//! The key of a vault's owner that a vault is encrypted with: looked at as the identity that is to use it, from where
//! the Backup service stands.

use http::Method;
use serde_json::Value;

use super::task::Need;
use super::vault::service_path;
use super::violation::{Violation, inner_error};
use crate::gateway::Refusal;
use crate::model::{PrincipalId, Request, ResourceId, Response, Timestamp};
use crate::rules::{Code, Endpoint, Gate, RuleId, cloud, code, rule};
use crate::services::{Context, Input, Outbound};
use crate::state::Resource;

/// Where a vault's encryption settings stand.
pub(super) const SETTINGS: &str = "/properties/securitySettings/encryptionSettings";

/// A look at a key that is under way.
#[derive(Clone)]
pub(super) struct KeyLook {
    vault: ResourceId,
    /// The vault's `encryptionSettings`.
    settings: Value,
    asked: Asked,
}

/// What has been asked last.
#[derive(Clone, Copy)]
enum Asked {
    Nothing,
    ForTheKey,
    WhetherItMayWrap,
    WhetherItMayUnwrap,
}

/// What a look comes to.
pub(super) enum KeyVerdict {
    /// It needs something first.
    Pending(Box<Need>),
    /// The identity can use the key.
    Usable,
    /// It cannot, or the key is none to encrypt with.
    Refused(Box<Violation>),
}

impl KeyLook {
    /// For a vault with a key of its owner's; `None` for every other.
    pub(super) fn of(vault: &Resource) -> Option<Self> {
        Self::of_settings(&vault.id, vault.at(SETTINGS).clone())
    }

    /// The same, with these settings.
    pub(super) fn of_settings(vault: &ResourceId, settings: Value) -> Option<Self> {
        (settings["state"] == "Enabled").then(|| Self {
            vault: vault.clone(),
            settings,
            asked: Asked::Nothing,
        })
    }

    /// Takes the answer to what was needed and goes on.
    pub(super) fn step(&mut self, context: &Context<'_>, input: Input) -> KeyVerdict {
        let next = match (self.asked, input) {
            (Asked::Nothing, _) => self.get_key(context),
            (Asked::ForTheKey, Input::Answered(answer)) => self
                .judge(context, &answer)
                .and_then(|()| self.ask(context, "wrapkey", Asked::WhetherItMayWrap)),
            (Asked::WhetherItMayWrap, Input::Asked(Ok(_))) => {
                self.ask(context, "unwrapkey", Asked::WhetherItMayUnwrap)
            }
            (Asked::WhetherItMayUnwrap, Input::Asked(Ok(_))) => return KeyVerdict::Usable,
            (_, Input::Asked(Err(refusal))) => Err(not_admitted(&refusal)),
            _ => Err(Box::new(Violation::interrupted())),
        };
        match next {
            Ok(need) => KeyVerdict::Pending(Box::new(need)),
            Err(violation) => KeyVerdict::Refused(violation),
        }
    }

    /// The identity that is to use the key, if the vault has it.
    fn identity(&self, context: &Context<'_>, vault: &Resource) -> Option<PrincipalId> {
        let own = &self.settings["kekIdentity"];
        let principal = if own["identityType"] == "SystemAssigned" {
            vault.at("/identity/principalId").clone()
        } else {
            let id: ResourceId = own["identityId"].as_str()?.parse().ok()?;
            let assigned = vault.at("/identity/userAssignedIdentities").as_object()?;
            if !assigned
                .keys()
                .any(|own| own.parse().is_ok_and(|own: ResourceId| own == id))
            {
                return None;
            }
            context.state.resource(&id)?.at("/properties/principalId").clone()
        };
        principal.as_str()?.parse().ok().map(PrincipalId)
    }

    /// Host and path of the key.
    fn place(&self) -> Option<(String, String)> {
        let uri = self.settings["keyVaultProperties"]["keyUri"].as_str()?;
        let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
        let is_key = path.starts_with("keys/") && cloud().is_vault_host(host);
        is_key.then(|| {
            (
                host.to_ascii_lowercase(),
                format!("/{}", path.trim_end_matches('/')),
            )
        })
    }

    /// The key vault, if there is one of that name.
    fn key_vault<'a>(&self, context: &'a Context<'_>) -> Option<&'a Resource> {
        let (host, _) = self.place()?;
        let label = host.split('.').next()?;
        context.state.resource(context.state.key_vaults.get(label)?)
    }

    /// A call as the identity.
    fn outbound(
        &self,
        context: &Context<'_>,
        method: Method,
        below: &str,
    ) -> Result<Outbound, Box<Violation>> {
        let vault = context.state.resource(&self.vault);
        let vault = vault.ok_or_else(|| Box::new(Violation::interrupted()))?;
        let principal = self.identity(context, vault).ok_or_else(|| {
            refused(
                rule::VLT_07_ACCESS,
                code::UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
                "the vault does not have the identity its encryption settings name",
            )
        })?;
        let (host, path) = self.place().ok_or_else(|| {
            let uri = &self.settings["keyVaultProperties"]["keyUri"];
            let host = cloud().vault_host("NAME");
            missing(&format!(
                "keyUri is {uri}, and not the address of a key, as https://{host}/keys/KEY"
            ))
        })?;
        if self.key_vault(context).is_none() {
            return Err(missing("there is no such key vault"));
        }
        let version = &context.rules.vaults.speaks.secrets;
        Ok(Outbound {
            principal: Some(principal),
            audience: cloud().audience(Endpoint::KeyVault).unwrap_or_default(),
            path: service_path(context, vault),
            request: Request::new(method, &host, &format!("{path}{below}?api-version={version}")),
        })
    }

    fn get_key(&mut self, context: &Context<'_>) -> Result<Need, Box<Violation>> {
        let call = self.outbound(context, Method::GET, "")?;
        self.require_open(context)?;
        self.asked = Asked::ForTheKey;
        Ok(Need::Call(call))
    }

    fn ask(&mut self, context: &Context<'_>, what: &str, asked: Asked) -> Result<Need, Box<Violation>> {
        let call = self.outbound(context, Method::POST, &format!("/{what}"))?;
        self.asked = asked;
        Ok(Need::Ask(call))
    }

    /// With a user-assigned identity a key vault behind a firewall does not do, whatever it excepts.
    fn require_open(&self, context: &Context<'_>) -> Result<(), Box<Violation>> {
        let system = self.settings["kekIdentity"]["identityType"] == "SystemAssigned";
        let closed = self.key_vault(context).is_some_and(|own| {
            own.text("/properties/networkAcls/defaultAction") == "Deny"
                || own
                    .text("/properties/publicNetworkAccess")
                    .eq_ignore_ascii_case("Disabled")
        });
        if system || !closed {
            return Ok(());
        }
        Err(refused(
            rule::VLT_07_NETWORK,
            code::UserErrorCMKKeyVaultAuthFailure,
            "the key vault lets certain networks in and no others, and the identity is a user-assigned one",
        ))
    }

    /// What Key Vault's answer says of the key.
    fn judge(&self, context: &Context<'_>, answer: &Response) -> Result<(), Box<Violation>> {
        match answer.status.as_u16() {
            200 => {}
            404 => return Err(missing("the key vault has no such key")),
            status => {
                let error = answer.json_body();
                let inner = error["error"]["innererror"]["code"].as_str();
                let code = inner.or(error["error"]["code"].as_str()).unwrap_or_default();
                let why = format!("Key Vault answered {status} {code} to the identity");
                let mut found = refused(rule::VLT_07_ACCESS, access_code(inner), &why);
                found.inner = inner_error(code, error["error"]["message"].as_str().unwrap_or_default());
                return Err(found);
            }
        }
        let body = answer.json_body();
        require_kind(context, &body["key"])?;
        require_valid(context, &body["attributes"])?;
        let level = body["attributes"]["recoveryLevel"].as_str().unwrap_or_default();
        if !level.contains("Purgeable") {
            return Ok(());
        }
        let code = if context.rules.takes(rule::VLT_07_PURGE, "codes_exchanged") {
            code::UserErrorCMKSoftDeleteNotEnabledOnKeyVault
        } else {
            code::UserErrorCMKPurgeProtectionNotEnabledOnKeyVault
        };
        let why = format!("purge protection of the key vault is off: {level}");
        Err(refused(rule::VLT_07_PURGE, code, &why))
    }
}

/// The code for whom Key Vault lets in and grants nothing, and for whom it does not let in.
fn access_code(inner: Option<&str>) -> Code {
    let kept_out = inner.is_some_and(|inner| {
        inner.starts_with("ForbiddenByFirewall") || inner.starts_with("ForbiddenByConnection")
    });
    if kept_out {
        code::UserErrorCMKKeyVaultAuthFailure
    } else {
        code::UserErrorCMKMissingMangedIdentityPermissionOnKeyVault
    }
}

fn require_kind(context: &Context<'_>, key: &Value) -> Result<(), Box<Violation>> {
    let kind = key["kty"].as_str().unwrap_or_default();
    let facts = &context.rules.vaults.encryption;
    let why = if !facts.kinds.iter().any(|own| own == kind) {
        format!("the key is of the kind {kind}, and not RSA")
    } else {
        let bits = modulus_bits(key);
        if facts.bits.contains(&bits) {
            return Ok(());
        }
        format!("the key has {bits} bits")
    };
    let code = code::SyntheticEncryptionKeyMissing;
    Err(refused(rule::VLT_07_KEY, code, &why))
}

/// How many bits the modulus of an RSA key has: four for three letters of base64url.
fn modulus_bits(key: &Value) -> usize {
    use base64::Engine;
    let modulus = key["n"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(modulus.trim_end_matches('='));
    bytes.map_or(0, |bytes| bytes.len() * 8)
}

/// A disabled key is not told of at all by some answers, and by others as such.
fn require_valid(context: &Context<'_>, attributes: &Value) -> Result<(), Box<Violation>> {
    let time = |name: &str| {
        let seconds = attributes[name].as_i64()?;
        Timestamp::from_second(seconds).ok()
    };
    let why = if attributes["enabled"] == false {
        "the key is disabled"
    } else if time("exp").is_some_and(|end| end <= context.now) {
        "the key has expired"
    } else if time("nbf").is_some_and(|begin| context.now < begin) {
        "the key is not valid yet"
    } else {
        return Ok(());
    };
    let code = code::SyntheticEncryptionKeyMissing;
    Err(refused(rule::VLT_07_KEY, code, why))
}

fn not_admitted(refusal: &Refusal) -> Box<Violation> {
    let code = match refusal.gate {
        Gate::Network => code::UserErrorCMKKeyVaultAuthFailure,
        _ => code::UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
    };
    let mut found = refused(rule::VLT_07_ACCESS, code, &refusal.reason);
    found.refusal.gate = refusal.gate;
    found.refusal.name(refusal.stated());
    found.inner = inner_error(&refusal.code, &refusal.message);
    found
}

fn missing(why: &str) -> Box<Violation> {
    refused(rule::VLT_07_KEY, code::SyntheticEncryptionKeyMissing, why)
}

fn refused(rule: RuleId, code: Code, why: &str) -> Box<Violation> {
    let refusal = Refusal::user_facing(code, &[]).because(why).by([rule]);
    Box::new(Violation::plain(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whom the network keeps out is told another code than who lacks a permission.
    #[test]
    fn who_is_kept_out_is_told_another_code_than_who_may_not() {
        let kept_out = code::UserErrorCMKKeyVaultAuthFailure;
        let may_not = code::UserErrorCMKMissingMangedIdentityPermissionOnKeyVault;
        for (inner, wanted) in [
            (Some("ForbiddenByFirewall"), kept_out),
            (Some("ForbiddenByConnection"), kept_out),
            (Some("ForbiddenByRbac"), may_not),
            (Some("AccessDenied"), may_not),
            (None, may_not),
        ] {
            assert_eq!(access_code(inner), wanted, "{inner:?}");
        }
    }
}
