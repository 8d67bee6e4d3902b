//! Every combination of some settings as the rows of a table, of which those that differ in a setting that makes no
//! difference are one.

use serde::Serialize;

use crate::sketch::Dimension;

/// What a row says of a setting that makes no difference.
pub const ANY: &str = "any";
/// Where most words have one outcome, a row names the others.
const BUT: &str = "anything but ";
/// Fewer words than these are named.
const NAMED: usize = 4;

/// A row: the words of the settings, and its cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<C> {
    /// A word, or several with the same outcome, for each setting.
    pub words: Vec<String>,
    /// Of each setting the place of the first of these words.
    #[serde(skip)]
    pub first: Vec<usize>,
    /// What came of each question.
    pub cells: Vec<C>,
}

/// The rows that every combination of some settings makes, of answers in the order of the combinations: so many as
/// there are columns are a row's.
pub fn rows<S, C: PartialEq>(
    dimensions: &[Dimension<S>],
    columns: usize,
    answers: &mut impl Iterator<Item = C>,
) -> Vec<Row<C>> {
    let Some((dimension, rest)) = dimensions.split_first() else {
        return vec![Row {
            words: Vec::new(),
            first: Vec::new(),
            cells: answers.take(columns).collect(),
        }];
    };
    let mut folded: Vec<(Vec<usize>, Vec<Row<C>>)> = Vec::new();
    for word in 0..dimension.len() {
        let below = rows(rest, columns, answers);
        match folded.iter_mut().find(|(_, rows)| *rows == below) {
            Some((words, _)) => words.push(word),
            None => folded.push((vec![word], below)),
        }
    }
    let mut found = Vec::new();
    for (words, below) in folded {
        let label = label(dimension, &words);
        for mut row in below {
            row.words.insert(0, label.clone());
            row.first.insert(0, words[0]);
            found.push(row);
        }
    }
    found
}

/// What a row says of a setting that has one of these words.
fn label<S>(dimension: &Dimension<S>, words: &[usize]) -> String {
    let labels = |mut named: Vec<usize>| {
        named.sort_unstable();
        let labels: Vec<&str> = named.iter().map(|word| dimension.label(*word)).collect();
        labels.join(" | ")
    };
    let others: Vec<usize> = (0..dimension.len())
        .filter(|word| !words.contains(word))
        .collect();
    match others.len() {
        0 => ANY.to_owned(),
        fewer if words.len() >= NAMED && fewer < words.len() => format!("{BUT}{}", labels(others)),
        _ => labels(words.to_vec()),
    }
}
