//! What the blob service measures.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::SignedDuration;
use serde::Deserialize;

use super::Mark;
use super::file::{RulesError, parse};
use super::source::SourceCheck;

const FILE: &str = "storage.toml";

/// What the blob service measures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageFacts {
    /// Requests signed with an account key.
    pub shared_key: SharedKeyFacts,
    /// Shared access signatures.
    pub signatures: SignatureFacts,
    /// User delegation keys.
    pub delegation_keys: DelegationKeyFacts,
    /// The letters of what signatures permit.
    pub permissions: PermissionLetters,
    /// Versions.
    pub versions: VersionFacts,
    /// IP rules of an account.
    pub ip_rules: IpRuleFacts,
}

/// Requests signed with an account key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedKeyFacts {
    /// How far a request's date may be from the service's time.
    pub minutes_off: i64,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// Shared access signatures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFacts {
    /// The versions they may be made for.
    pub versions: Vec<String>,
    /// The first version that signs the kind of resource, and the snapshot.
    pub resource_signed_from: String,
    /// The first version that signs the encryption scope.
    pub encryption_scope_from: String,
    /// The first version whose user delegation signature names agents and a correlation id.
    pub agents_from: String,
    /// The first version whose user delegation signature can be for a certain other user.
    pub delegated_user_from: String,
    /// The first version whose user delegation signature can demand headers and query parameters.
    pub demands_from: String,
    /// The letters of services.
    pub services: String,
    /// The letters of types of resources.
    pub resource_types: String,
    /// The version of signatures that ARM makes.
    pub version_of_arm: String,
    /// The version of signatures that services of Azure's own make here.
    pub version_of_services: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

/// User delegation keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationKeyFacts {
    days: i64,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

impl DelegationKeyFacts {
    /// The longest one counts.
    pub fn longest(&self) -> SignedDuration {
        SignedDuration::from_hours(self.days * 24)
    }
}

/// The letters of what signatures permit, and their order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionLetters {
    service: String,
    service_anywhere: String,
    account: String,
    account_anywhere: String,
    #[expect(dead_code, reason = "read by people")]
    mark: Mark,
    sources: Vec<String>,
}

impl PermissionLetters {
    /// Whether the letters of a service signature, or of one with a user delegation key, are well formed.
    pub fn fit_service(&self, letters: &str) -> bool {
        are_in_order(letters, &self.service, &self.service_anywhere)
    }

    /// Whether the letters of an account signature are well formed.
    pub fn fit_account(&self, letters: &str) -> bool {
        are_in_order(letters, &self.account, &self.account_anywhere)
    }
}

fn are_in_order(letters: &str, order: &str, anywhere: &str) -> bool {
    let mut rest = order;
    letters.char_indices().all(|(at, letter)| {
        if anywhere.contains(letter) {
            return !letters[..at].contains(letter);
        }
        match rest.split_once(letter) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        }
    })
}

/// Versions of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionFacts {
    /// Those that no signature may be made for.
    earlier: Vec<String>,
    /// What services of Azure's own ask for here.
    pub asked_by_services: String,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl StorageFacts {
    /// Whether there is such a version.
    pub fn knows_version(&self, asked: &str) -> bool {
        let mut all = self.signatures.versions.iter().chain(&self.versions.earlier);
        all.any(|known| known == asked)
    }
}

/// IP rules of an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IpRuleFacts {
    /// Ranges a rule may name no part of.
    pub never: Vec<IpNet>,
    /// A range may not be smaller.
    pub longest_prefix: u8,
    /// How sure we are.
    pub mark: Mark,
    /// Where it was read.
    pub sources: Vec<String>,
}

impl IpRuleFacts {
    /// Whether a rule may say this: an address, or a range in CIDR form.
    pub fn admit(&self, rule: &str) -> bool {
        let range = match rule.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => match rule.parse::<IpNet>() {
                Ok(range) if range.prefix_len() <= self.longest_prefix || range.addr().is_ipv6() => range,
                _ => return false,
            },
        };
        !self
            .never
            .iter()
            .any(|never| never.contains(&range) || range.contains(never))
    }
}

pub(super) fn load(text: &str, known: &SourceCheck<'_>) -> Result<StorageFacts, RulesError> {
    let facts = parse::<StorageFacts>(FILE, text)?;
    known.check(FILE, "shared_key", &facts.shared_key.sources)?;
    known.check(FILE, "signatures", &facts.signatures.sources)?;
    known.check(FILE, "delegation_keys", &facts.delegation_keys.sources)?;
    known.check(FILE, "permissions", &facts.permissions.sources)?;
    known.check(FILE, "versions", &facts.versions.sources)?;
    known.check(FILE, "ip_rules", &facts.ip_rules.sources)?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use crate::rules::{Assumptions, Profile, Rules};

    #[test]
    fn letters_stand_once_and_in_order() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        let letters = &rules.storage.permissions;
        // As the clients for Python and for JavaScript write all there are.
        for right in ["racwdxyltfmei", "racwdxltmeiyf", "r", "rl", ""] {
            assert!(letters.fit_service(right), "{right}");
        }
        for right in ["rwdxylacupfti", "rwdxftlacupiy", "rwdlac"] {
            assert!(letters.fit_account(right), "{right}");
        }
        for wrong in ["wr", "rr", "rQ", "yy", "lr", "r,w"] {
            assert!(
                !letters.fit_service(wrong) && !letters.fit_account(wrong),
                "{wrong}"
            );
        }
    }

    #[test]
    fn rules_name_public_addresses() {
        let rules = Rules::load(Profile::Observed, &Assumptions::new()).expect("the rules load");
        for right in ["198.51.100.7", "198.51.100.0/24", "198.51.100.4/30", "172.32.0.1"] {
            assert!(rules.storage.ip_rules.admit(right), "{right}");
        }
        for wrong in [
            "10.1.2.3",
            "172.16.0.0/24",
            "192.168.0.1",
            "198.51.100.7/32",
            "198.51.100.6/31",
            "0.0.0.0/0",
            "here",
            "",
        ] {
            assert!(!rules.storage.ip_rules.admit(wrong), "{wrong}");
        }
    }
}
