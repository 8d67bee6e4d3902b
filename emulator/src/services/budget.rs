//! What an evaluation may take: the languages that a request can be written in count here what they do,
//! and end when it is too much.

use std::cell::Cell;

use serde_json::Value;

use crate::rules::Limits;

/// What one value costs besides its own texts, in bytes.
const VALUE_BYTES: u64 = 32;

/// How much of each there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Values inside values.
    pub(crate) depth: u32,
    /// Values come by.
    pub(crate) steps: u64,
    /// Bytes written.
    pub(crate) bytes: u64,
}

impl Bounds {
    /// A small part of those of the rules: what takes all there may be takes long to try a million times.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn small(limits: &Limits) -> Self {
        Self {
            steps: 20_000,
            bytes: 256 * 1024,
            ..Self::of(limits)
        }
    }

    /// Those of the rules.
    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            depth: u32::try_from(limits.evaluation_depth.most).unwrap_or(u32::MAX),
            steps: limits.evaluation_steps.most,
            bytes: limits.evaluation_bytes.most,
        }
    }
}

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// Values inside values, and how many may be.
    Depth(u32),
    /// Values, and how many may be.
    Steps(u64),
    /// Bytes, and how many may be.
    Bytes(u64),
}

impl std::fmt::Display for Exhausted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Depth(most) => write!(f, "it is nested more than {most} deep, which is azdrill's limit"),
            Self::Steps(most) => write!(
                f,
                "it takes more than {most} steps to evaluate, which is azdrill's limit"
            ),
            Self::Bytes(most) => write!(
                f,
                "its values take more than {most} bytes to write, which is azdrill's limit"
            ),
        }
    }
}

/// What is left. Evaluating takes shared references, hence the cells.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    bounds: Bounds,
    depth: Cell<u32>,
    steps: Cell<u64>,
    bytes: Cell<u64>,
}

impl Budget {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            depth: Cell::new(0),
            steps: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// Goes one level down, for as long as what is returned lives.
    ///
    /// # Errors
    ///
    /// If that is too deep, or one step too many.
    pub(crate) fn deeper(&self) -> Result<Deeper<'_>, Exhausted> {
        self.steps(1)?;
        let depth = self.depth.get() + 1;
        if depth > self.bounds.depth {
            return Err(Exhausted::Depth(self.bounds.depth));
        }
        self.depth.set(depth);
        Ok(Deeper(self))
    }

    /// Takes note of steps.
    ///
    /// # Errors
    ///
    /// If there have been too many.
    pub(crate) fn steps(&self, count: usize) -> Result<(), Exhausted> {
        let taken = self.steps.get().saturating_add(count as u64);
        self.steps.set(taken);
        if taken > self.bounds.steps {
            return Err(Exhausted::Steps(self.bounds.steps));
        }
        Ok(())
    }

    /// Takes note of bytes. What may be much is said before it is written.
    ///
    /// # Errors
    ///
    /// If there have been too many.
    pub(crate) fn bytes(&self, count: usize) -> Result<(), Exhausted> {
        let taken = self.bytes.get().saturating_add(count as u64);
        self.bytes.set(taken);
        if taken > self.bounds.bytes {
            return Err(Exhausted::Bytes(self.bounds.bytes));
        }
        Ok(())
    }

    /// Takes note of a value that has been made.
    ///
    /// # Errors
    ///
    /// If that is too much.
    pub(crate) fn value(&self, value: &Value) -> Result<(), Exhausted> {
        self.bytes(usize::try_from(size(value)).unwrap_or(usize::MAX))
    }
}

/// A level down; dropping it comes up again.
#[derive(Debug)]
pub(crate) struct Deeper<'a>(&'a Budget);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

/// About how many bytes a value takes.
fn size(value: &Value) -> u64 {
    VALUE_BYTES
        + match value {
            Value::String(text) => text.len() as u64,
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| VALUE_BYTES + name.len() as u64 + size(member))
                .sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted_and_depth_comes_back() {
        let budget = Budget::new(Bounds {
            depth: 2,
            steps: 4,
            bytes: 100,
        });
        let one = budget.deeper().expect("one deep");
        {
            let _two = budget.deeper().expect("two deep");
            assert_eq!(budget.deeper().expect_err("three deep"), Exhausted::Depth(2));
        }
        drop(one);
        drop(budget.deeper().expect("one deep again"));
        assert_eq!(budget.steps(1), Err(Exhausted::Steps(4)));
        assert_eq!(budget.bytes(100), Ok(()));
        assert_eq!(budget.value(&Value::Null), Err(Exhausted::Bytes(100)));
    }
}
