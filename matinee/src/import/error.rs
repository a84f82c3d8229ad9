//! What can be wrong with somebody's files, with the file and the line.

use std::io;
use std::path::PathBuf;

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder holds no MovieLens that we know.
    #[error(
        "{dir}: found {found}; expected ratings.csv and movies.csv (MovieLens latest-small, 25M, 32M) or \
         ratings.dat and movies.dat (1M, 10M)"
    )]
    NoMovieLens {
        /// The folder.
        dir: PathBuf,
        /// The expected files that are there, or `none of them`.
        found: String,
    },
    /// A file or folder cannot be used.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file without a byte, or without anything but blank lines.
    #[error("{path}: the file is empty")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file without a row.
    #[error("{path} has no {what}")]
    NoRows {
        /// The file.
        path: PathBuf,
        /// What its rows are.
        what: &'static str,
    },
    /// The header lacks a column.
    #[error("{path}:1: no column `{column}`; the header is `{header}`")]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column's name.
        column: &'static str,
        /// The header as it is.
        header: String,
    },
    /// A row is not what it should be.
    #[error("{path}:{line}: {reason}")]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The file that keeps an import's progress is not one.
    #[error("{path} does not hold an import's progress ({reason}): move it away to import from the start")]
    Progress {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another import is going on in this data folder.
    #[error("{path} is held by another import: let it end first")]
    Held {
        /// The lock.
        path: PathBuf,
    },
    /// A record does not fit its schema.
    #[error(transparent)]
    Schemas(#[from] schemas::Error),
    /// The log cannot take the records.
    #[error(transparent)]
    Log(#[from] kafka::Error),
}
