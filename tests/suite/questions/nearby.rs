//! Worlds that are nearly in order.

use azdrill::sketch::{Product, Shape};

/// Every cell in which at most so many settings have another word than their first: those first in which the fewest
/// have.
pub(crate) fn nearby<S: Shape>(most: usize) -> impl Iterator<Item = S> {
    let whole = Product::<S>::whole();
    let lengths: Vec<usize> = whole
        .dimensions()
        .iter()
        .map(|dimension| dimension.len())
        .collect();
    (0..=most).flat_map(move |number| {
        let mut found = Vec::new();
        choose(&lengths, number, &mut Vec::new(), &mut found);
        let cells: Vec<S> = found.iter().map(|picks| whole.cell(picks)).collect();
        cells
    })
}

fn choose(lengths: &[usize], number: usize, picks: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    let Some((length, rest)) = lengths.split_first() else {
        if number == 0 {
            found.push(picks.clone());
        }
        return;
    };
    for pick in 0..*length {
        let left = number.checked_sub(usize::from(pick > 0));
        let Some(left) = left else { break };
        picks.push(pick);
        choose(rest, left, picks, found);
        picks.pop();
    }
}

#[test]
fn what_is_nearby_is_all_there_is_if_everything_may_differ() {
    use azdrill::sketch::read_secret::Sketch;
    let settings = Sketch::dimensions().len();
    assert_eq!(nearby::<Sketch>(0).collect::<Vec<_>>(), [Sketch::in_order()]);
    assert_eq!(
        nearby::<Sketch>(settings).count(),
        Product::<Sketch>::whole().len()
    );
}
