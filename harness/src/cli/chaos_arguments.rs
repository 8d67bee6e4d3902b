//! What `azdrill run` takes to play its command under faults.

use std::path::PathBuf;

use clap::Args;

/// How many plans are drawn under a seed if nothing else is said.
const RUNS: u64 = 20;
/// The most runs there may be: each has a world, and maybe servers.
const RUNS_MAX: u64 = 10_000;
#[derive(Args)]
#[command(next_help_heading = "Chaos")]
pub(super) struct ChaosArguments {
    /// Run the command once as it is, and then under faults, each time in a fresh world, and judge what it does about
    /// them. An incident's name (`azdrill incidents`), `all-incidents`, a seed (`7`) whose plans are aimed at what the
    /// command calls, one of these plans (`7.3`), or a file of faults.
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["record", "verbose", "expect", "quiet", "faults", "journal"])]
    pub(super) chaos: Option<String>,
    /// How many plans are drawn under a seed; 20 if left out.
    #[arg(long, value_name = "NUMBER", requires = "chaos", value_parser = clap::value_parser!(u64).range(1..=RUNS_MAX))]
    runs: Option<u64>,
    /// How long the command may take; if left out, four times what it takes without faults, and half a minute.
    #[arg(long, value_name = "SECONDS", requires = "chaos", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(super) bound: Option<u64>,
    /// How many runs there are at a time; as many as there are processors if left out.
    #[arg(long, value_name = "NUMBER", requires = "chaos", value_parser = clap::value_parser!(u64).range(1..=64))]
    pub(super) side_by_side: Option<u64>,
    /// A folder for the least plans under which the command does badly, as files for `--chaos` and `--faults`.
    #[arg(long, value_name = "FOLDER", requires = "chaos")]
    pub(super) keep: Option<PathBuf>,
    /// Where to write the judgements as JUnit XML.
    #[arg(long, value_name = "FILE", requires = "chaos")]
    pub(super) junit: Option<PathBuf>,
}

impl ChaosArguments {
    /// How many plans are drawn under a seed.
    pub(super) fn runs(&self) -> u64 {
        self.runs.unwrap_or(RUNS)
    }
}
