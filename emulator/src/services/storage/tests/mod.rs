//! The storage service through the front door.

mod accounts;
mod append_blobs;
mod batches;
mod bytes;
mod containers;
mod copies;
mod delegation;
mod gates;
mod identities;
mod impossible_accounts;
mod leases;
mod lists;
mod page_blobs;
mod policies;
mod public_access;
mod reads;
mod services;
mod snapshots;
mod tags;
mod tiers;
mod trust;
mod unplayed;
mod world;
mod writes;
