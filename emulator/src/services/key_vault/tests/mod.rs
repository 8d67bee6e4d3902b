//! Key Vault as clients meet it.

mod gates;
mod secrets;
mod vaults;
mod world;
