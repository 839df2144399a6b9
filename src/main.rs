//! The `poam` program: parse, run, print the error, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    poam::cli::main()
}
