//! Key Vault as clients meet it.

mod gates;
mod keys;
mod network;
mod not_played;
mod preparing;
mod recovery;
mod secrets;
mod signatures;
mod vaults;
mod world;
