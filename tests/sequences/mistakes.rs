//! The sequences notice: a mistake that is planted in the model is found, and told in a few steps.

use azdrill::oracle::Profile;

use crate::model::{Beginning, Mistake};
use crate::play::{Size, play};

/// The longest a sequence may be that shows a mistake: a dozen steps are needed to have a recovery point and restore it,
/// and some that say nothing stay, since leaving each out is tried once.
const SHORT: usize = 16;

fn found(mistake: Mistake, says: &str) {
    let beginning = Beginning {
        profile: Profile::OBSERVED,
        encrypted: false,
        recorded: true,
        mistake: Some(mistake),
    };
    let size = Size {
        sequences: 400,
        steps: 150,
        seed: 7,
    };
    let Err((why, steps)) = play(beginning, size) else {
        panic!("{mistake:?} was not found");
    };
    assert!(steps <= SHORT, "{steps} steps show it: {why}");
    assert!(
        why.contains(says),
        "it is not said what it is about ({says}): {why}"
    );
}

#[test]
fn a_role_that_is_gone_at_once() {
    found(Mistake::RevokedAtOnce, "Revoke");
}

#[test]
fn an_unlocking_that_lasts_too_long() {
    found(Mistake::UnlockedForAnHour, "Unlock");
}

#[test]
fn what_expires_while_protection_is_stopped() {
    found(Mistake::ExpiresWhileStopped, "Stop");
}

#[test]
fn what_comes_back_protected() {
    found(Mistake::UndeletedProtected, "Undelete");
}

#[test]
fn two_backups_at_a_time() {
    found(Mistake::TwoBackups, "UserErrorMaxConcurrentOperationLimitReached");
}

#[test]
fn an_identity_that_is_the_same_again() {
    found(Mistake::SamePrincipal, "Identity");
}
