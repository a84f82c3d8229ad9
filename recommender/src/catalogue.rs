//! What there is to watch: a fold of `catalog-updates`, the last record of a movie holds.

use std::collections::HashMap;

use schemas::Movie;

/// The movies as of an offset of `catalog-updates`/0.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    movies: HashMap<i32, Entry>,
    next_offset: i64,
}

#[derive(Debug, Clone)]
struct Entry {
    title: String,
    available: bool,
}

impl Catalogue {
    /// Takes in the record at `offset`: a movie, or nothing where it could not be decoded.
    pub fn apply(&mut self, offset: i64, movie: Option<Movie>) {
        if let Some(movie) = movie {
            let entry = Entry { title: movie.title, available: movie.available };
            self.movies.insert(movie.movie_id, entry);
        }
        self.next_offset = offset + 1;
    }

    /// The offset after the last record that was taken in.
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Whether the movie may be recommended. One that has no record may: the catalogue is not a gate.
    pub fn is_available(&self, movie_id: i32) -> bool {
        self.movies.get(&movie_id).is_none_or(|movie| movie.available)
    }

    /// The movie's title, where the catalogue has it.
    pub fn title(&self, movie_id: i32) -> Option<&str> {
        self.movies.get(&movie_id).map(|movie| movie.title.as_str())
    }

    /// How many movies it has.
    pub fn len(&self) -> usize {
        self.movies.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::movie;

    #[test]
    fn the_last_record_of_a_movie_holds() {
        let mut catalogue = Catalogue::default();
        catalogue.apply(0, Some(movie(1, "One", true)));
        catalogue.apply(1, Some(movie(1, "One, again", false)));
        assert_eq!(catalogue.title(1), Some("One, again"));
        assert!(!catalogue.is_available(1));
        assert_eq!((catalogue.len(), catalogue.next_offset()), (1, 2));
    }

    #[test]
    fn a_record_that_cannot_be_read_moves_the_offset_alone() {
        let mut catalogue = Catalogue::default();
        catalogue.apply(7, None);
        assert_eq!((catalogue.is_empty(), catalogue.next_offset()), (true, 8));
        assert!(catalogue.is_available(1));
    }
}
