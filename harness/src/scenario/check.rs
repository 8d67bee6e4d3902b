//! What a scenario's files say and cannot be, found before anything is built.

use azdrill_emulator::rules::Rules;

use super::called::check_names;
use super::error::{SHOWN_IN, read_text};
use super::naming::check_ids;
use super::references::check_region;
use super::step::Before;
use super::time::FURTHEST;
use super::world::SIMULATED_ROWS;
use super::{Misstated, Scenario, ScenarioError, ServerFlavour, SubscriptionWorld, SyntaxError, World};
use crate::run::Resource;
use crate::serve::known;

/// How long an administrator's password may be, in letters: what `bodies/limits.toml` refuses, told before.
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;

impl Scenario {
    /// Checks what its files say: names of rules and gates, states, regions, passwords, and what must come of a
    /// command.
    ///
    /// # Errors
    ///
    /// What cannot be, where it stands in the file or in one it extends.
    pub fn check(&self, rules: &Rules) -> Result<(), ScenarioError> {
        let mut files = Vec::new();
        for path in &self.files {
            let text = read_text(path)?;
            let alone =
                Self::from_text(&text).map_err(|error| SyntaxError::new(path, &text, error, SHOWN_IN))?;
            files.push((path, text, alone));
        }
        for (path, text, alone) in &files {
            let checked = alone.check_alone(&self.world, rules);
            checked.map_err(|wrong| wrong.in_text(path, text, SHOWN_IN))?;
        }
        self.check_whole(rules)
            .map_err(|wrong| wrong.in_one_of(&self.files, SHOWN_IN))?;
        // Whatever a file extends comes before it.
        let mut before = Before::default();
        for (path, text, alone) in files.iter().rev() {
            let checked = alone.check_steps(before, &self.world, rules);
            checked.map_err(|wrong| wrong.in_text(path, text, SHOWN_IN))?;
            before = alone.steps.iter().fold(before, Before::and);
        }
        self.check_expect(rules)
    }

    /// What one file says, in the world it is a part of.
    fn check_alone(&self, whole: &World, rules: &Rules) -> Result<(), Misstated> {
        for (number, id) in self.about.iter().enumerate() {
            known::rule(id).map_err(|wrong| wrong.in_entry("about", number))?;
        }
        for (id, alternative) in &self.assume {
            known::alternative(rules, id, alternative).map_err(|wrong| wrong.at(id.clone()).at("assume"))?;
        }
        for (name, subscription) in &self.subscription {
            let checked = subscription
                .tenant
                .iter()
                .try_for_each(|tenant| whole.check_tenant(tenant));
            checked.map_err(|wrong| wrong.at("tenant").at(name.clone()).at("subscription"))?;
        }
        check_world(&self.world, rules).map_err(|wrong| wrong.at("world"))?;
        check_names(self, whole)
    }

    fn check_steps<'a>(&'a self, before: Before<'a>, whole: &World, rules: &Rules) -> Result<(), Misstated> {
        let mut before = before;
        for (number, step) in self.steps.iter().enumerate() {
            step.check(before, whole, rules)
                .map_err(|wrong| wrong.in_entry("step", number))?;
            before = before.and(step);
        }
        Ok(())
    }

    /// What only all files together say.
    fn check_whole(&self, rules: &Rules) -> Result<(), Misstated> {
        let world = &self.world;
        for (word, resource) in Resource::short_forms(world) {
            let checked = resource.check(world, rules);
            checked.map_err(|wrong| wrong.at(word).at("world"))?;
        }
        for (name, resource) in &world.resources {
            let checked = resource.check(world, rules);
            checked.map_err(|wrong| wrong.at(name.clone()).at("resource"))?;
        }
        check_ids(world)?;
        for name in world.tenants.keys() {
            let is_in = |subscription: &SubscriptionWorld| subscription.tenant.as_ref() == Some(name);
            if !world.subscriptions.values().any(is_in) {
                let what = format!(
                    "no subscription is in the tenant: [subscription.NAME] with tenant = \"{name}\" makes one"
                );
                return Err(Misstated::new(what).at(name.clone()).at("tenant"));
            }
        }
        for (name, grant) in &world.grants {
            let checked = grant.check_at_once(world, rules);
            checked.map_err(|wrong| wrong.at(name.clone()).at("grants").at("world"))?;
        }
        for (name, persona) in &world.personas {
            let checked = persona.check(world, rules);
            checked.map_err(|wrong| wrong.at(name.clone()).at("personas").at("world"))?;
        }
        Ok(())
    }
}

fn check_world(world: &World, rules: &Rules) -> Result<(), Misstated> {
    check_region(&world.location, rules).map_err(|wrong| wrong.at("location"))?;
    known::one_of("pace", &world.pace, PACES.into_iter())
        .map_err(|wrong| wrong.of_these(&PACES).at("pace"))?;
    known::one_of("rows", &world.rows, ROWS.into_iter()).map_err(|wrong| wrong.of_these(&ROWS).at("rows"))?;
    let lags = world.lags.lags();
    if lags
        .all()
        .chain([world.role_propagation])
        .any(|own| own.is_negative() || own > FURTHEST)
    {
        let what = "nothing is seen before it was written, or a hundred years later";
        return Err(Misstated::new(what).at("lags"));
    }
    if lags.front_ends > FRONT_ENDS_MAX {
        let what = format!("there are {FRONT_ENDS_MAX} front ends at the most");
        return Err(Misstated::new(&what).at("front_ends").at("lags"));
    }
    if let Some(limits) = &world.throttling {
        limits.limits(rules).map_err(|wrong| wrong.at("throttling"))?;
    }
    let target = world.target.as_ref().and_then(|target| target.location.as_ref());
    if let Some(name) = target {
        check_region(name, rules).map_err(|wrong| wrong.at("location").at("target"))?;
    }
    let server = &world.server;
    let Some(password) = server.password.said() else {
        return Ok(());
    };
    let rule = &rules.server_settings.password;
    let fits = PASSWORD.contains(&password.chars().count()) && rule.admits(password, crate::run::ADMIN);
    if server.flavour == ServerFlavour::ServerGroup || fits {
        return Ok(());
    }
    // The password itself is in no error.
    let what = format!(
        "no server takes this password: it has 8 to 128 letters, of three of capitals, small letters, digits \
         and signs, and nothing of `{}`",
        crate::run::ADMIN
    );
    Err(Misstated::new(what).at("password").at("server"))
}

/// More front ends than this make no other picture.
const FRONT_ENDS_MAX: u32 = 100;
/// Whether Azure's own waiting is played.
const PACES: [&str; 2] = ["fast", "recorded"];
/// What stands behind the servers of a world.
const ROWS: [&str; 2] = ["real", SIMULATED_ROWS];

#[cfg(test)]
mod tests {
    use azdrill_emulator::rules::{Assumptions, Profile};

    use std::path::Path;

    use super::*;
    use crate::scenario::Library;

    fn rules() -> Rules {
        Rules::load(Profile::Observed, &Assumptions::new()).unwrap()
    }

    #[test]
    fn what_azdrill_was_built_with_says_nothing_that_cannot_be() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let library = Library::find(Some(&folder), Path::new("/")).unwrap();
        let rules = rules();
        for scenario in library.all().unwrap() {
            scenario.check(&rules).unwrap();
        }
        for world in library.worlds().unwrap() {
            let name = world.file_stem().unwrap().to_string_lossy().into_owned();
            library.world(&name).unwrap().check(&rules).unwrap();
        }
    }

    #[test]
    fn only_scenarios_are_extended() {
        let folder = tempfile::tempdir().unwrap();
        let topic = folder.path().join("scenarios/topic");
        std::fs::create_dir_all(&topic).unwrap();
        std::fs::write(folder.path().join("secret.toml"), "key = \"do not show me\"\n").unwrap();
        let scenarios = folder.path().join("scenarios");
        for base in ["/etc/passwd", "../secret.toml", "topic/../../secret.toml", ""] {
            let text = format!("claim = \"c\"\nextends = \"{base}\"\n");
            std::fs::write(topic.join("own.toml"), text).unwrap();
            let library = Library::find(Some(&scenarios), Path::new("/")).unwrap();
            let told = library.get("own").unwrap_err();
            assert!(told.to_string().contains("own.toml, line 2, column 11"), "{told}");
            assert!(!format!("{told:?}").contains("do not show me"), "{told:?}");
        }
    }
}
