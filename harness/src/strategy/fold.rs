//! Every combination of some settings as the rows of a table, of which those that differ in a setting that makes no
//! difference are one.

/// What a row says of a setting that makes no difference.
pub const ANY: &str = "any";

/// A word of a setting, and what it does to a world.
pub type Word<W> = (&'static str, fn(&mut W));

/// A setting, as a column of the table.
pub struct Setting<W> {
    /// Its heading.
    pub name: &'static str,
    /// The words it can have.
    pub words: Vec<Word<W>>,
}

/// A row: the words of the settings, and its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<C> {
    /// A word, or several with the same outcome, for each setting.
    pub words: Vec<String>,
    /// What came of each question.
    pub cells: Vec<C>,
}

/// The rows below a world whose other settings are fixed.
pub fn rows<W: Clone, C: PartialEq>(
    settings: &[Setting<W>],
    world: &W,
    ask: &mut impl FnMut(&W) -> Vec<C>,
) -> Vec<Row<C>> {
    let Some((setting, rest)) = settings.split_first() else {
        return vec![Row {
            words: Vec::new(),
            cells: ask(world),
        }];
    };
    let mut folded: Vec<(Vec<&str>, Vec<Row<C>>)> = Vec::new();
    for (word, set) in &setting.words {
        let mut world = world.clone();
        set(&mut world);
        let below = rows(rest, &world, ask);
        match folded.iter_mut().find(|(_, rows)| *rows == below) {
            Some((words, _)) => words.push(word),
            None => folded.push((vec![word], below)),
        }
    }
    let mut found = Vec::new();
    for (words, below) in folded {
        let word = if words.len() == setting.words.len() {
            ANY.to_owned()
        } else {
            words.join(" | ")
        };
        for mut row in below {
            row.words.insert(0, word.clone());
            found.push(row);
        }
    }
    found
}
