//! Access tokens: issued for a principal and an audience, and checked again on every call.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entropy::Entropy;
use crate::model::{PrincipalId, TenantId, Timestamp};
use crate::rules::cloud;
use crate::state::{IdentityKind, Principal};

/// How many checked tokens are remembered, so that a client's hundredth call costs a look-up.
const REMEMBERED_MAX: usize = 4096;

/// The last bytes of a token, which are the last of its signature.
type SignatureEnd = [u8; 16];

/// A token whose signature is good, and what it says.
type Checked = (Box<str>, Arc<Claims>);

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The audience, as the caller asked for it.
    pub aud: String,
    /// The issuer.
    pub iss: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Not valid from then on.
    pub exp: i64,
    /// The application id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appid: Option<Uuid>,
    /// `app` for applications and managed identities.
    pub idtyp: String,
    /// The principal's object id.
    pub oid: PrincipalId,
    /// What a person has let the application do: a token of a person's has it, an application's not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scp: Option<String>,
    /// The subject; the object id again.
    pub sub: PrincipalId,
    /// The tenant.
    pub tid: TenantId,
    /// A person's sign-in name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<String>,
    /// The token version.
    pub ver: String,
    /// The resource a managed identity belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xms_mirid: Option<String>,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not a token of ours: malformed, forged, another algorithm.
    #[error("the access token is invalid")]
    Invalid,
    /// It has expired, or is not valid yet.
    #[error("the access token has expired or is not yet valid")]
    Expired,
}

/// Issues and checks tokens with a key of its own.
///
/// Entra ID signs with RS256. This signs with ES256: no client in use checks the signature of an
/// access token, and a P-256 key costs microseconds where an RSA key costs a noticeable part of
/// the start-up time.
#[derive(Clone)]
pub struct TokenAuthority {
    key_id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public_point: (Vec<u8>, Vec<u8>),
    /// What user delegation keys are derived from.
    delegation_secret: [u8; 32],
    /// Tokens whose signature was made here or found good, by the end of that signature: hashing a
    /// whole token costs more than all other gates. The whole token is compared, so a changed one is
    /// verified like any other; times and audience are checked on every call.
    checked: RefCell<HashMap<SignatureEnd, Checked>>,
}

impl TokenAuthority {
    /// An authority whose key follows from the seed.
    ///
    /// # Panics
    ///
    /// If the seed gives a number that is no P-256 key, which happens once in 2^32 seeds, or the
    /// key cannot be encoded, which never does.
    pub fn new(entropy: &Entropy) -> Self {
        let secret = p256::SecretKey::from_slice(&entropy.fork("signing key").bytes())
            .expect("all but one in 2^32 seeds give a key");
        let private = secret.to_pkcs8_der().expect("a P-256 key can be encoded");
        let point = secret.public_key().to_encoded_point(false);
        Self {
            key_id: entropy.fork("key id").uuid().simple().to_string(),
            encoding: EncodingKey::from_ec_der(private.as_bytes()),
            decoding: DecodingKey::from_ec_der(point.as_bytes()),
            public_point: (
                point.x().map(|x| x.to_vec()).unwrap_or_default(),
                point.y().map(|y| y.to_vec()).unwrap_or_default(),
            ),
            delegation_secret: entropy.fork("user delegation keys").bytes(),
            checked: RefCell::default(),
        }
    }

    /// The secret that user delegation keys are derived from.
    pub(super) fn delegation_secret(&self) -> &[u8; 32] {
        &self.delegation_secret
    }

    /// The key id and the coordinates of the public key, for the key set document.
    pub fn public_key(&self) -> (&str, &[u8], &[u8]) {
        (&self.key_id, &self.public_point.0, &self.public_point.1)
    }

    /// A token for a principal, with its life time in seconds.
    pub fn issue(&self, now: Timestamp, principal: &Principal, audience: &str) -> (String, i64) {
        self.issued(claims(now, principal, audience))
    }

    /// A token for a person who has signed in with an application, with its life time in seconds.
    pub fn issue_by_way_of(
        &self,
        now: Timestamp,
        person: &Principal,
        client: Uuid,
        audience: &str,
    ) -> (String, i64) {
        let claims = Claims {
            appid: Some(client),
            scp: Some("user_impersonation".to_owned()),
            upn: Some(person.display_name.clone()),
            ..claims(now, person, audience)
        };
        self.issued(claims)
    }

    fn issued(&self, claims: Claims) -> (String, i64) {
        let token = self.sign(&claims);
        self.remember(&token, &Arc::new(claims));
        (token, cloud().tokens.access_seconds)
    }

    /// Signs whatever is said. A text that is not an access token is none to [`Self::check`]: what
    /// [`Claims`] asks for is missing.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap_or_default()
    }

    /// What a token says, once signature and times are checked. The audience is the endpoint's
    /// business.
    ///
    /// # Errors
    ///
    /// If it is not a token of ours, or not valid at this time.
    pub fn check(&self, now: Timestamp, token: &str) -> Result<Arc<Claims>, TokenError> {
        let claims = match self.remembered(token) {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.verify(token)?);
                self.remember(token, &claims);
                claims
            }
        };
        let second = now.as_second();
        if second < claims.nbf || second >= claims.exp {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Whether this authority has signed a text, whatever it says.
    pub fn has_signed(&self, token: &str) -> bool {
        self.decode::<serde_json::Value>(token).is_ok()
    }

    fn remembered(&self, token: &str) -> Option<Arc<Claims>> {
        let checked = self.checked.borrow();
        let (whole, claims) = checked.get(token.as_bytes().last_chunk()?)?;
        (**whole == *token).then(|| Arc::clone(claims))
    }

    fn remember(&self, token: &str, claims: &Arc<Claims>) {
        let Some(end) = token.as_bytes().last_chunk::<{ size_of::<SignatureEnd>() }>() else {
            return;
        };
        let mut checked = self.checked.borrow_mut();
        if checked.len() >= REMEMBERED_MAX {
            checked.clear();
        }
        checked.insert(*end, (token.into(), Arc::clone(claims)));
    }

    fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.decode(token)
    }

    fn decode<T: DeserializeOwned + Clone>(&self, token: &str) -> Result<T, TokenError> {
        let mut validation = Validation::new(Algorithm::ES256);
        // Times are checked against our clock, not the machine's; the audience by the endpoint.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<T>(token, &self.decoding, &validation)
            .map(|data| data.claims)
            .map_err(|_| TokenError::Invalid)
    }
}

fn claims(now: Timestamp, principal: &Principal, audience: &str) -> Claims {
    let issued = now.as_second();
    Claims {
        aud: audience.to_owned(),
        iss: cloud().login.issuer(&principal.tenant),
        iat: issued,
        nbf: issued,
        exp: issued + cloud().tokens.access_seconds,
        appid: principal.app_id,
        idtyp: if principal.identity == IdentityKind::User {
            "user"
        } else {
            "app"
        }
        .to_owned(),
        oid: principal.id,
        scp: None,
        sub: principal.id,
        tid: principal.tenant,
        upn: None,
        ver: "1.0".to_owned(),
        xms_mirid: match &principal.identity {
            IdentityKind::SystemAssigned(id) | IdentityKind::UserAssigned(id) => Some(id.to_string()),
            IdentityKind::Application | IdentityKind::User | IdentityKind::Group => None,
        },
    }
}

impl std::fmt::Debug for TokenAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAuthority")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;

    fn principal() -> Principal {
        Principal {
            id: PrincipalId(Uuid::from_u128(1)),
            app_id: Some(Uuid::from_u128(2)),
            tenant: TenantId(Uuid::from_u128(3)),
            display_name: "operator".to_owned(),
            identity: IdentityKind::Application,
            secret: None,
            certificates: Vec::new(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_token_is_valid_for_its_life_time_only() {
        let authority = TokenAuthority::new(&Entropy::from_seed(1));
        let (token, _) = authority.issue(
            at("2026-03-02T06:00:00Z"),
            &principal(),
            "https://management.azure.com",
        );
        assert_eq!(
            authority.check(at("2026-03-02T05:59:59Z"), &token),
            Err(TokenError::Expired)
        );
        let claims = authority
            .check(at("2026-03-02T06:59:58Z"), &token)
            .expect("valid");
        assert_eq!(claims.oid, principal().id);
        assert_eq!(
            authority.check(at("2026-03-02T06:59:59Z"), &token),
            Err(TokenError::Expired)
        );
    }

    /// `idtyp` tells people and applications apart, as Entra ID's tokens do; the key set has both coordinates of a point.
    #[test]
    fn a_token_says_whose_it_is_and_a_key_where_it_is() {
        let now = at("2026-03-02T06:00:00Z");
        for (identity, kind) in [(IdentityKind::Application, "app"), (IdentityKind::User, "user")] {
            let own = Principal {
                identity,
                ..principal()
            };
            assert_eq!(claims(now, &own, "x").idtyp, kind);
        }
        let authority = TokenAuthority::new(&Entropy::from_seed(1));
        let (_, x, y) = authority.public_key();
        assert_eq!((x.len(), y.len()), (32, 32));
    }

    #[test]
    fn a_token_that_was_not_made_here_is_verified_and_says_the_same() {
        let now = at("2026-03-02T06:00:00Z");
        let authority = TokenAuthority::new(&Entropy::from_seed(1));
        let (of_an_application, _) = authority.issue(now, &principal(), "x");
        let person = Principal {
            identity: IdentityKind::User,
            ..principal()
        };
        let (of_a_person, _) = authority.issue_by_way_of(now, &person, Uuid::from_u128(4), "x");
        let after_a_restart = TokenAuthority::new(&Entropy::from_seed(1));
        for token in [of_an_application, of_a_person] {
            assert!(authority.remembered(&token).is_some());
            assert!(after_a_restart.remembered(&token).is_none());
            let made = authority.check(now, &token).expect("it was made here");
            assert_eq!(after_a_restart.check(now, &token), Ok(made));
        }
    }

    #[test]
    fn a_remembered_token_lends_its_signature_to_no_other() {
        let now = at("2026-03-02T06:00:00Z");
        let authority = TokenAuthority::new(&Entropy::from_seed(1));
        let (token, _) = authority.issue(now, &principal(), "x");
        let (other, _) = authority.issue(now, &principal(), "y");
        assert!(authority.check(now, &token).is_ok());
        let (_, signature) = token.rsplit_once('.').expect("three parts");
        let (head, _) = other.rsplit_once('.').expect("three parts");
        let spliced = format!("{head}.{signature}");
        assert_eq!(authority.check(now, &spliced), Err(TokenError::Invalid));
        assert_eq!(authority.check(now, &token).expect("still valid").aud, "x");
        assert_eq!(authority.check(now, &other).expect("valid").aud, "y");
        let much_later = at("2026-03-02T07:00:00Z");
        assert_eq!(authority.check(much_later, &token), Err(TokenError::Expired));
    }

    #[test]
    fn there_is_an_end_to_the_tokens_remembered() {
        let now = at("2026-03-02T06:00:00Z");
        let authority = TokenAuthority::new(&Entropy::from_seed(1));
        let claims = Arc::new(
            authority
                .verify(&authority.issue(now, &principal(), "x").0)
                .expect("valid"),
        );
        for number in 0..=REMEMBERED_MAX {
            authority.remember(&format!("{number:032}"), &claims);
        }
        assert!(authority.checked.borrow().len() <= REMEMBERED_MAX);
    }

    #[test]
    fn forged_tokens_are_refused() {
        let now = at("2026-03-02T06:00:00Z");
        let authority = TokenAuthority::new(&Entropy::from_seed(1));
        let (other, _) = TokenAuthority::new(&Entropy::from_seed(2)).issue(now, &principal(), "x");
        assert_eq!(authority.check(now, &other), Err(TokenError::Invalid));
        let (token, _) = authority.issue(now, &principal(), "x");
        let parts: Vec<&str> = token.split('.').collect();
        let none = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        for forged in [
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{token}x"),
        ] {
            assert_eq!(
                authority.check(now, &forged),
                Err(TokenError::Invalid),
                "{forged}"
            );
        }
    }
}
