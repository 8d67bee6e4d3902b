//! Key Vault as clients meet it.

mod gates;
mod keys;
mod not_played;
mod preparing;
mod secrets;
mod signatures;
mod vaults;
mod world;
