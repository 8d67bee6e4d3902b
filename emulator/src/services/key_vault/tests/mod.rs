//! Key Vault as clients meet it.

mod gates;
mod keys;
mod preparing;
mod secrets;
mod vaults;
mod world;
