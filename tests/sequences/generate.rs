//! Which steps are taken: at random, with what leads on taken more often than by chance.

use azdrill::sketch::restore_as_files::{
    Bypass, Container, DefaultAction, Prefix, PublicAccess, ResourceRule,
};
use proptest::strategy::{Just, NewTree, Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::model::{Model, Protection};
use crate::step::{Act, Change, Immutability, Person, Restore, Role, Setting, Step};

/// A next step. What is left out makes a sequence shorter; a step itself is as simple as it gets.
#[derive(Debug)]
pub(crate) struct NextStep {
    encrypted: bool,
    helpful: Act,
}

impl NextStep {
    /// For a world as the model has it.
    pub(crate) fn after(model: &Model) -> Self {
        Self {
            encrypted: model.beginning.encrypted,
            helpful: helpful(model),
        }
    }
}

impl Strategy for NextStep {
    type Tree = Just<Step>;
    type Value = Step;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut draw = Draw(runner);
        let by = if draw.one_of(12) == 0 {
            Person::Auditor
        } else {
            Person::Operator
        };
        let act = draw.act(self);
        Ok(Just(Step { act, by }))
    }
}

/// What brings a world on that has come to a stop: what its identity lacks, time for it, protection, an open account.
fn helpful(model: &Model) -> Act {
    let lives = |role| {
        let mut held = model.roles.iter();
        held.any(|own| own.role == role && own.principal == model.principal && own.seen_until.is_none())
    };
    let wanted = [
        Some(Role::BacksUp),
        Some(Role::ReadsGroup),
        Some(Role::WritesAccount),
        model.beginning.encrypted.then_some(Role::UsesKey),
    ];
    if !model.identity {
        return Act::IdentityOn;
    }
    if let Some(lacking) = wanted.into_iter().flatten().find(|role| !lives(*role)) {
        return Act::Grant(lacking);
    }
    if !model.keys_enabled[model.key] {
        return Act::EnableKey(true);
    }
    match model.instance.as_ref().map(|own| own.protection) {
        None if model.deleted.is_some() => Act::Undelete,
        None | Some(Protection::Error(_)) => Act::Protect,
        Some(Protection::Stopped | Protection::Suspended) => Act::Change {
            what: Change::Resume,
            approved: false,
        },
        Some(Protection::Configuring | Protection::Updating) => Act::Wait(600),
        Some(Protection::Configured) if model.points.is_empty() => Act::BackUp,
        Some(Protection::Configured) if model.network.access != PublicAccess::Enabled => {
            Act::Set(Setting::Access(PublicAccess::Enabled))
        }
        Some(Protection::Configured) => Act::Set(Setting::Default(DefaultAction::Allow)),
    }
}

struct Draw<'a>(&'a mut TestRunner);

impl Draw<'_> {
    fn one_of(&mut self, count: u32) -> u32 {
        let tree = (0..count).new_tree(self.0);
        tree.map_or(0, |tree| tree.current())
    }

    fn yes(&mut self) -> bool {
        self.one_of(2) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let count = u32::try_from(all.len()).unwrap_or(1);
        all[self.one_of(count) as usize]
    }

    fn act(&mut self, next: &NextStep) -> Act {
        match self.one_of(100) {
            0..=19 => self.wait(),
            20..=36 => next.helpful,
            37..=43 => Act::Grant(self.role(next)),
            44..=46 => Act::Revoke(self.role(next)),
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
            96..=98 if next.encrypted => Act::ExchangeKey { approved: self.yes() },
            99 if next.encrypted => Act::EnableKey(self.yes()),
            _ => Act::Grant(self.role(next)),
        }
    }

    fn role(&mut self, next: &NextStep) -> Role {
        let all = &Role::ALL;
        // The one for the key stands last.
        self.of(if next.encrypted {
            all
        } else {
            &all[..all.len() - 1]
        })
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
