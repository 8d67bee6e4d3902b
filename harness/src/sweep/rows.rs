//! Steps that are drawn for real rows: what a scenario's file says, put together.

use std::fmt::Write as _;
use std::path::Path;

use azdrill_emulator::entropy::Entropy;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use crate::scenario::{Library, Scenario, ScenarioError};

/// What such runs are called.
pub const ROWS: &str = "rows";

/// What can be done, as a scenario's file says it.
const SNIPPETS: [&str; 9] = [
    "do = \"sql\"\nsql = \"CREATE TABLE IF NOT EXISTS swept (id int); INSERT INTO swept SELECT generate_series(1, 500)\"",
    "do = \"backup\"",
    "do = \"restore\"",
    "do = \"validate_restore\"",
    "do = \"advance\"\nby = \"2h\"",
    "do = \"recovery_points\"",
    "do = \"revoke\"\ngrant = \"blobs\"",
    "do = \"set\"\non = \"storage\"\nproperties = { publicNetworkAccess = \"Disabled\" }",
    "do = \"set\"\non = \"storage\"\nproperties = { publicNetworkAccess = \"Enabled\" }",
];
/// What every such run ends with: the proof.
const PROOF: [&str; 3] = ["do = \"backup\"", "do = \"restore\"", "do = \"compare\""];

/// The steps of a seed, in a file of that name in this folder, read as any other.
///
/// # Errors
///
/// If the file cannot be written, or the library has no world for it.
pub(super) fn rows(library: &Library, folder: &Path, seed: u64) -> Result<Scenario, ScenarioError> {
    let mut rng = Entropy::from_seed(seed).fork("rows").rng();
    let mut text = String::from("claim = \"Drawn.\"\nextends = \"_worlds/flexible_server_backed_up.toml\"\n");
    let count = rng.random_range(2..=5);
    let drawn = (0..count).filter_map(|_| SNIPPETS.choose(&mut rng).copied());
    let drawn: Vec<&str> = drawn.collect();
    for snippet in drawn.into_iter().chain(PROOF) {
        let _ = write!(text, "\n[[step]]\n{snippet}\n");
    }
    // A scenario of its own says what must come of at least one step.
    text.push_str("expect = { rows_equal = true }\n");
    let path = folder.join(format!("{ROWS}.toml"));
    std::fs::write(&path, text).map_err(|source| ScenarioError::Read {
        path: path.clone(),
        source,
    })?;
    library.read(&path)
}
