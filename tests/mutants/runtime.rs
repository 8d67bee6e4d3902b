//! What the changed copy asks at every place that was changed: whether the change there is the one chosen. `build` puts
//! this file into the copy as `crate::mutant`.
//!
//! `AZDRILL_MUTANT` says the number of the change chosen. `AZDRILL_MUTANTS_REACHED` names a folder instead: nothing is
//! changed, and every thread writes there, in a file of its name (a test's thread has the test's), the numbers it came by.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Above every number of a change.
const NOTE_REACHED: u32 = u32::MAX - 1;
const NOT_READ: u32 = u32::MAX;

static CHOSEN: AtomicU32 = AtomicU32::new(NOT_READ);
static REACHED: OnceLock<PathBuf> = OnceLock::new();
static FILES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SEEN: RefCell<Option<(HashSet<u32>, File)>> = const { RefCell::new(None) };
}

/// Whether the change of this number is made.
#[inline(always)]
pub fn is(number: u32) -> bool {
    let chosen = CHOSEN.load(Ordering::Relaxed);
    chosen == number || (chosen >= NOTE_REACHED && first_or_noting(number))
}

/// `<` or `<=`; with the change, the other one. Whoever comes by where both say the same need not be asked.
pub fn less<A: PartialOrd<B> + ?Sized, B: ?Sized>(number: u32, or_equal: bool, left: &A, right: &B) -> bool {
    either(number, or_equal, left < right, left <= right)
}

/// `>` or `>=`; with the change, the other one.
pub fn more<A: PartialOrd<B> + ?Sized, B: ?Sized>(number: u32, or_equal: bool, left: &A, right: &B) -> bool {
    either(number, or_equal, left > right, left >= right)
}

fn either(number: u32, or_equal: bool, without: bool, with: bool) -> bool {
    if without == with || or_equal != is(number) { with } else { without }
}

/// `any`; with the change, `all`.
pub fn any<I: Iterator>(number: u32, items: &mut I, holds: impl FnMut(I::Item) -> bool) -> bool {
    if is(number) { items.all(holds) } else { items.any(holds) }
}

/// `all`; with the change, `any`.
pub fn all<I: Iterator>(number: u32, items: &mut I, holds: impl FnMut(I::Item) -> bool) -> bool {
    if is(number) { items.any(holds) } else { items.all(holds) }
}

/// `is_some_and`; with the change, `is_none_or`.
pub fn is_some_and<T>(number: u32, value: Option<T>, holds: impl FnOnce(T) -> bool) -> bool {
    value.map_or_else(|| is(number), holds)
}

/// `is_none_or`; with the change, `is_some_and`.
pub fn is_none_or<T>(number: u32, value: Option<T>, holds: impl FnOnce(T) -> bool) -> bool {
    value.map_or_else(|| !is(number), holds)
}

#[cold]
fn first_or_noting(number: u32) -> bool {
    if CHOSEN.load(Ordering::Relaxed) == NOTE_REACHED {
        note(number);
        return false;
    }
    let chosen = match std::env::var_os("AZDRILL_MUTANTS_REACHED") {
        Some(folder) => {
            let _ = REACHED.set(PathBuf::from(folder));
            NOTE_REACHED
        }
        None => std::env::var("AZDRILL_MUTANT").map_or(0, |text| text.parse().expect("a number of a change")),
    };
    CHOSEN.store(chosen, Ordering::Relaxed);
    is(number)
}

/// Writes at once: a process may end before its threads do.
fn note(number: u32) {
    let noted = SEEN.try_with(|seen| {
        let mut seen = seen.borrow_mut();
        let (numbers, file) = seen.get_or_insert_with(|| (HashSet::new(), file_of_this_thread()));
        if numbers.insert(number) {
            file.write_all(&number.to_le_bytes()).expect("what is reached is noted");
        }
    });
    // A thread that is ending has no more to say.
    let _ = noted;
}

fn file_of_this_thread() -> File {
    let thread = std::thread::current();
    let folder = REACHED.get().expect("said before anything is noted");
    fs::create_dir_all(folder).expect("a folder for what is reached");
    let count = FILES.fetch_add(1, Ordering::Relaxed);
    // Its first line is the thread's name; no name has a line's end in it.
    let mut file = File::create(folder.join(format!("{count}.reached"))).expect("a file for what is reached");
    file.write_all(format!("{}\n", thread.name().unwrap_or_default()).as_bytes())
        .expect("what is reached is noted");
    file
}
