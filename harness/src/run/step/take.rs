//! What every step does, and the words of one.

use azdrill_emulator::rules::Rules;
use serde::de::value::Error as NoWords;
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::run::{Outcome, Play, RunError};
use crate::scenario::{Misstated, Part, World};

/// What every step does.
pub(crate) trait Take {
    /// Whether it can happen while a job is under way: whether all it asks for is answered at once.
    const DURING: bool = false;

    /// The parts that something of the world has to play in it, whatever it says: where there are several things that
    /// could, the step says which.
    const NEEDS: &'static [Part] = &[];

    /// The same, by what it says.
    fn needs(&self) -> Vec<Part> {
        Self::NEEDS.to_vec()
    }

    /// Checks what can be checked before there is a world.
    ///
    /// # Errors
    ///
    /// What cannot be, and behind which of its words.
    fn check(&self, _world: &World, _rules: &Rules) -> Result<(), Misstated> {
        Ok(())
    }

    /// Does it.
    async fn take(&self, play: &mut Play<'_>) -> Result<Outcome, RunError>;
}

/// The words a table of this type may have.
pub(in crate::run) fn words_of<T: for<'de> Deserialize<'de>>() -> Vec<&'static str> {
    let mut found: &'static [&'static str] = &[];
    // It fails, once it has been told what it was looked at for.
    let _ = T::deserialize(Words(&mut found));
    found.to_vec()
}

/// Reads nothing, and notes the names of a structure's members.
struct Words<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Words<'_> {
    type Error = NoWords;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, NoWords> {
        Err(NoWords::custom("there is nothing to read"))
    }

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        members: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NoWords> {
        *self.0 = members;
        Err(NoWords::custom("there is nothing to read"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
