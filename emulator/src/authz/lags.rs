//! How late what was written is seen, and by whom.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::entropy::Entropy;

/// How late what was written is seen where others already see it. Settings of a world: nobody has published how long any
/// of this takes but for what the rules state, so that without a setting all of it is at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lags {
    /// How long Resource Manager takes to see a role assignment; as long as `role_propagation` says if left out.
    pub resource_manager: Option<SignedDuration>,
    /// The same of the services that hold data: blobs, secrets, keys.
    pub data: Option<SignedDuration>,
    /// The same where the Backup service asks.
    pub backup_service: Option<SignedDuration>,
    /// How many front ends each of these has. One that is ahead sees an assignment before the others do, and which one
    /// answers is drawn for each request.
    pub front_ends: u32,
    /// How long a managed identity goes on with the groups its token says.
    pub identity_groups: SignedDuration,
    /// How long Resource Manager does not find a principal that was just made.
    pub new_principals: SignedDuration,
}

impl Lags {
    /// Whether all of it is at once.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Every duration it says.
    pub fn all(&self) -> impl Iterator<Item = SignedDuration> {
        let roles = [self.resource_manager, self.data, self.backup_service];
        roles
            .into_iter()
            .flatten()
            .chain([self.identity_groups, self.new_principals])
    }

    /// When everybody sees an assignment, after that.
    pub fn longest(&self, usual: SignedDuration) -> SignedDuration {
        let own = [self.resource_manager, self.data, self.backup_service];
        own.into_iter()
            .map(|own| own.unwrap_or(usual))
            .max()
            .unwrap_or(usual)
    }
}

/// Who decides whether somebody may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Resource Manager.
    Control,
    /// A service that holds data.
    Data,
}

/// How far whoever answers a request is ahead of those who see an assignment last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sight {
    control: SignedDuration,
    data: SignedDuration,
    /// Whether the planes take as long as one another.
    differs: bool,
    front_ends: u32,
}

impl Sight {
    /// What the front end sees that a request of this number comes to. `of_backup`: the Backup service asks.
    pub fn of(lags: &Lags, usual: SignedDuration, of_backup: bool, entropy: &Entropy, number: u64) -> Self {
        if lags.is_none() {
            return Self::default();
        }
        let longest = lags.longest(usual);
        let front_ends = lags.front_ends.max(1);
        // The last one is the slowest: by then everybody sees it.
        let behind = match front_ends {
            1 => 1,
            several => {
                let drawn = entropy.fork("front end").fork(&number.to_string()).uuid();
                1 + u32::try_from(drawn.as_u128() % u128::from(several)).unwrap_or_default()
            }
        };
        let ahead = |own: Option<SignedDuration>| {
            let own = own.unwrap_or(usual);
            let share = f64::from(behind) / f64::from(front_ends);
            longest - SignedDuration::from_secs_f64(own.as_secs_f64() * share)
        };
        let as_backup = |own: Option<SignedDuration>| {
            if of_backup {
                lags.backup_service.or(own)
            } else {
                own
            }
        };
        let planes = [lags.resource_manager, lags.data, lags.backup_service];
        Self {
            control: ahead(as_backup(lags.resource_manager)),
            data: ahead(as_backup(lags.data)),
            differs: planes.iter().any(|own| own.unwrap_or(usual) != longest),
            front_ends,
        }
    }

    /// How much earlier than the last who sees it an assignment is seen there.
    pub fn ahead(&self, plane: Plane) -> SignedDuration {
        match plane {
            Plane::Control => self.control,
            Plane::Data => self.data,
        }
    }

    /// Whether the planes see an assignment at times of their own.
    pub fn differs_by_plane(&self) -> bool {
        self.differs
    }

    /// Whether front ends do.
    pub fn differs_by_front_end(&self) -> bool {
        self.front_ends > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: SignedDuration = SignedDuration::from_mins(10);

    fn sight(lags: &Lags, of_backup: bool, number: u64) -> Sight {
        Sight::of(lags, TEN, of_backup, &Entropy::from_seed(1), number)
    }

    #[test]
    fn without_a_setting_everybody_sees_it_at_the_same_time() {
        let own = sight(&Lags::default(), true, 3);
        assert_eq!(
            [own.ahead(Plane::Control), own.ahead(Plane::Data)],
            [SignedDuration::ZERO; 2]
        );
        assert!(!own.differs_by_plane() && !own.differs_by_front_end());
    }

    #[test]
    fn a_plane_that_is_quicker_is_ahead_of_the_slowest() {
        let lags = Lags {
            data: Some(SignedDuration::from_mins(30)),
            backup_service: Some(SignedDuration::from_mins(20)),
            ..Lags::default()
        };
        assert_eq!(lags.longest(TEN), SignedDuration::from_mins(30));
        let caller = sight(&lags, false, 0);
        assert_eq!(caller.ahead(Plane::Control), SignedDuration::from_mins(20));
        assert_eq!(caller.ahead(Plane::Data), SignedDuration::ZERO);
        let backup = sight(&lags, true, 0);
        assert_eq!(backup.ahead(Plane::Control), SignedDuration::from_mins(10));
        assert!(backup.differs_by_plane());
    }

    #[test]
    fn front_ends_are_drawn_by_the_number_of_the_request_and_none_is_later_than_the_last() {
        let lags = Lags {
            front_ends: 3,
            ..Lags::default()
        };
        let drawn: Vec<_> = (0..40)
            .map(|number| sight(&lags, false, number).ahead(Plane::Control))
            .collect();
        let again: Vec<_> = (0..40)
            .map(|number| sight(&lags, false, number).ahead(Plane::Control))
            .collect();
        assert_eq!(drawn, again);
        for (part, seconds) in [(0, 0.0), (1, 200.0), (2, 400.0)] {
            let some = drawn
                .iter()
                .filter(|own| (own.as_secs_f64() - seconds).abs() < 0.01)
                .count();
            assert!(some > 5, "{part}: {drawn:?}");
        }
    }
}
