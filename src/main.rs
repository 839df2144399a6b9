//! The `poam` program: parse, run, print the error, exit.

use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    poam::cli::main()
}
