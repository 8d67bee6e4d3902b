//! Tokens of outside issuers, shown as client assertions: a pod's service account, a pipeline's run.
//!
//! Entra ID fetches the issuer's keys. Nothing is fetched here, so one key signs for every issuer
//! there is: who wants an assertion asks for it below `/_azdrill/`. One that was signed by
//! anybody else, the real issuer included, is refused as if its key were not among the issuer's.

use serde::Deserialize;

use super::assertion::check_times;
use super::refusal::refuse;
use crate::gateway::Refusal;
use crate::model::ResourceId;
use crate::rules::code;
use crate::services::Context;
use crate::state::Resource;

const CREDENTIAL: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

/// What an assertion says, as far as it counts.
#[derive(Deserialize)]
struct FederatedClaims {
    iss: String,
    sub: String,
    aud: Audiences,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
}

/// A JWT names one audience or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Several(Vec<String>),
}

impl Audiences {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// Whether an assertion stands for this identity now.
pub(super) fn check(context: &Context<'_>, identity: &ResourceId, assertion: &str) -> Result<(), Refusal> {
    let unreadable = || {
        let fill = [("reason", "It is not a JWT.")];
        refuse(code::AssertionSignatureInvalid, &fill)
    };
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| unreadable())?;
    let said: FederatedClaims = jsonwebtoken::dangerous::insecure_decode(assertion)
        .map_err(|_| unreadable())?
        .claims;
    if context.rules.federation.no_issuers.include(&said.iss) {
        return Err(refuse(code::FederatedIssuerIsEntra, &[]));
    }
    matching(context, identity, &said)?;
    if !context.tokens.has_signed(assertion) {
        let key = header.kid.unwrap_or_default();
        let fill = [("key", key.as_str()), ("issuer", said.iss.as_str())];
        return Err(refuse(code::FederatedKeyUnknown, &fill));
    }
    check_times(context.now, Some(said.exp), said.nbf)
}

/// The first of issuer, audience and subject that no credential of the identity has is named; in
/// which order Entra ID looks is not known to us.
fn matching(context: &Context<'_>, identity: &ResourceId, said: &FederatedClaims) -> Result<(), Refusal> {
    let of_issuer: Vec<&Resource> = context
        .state
        .resources_below(identity, CREDENTIAL)
        .filter(|credential| credential.text("/properties/issuer") == said.iss)
        .collect();
    if of_issuer.is_empty() {
        let fill = [("issuer", said.iss.as_str())];
        return Err(refuse(code::FederatedIssuerUnknown, &fill));
    }
    let for_audience: Vec<&Resource> = of_issuer
        .into_iter()
        .filter(|credential| {
            let wanted = credential.text("/properties/audiences/0");
            said.aud.all().iter().any(|audience| audience == wanted)
        })
        .collect();
    if for_audience.is_empty() {
        let audience = said.aud.all().first().map(String::as_str).unwrap_or_default();
        return Err(refuse(code::FederatedAudienceUnknown, &[("audience", audience)]));
    }
    let subject = |credential: &&Resource| credential.text("/properties/subject").to_owned();
    if for_audience
        .iter()
        .any(|credential| subject(credential) == said.sub)
    {
        return Ok(());
    }
    let in_other_case = for_audience
        .iter()
        .any(|credential| subject(credential).eq_ignore_ascii_case(&said.sub));
    let code = if in_other_case {
        code::FederatedSubjectInOtherCase
    } else {
        code::FederatedSubjectUnknown
    };
    Err(refuse(code, &[("subject", said.sub.as_str())]))
}
