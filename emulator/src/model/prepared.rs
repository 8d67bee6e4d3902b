//! What is worked out for a request before it is carried out.

use std::any::Any;
use std::sync::Arc;

/// Something worked out for a request that takes long and nothing of what exists: a key, a signature.
/// Holds secrets, so that `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Prepared {
    value: Arc<dyn Any + Send + Sync>,
    number: Option<u64>,
}

impl Prepared {
    /// It, if it is one of these.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }

    /// It itself, if it is one of these and nobody else holds it.
    pub fn into_inner<T: Any + Send + Sync>(self) -> Option<T> {
        Arc::into_inner(self.value.downcast().ok()?)
    }

    /// The number of its [`Preparation`].
    pub fn number(&self) -> Option<u64> {
        self.number
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}

/// How something is worked out. It has all it takes with it, randomness included: carried out anywhere
/// and at any time it comes to the same.
pub struct Preparation {
    work: Box<dyn FnOnce() -> Arc<dyn Any + Send + Sync> + Send>,
    number: Option<u64>,
}

impl Preparation {
    /// Work that comes to a `T`.
    pub fn new<T: Any + Send + Sync>(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self {
            work: Box::new(move || Arc::new(work())),
            number: None,
        }
    }

    /// The same with a number, by which what comes of it can be told apart.
    #[must_use]
    pub fn numbered(self, number: u64) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }

    /// Does it.
    pub fn carry_out(self) -> Prepared {
        Prepared {
            value: (self.work)(),
            number: self.number,
        }
    }
}

impl std::fmt::Debug for Preparation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparation").finish_non_exhaustive()
    }
}
