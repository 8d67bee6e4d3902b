//! Steps at random, with what leads on taken more often than by chance.

use super::step::{Act, Change, Immutability, Person, Restore, Role, Setting, Step};
use crate::sketch::restore_as_files::{Bypass, Container, DefaultAction, Prefix, PublicAccess, ResourceRule};

/// What steps are drawn from.
pub struct Draw<'a> {
    /// A number below another one, drawn.
    number: &'a mut dyn FnMut(u32) -> u32,
    /// Whether the vault is encrypted with a key of its owner's.
    encrypted: bool,
}

impl<'a> Draw<'a> {
    /// From where numbers come from: one below the number it is given.
    pub fn from(number: &'a mut dyn FnMut(u32) -> u32, encrypted: bool) -> Self {
        Self { number, encrypted }
    }

    /// A number below this one.
    pub fn one_of(&mut self, count: u32) -> u32 {
        (self.number)(count)
    }

    fn yes(&mut self) -> bool {
        self.one_of(2) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let count = u32::try_from(all.len()).unwrap_or(1);
        all[self.one_of(count) as usize]
    }

    /// A step, mostly the operator's. `helpful` is what leads on, which is drawn more often than by chance.
    pub fn step(&mut self, helpful: Act) -> Step {
        let by = if self.one_of(12) == 0 {
            Person::Auditor
        } else {
            Person::Operator
        };
        let act = self.act(helpful);
        Step { act, by }
    }

    fn act(&mut self, helpful: Act) -> Act {
        match self.one_of(100) {
            0..=19 => self.wait(),
            20..=36 => helpful,
            37..=43 => Act::Grant(self.role()),
            44..=46 => Act::Revoke(self.role()),
            47..=54 => Act::Set(self.setting()),
            55 => self.of(&[Act::IdentityOff, Act::IdentityOn, Act::IdentityRecycled]),
            56..=59 => Act::BackUp,
            60..=65 => Act::Validate(self.restore()),
            66..=68 => Act::Restore {
                what: self.restore(),
                approved: self.yes(),
            },
            69..=71 => Act::Delete,
            72..=73 => Act::Undelete,
            74..=76 => Act::Protect,
            77..=81 => Act::Change {
                what: self.of(&[Change::Stop, Change::Suspend, Change::Resume]),
                approved: self.yes(),
            },
            82..=90 => self.of(&[
                Act::Guard,
                Act::UnlockGuard,
                Act::UnlockInstance,
                Act::UnlockInstance,
                Act::Unguard,
                Act::Unguard,
            ]),
            91..=93 => Act::Immutable {
                to: self.immutability(),
                approved: self.yes(),
            },
            94..=95 => Act::SoftDelete {
                on: self.one_of(4) != 0,
                approved: self.yes(),
            },
            96..=98 if self.encrypted => Act::ExchangeKey { approved: self.yes() },
            99 if self.encrypted => Act::EnableKey(self.yes()),
            _ => Act::Grant(self.role()),
        }
    }

    fn role(&mut self) -> Role {
        let all = &Role::ALL;
        // The one for the key stands last.
        let without = usize::from(!self.encrypted);
        self.of(&all[..all.len() - without])
    }

    fn wait(&mut self) -> Act {
        let seconds = match self.one_of(200) {
            0..=59 => 30,
            60..=99 => 60,
            100..=159 => 600,
            160..=184 => 1800,
            185..=189 => 3600,
            190..=194 => 86_400,
            195..=196 => 7 * 86_400,
            197 => 30 * 86_400,
            // Longer than recovery points are kept.
            _ => 100 * 86_400,
        };
        Act::Wait(seconds)
    }

    fn setting(&mut self) -> Setting {
        match self.one_of(6) {
            0 => Setting::Access(self.of(&[
                PublicAccess::Enabled,
                PublicAccess::Enabled,
                PublicAccess::Disabled,
                PublicAccess::SecuredByPerimeter,
            ])),
            1 => Setting::Default(self.of(&[DefaultAction::Allow, DefaultAction::Deny])),
            2 => Setting::Bypass(self.of(Bypass::ALL)),
            3 => Setting::Rule(self.of(ResourceRule::ALL)),
            4 => Setting::IpRule(self.yes()),
            _ => Setting::Replication(self.yes()),
        }
    }

    fn restore(&mut self) -> Restore {
        Restore {
            newest: self.one_of(10) != 0,
            container: match self.one_of(10) {
                0 => Container::Missing,
                _ => Container::There,
            },
            prefix: match self.one_of(10) {
                0 => Prefix::Taken,
                _ => Prefix::Free,
            },
        }
    }

    fn immutability(&mut self) -> Immutability {
        match self.one_of(30) {
            0 => Immutability::Locked,
            1..=10 => Immutability::Unlocked,
            _ => Immutability::Disabled,
        }
    }
}
