//! What runs sweeps on many machines: each has the part that is its own, and all of them are put together.

use azdrill::sweep::Shard;

use crate::source::root;

fn example(name: &str) -> String {
    let path = root().join("examples/sweeps").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The number behind a word in a text.
fn number_after(text: &str, word: &str) -> u64 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("no `{word}`")).1;
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits
        .parse()
        .unwrap_or_else(|_| panic!("no number behind `{word}`"))
}

/// The indexes Kubernetes counts from 0 become shards that are counted from 1, as many as there are pods.
#[test]
fn pods_have_all_shards() {
    let job = example("kubernetes-job.yaml");
    let completions = number_after(&job, "completions:");
    assert_eq!(number_after(&job, "parallelism:"), completions);
    assert!(job.contains("completionMode: Indexed"));
    assert!(job.contains(&format!("$((JOB_COMPLETION_INDEX + 1))/{completions}")));
    let seeds = number_after(&job, "--seeds ");
    let mut all: Vec<u64> = (0..completions)
        .flat_map(|index| {
            let shard: Shard = format!("{}/{completions}", index + 1).parse().unwrap();
            shard.seeds(0, seeds)
        })
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..seeds).collect::<Vec<_>>());
}

/// The matrix names each shard once, and what they write is put together.
#[test]
fn the_matrix_has_all_shards() {
    let workflow = example("github-workflow.yaml");
    let list = workflow
        .split_once("shard: [")
        .unwrap()
        .1
        .split_once(']')
        .unwrap()
        .0;
    let shards: Vec<Shard> = list
        .split(',')
        .map(|text| text.trim().trim_matches('"').parse().unwrap())
        .collect();
    let of = shards[0].of();
    let numbers: Vec<u64> = shards.iter().map(|shard| shard.number()).collect();
    assert_eq!(numbers, (1..=of).collect::<Vec<_>>());
    assert!(shards.iter().all(|shard| shard.of() == of));
    assert!(workflow.contains("azdrill chaos --merge"));
}
