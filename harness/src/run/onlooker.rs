//! Whoever looks on while a scenario is played, and may have something go wrong in it.

use azdrill_emulator::azure::Azure;
use azdrill_emulator::journal::Journalled;
use azdrill_emulator::model::Timestamp;
use jiff::SignedDuration;

/// Whoever looks on.
pub trait Onlooker: Send {
    /// The step of this number, from 0, is taken next.
    fn before(&mut self, number: usize, machine: &mut Journalled, now: Timestamp);

    /// How long to wait, on the world's clock, once all steps have been taken.
    fn patience(&self) -> SignedDuration;

    /// That time is over.
    fn ended(&mut self, machine: &Azure, now: Timestamp);
}
