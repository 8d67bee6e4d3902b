//! Real cryptography with the keys of a vault.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Oaep, Pkcs1v15Encrypt, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::entropy::Entropy;
use crate::state::field;

/// Why a key does not do what it is asked to. Nothing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CryptographyError {
    /// The key cannot be used with that algorithm, or there is none of that name.
    #[error("The key cannot be used with this algorithm.")]
    Algorithm,
    /// A digest is too short or too long for its algorithm.
    #[error("The length of the digest does not fit the algorithm.")]
    Digest,
    /// What is to be encrypted is too long, or what is to be decrypted was not encrypted with this key.
    #[error("The parameter is incorrect.")]
    Value,
    /// A key that is brought along is none.
    #[error("The key is not a valid JSON Web Key of a kind that is supported.")]
    Key,
}

/// The longest number of a key that is looked at, in letters: 4,096 bits and some padding. Multiplying longer ones
/// would take for ever.
const NUMBER_LETTERS_MAX: usize = 700;

type CryptographyResult<T> = Result<T, CryptographyError>;

/// A key pair. It has no `Debug`, and its private half never leaves.
#[derive(Clone)]
pub(super) enum KeyPair {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    /// The curve that the documents call P-256K and everybody else secp256k1.
    P256K(k256::SecretKey),
}

/// Draws from seeded entropy for crates that know an older interface of random numbers.
struct Draws(ChaCha12Rng);

impl rsa::rand_core::RngCore for Draws {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Draws {}

/// Bytes as JSON Web Keys and the operations write them.
pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of such a text; some clients pad it.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

impl KeyPair {
    /// A new RSA key.
    pub(super) fn new_rsa(bits: usize, entropy: &Entropy) -> CryptographyResult<Self> {
        let key = RsaPrivateKey::new(&mut Draws(entropy.rng()), bits);
        Ok(Self::Rsa(Box::new(key.map_err(|_| CryptographyError::Key)?)))
    }

    /// A new key on a curve.
    pub(super) fn new_on_curve(curve: &str, entropy: &Entropy) -> CryptographyResult<Self> {
        let mut draws = Draws(entropy.rng());
        match curve {
            "P-256" => Ok(Self::P256(p256::SecretKey::random(&mut draws))),
            "P-384" => Ok(Self::P384(p384::SecretKey::random(&mut draws))),
            "P-521" => Ok(Self::P521(p521::SecretKey::random(&mut draws))),
            "P-256K" => Ok(Self::P256K(k256::SecretKey::random(&mut draws))),
            _ => Err(CryptographyError::Key),
        }
    }

    /// A key that somebody brings along.
    pub(super) fn import(key: &Value) -> CryptographyResult<Self> {
        let text = |name: &str| field(key, name).as_str().unwrap_or_default();
        let short = |name: &str| text(name).len() <= NUMBER_LETTERS_MAX;
        let bytes = |name: &str| decode(text(name)).filter(|bytes| !bytes.is_empty() && short(name));
        let number = |name: &str| bytes(name).map(|bytes| BigUint::from_bytes_be(&bytes));
        let pair = match (text("kty"), text("crv")) {
            ("RSA" | "RSA-HSM", _) => {
                let parts = (number("n"), number("e"), number("d"), number("p"), number("q"));
                let (Some(n), Some(e), Some(d), Some(p), Some(q)) = parts else {
                    return Err(CryptographyError::Key);
                };
                // Checks that the parts belong together.
                let key = RsaPrivateKey::from_components(n, e, d, vec![p, q]);
                Self::Rsa(Box::new(key.map_err(|_| CryptographyError::Key)?))
            }
            ("EC" | "EC-HSM", curve) => {
                let d = bytes("d").ok_or(CryptographyError::Key)?;
                on_curve(curve, &d)?
            }
            _ => return Err(CryptographyError::Key),
        };
        let public = pair.public();
        let fits = ["n", "e", "x", "y"].iter().all(|name| {
            field(key, name).is_null() || bytes(name) == decode(public[*name].as_str().unwrap_or_default())
        });
        if fits {
            Ok(pair)
        } else {
            Err(CryptographyError::Key)
        }
    }

    /// The size of an RSA key in bits.
    pub(super) fn bits(&self) -> Option<usize> {
        match self {
            Self::Rsa(key) => Some(key.n().bits()),
            _ => None,
        }
    }

    /// The curve the key is on.
    pub(super) fn curve(&self) -> Option<&'static str> {
        match self {
            Self::Rsa(_) => None,
            Self::P256(_) => Some("P-256"),
            Self::P384(_) => Some("P-384"),
            Self::P521(_) => Some("P-521"),
            Self::P256K(_) => Some("P-256K"),
        }
    }

    /// The public half, as the members of a JSON Web Key.
    pub(super) fn public(&self) -> Value {
        match self {
            Self::Rsa(key) => json!({
                "n": encode(&key.n().to_bytes_be()),
                "e": encode(&key.e().to_bytes_be()),
            }),
            Self::P256(key) => point("P-256", key.public_key().to_encoded_point(false).as_bytes()),
            Self::P384(key) => point("P-384", key.public_key().to_encoded_point(false).as_bytes()),
            Self::P521(key) => point("P-521", key.public_key().to_encoded_point(false).as_bytes()),
            Self::P256K(key) => point("P-256K", key.public_key().to_encoded_point(false).as_bytes()),
        }
    }

    fn rsa(&self) -> CryptographyResult<&RsaPrivateKey> {
        match self {
            Self::Rsa(key) => Ok(key),
            _ => Err(CryptographyError::Algorithm),
        }
    }

    /// Encrypts a value, or wraps a key, which is the same.
    pub(super) fn encrypt(
        &self,
        algorithm: &str,
        value: &[u8],
        entropy: &Entropy,
    ) -> CryptographyResult<Vec<u8>> {
        let key: RsaPublicKey = self.rsa()?.to_public_key();
        let mut draws = Draws(entropy.rng());
        let done = match algorithm {
            "RSA-OAEP" => key.encrypt(&mut draws, Oaep::new::<Sha1>(), value),
            "RSA-OAEP-256" => key.encrypt(&mut draws, Oaep::new::<Sha256>(), value),
            "RSA1_5" => key.encrypt(&mut draws, Pkcs1v15Encrypt, value),
            _ => return Err(CryptographyError::Algorithm),
        };
        done.map_err(|_| CryptographyError::Value)
    }

    /// Decrypts a value, or unwraps a key.
    pub(super) fn decrypt(
        &self,
        algorithm: &str,
        value: &[u8],
        entropy: &Entropy,
    ) -> CryptographyResult<Vec<u8>> {
        let key = self.rsa()?;
        let mut draws = Draws(entropy.rng());
        let done = match algorithm {
            "RSA-OAEP" => key.decrypt_blinded(&mut draws, Oaep::new::<Sha1>(), value),
            "RSA-OAEP-256" => key.decrypt_blinded(&mut draws, Oaep::new::<Sha256>(), value),
            "RSA1_5" => key.decrypt_blinded(&mut draws, Pkcs1v15Encrypt, value),
            _ => return Err(CryptographyError::Algorithm),
        };
        done.map_err(|_| CryptographyError::Value)
    }

    /// Signs a digest.
    pub(super) fn sign(
        &self,
        algorithm: &str,
        digest: &[u8],
        entropy: &Entropy,
    ) -> CryptographyResult<Vec<u8>> {
        check_digest(algorithm, digest)?;
        let mut draws = Draws(entropy.rng());
        let signed = match (self, algorithm) {
            (Self::Rsa(key), "RS256") => key.sign(Pkcs1v15Sign::new::<Sha256>(), digest),
            (Self::Rsa(key), "RS384") => key.sign(Pkcs1v15Sign::new::<Sha384>(), digest),
            (Self::Rsa(key), "RS512") => key.sign(Pkcs1v15Sign::new::<Sha512>(), digest),
            (Self::Rsa(key), "PS256") => key.sign_with_rng(&mut draws, Pss::new::<Sha256>(), digest),
            (Self::Rsa(key), "PS384") => key.sign_with_rng(&mut draws, Pss::new::<Sha384>(), digest),
            (Self::Rsa(key), "PS512") => key.sign_with_rng(&mut draws, Pss::new::<Sha512>(), digest),
            (Self::P256(key), "ES256") => {
                let signed: Signed<p256::ecdsa::Signature> =
                    p256::ecdsa::SigningKey::from(key).sign_prehash(digest);
                return signature(signed.map(|signed| signed.to_bytes().to_vec()));
            }
            (Self::P384(key), "ES384") => {
                let signed: Signed<p384::ecdsa::Signature> =
                    p384::ecdsa::SigningKey::from(key).sign_prehash(digest);
                return signature(signed.map(|signed| signed.to_bytes().to_vec()));
            }
            (Self::P521(key), "ES512") => {
                let signed: Signed<p521::ecdsa::Signature> = p521_signer(key)?.sign_prehash(digest);
                return signature(signed.map(|signed| signed.to_bytes().to_vec()));
            }
            (Self::P256K(key), "ES256K") => {
                let signed: Signed<k256::ecdsa::Signature> =
                    k256::ecdsa::SigningKey::from(key).sign_prehash(digest);
                return signature(signed.map(|signed| signed.to_bytes().to_vec()));
            }
            _ => return Err(CryptographyError::Algorithm),
        };
        signed.map_err(|_| CryptographyError::Value)
    }

    /// Whether a signature of a digest is this key's.
    pub(super) fn verify(
        &self,
        algorithm: &str,
        digest: &[u8],
        signature: &[u8],
    ) -> CryptographyResult<bool> {
        check_digest(algorithm, digest)?;
        let public = |key: &RsaPrivateKey| key.to_public_key();
        Ok(match (self, algorithm) {
            (Self::Rsa(key), "RS256") => public(key)
                .verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature)
                .is_ok(),
            (Self::Rsa(key), "RS384") => public(key)
                .verify(Pkcs1v15Sign::new::<Sha384>(), digest, signature)
                .is_ok(),
            (Self::Rsa(key), "RS512") => public(key)
                .verify(Pkcs1v15Sign::new::<Sha512>(), digest, signature)
                .is_ok(),
            (Self::Rsa(key), "PS256") => public(key)
                .verify(Pss::new::<Sha256>(), digest, signature)
                .is_ok(),
            (Self::Rsa(key), "PS384") => public(key)
                .verify(Pss::new::<Sha384>(), digest, signature)
                .is_ok(),
            (Self::Rsa(key), "PS512") => public(key)
                .verify(Pss::new::<Sha512>(), digest, signature)
                .is_ok(),
            (Self::P256(key), "ES256") => {
                p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                    let key = p256::ecdsa::VerifyingKey::from(key.public_key());
                    key.verify_prehash(digest, &signature).is_ok()
                })
            }
            (Self::P384(key), "ES384") => {
                p384::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                    let key = p384::ecdsa::VerifyingKey::from(key.public_key());
                    key.verify_prehash(digest, &signature).is_ok()
                })
            }
            (Self::P521(key), "ES512") => {
                let read = p521::ecdsa::Signature::from_slice(signature);
                let key = p521::ecdsa::VerifyingKey::from(&p521_signer(key)?);
                read.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
            }
            (Self::P256K(key), "ES256K") => {
                k256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                    let key = k256::ecdsa::VerifyingKey::from(key.public_key());
                    // Others' signatures may have the larger of the two values that mean the same.
                    let signature = signature.normalize_s().unwrap_or(signature);
                    key.verify_prehash(digest, &signature).is_ok()
                })
            }
            _ => return Err(CryptographyError::Algorithm),
        })
    }
}

type Signed<S> = Result<S, p256::ecdsa::Error>;

fn signature(signed: Result<Vec<u8>, p256::ecdsa::Error>) -> CryptographyResult<Vec<u8>> {
    signed.map_err(|_| CryptographyError::Digest)
}

fn p521_signer(key: &p521::SecretKey) -> CryptographyResult<p521::ecdsa::SigningKey> {
    p521::ecdsa::SigningKey::from_bytes(&key.to_bytes()).map_err(|_| CryptographyError::Key)
}

/// The key of that number on a curve.
fn on_curve(curve: &str, d: &[u8]) -> CryptographyResult<KeyPair> {
    let wrong = |_| CryptographyError::Key;
    Ok(match curve {
        "P-256" => KeyPair::P256(p256::SecretKey::from_slice(d).map_err(wrong)?),
        "P-384" => KeyPair::P384(p384::SecretKey::from_slice(d).map_err(wrong)?),
        "P-521" => KeyPair::P521(p521::SecretKey::from_slice(d).map_err(wrong)?),
        "P-256K" => KeyPair::P256K(k256::SecretKey::from_slice(d).map_err(wrong)?),
        _ => return Err(CryptographyError::Key),
    })
}

/// A point on a curve, written out without compression, as the members of a JSON Web Key.
fn point(curve: &str, written: &[u8]) -> Value {
    // One byte says how it is written.
    let coordinates = written.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    json!({"crv": curve, "x": encode(x), "y": encode(y)})
}

/// The algorithm's name ends in the size of its digest.
fn check_digest(algorithm: &str, digest: &[u8]) -> CryptographyResult<()> {
    let bytes = match algorithm.get(2..) {
        Some("256" | "256K") => 32,
        Some("384") => 48,
        Some("512") => 64,
        _ => return Err(CryptographyError::Algorithm),
    };
    if digest.len() == bytes {
        Ok(())
    } else {
        Err(CryptographyError::Digest)
    }
}
