use std::os::unix::fs::PermissionsExt;

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::*;

fn open(directory: &Path) -> Arc<Certificates> {
    Certificates::open(directory).unwrap()
}

fn message(directory: &Path) -> String {
    Certificates::open(directory).err().unwrap().to_string()
}

fn der_of(pem: &str) -> Vec<u8> {
    x509_parser::pem::parse_x509_pem(pem.as_bytes())
        .unwrap()
        .1
        .contents
}

#[test]
fn the_authority_is_made_once_and_its_key_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    let second = open(directory.path());
    assert_eq!(first.authority_pem(), second.authority_pem());
    let mode = |name: &str| {
        let metadata = std::fs::metadata(directory.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("ca.key"), 0o600);
    assert_eq!(mode("ca-bundle.pem"), 0o644);
    let bundle = std::fs::read_to_string(first.bundle_path()).unwrap();
    assert!(bundle.ends_with(first.authority_pem()));
}

#[test]
fn a_leaf_made_after_reloading_is_signed_by_the_same_authority() {
    let directory = tempfile::tempdir().unwrap();
    open(directory.path());
    let reloaded = open(directory.path());
    let leaf = reloaded.leaf("management.azure.com").unwrap();
    let authority = der_of(reloaded.authority_pem());
    let (_, authority) = X509Certificate::from_der(&authority).unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf.cert[0]).unwrap();
    assert_eq!(leaf.issuer(), authority.subject());
    leaf.verify_signature(Some(authority.public_key())).unwrap();
}

#[test]
fn damaged_files_are_named_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, key) = (directory.path().join("ca.pem"), directory.path().join("ca.key"));
    open(directory.path());
    let good_certificate = std::fs::read(&certificate).unwrap();
    let good_key = std::fs::read(&key).unwrap();
    let other = tempfile::tempdir().unwrap();
    open(other.path());

    for broken in [&b""[..], b"nonsense", b"\xff\xfe", &good_certificate[..200]] {
        std::fs::write(&certificate, broken).unwrap();
        let message = message(directory.path());
        assert!(message.contains(&*certificate.to_string_lossy()), "{message}");
        assert!(message.contains("Delete"), "{message}");
    }
    std::fs::copy(other.path().join("ca.pem"), &certificate).unwrap();
    assert!(message(directory.path()).contains("does not belong to `ca.key`"));
    std::fs::write(&certificate, &good_certificate).unwrap();

    std::fs::write(&key, "nonsense").unwrap();
    assert!(message(directory.path()).contains("ca.key is damaged (it is no private key)"));
    std::fs::remove_file(&key).unwrap();
    assert!(message(directory.path()).contains("ca.key is damaged (it is missing"));
    std::fs::write(&key, good_key).unwrap();
    assert!(
        message(directory.path()).contains("chmod go-rwx"),
        "others can read it"
    );
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    open(directory.path());
}

#[test]
fn the_authority_has_what_strict_clients_ask_for() {
    let directory = tempfile::tempdir().unwrap();
    let authority = der_of(open(directory.path()).authority_pem());
    let (_, authority) = X509Certificate::from_der(&authority).unwrap();
    authority.verify_signature(None).unwrap();
    let constraints = authority.basic_constraints().unwrap().unwrap();
    assert!(constraints.value.ca && constraints.critical);
    let usage = authority.key_usage().unwrap().unwrap();
    assert!(usage.value.key_cert_sign() && usage.value.crl_sign() && usage.value.digital_signature());
    assert!(subject_key(&authority).is_some());
    let days = validity_days(&authority);
    assert!((3640..=3652).contains(&days), "{days} days");
}

#[test]
fn a_leaf_has_what_strict_clients_ask_for() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = open(directory.path());
    let authority = der_of(certificates.authority_pem());
    let (_, authority) = X509Certificate::from_der(&authority).unwrap();
    let leaf = certificates.leaf("vault1.vault.azure.net").unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf.cert[0]).unwrap();

    assert!(!leaf.basic_constraints().unwrap().unwrap().value.ca);
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    assert!(leaf.extended_key_usage().unwrap().unwrap().value.server_auth);
    let names = &leaf
        .subject_alternative_name()
        .unwrap()
        .unwrap()
        .value
        .general_names;
    assert_eq!(*names, [GeneralName::DNSName("vault1.vault.azure.net")]);
    assert!(subject_key(&leaf).is_some());
    assert_eq!(authority_key(&leaf), subject_key(&authority));
    assert!((1..=365).contains(&validity_days(&leaf)));
    assert!(leaf.validity().is_valid() && authority.validity().is_valid());
    assert!(leaf.validity().not_before >= authority.validity().not_before);
}

#[test]
fn leaves_are_cached_and_have_their_own_serial_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = open(directory.path());
    let one = certificates.leaf("a.vault.azure.net").unwrap();
    let again = certificates.leaf("a.vault.azure.net").unwrap();
    let other = certificates.leaf("127.0.0.1").unwrap();
    assert!(Arc::ptr_eq(&one, &again));
    let (_, one) = X509Certificate::from_der(&one.cert[0]).unwrap();
    let (_, other) = X509Certificate::from_der(&other.cert[0]).unwrap();
    assert_ne!(one.raw_serial(), other.raw_serial());
    let names = &other
        .subject_alternative_name()
        .unwrap()
        .unwrap()
        .value
        .general_names;
    assert_eq!(*names, [GeneralName::IPAddress(&[127, 0, 0, 1])]);
}

#[test]
fn a_name_no_certificate_can_carry_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let error = open(directory.path()).leaf("b\u{e4}d").err().unwrap();
    assert!(error.to_string().contains("b\u{e4}d"), "{error}");
}

fn subject_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .iter_extensions()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        })
}

fn authority_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .iter_extensions()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
            _ => None,
        })
}

fn validity_days(certificate: &X509Certificate<'_>) -> i64 {
    let validity = certificate.validity();
    (validity.not_after.timestamp() - validity.not_before.timestamp()) / (24 * 3600)
}
