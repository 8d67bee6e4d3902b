//! The command line.

mod cli;

use std::process::ExitCode;

/// Requests are answered on several threads and what they leave behind (resources, the log) is
/// freed on others, which the system's own allocator does under locks: writing a policy over a
/// socket is twice as fast with this one. Without huge pages, which would double the idle size.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
