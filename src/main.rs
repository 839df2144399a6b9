//! The `poam` program: parse, run, print the error, exit.

use std::process::ExitCode;

/// Items are many small texts, made and dropped by several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    poam::cli::main()
}
