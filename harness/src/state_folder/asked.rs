//! Whether a world that is kept is the one that is asked for.

use azdrill_emulator::journal::Header;
use azdrill_emulator::rules::Profile;

use super::about::About;
use crate::scenario::Scenario;

/// What whoever starts asks for, as far as a world that is there may be another.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The profile.
    pub profile: Profile,
    /// Rules and the alternatives taken for them, over those of the world.
    pub assume: &'a [(String, String)],
    /// The seed, if one was said.
    pub seed: Option<u64>,
}

/// In what a world that is kept is another than what is asked for.
pub(super) fn other(
    header: &Header,
    about: &About,
    world: Option<&Scenario>,
    asked: &Asked<'_>,
) -> Option<String> {
    let beginning = &header.beginning;
    let named = |name: Option<&str>| name.map_or("no world".to_owned(), |name| format!("the world `{name}`"));
    let (was, is) = (about.world.as_deref(), world.map(|world| world.name.as_str()));
    if was != is {
        return Some(format!("with {}, and now {} is asked for", named(was), named(is)));
    }
    if world.is_some_and(|world| About::digest_of(world) != about.digest) {
        return Some(format!("the file of {} was another then", named(is)));
    }
    if beginning.profile != asked.profile {
        return Some(format!(
            "under the profile {}, and not {}",
            beginning.profile, asked.profile
        ));
    }
    let assumed = asked.assume.iter();
    let mut unmet =
        assumed.filter(|(rule, alternative)| beginning.assumptions.get(rule) != Some(alternative));
    if let Some((rule, alternative)) = unmet.next() {
        return Some(format!("without `--assume {rule}={alternative}`"));
    }
    match asked.seed {
        Some(seed) if seed != beginning.seed => {
            Some(format!("with the seed {}, and not {seed}", beginning.seed))
        }
        _ => None,
    }
}
