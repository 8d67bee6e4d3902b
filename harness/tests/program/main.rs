//! The program as a person starts it: what it says, what it leaves, how it ends.

mod chaos;
mod check_command;
mod command_line;
mod grants;
mod kept_world;
mod leaks;
mod matrix;
mod outputs;
mod replay;
mod run_command;
mod secrets;
mod serve_arguments;
mod signals;
mod start;
mod state_folder;
mod sweeps;
mod terminal;
mod time;
mod verdict;
