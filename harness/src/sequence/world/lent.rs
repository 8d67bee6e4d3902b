//! A world is put up once for each thread and beginning; every sequence comes back to it.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use super::founded::Founded;
use crate::sequence::Beginning;

thread_local! {
    static IDLE: RefCell<Vec<Box<Founded>>> = const { RefCell::new(Vec::new()) };
}

/// A world that is given back when the sequence is over, however it ended.
pub struct Lent(Option<Box<Founded>>);

impl Lent {
    /// The world of a beginning, as it was put up.
    pub(super) fn new(beginning: Beginning) -> Self {
        let idle = IDLE.with_borrow_mut(|idle| {
            let position = idle.iter().position(|own| own.is_of(beginning));
            position.map(|position| idle.swap_remove(position))
        });
        if let Some(mut own) = idle
            && own.world.azure.come_back_to(&own.kept).is_ok()
        {
            // What was done before is no part of what is done from here on.
            own.world.azure.faults_mut().clear();
            own.world.azure.clear_log();
            return Self(Some(own));
        }
        let founded = Founded::new(beginning);
        let mut founded = Box::new(founded.expect("every call to it is let through"));
        founded.world.azure.clear_log();
        Self(Some(founded))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(own) = self.0.take() {
            // Where the thread has ended there is nobody to keep it for.
            let _ = IDLE.try_with(|idle| idle.borrow_mut().push(own));
        }
    }
}

impl Deref for Lent {
    type Target = Founded;

    fn deref(&self) -> &Founded {
        self.0.as_ref().expect("it is given back when it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Founded {
        self.0.as_mut().expect("it is given back when it is dropped")
    }
}
