//! What there is to watch.

use serde::{Deserialize, Serialize};

/// A movie of the catalogue; the last record of a `movie_id` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Movie {
    /// Names the movie.
    pub movie_id: i32,
    /// When it was so, Unix milliseconds.
    pub ts: i64,
    /// As people know it.
    pub title: String,
    /// Names of genres.
    pub genres: Vec<String>,
    /// One that is not available is never recommended.
    pub available: bool,
}
