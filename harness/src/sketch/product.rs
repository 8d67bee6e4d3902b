//! The settings of a sketch, and every combination of them.

use std::fmt::Debug;
use std::rc::Rc;

/// What a setting can be.
pub trait Word: 'static {
    /// What a table prints for each. The first is the one that stands least in the way.
    fn labels() -> Vec<&'static str>;
    /// The one at that place.
    fn chosen(index: usize) -> Self;
}

impl Word for bool {
    fn labels() -> Vec<&'static str> {
        vec!["no", "yes"]
    }

    fn chosen(index: usize) -> Self {
        index == 1
    }
}

/// A world as far as a question can tell worlds apart, in plain words.
pub trait Shape: Clone + Debug + PartialEq + 'static {
    /// Nothing stands in the way: every setting has its first word.
    fn in_order() -> Self;
    /// Its settings, those first that the more of a world depends on.
    fn dimensions() -> Vec<Dimension<Self>>;
}

/// Gives a sketch one of a setting's words.
type Set<S> = dyn Fn(&mut S, usize);

/// A setting of a sketch.
#[derive(Clone)]
pub struct Dimension<S> {
    name: &'static str,
    words: Vec<(&'static str, usize)>,
    set: Rc<Set<S>>,
}

/// A setting by its name, and how a sketch is given one of its words.
pub fn dimension<S: 'static, W: Word>(name: &'static str, set: fn(&mut S, W)) -> Dimension<S> {
    let words = W::labels().into_iter().zip(0..).collect();
    let set = Rc::new(move |sketch: &mut S, index| set(sketch, W::chosen(index)));
    Dimension { name, words, set }
}

impl<S> Dimension<S> {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many words it can have.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it can have none, so that there is no world at all.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// What a table prints for the word at that place.
    pub fn label(&self, index: usize) -> &'static str {
        self.words[index].0
    }

    /// Gives a sketch the word at that place.
    pub fn set(&self, sketch: &mut S, index: usize) {
        (self.set)(sketch, self.words[index].1);
    }
}

/// Every combination of some settings, in a world whose others are fixed.
#[derive(Clone)]
pub struct Product<S> {
    base: S,
    dimensions: Vec<Dimension<S>>,
}

impl<S: Shape> Product<S> {
    /// Every combination of everything.
    pub fn whole() -> Self {
        Self {
            base: S::in_order(),
            dimensions: S::dimensions(),
        }
    }

    /// Every combination of these settings, in this order; the others are in order.
    ///
    /// # Panics
    ///
    /// If there is no such setting: who asks has misspelled it.
    pub fn of(names: &[&str]) -> Self {
        let all = S::dimensions();
        let named = names.iter().map(|name| {
            let found = all.iter().find(|dimension| dimension.name == *name);
            found
                .unwrap_or_else(|| panic!("no setting is called `{name}`"))
                .clone()
        });
        Self {
            base: S::in_order(),
            dimensions: named.collect(),
        }
    }

    /// The same around another world.
    #[must_use]
    pub fn around(self, base: S) -> Self {
        Self { base, ..self }
    }

    /// The same with fewer words of a setting.
    ///
    /// # Panics
    ///
    /// If there is no such setting, or it has no such word.
    #[must_use]
    pub fn only(mut self, name: &str, labels: &[&str]) -> Self {
        let found = self
            .dimensions
            .iter_mut()
            .find(|dimension| dimension.name == name);
        let dimension = found.unwrap_or_else(|| panic!("no setting is called `{name}`"));
        dimension.words.retain(|(label, _)| labels.contains(label));
        assert_eq!(dimension.words.len(), labels.len(), "`{name}` has no such word");
        self
    }

    /// Its settings.
    pub fn dimensions(&self) -> &[Dimension<S>] {
        &self.dimensions
    }

    /// The world around them.
    pub fn base(&self) -> &S {
        &self.base
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.dimensions.iter().map(Dimension::len).product()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell with these words.
    pub fn cell(&self, picks: &[usize]) -> S {
        let mut sketch = self.base.clone();
        for (dimension, &pick) in self.dimensions.iter().zip(picks) {
            dimension.set(&mut sketch, pick);
        }
        sketch
    }

    /// All cells. Those that follow one another differ in the last settings.
    pub fn cells(&self) -> impl Iterator<Item = S> + '_ {
        (0..self.len()).map(|number| {
            let mut rest = number;
            let mut picks = vec![0; self.dimensions.len()];
            for (pick, dimension) in picks.iter_mut().zip(&self.dimensions).rev() {
                *pick = rest % dimension.len();
                rest /= dimension.len();
            }
            self.cell(&picks)
        })
    }
}
