//! Which steps are taken: at random, with what leads on taken more often than by chance.

use azdrill::sequence::draw::Draw;
use azdrill::sequence::step::{Act, Change, Role, Setting, Step};
use azdrill::sketch::restore_as_files::{DefaultAction, PublicAccess};
use proptest::strategy::{Just, NewTree, Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::model::{Model, Protection};

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
        let mut number = |count: u32| {
            let tree = (0..count).new_tree(runner);
            tree.map_or(0, |tree| tree.current())
        };
        let step = Draw::from(&mut number, self.encrypted).step(self.helpful);
        Ok(Just(step))
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
