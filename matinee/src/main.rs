//! The `matinee` command.

use std::process::ExitCode;

use clap::Parser;
use matinee::cli::Cli;

fn main() -> ExitCode {
    match matinee::run_to_the_end(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", matinee::one_line(&error));
            ExitCode::FAILURE
        }
    }
}
