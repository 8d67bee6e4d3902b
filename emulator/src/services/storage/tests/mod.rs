//! The storage service through the front door.

mod accounts;
mod bytes;
mod containers;
mod gates;
mod lists;
mod reads;
mod world;
mod writes;
