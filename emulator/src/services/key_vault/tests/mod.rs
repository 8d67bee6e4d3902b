//! Key Vault as clients meet it.

mod gates;
mod keys;
mod secrets;
mod vaults;
mod world;
