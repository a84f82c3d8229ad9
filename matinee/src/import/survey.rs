//! What the files hold, before anything of them is appended.

use std::collections::HashSet;
use std::path::Path;

use super::Error;
use super::rows::Row;
use super::source::{Source, sha256};

/// What a file holds, known before anything of it is appended.
pub(super) struct Survey {
    pub name: String,
    pub sha256: String,
    pub rows: u64,
}

/// The files of one MovieLens, read through: every row of theirs is sound.
pub struct Files {
    pub(super) source: Source,
    pub(super) movies: Survey,
    pub(super) ratings: Survey,
    /// The newest rating's time, Unix milliseconds.
    pub(super) newest_ts: i64,
}

impl Files {
    /// Finds the files in `dir` and reads them through.
    ///
    /// # Errors
    /// What is wrong with them, with file and line.
    pub fn survey(dir: &Path) -> Result<Files, Error> {
        tokio::task::block_in_place(|| survey(Source::find(dir)?))
    }
}

fn survey(source: Source) -> Result<Files, Error> {
    let mut known = HashSet::new();
    let mut movies = 0;
    for movie in source.movies()? {
        known.insert(movie?.value.movie_id);
        movies += 1;
    }
    let (mut ratings, mut newest_ts, mut unknown) = (0, 0, Unknown::default());
    for rate in source.ratings()? {
        let Row { line, value: rate } = rate?;
        newest_ts = newest_ts.max(rate.ts);
        if !known.contains(&rate.movie_id) {
            unknown.add(line, rate.movie_id);
        }
        ratings += 1;
    }
    if let Some(warning) = unknown.warning(&source) {
        tracing::warn!("{warning}");
    }
    let (movies, ratings) = (Survey::of(&source.movies, movies)?, Survey::of(&source.ratings, ratings)?);
    Ok(Files { source, movies, ratings, newest_ts })
}

impl Survey {
    fn of(path: &Path, rows: u64) -> Result<Survey, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let what = if name.starts_with("ratings") { "ratings" } else { "movies" };
        match rows {
            0 => Err(Error::NoRows { path: path.to_owned(), what }),
            _ => Ok(Survey { name, sha256: sha256(path)?, rows }),
        }
    }
}

/// Ratings of movies that the other file does not have.
#[derive(Default)]
struct Unknown {
    ratings: u64,
    /// Line and movie of the first one.
    first: Option<(u64, i32)>,
}

impl Unknown {
    fn add(&mut self, line: u64, movie_id: i32) {
        self.ratings += 1;
        self.first.get_or_insert((line, movie_id));
    }

    fn warning(&self, source: &Source) -> Option<String> {
        let (line, movie_id) = self.first?;
        let (ratings, movies) = (source.ratings.display(), source.movies.display());
        let count = self.ratings;
        Some(format!(
            "{count} ratings are of movies that {movies} does not have, first {ratings}:{line} of movie {movie_id}; \
             they count all the same"
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::source::Format;
    use super::*;

    #[test]
    fn a_rating_of_an_unknown_movie_is_said_with_its_line() {
        let source = |name: &str| PathBuf::from(name);
        let source =
            Source { format: Format::Csv, movies: source("movies.csv"), ratings: source("ratings.csv") };
        let mut unknown = Unknown::default();
        assert_eq!(unknown.warning(&source), None);
        [(7, 99), (9, 98)].into_iter().for_each(|(line, movie_id)| unknown.add(line, movie_id));
        let warning = unknown.warning(&source).unwrap();
        assert!(warning.starts_with("2 ratings are of movies that movies.csv does not have"), "{warning}");
        assert!(warning.contains("first ratings.csv:7 of movie 99;"), "{warning}");
    }
}
