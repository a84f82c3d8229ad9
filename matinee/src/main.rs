//! The `matinee` command.

use std::process::ExitCode;

use clap::Parser;
use matinee::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match matinee::run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", matinee::one_line(&error));
            ExitCode::FAILURE
        }
    }
}
