//! What cannot be estimated.

use std::fmt;

/// Counts that are no proportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nothing was tried.
    NoTrials,
    /// More hits than trials.
    TooManyHits {
        /// Hits as given.
        hits: u64,
        /// Trials as given.
        trials: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoTrials => write!(f, "a proportion of no trials is undefined"),
            Error::TooManyHits { hits, trials } => write!(f, "{hits} hits of {trials} trials"),
        }
    }
}

impl std::error::Error for Error {}
