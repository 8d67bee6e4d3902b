//! Clients that sign in through the gate to real servers.

mod core;
mod disturbed;
mod entrance;
mod grants;
mod movement;
mod rights;
mod world;
