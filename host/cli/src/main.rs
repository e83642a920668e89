//! The command line of polcheck: one file a verb, one file an output format.

mod args;
mod commands;
mod discover;
mod exit;
mod failure;
mod files;
mod login;
mod progress;
mod report;
mod secrets;
mod session;

use exit::Exit;

/// Every Dockerfile takes and gives back a thousand small pieces of memory.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Exit {
    secrets::keep_out_of_dumps();
    let cli = match args::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    match commands::run(cli) {
        Ok(exit) => exit,
        Err(failure) => {
            failure.show();
            Exit::Undecided
        }
    }
}
