//! Applications that sign in with a certificate: they show a JWT they have signed with its key.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::assertion::check_times;
use super::refusal::refuse;
use super::secret::records;
use super::tenant::authority;
use crate::gateway::Refusal;
use crate::model::{TenantId, Timestamp};
use crate::rules::code;
use crate::services::Context;
use crate::state::Principal;

/// What an application says of itself.
#[derive(Clone, Deserialize)]
struct CertificateClaims {
    #[serde(default)]
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    aud: String,
    #[serde(default)]
    exp: Option<f64>,
    #[serde(default)]
    nbf: Option<f64>,
}

/// Whether an application has made this assertion, for this tenant, now.
pub(super) fn check(
    context: &Context<'_>,
    tenant: TenantId,
    principal: &Principal,
    assertion: &str,
) -> Result<(), Refusal> {
    let invalid = |reason: &str| refuse(code::AssertionSignatureInvalid, &[("reason", reason)]);
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| invalid("It is not a JWT."))?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::PS256) {
        return Err(invalid("The algorithm is not RS256 or PS256."));
    }
    let mut validation = Validation::new(header.alg);
    // Times are checked against our clock, not the machine's.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let written = records(context, principal).flat_map(|record| &record.keys);
    let (said, expired) = written
        .map(|key| &key.certificate)
        .chain(&principal.certificates)
        .filter_map(|der| key_of(der, context.now))
        .find_map(|(key, expired)| {
            let data = jsonwebtoken::decode::<CertificateClaims>(assertion, &key, &validation).ok()?;
            Some((data.claims, expired))
        })
        .ok_or_else(|| invalid("The key was not found."))?;
    if expired {
        return Err(invalid("The key used is expired."));
    }
    let application = principal.app_id.map(|id| id.to_string()).unwrap_or_default();
    if !said.iss.eq_ignore_ascii_case(&application) || !said.sub.eq_ignore_ascii_case(&application) {
        return Err(refuse(code::AssertionOfAnotherApplication, &[]));
    }
    if !is_for(context, tenant, &said.aud) {
        return Err(refuse(code::AssertionForAnotherAudience, &[]));
    }
    check_times(context.now, said.exp, said.nbf)
}

/// The RSA key of a certificate, and whether it is out of its time; `None` if there is none in it.
fn key_of(der: &[u8], now: Timestamp) -> Option<(DecodingKey, bool)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let second = now.as_second();
    let expired = second < validity.not_before.timestamp() || second > validity.not_after.timestamp();
    let key = DecodingKey::from_rsa_der(&certificate.public_key().subject_public_key.data);
    Some((key, expired))
}

/// Whether an audience is this tenant's: an address whose path begins with it.
fn is_for(context: &Context<'_>, tenant: TenantId, audience: &str) -> bool {
    audience
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').nth(1))
        .is_some_and(|named| authority(context, named).is_ok_and(|meant| meant.has(tenant)))
}
