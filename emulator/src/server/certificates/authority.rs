//! The certificate authority: made once, kept in two files, loaded ever after.

use std::io;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::error::CertificateError;
use super::file::{file_error, write_whole};
use crate::server::Clock;
use crate::server::state_directory::{check_own, check_secret_file, claim_state_directory, open_lock_file};

const VALIDITY: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// Clocks of containers and virtual machines lag behind; a certificate must not be from the future.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(24);

/// The authority's certificate and key.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// The certificate, in PEM.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn load_or_make(directory: &Path) -> Result<Self, CertificateError> {
        claim_state_directory(directory)?;
        for file in ["ca.key", "ca.pem", "ca-bundle.pem"] {
            check_own(&directory.join(file))?;
        }
        check_secret_file(&directory.join("ca.key"))?;
        // Two that start at once on a new directory must not end up with two authorities.
        let lock_file = directory.join("ca.lock");
        let lock = open_lock_file(&lock_file)?;
        lock.lock()
            .map_err(|error| file_error("lock", &lock_file, error))?;
        let certificate_file = directory.join("ca.pem");
        let key_file = directory.join("ca.key");
        match std::fs::read_to_string(&certificate_file) {
            Ok(pem) => Self::load(pem, &certificate_file, &key_file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(&certificate_file, &key_file),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(damaged(&certificate_file, "it is not text"))
            }
            Err(error) => Err(file_error("read", &certificate_file, error)),
        }
    }

    fn load(pem: String, certificate_file: &Path, key_file: &Path) -> Result<Self, CertificateError> {
        let key_pem = std::fs::read_to_string(key_file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(key_file, "it is missing, though `ca.pem` is there"),
            io::ErrorKind::InvalidData => damaged(key_file, "it is not text"),
            _ => file_error("read", key_file, error),
        })?;
        let key = KeyPair::from_pem(&key_pem).map_err(|_| damaged(key_file, "it is no private key"))?;
        check(&pem, &key, certificate_file)?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key).map_err(|error| damaged(certificate_file, error))?;
        Ok(Self { issuer, pem })
    }

    fn make(certificate_file: &Path, key_file: &Path) -> Result<Self, CertificateError> {
        let made = Self::generate()?;
        // The certificate comes last: where it exists, the key does too.
        write_whole(key_file, made.issuer.key().serialize_pem().as_bytes(), 0o600)?;
        write_whole(certificate_file, made.pem.as_bytes(), 0o644)?;
        Ok(made)
    }

    /// A new one, kept in memory.
    pub(super) fn generate() -> Result<Self, CertificateError> {
        let no_authority = |error: rcgen::Error| CertificateError::Leaf {
            host: "our own authority".to_owned(),
            reason: error.to_string(),
        };
        let key = KeyPair::generate().map_err(no_authority)?;
        let params = authority_params(Clock::system().now());
        let pem = params.self_signed(&key).map_err(no_authority)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// A certificate for one host name or address.
    pub(super) fn issue(
        &self,
        host: &str,
        now: Timestamp,
        validity: SignedDuration,
    ) -> Result<CertifiedKey, CertificateError> {
        let failed = |reason: String| CertificateError::Leaf {
            host: host.to_owned(),
            reason,
        };
        let params = leaf_params(host, now, validity).map_err(|error| failed(error.to_string()))?;
        // A key of its own gives each leaf a serial number of its own.
        let key = KeyPair::generate().map_err(|error| failed(error.to_string()))?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(|error| failed(error.to_string()))?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let signing_key = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|error| failed(error.to_string()))?;
        Ok(CertifiedKey::new(vec![certificate.der().clone()], signing_key))
    }
}

fn authority_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "azdrill");
    params
        .distinguished_name
        .push(DnType::CommonName, "azdrill local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    set_validity(&mut params, now - CLOCK_SKEW, now + VALIDITY);
    params
}

fn leaf_params(
    host: &str,
    now: Timestamp,
    validity: SignedDuration,
) -> Result<CertificateParams, rcgen::Error> {
    let mut names = vec![host.to_owned()];
    if host == "localhost" {
        names.extend(["127.0.0.1".to_owned(), "::1".to_owned()]);
    }
    let mut params = CertificateParams::new(names)?;
    // A common name has room for 64 characters only, and clients go by the alternative names.
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, host.chars().take(64).collect::<String>());
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now - CLOCK_SKEW, now + validity);
    Ok(params)
}

/// Year, month and day, in UTC.
fn day(time: Timestamp) -> (i32, u8, u8) {
    let date = time.to_zoned(TimeZone::UTC).date();
    (
        date.year().into(),
        date.month().unsigned_abs(),
        date.day().unsigned_abs(),
    )
}

/// The beginning of these two days, as certificates write them.
fn set_validity(params: &mut CertificateParams, from: Timestamp, until: Timestamp) {
    let (year, month, day_of_month) = day(from);
    params.not_before = date_time_ymd(year, month, day_of_month);
    let (year, month, day_of_month) = day(until);
    params.not_after = date_time_ymd(year, month, day_of_month);
}

/// Whether what was read is a certificate of ours that can still issue.
fn check(pem: &str, key: &KeyPair, file: &Path) -> Result<(), CertificateError> {
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes())
        .map_err(|_| damaged(file, "it is no PEM certificate"))?;
    let (_, certificate) = X509Certificate::from_der(&block.contents)
        .map_err(|_| damaged(file, "it is no X.509 certificate"))?;
    if !certificate.is_ca() {
        return Err(damaged(file, "it is not the certificate of an authority"));
    }
    if certificate.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
        return Err(damaged(file, "it does not belong to `ca.key`"));
    }
    let expiry = certificate.validity().not_after.timestamp();
    if expiry < (Clock::system().now() + SignedDuration::from_hours(365 * 24)).as_second() {
        return Err(damaged(file, "it expires within a year"));
    }
    Ok(())
}

fn damaged(file: &Path, reason: impl ToString) -> CertificateError {
    CertificateError::Damaged {
        file: file.to_owned(),
        reason: reason.to_string(),
    }
}
