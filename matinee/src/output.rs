//! Results on stdout.

use std::io::{self, Write};

use anyhow::{Context, Result};
use serde::Serialize;

/// Writes a line. A reader that has gone away (`| head`) has what it wanted.
///
/// # Errors
/// stdout cannot be written for another reason.
pub fn line(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}

/// Writes a result: as JSON on request, else as its text.
///
/// # Errors
/// As [`line()`].
pub fn result<T: Serialize + std::fmt::Display>(result: &T, json: bool) -> Result<()> {
    match json {
        true => line(&serde_json::to_string_pretty(result)?),
        false => line(&result.to_string()),
    }
}
