//! Whether the validation of a restore of a single server's database to a database passes.

use super::validate_single_backup::{kept_from_secret, role_on_server, signs_in};
use super::{Book, Expected, Gate, Profile, SYNTHETIC, no};
use crate::sketch::identity::Identity;
use crate::sketch::restore_to_database::{Asked, Name, Region, Sketch};
use crate::sketch::validate_single_backup::{Server, Time};

/// How the validation ends. The target is looked at as the source of a backup is, by rules of its own; the name of the
/// new database last, once somebody is signed in.
pub fn restore_to_database(profile: Profile, sketch: &Sketch) -> Expected {
    let target = &sketch.target;
    // SS-CR-01: not by the support matrix, in another region than the vault's; it was recorded all the same.
    if sketch.asked == Asked::Paired && profile.book == Book::Documented {
        return no(Gate::Service, &["SS-CR-01"], SYNTHETIC);
    }
    // SS-RD-01: as a database, nothing is restored since the product went.
    if target.time == Time::Since {
        return no(Gate::Service, &["SS-RD-01"], SYNTHETIC);
    }
    let acts_as_granted = match target.identity {
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
    // In the region where it is asked for; that of what is not there is unknown.
    let (wanted, rule) = match sketch.asked {
        Asked::Own => (Region::Vaults, "SS-RD-07"),
        Asked::Paired => (Region::Paired, "SS-CR-03"),
    };
    if sketch.region != wanted && target.server == Server::There {
        return no(Gate::Service, &[rule], SYNTHETIC);
    }
    // SS-RD-08: to another database than the one that was backed up.
    if sketch.name == Name::Source {
        return no(Gate::Service, &["SS-RD-08"], SYNTHETIC);
    }
    if target.server == Server::Gone {
        return no(Gate::Service, &["SS-B-SERVER"], "UserErrorDBNotFound");
    }
    // SS-RD-03: nobody gives these on the way, as they are when a backup is configured.
    if let Some(refused) = role_on_server(profile.book, target, acts_as_granted, &["SS-RD-02", "SS-RD-03"]) {
        return refused;
    }
    let (network, access) = (["SS-RD-05-KV"], ["SS-RD-02-SECRET", "SS-RD-03"]);
    if let Some(refused) = kept_from_secret(profile, target, acts_as_granted, [&network, &access], None) {
        return refused;
    }
    match signs_in(profile, target, "SS-RD-05", &["SS-RD-04"]) {
        // SS-RD-06: nothing is overwritten; as recorded, only the job finds out.
        Expected::Passes if sketch.name == Name::Taken && profile.name_asked_at_validation => {
            no(Gate::Service, &["SS-RD-06"], "UserErrorDatabaseNameAlreadyInUse")
        }
        other => other,
    }
}
