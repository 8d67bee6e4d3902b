//! What a property finds is kept: the least cell in which engine and oracle disagree is written as a scenario, which
//! fails until they agree.

use std::path::{Path, PathBuf};

use azdrill::oracle::{Expected, Profile};
use azdrill::run::{Machine, Outside, play};
use azdrill::scenario::Library;
use azdrill::sketch::{Product, Shape};
use azdrill::strategy::WorldError;
use azdrill::strategy::answer::Answer;
use azdrill::strategy::kept::{can_be_said, least, name, scenario};
use azdrill::strategy::question::{Disagreement, Engine, Question, engine};
use azdrill::strategy::restore_as_files::RestoreAsFiles;
use azdrill::strategy::scene::Scene;
use azdrill::strategy::table::Table;
use azdrill::strategy::validate_backup::ValidateBackup;
use azdrill_emulator::rules::{Profile as Machines, Rules};

/// All scenarios there are; what is found is kept among them, in `regressions`.
fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Writes the scenario of a cell, and says where; or why there is none.
pub(crate) fn keep<Q: Question>(profile: Profile, sketch: &Q::Sketch) -> String {
    keep_in::<Q>(&scenarios().join("regressions"), profile, sketch)
}

fn keep_in<Q: Question>(folder: &Path, profile: Profile, sketch: &Q::Sketch) -> String {
    let text = match scenario::<Q>(sketch) {
        Some(text) if can_be_said(profile) => text,
        _ => return format!("no scenario's file has words for {sketch:?}"),
    };
    let file = folder.join(format!("{}.toml", name::<Q>(sketch)));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, text));
    match written {
        Ok(()) => format!("kept as {}, which fails until they agree", file.display()),
        Err(error) => format!("{} cannot be written: {error}", file.display()),
    }
}

/// The same, of the least cell like the one that was found.
pub(crate) fn keep_least<Q: Question>(
    profile: Profile,
    engine: &mut impl Engine<Q::Sketch>,
    found: &Disagreement<Q::Sketch>,
) -> String {
    let least = least::<Q>(profile, engine, found.sketch.clone());
    keep::<Q>(profile, &least)
}

/// A folder of scenarios with the worlds there are and nothing else.
fn library() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (scenarios().join("_worlds"), folder.path().join("_worlds"));
    std::fs::create_dir(&to).unwrap();
    for world in std::fs::read_dir(from).unwrap() {
        let world = world.unwrap();
        std::fs::copy(world.path(), to.join(world.file_name())).unwrap();
    }
    let regressions = folder.path().join("regressions");
    (folder, regressions)
}

/// Plays the scenario of a cell on both machines without rows. Gives back what was missed.
fn missed<Q: Question>(sketch: &Q::Sketch) -> Vec<String> {
    let (folder, regressions) = library();
    let said = keep_in::<Q>(&regressions, Profile::OBSERVED, sketch);
    let file = regressions.join(format!("{}.toml", name::<Q>(sketch)));
    assert!(file.exists(), "{said}");
    let library = Library::find(Some(folder.path()), Path::new(".")).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let scenario = library
        .read(&file)
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let machines = Machines::ALL.map(|profile| Machine::of(profile, Outside::Simulated(vec![16])));
    let missed = machines.iter().flat_map(|machine| {
        let report = runtime.block_on(play(&scenario, machine));
        let report = report.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let steps = report.steps.into_iter();
        let missed: Vec<String> = steps
            .flat_map(|step| {
                step.misses
                    .into_iter()
                    .map(move |miss| format!("{}: {miss}", step.title))
            })
            .map(|miss| format!("{:?} {}: {miss}", machine.profile, scenario.claim))
            .collect();
        missed
    });
    missed.collect()
}

/// Every cell with one setting that is not in order, as far as a file has words for it: what the oracle says of the
/// sketch comes of a world that was built through the front door as well.
fn each_plays<Q: Question>(at_least: usize) {
    let cells = Q::Sketch::dimensions().into_iter().flat_map(|dimension| {
        (1..dimension.len()).map(move |index| {
            let mut sketch = Q::Sketch::in_order();
            dimension.set(&mut sketch, index);
            sketch
        })
    });
    let said: Vec<Q::Sketch> = cells.filter(|sketch| scenario::<Q>(sketch).is_some()).collect();
    assert!(said.len() >= at_least, "only {} cells can be said", said.len());
    let missed: Vec<String> = said.iter().flat_map(missed::<Q>).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn each_setting_of_a_restore_as_files_plays_as_a_scenario() {
    each_plays::<RestoreAsFiles>(20);
}

#[test]
fn each_setting_of_a_backup_plays_as_a_scenario() {
    each_plays::<ValidateBackup>(15);
}

/// An oracle that takes networks for open whatever they are, and an engine that does not.
struct Mistaken(RestoreAsFiles);

impl Engine<<RestoreAsFiles as Question>::Sketch> for Mistaken {
    fn ask(&mut self, sketch: &<RestoreAsFiles as Question>::Sketch) -> Answer {
        self.0.ask(sketch)
    }
}

impl Question for Mistaken {
    type Sketch = <RestoreAsFiles as Question>::Sketch;
    const NAME: &'static str = RestoreAsFiles::NAME;
    const ASKED: &'static str = RestoreAsFiles::ASKED;

    fn expected(profile: Profile, sketch: &Self::Sketch) -> Expected {
        let mut open = sketch.clone();
        open.network = Self::Sketch::in_order().network;
        RestoreAsFiles::expected(profile, &open)
    }

    fn put_up(rules: Rules, seed: u64) -> Result<Self, WorldError> {
        RestoreAsFiles::put_up(rules, seed).map(Self)
    }

    fn tables() -> Vec<Table<Self::Sketch>> {
        Vec::new()
    }

    fn scene(sketch: &Self::Sketch) -> Option<Scene> {
        RestoreAsFiles::scene(sketch)
    }
}

#[test]
fn a_mistake_is_kept_as_the_least_scenario_that_shows_it_and_that_scenario_fails() {
    let mut engine = engine::<Mistaken>(Profile::OBSERVED).unwrap();
    let far = Product::<<Mistaken as Question>::Sketch>::of(&[
        "public access",
        "default",
        "bypass",
        "IP rule",
        "private endpoint",
        "cross-tenant replication",
    ]);
    let far = far.cells().last().unwrap();
    let least = least::<Mistaken>(Profile::OBSERVED, &mut engine, far);
    assert_eq!(
        name::<Mistaken>(&least),
        "restore-as-files-deny-logging-metrics",
        "{least:?}"
    );
    let missed = missed::<Mistaken>(&least);
    assert_eq!(missed.len(), 2, "{missed:?}");
    insta::assert_snapshot!(scenario::<Mistaken>(&least).unwrap(), @r#"
    claim = "Does the validation of a restore of a flexible server as files pass? With default: Deny; bypass: Logging, Metrics."
    extends = "_worlds/flexible_server_backed_up.toml"

    [[step]]
    do = "validate_restore"

    [step.expect]
    status = "Succeeded"

    [world.grants.blobs]
    absent = true

    [world.grants.given0]
    on = "storage"
    role = "Storage Blob Data Contributor"
    to = "vault"

    [world.storage]
    bypass = "Logging, Metrics"
    default_action = "Deny"
    "#);
}
