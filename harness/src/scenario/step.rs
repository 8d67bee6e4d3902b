//! A step of a scenario as its file says it: what every step may say, and the words of its kind.

use azdrill_emulator::rules::Rules;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::alike::listed;
use super::error::Unread;
use super::{About, Misstated, Part, ProfiledExpect, World};
use crate::run::{Action, During, Job};

/// What every step may say.
const OF_EVERY_STEP: [&str; 5] = ["do", "title", "as", "during", "expect"];

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done, with the words of its kind.
    pub action: Action,
    /// Why, in a few words; printed as the step's heading.
    pub title: Option<String>,
    /// Who does it: a persona of the world's, or a further tenant's operator. The operator if left out.
    pub by_whom: Option<String>,
    /// When in a job it happens, if it does not follow the step before it.
    pub during: Option<During>,
    /// What it is about, where there are several.
    pub about: About,
    /// What must come of it.
    pub expect: ProfiledExpect,
}

/// What every step may say.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct OfEveryStep {
    /// What is done.
    #[serde(rename = "do")]
    #[cfg_attr(test, schemars(with = "String"))]
    kind: Spanned<String>,
    /// Why, in a few words; printed as the step's heading.
    title: Option<String>,
    /// Who does it: a persona of the world's, or a further tenant's operator. The operator if left out.
    #[serde(rename = "as")]
    by_whom: Option<String>,
    /// When in a job it happens, if it does not follow the step before it: in that of the step before it that
    /// has no `during` itself.
    during: Option<During>,
    /// The server it is about, by name, where there are several.
    server: Option<String>,
    /// The Backup vault it is about, by name, where there are several.
    vault: Option<String>,
    /// The storage account it is about, by name, where there are several.
    storage: Option<String>,
    /// The key vault it is about, by name, where there are several.
    key_vault: Option<String>,
    /// The container it is about, by name, if it is not the account's own.
    container: Option<String>,
    /// The policy it is about, by name, if it is not the vault's own.
    policy: Option<String>,
    /// The backup instance it is about, by name, if it is none without a name.
    instance: Option<String>,
    /// What must come of it.
    #[serde(default)]
    expect: ProfiledExpect,
}

/// What a step does, by the word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepKind(&'static str);

impl StepKind {
    /// The word for it in files.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// What stands before a step in its files.
#[derive(Clone, Copy, Default)]
pub(super) struct Before<'a> {
    /// The nearest step that does not happen in another's job.
    job: Option<&'a Step>,
    /// When in that job the step just before it happens.
    earlier: Option<During>,
}

impl<'a> Before<'a> {
    /// What stands before the one after this.
    pub(super) fn and(self, step: &'a Step) -> Self {
        Self {
            job: if step.during.is_none() {
                Some(step)
            } else {
                self.job
            },
            earlier: step.during,
        }
    }
}

impl Step {
    /// What it does.
    pub fn kind(&self) -> StepKind {
        StepKind(self.action.word())
    }

    /// Checks what it says, before there is a world.
    pub(super) fn check(&self, before: Before<'_>, world: &World, rules: &Rules) -> Result<(), Misstated> {
        if let Some(during) = &self.during {
            self.check_during(*during, before.job, before.earlier)
                .map_err(|wrong| wrong.at("during"))?;
        }
        if let Some(name) = &self.by_whom {
            world.check_persona(name).map_err(|wrong| wrong.at("as"))?;
        }
        let needs = self.action.needs();
        for part in Part::ALL {
            if self.about.of(part).is_some() && !needs.contains(&part) {
                let what = format!("`{}` is about no {}", self.action.word(), part.word());
                return Err(Misstated::new(what).at(part.word()));
            }
        }
        let seen = world.seen_by(&self.about, &needs)?;
        self.action.check(&seen, rules)?;
        self.expect.check(rules).map_err(|wrong| wrong.at("expect"))
    }

    /// The job it waits for.
    fn job(&self) -> Option<Job> {
        match self.action {
            Action::Backup(_) => Some(Job::Backup),
            Action::Restore(_) => Some(Job::Restore),
            _ => None,
        }
    }

    fn check_during(
        &self,
        during: During,
        job: Option<&Self>,
        earlier: Option<During>,
    ) -> Result<(), Misstated> {
        if !self.action.can_happen_during_a_job() {
            let what = format!(
                "`{}` cannot happen during a job: what it asks for is not answered at once",
                self.action.word()
            );
            return Err(Misstated::new(what));
        }
        if job.and_then(Self::job) != Some(during.job) {
            let what = format!(
                "the step before it has no job of the kind {:?}: it happens in the job of that step",
                during.job
            );
            return Err(Misstated::new(what).at("job"));
        }
        let to_database =
            job.is_some_and(|job| matches!(&job.action, Action::Restore(restore) if restore.to_database()));
        if !during.phase.is_of(during.job, to_database) {
            let what = format!(
                "a job of the kind {:?}, as it is asked for, never comes to this phase",
                during.job
            );
            return Err(Misstated::new(what).at("phase"));
        }
        // The job waits at each moment for its step: who waits for an earlier one waits for ever.
        if earlier.is_some_and(|earlier| earlier.phase > during.phase) {
            let what = "the step before it happens at a later phase: steps stand in the order they happen";
            return Err(Misstated::new(what).at("phase"));
        }
        Ok(())
    }

    fn read(step: Spanned<DeValue<'_>>) -> Result<Self, Unread> {
        let span = step.span();
        let DeValue::Table(mut words_of_kind) = step.into_inner() else {
            return Err(Unread::at(span, "a table was expected: [[step]]"));
        };
        let mut shared = DeTable::new();
        for word in OF_EVERY_STEP.into_iter().chain(about()) {
            if let Some((key, value)) = words_of_kind.remove_entry(word) {
                shared.insert(key, value);
            }
        }
        let shared = toml::de::Deserializer::from(Spanned::new(span.clone(), shared));
        let shared = OfEveryStep::deserialize(shared)?;
        let kind = shared.kind.get_ref();
        let Some(words) = Action::own_words(kind) else {
            let message = format!("unknown step `{kind}`, expected one of {}", listed(Action::WORDS));
            return Err(Unread::at(shared.kind.span(), message));
        };
        for key in words_of_kind.keys() {
            let known: Vec<&str> = words
                .iter()
                .copied()
                .chain(OF_EVERY_STEP)
                .chain(about())
                .collect();
            if !known.contains(&key.get_ref().as_ref()) {
                let message = format!(
                    "unknown field `{}` of the step `{kind}`, expected one of {}",
                    key.get_ref(),
                    listed(&known)
                );
                return Err(Unread::at(key.span(), message));
            }
        }
        Ok(Self {
            action: Action::read(kind, Spanned::new(span, words_of_kind))?,
            title: shared.title,
            by_whom: shared.by_whom,
            during: shared.during,
            about: About::default()
                .and(Part::Server, shared.server.as_ref())
                .and(Part::Vault, shared.vault.as_ref())
                .and(Part::Storage, shared.storage.as_ref())
                .and(Part::KeyVault, shared.key_vault.as_ref())
                .and(Part::Container, shared.container.as_ref())
                .and(Part::Policy, shared.policy.as_ref())
                .and(Part::Instance, shared.instance.as_ref()),
            expect: shared.expect,
        })
    }
}

/// Which of several things a step is about: said where it needs one.
fn about() -> impl Iterator<Item = &'static str> {
    Part::ALL.into_iter().map(Part::word)
}

/// The steps of a file.
pub(super) fn read_all(steps: Option<Spanned<DeValue<'_>>>) -> Result<Vec<Step>, Unread> {
    let Some(steps) = steps else {
        return Ok(Vec::new());
    };
    let span = steps.span();
    let DeValue::Array(steps) = steps.into_inner() else {
        return Err(Unread::at(span, "a list of tables was expected: [[step]]"));
    };
    DeArray::into_iter(steps).map(Step::read).collect()
}
