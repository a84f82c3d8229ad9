//! A catalogue of movies that nobody made, for a log that has none.

use std::collections::BTreeSet;

use rand::RngExt;
use rand_pcg::Pcg64;
use schemas::Movie;

use super::draws::{Purpose, draws};
use super::words::{ADJECTIVES, GENRES, Genre, NAMES, PLACES};

/// How many movies the demo's catalogue has.
pub const MOVIES: usize = 800;

/// `movies` movies of `seed`, numbered from 1, no two with one title. `ts` (Unix milliseconds) is when they came
/// into the catalogue.
pub fn made_up(seed: u64, movies: usize, ts: i64) -> Vec<Movie> {
    let mut taken = BTreeSet::new();
    let ids = 1..=i32::try_from(movies).unwrap_or(i32::MAX);
    ids.map(|movie_id| movie(seed, movie_id, ts, &mut taken)).collect()
}

fn movie(seed: u64, movie_id: i32, ts: i64, taken: &mut BTreeSet<String>) -> Movie {
    let mut draws = draws(seed, Purpose::Title, i64::from(movie_id), 0);
    let genres = genres(&mut draws);
    let name = title(&mut draws, genres[0]);
    let year = draws.random_range(1948..=2024);
    let mut title = format!("{name} ({year})");
    // A sequel rather than a second movie of the same name and year.
    for part in 2.. {
        if taken.insert(title.clone()) {
            break;
        }
        title = format!("{name} {part} ({year})");
    }
    let genres = genres.iter().map(|genre| genre.name.to_owned()).collect();
    Movie { movie_id, ts, title, genres, available: true }
}

/// One to three genres; the first is the one that the movie is about.
fn genres(draws: &mut Pcg64) -> Vec<&'static Genre> {
    let mut chosen: Vec<usize> = Vec::new();
    for _ in 0..draws.random_range(1..=3) {
        let next = draws.random_range(0..GENRES.len());
        if !chosen.contains(&next) {
            chosen.push(next);
        }
    }
    chosen.into_iter().map(|index| &GENRES[index]).collect()
}

fn title(draws: &mut Pcg64, genre: &Genre) -> String {
    let mut one = |words: &[&'static str]| words[draws.random_range(0..words.len())];
    let (noun, adjective, place, name) = (one(genre.nouns), one(ADJECTIVES), one(PLACES), one(NAMES));
    match draws.random_range(0..4) {
        0 => format!("The {adjective} {noun}"),
        1 => format!("{adjective} {noun}"),
        2 => format!("The {noun} of {place}"),
        _ => format!("{name}'s {noun}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_one_catalogue_of_distinct_titles() {
        let movies = made_up(42, MOVIES, 5);
        assert_eq!(movies, made_up(42, MOVIES, 5));
        assert_ne!(movies, made_up(43, MOVIES, 5));
        let titles: BTreeSet<_> = movies.iter().map(|movie| &movie.title).collect();
        assert_eq!(titles.len(), MOVIES);
        assert!(movies.iter().all(|movie| (1..=3).contains(&movie.genres.len()) && movie.available));
        assert_eq!((movies[0].movie_id, movies[0].ts), (1, 5));
    }
}
