//! A cell as a scenario: what a property test finds, somebody can read, play, and keep.

use toml::{Table, Value};

use super::question::{Engine, Question, agrees};
use crate::oracle::{Expected, Profile, SYNTHETIC};
use crate::sketch::Shape;

/// The scenario that asks a question in a cell and expects what the oracle says by either book; nothing where a file
/// has no words for the cell.
pub fn scenario<Q: Question>(sketch: &Q::Sketch) -> Option<String> {
    let mut scene = Q::scene(sketch)?;
    let books = [Profile::DOCUMENTED, Profile::OBSERVED];
    let [documented, observed] = books.map(|profile| Q::expected(profile, sketch));
    let mut expect = words_of(&observed);
    if documented != observed {
        let both = [("documented", &documented), ("observed", &observed)];
        expect = both
            .into_iter()
            .map(|(book, expected)| (book.to_owned(), Value::Table(words_of(expected))))
            .collect();
    }
    scene.asks.insert("expect".to_owned(), Value::Table(expect));
    let steps = scene.before.into_iter().chain([scene.asks]);
    let steps: Vec<Value> = steps.map(Value::Table).collect();
    let mut file = Table::new();
    let claim = format!("{} {}", Q::ASKED, sentence(sketch));
    file.insert("claim".to_owned(), claim.into());
    file.insert("extends".to_owned(), scene.extends.into());
    file.extend(scene.tables);
    file.insert("step".to_owned(), steps.into());
    toml::to_string(&file).ok()
}

/// What a scenario with the cell is called: the question, and what is not in order.
pub fn name<Q: Question>(sketch: &Q::Sketch) -> String {
    let words = different(sketch).into_iter().map(|(_, word)| word);
    let words = std::iter::once(Q::NAME)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ");
    let letters: String = words
        .chars()
        .map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
            _ => ' ',
        })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join("-")
}

/// The settings that are not in order, and what they are.
fn different<S: Shape>(sketch: &S) -> Vec<(&'static str, &'static str)> {
    let settings = S::dimensions().into_iter().filter_map(|dimension| {
        let is = |index: &usize| {
            let mut same = sketch.clone();
            dimension.set(&mut same, *index);
            same == *sketch
        };
        let index = (0..dimension.len()).find(is)?;
        (index > 0).then(|| (dimension.name(), dimension.label(index)))
    });
    settings.collect()
}

fn sentence<S: Shape>(sketch: &S) -> String {
    let different = different(sketch);
    if different.is_empty() {
        return "Everything is in order.".to_owned();
    }
    let words = different
        .into_iter()
        .map(|(name, word)| format!("{name}: {word}"));
    format!("With {}.", words.collect::<Vec<_>>().join("; "))
}

/// What a step must come to, as a file says it.
fn words_of(expected: &Expected) -> Table {
    let mut words = Table::new();
    match expected {
        Expected::Passes => {
            words.insert("status".to_owned(), "Succeeded".into());
        }
        Expected::Fails { gate, rules, code } => {
            words.insert("gate".to_owned(), gate.as_str().into());
            let rules = rules.iter().map(|rule| Value::from(*rule)).collect::<Vec<_>>();
            words.insert("rules".to_owned(), rules.into());
            if *code != SYNTHETIC {
                words.insert("code".to_owned(), (*code).into());
            }
        }
    }
    words
}

/// A cell like this one, in which engine and oracle still disagree and nothing that is not in order could be put in
/// order without their agreeing.
pub fn least<Q: Question>(
    profile: Profile,
    engine: &mut impl Engine<Q::Sketch>,
    sketch: Q::Sketch,
) -> Q::Sketch {
    let dimensions = Q::Sketch::dimensions();
    let mut least = sketch;
    loop {
        let smaller = dimensions.iter().find_map(|dimension| {
            let mut smaller = least.clone();
            dimension.set(&mut smaller, 0);
            let disagrees =
                smaller != least && !agrees(&Q::expected(profile, &smaller), &engine.ask(&smaller));
            disagrees.then_some(smaller)
        });
        match smaller {
            Some(smaller) => least = smaller,
            None => return least,
        }
    }
}

/// Whether a scenario's file can say how the profile takes the rules: by one of the books, with nothing assumed.
pub fn can_be_said(profile: Profile) -> bool {
    [Profile::DOCUMENTED, Profile::OBSERVED].contains(&profile)
}
