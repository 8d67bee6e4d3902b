//! What unmodified clients insist on, and the shapes that were recorded from Azure, asked of the
//! core directly: no sockets, no PostgreSQL, no clock.

mod access;
mod arm_headers;
mod bodies;
mod certificates;
mod database_connections;
mod failures;
mod federation;
mod graph;
mod jobs;
mod lists;
mod locks;
mod managed_identities;
mod network_parts;
mod not_played;
mod partial_lists;
mod people;
mod policies;
mod providers;
mod recorded_instances;
mod recorded_vaults;
mod resource_graph;
mod retention;
mod shapes;
mod sign_in;
mod simulated_movement;
mod single_server;
mod single_server_parts;
mod status_codes;
mod tags;
mod time;
mod tokens;
mod traps;
mod vault_keys;
mod world;
mod wrong_bodies;
