//! Whether the validation of a backup of a single server's database passes.

use super::{Book, Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::identity::Identity;
use crate::sketch::validate_single_backup::{
    Access, Database, Network, Reads, Region, Secret, Server, Session, Sketch, Store, Time,
};

const NO_SECRET_ACCESS: &str = "UserErrorMissingPermissionsOnSecretStore";

/// How the validation ends. With several things wrong the first counts: time, identity, what is to be backed up and
/// where, the role on the server, the key vault, the secret, and last the sign-in with it.
pub fn validate_single_backup(profile: Profile, sketch: &Sketch) -> Expected {
    // SS-B-21: nothing new is protected since the product went.
    if sketch.time == Time::Since {
        return no(Gate::Service, &["SS-B-21"], SYNTHETIC);
    }
    let acts_as_granted = match sketch.identity {
        Identity::System | Identity::UserNamed => true,
        Identity::UserNotNamed => false,
        Identity::UserDetached => {
            let code = "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault";
            return no(Gate::Service, &["SS-B-01"], code);
        }
        Identity::SystemSwitchedOff => {
            let code = "UserErrorSystemIdentityNotEnabledWithVault";
            return no(Gate::Service, &["SS-B-01"], code);
        }
    };
    // SS-B-14: Azure's own are not protected.
    if sketch.database != Database::Customers {
        return no(Gate::Service, &["SS-B-14"], SYNTHETIC);
    }
    if sketch.server == Server::Gone {
        return no(Gate::Service, &["SS-B-SERVER"], "UserErrorDBNotFound");
    }
    if sketch.region == Region::Other {
        return no(Gate::Service, &["SS-B-15"], SYNTHETIC);
    }
    if let Some(refused) = role_on_server(profile.book, sketch, acts_as_granted, &["SS-B-02"]) {
        return refused;
    }
    let (network, access) = (["SS-B-05"], ["SS-B-03", "SS-B-19"]);
    let list = Some("SS-B-03-LIST");
    if let Some(refused) = kept_from_secret(profile, sketch, acts_as_granted, [&network, &access], list) {
        return refused;
    }
    signs_in(profile, sketch, "SS-B-06", &["SS-B-12", "SS-B-13"])
}

/// Whether the identity lacks the role on the server, by this rule.
pub(super) fn role_on_server(
    book: Book,
    sketch: &Sketch,
    acts_as_granted: bool,
    rules: &[&'static str],
) -> Option<Expected> {
    let role = |seen| acts_as_granted && reads_server(book, sketch.reads, seen);
    if role(true) {
        return None;
    }
    let mut rules = rules.to_vec();
    // As observed, access control itself says so.
    if book == Book::Observed {
        rules.push("RBAC");
    }
    if role(false) {
        rules.push("E1-PROPAGATION");
    }
    Some(no(Gate::Authorization, &rules, "UserErrorMSIMissingPermissions"))
}

/// SS-B-02: Reader on the server or above; as observed, whatever reads it.
fn reads_server(book: Book, reads: Reads, seen: bool) -> bool {
    match reads {
        Reads::ReaderOnServer | Reads::ReaderOnGroup => true,
        Reads::ReaderTooNew => !seen,
        Reads::Contributor => book == Book::Observed,
        Reads::Nothing | Reads::ReaderOnPrefix => false,
    }
}

/// What is wrong with the secret, as the identity reads it from where Azure Backup stands: by these rules of the network
/// and of access, and by one that wants it listed as well, if any does.
pub(super) fn kept_from_secret(
    profile: Profile,
    sketch: &Sketch,
    acts_as_granted: bool,
    [by_network, by_access]: [&[&'static str]; 2],
    by_list: Option<&'static str>,
) -> Option<Expected> {
    // SS-B-05, by the table of E.5: trusted services may be excepted even where public access is disabled.
    let trusted = profile.trusted_for_postgresql;
    let row = match sketch.store {
        Store::Missing => {
            return Some(no(Gate::Route, &["SS-B-STORE"], "UserErrorInvalidSecretStore"));
        }
        Store::Open => None,
        Store::DenyButTrusted if trusted => None,
        Store::DisabledButTrusted if trusted => None,
        Store::DenyButTrusted | Store::Deny => Some("KV-9"),
        Store::DisabledButTrusted | Store::Disabled => Some("KV-4"),
    };
    if let Some(row) = row {
        return Some(no(
            Gate::Network,
            &[by_network, &[row]].concat(),
            NO_SECRET_ACCESS,
        ));
    }
    // SS-B-03: a role or a policy, as the key vault has it. What SS-B-03-LIST adds the documents have, nobody saw.
    let (gets, lists, model) = match sketch.access {
        Access::SecretsUser => (acts_as_granted, acts_as_granted, "RBAC"),
        Access::PolicyGetList => (acts_as_granted, acts_as_granted, "KV-POLICY"),
        Access::PolicyGet => (acts_as_granted, false, "KV-POLICY"),
        Access::NoRole | Access::KeyVaultReader => (false, false, "RBAC"),
        Access::NoPolicy => (false, false, "KV-POLICY"),
    };
    if !gets {
        let rules = [by_access, &[model]].concat();
        return Some(no(Gate::Authorization, &rules, NO_SECRET_ACCESS));
    }
    if let Some(rule) = by_list.filter(|_| !lists && profile.book == Book::Documented) {
        return Some(no(Gate::Authorization, &[rule, model], NO_SECRET_ACCESS));
    }
    let (rule, code) = match sketch.secret {
        Secret::ConnectionString => return None,
        Secret::Missing => ("SS-B-10", "UserErrorInvalidSecret"),
        Secret::Disabled => ("SS-B-10-USABLE", "UserErrorInvalidSecret"),
        Secret::Address => ("SS-B-09", "UserErrorSecretValueInUnsupportedFormat"),
    };
    Some(no(Gate::Service, &[rule], code))
}

/// How the sign-in ends, by these rules of the network and of the user's rights.
pub(super) fn signs_in(
    profile: Profile,
    sketch: &Sketch,
    by_network: &'static str,
    by_rights: &[&'static str],
) -> Expected {
    let reached = match sketch.network {
        Network::AzureServices => true,
        // SS-B-07: of no use while public access is denied.
        Network::Nobody | Network::Denied => false,
        // SS-B-08: the documents came to say that it can be backed up.
        Network::PrivateEndpoint => profile.book == Book::Documented,
    };
    if !reached {
        let code = "UserErrorMissingNetworkSecurityPermissions";
        return no(Gate::Network, &[by_network], code);
    }
    match sketch.session {
        Session::Fine => Expected::Passes,
        Session::WrongPassword => no(Gate::Authentication, &["SS-B-11"], "UserErrorDBUserAuthFailed"),
        Session::NoDatabase => no(Gate::Service, &["SS-B-DATABASE"], "UserErrorDBNotFound"),
        Session::Closes => no(Gate::Service, &["SS-B-CLOSED"], "UserErrorServerConnectionClosed"),
        Session::FewRights => no(Gate::Authorization, by_rights, "UserErrorMissingDBPermissions"),
    }
}
