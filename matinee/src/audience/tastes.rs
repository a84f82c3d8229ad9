//! What movies are like and what people like, in one small space.
//!
//! Every genre has a direction in the space. A movie lies where its genres point, a little aside; a person looks
//! where a few favourite genres point. The nearer, the better it is liked. Beside that some movies are known to
//! many, by a Zipf law, whatever anybody likes. Nothing of this is told to the recommender: it sees events alone.

use std::collections::HashMap;

use rand::RngExt;
use rand_pcg::Pcg64;
use schemas::Movie;

use super::draws::{Purpose, draws, normal};

/// Dimensions of the space; far fewer than a model's factors, so a model can find it.
const DIMENSIONS: usize = 8;
/// How far a movie lies beside its genres.
const ASIDE: f64 = 0.35;
/// How much a person's taste is theirs alone.
const OWN: f64 = 0.25;
/// Choices are weighed by `exp(PULL * affinity)`: the demo's people know what they like.
const PULL: f64 = 7.0;
/// The Zipf law of fame: `1 / (rank + ZIPF_SHIFT)^ZIPF_EXPONENT`.
const ZIPF_EXPONENT: f64 = 0.7;
const ZIPF_SHIFT: f64 = 10.0;

/// A direction in the space of tastes, of length 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Direction([f64; DIMENSIONS]);

impl Direction {
    fn random(draws: &mut Pcg64) -> Direction {
        Direction(std::array::from_fn(|_| normal(draws))).unit()
    }

    fn plus(self, other: Direction, times: f64) -> Direction {
        Direction(std::array::from_fn(|i| self.0[i] + times * other.0[i]))
    }

    fn unit(self) -> Direction {
        let length = self.affinity(self).sqrt().max(f64::MIN_POSITIVE);
        Direction(self.0.map(|x| x / length))
    }

    /// The cosine of the angle between two directions: -1 is loathed, 1 is loved.
    pub(super) fn affinity(self, other: Direction) -> f64 {
        self.0.iter().zip(other.0).map(|(a, b)| a * b).sum()
    }
}

/// One movie as the audience sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appeal {
    pub movie_id: i32,
    pub direction: Direction,
    /// How many know it, in proportion.
    pub fame: f64,
}

/// All movies as the audience sees them.
#[derive(Clone, Debug)]
pub(super) struct Tastes {
    seed: u64,
    genres: Vec<String>,
    movies: Vec<Appeal>,
    by_id: HashMap<i32, usize>,
}

impl Tastes {
    /// The available movies of `catalogue`, by ascending id whatever its order.
    pub fn new(seed: u64, catalogue: &[Movie]) -> Tastes {
        let mut available: Vec<&Movie> = catalogue.iter().filter(|movie| movie.available).collect();
        available.sort_by_key(|movie| movie.movie_id);
        available.dedup_by_key(|movie| movie.movie_id);
        let mut genres: Vec<String> = available.iter().flat_map(|movie| movie.genres.clone()).collect();
        genres.sort();
        genres.dedup();
        let fame = fame(seed, &available);
        let appeal = |(movie, fame): (&&Movie, f64)| Appeal {
            movie_id: movie.movie_id,
            direction: movie_direction(seed, movie),
            fame,
        };
        let movies: Vec<Appeal> = available.iter().zip(fame).map(appeal).collect();
        let by_id = movies.iter().enumerate().map(|(index, movie)| (movie.movie_id, index)).collect();
        Tastes { seed, genres, movies, by_id }
    }

    pub fn movies(&self) -> &[Appeal] {
        &self.movies
    }

    pub fn movie(&self, movie_id: i32) -> Option<&Appeal> {
        self.by_id.get(&movie_id).map(|&index| &self.movies[index])
    }

    /// Where a person looks: at one favourite genre, less at a second, and a little somewhere of their own.
    pub fn person(&self, user_id: i32) -> Direction {
        let mut draws = draws(self.seed, Purpose::Person, i64::from(user_id), 0);
        let own = Direction::random(&mut draws);
        if self.genres.is_empty() {
            return own;
        }
        let mut favourite =
            || genre_direction(self.seed, &self.genres[draws.random_range(0..self.genres.len())]);
        favourite().plus(favourite(), 0.6).plus(own, OWN).unit()
    }
}

/// How much a movie draws somebody with this affinity to it, beside its fame.
pub(super) fn pull(affinity: f64) -> f64 {
    (PULL * affinity).exp()
}

fn movie_direction(seed: u64, movie: &Movie) -> Direction {
    let aside = Direction::random(&mut draws(seed, Purpose::Movie, i64::from(movie.movie_id), 0));
    let mut direction = Direction([0.0; DIMENSIONS]);
    // The first genre is what the movie is about; the others colour it.
    for (genre, times) in movie.genres.iter().zip([1.0, 0.5, 0.3, 0.2, 0.1]) {
        direction = direction.plus(genre_direction(seed, genre), times);
    }
    direction.plus(aside, ASIDE).unit()
}

fn genre_direction(seed: u64, genre: &str) -> Direction {
    // FNV-1a: the name decides, not its place among the genres, which another catalogue would change.
    let hash = genre.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    Direction::random(&mut draws(seed, Purpose::Genre, hash.cast_signed(), 0))
}

/// Fame by rank, where ranks are drawn.
fn fame(seed: u64, movies: &[&Movie]) -> Vec<f64> {
    let lot = |movie: &Movie| draws(seed, Purpose::Fame, i64::from(movie.movie_id), 0).random::<u64>();
    let mut ranked: Vec<(u64, usize)> = movies.iter().enumerate().map(|(i, movie)| (lot(movie), i)).collect();
    ranked.sort_unstable();
    let mut fame = vec![0.0; movies.len()];
    for (rank, (_, index)) in ranked.into_iter().enumerate() {
        fame[index] = (rank as f64 + ZIPF_SHIFT).powf(-ZIPF_EXPONENT);
    }
    fame
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::made_up;
    use super::*;

    #[test]
    fn tastes_come_from_seed_and_ids_alone() {
        let catalogue = made_up(3, 50, 0);
        let backwards: Vec<Movie> = catalogue.iter().rev().cloned().collect();
        let (a, b) = (Tastes::new(3, &catalogue), Tastes::new(3, &backwards));
        assert_eq!(a.person(7), b.person(7));
        assert_ne!(a.person(7), a.person(8));
        let of = |tastes: &Tastes| tastes.movie(20).map(|movie| (movie.direction, movie.fame));
        assert_eq!(of(&a), of(&b));
    }

    #[test]
    fn movies_of_one_genre_are_nearer_than_others() {
        let movie = |movie_id, genre: &str| Movie {
            movie_id,
            ts: 0,
            title: String::new(),
            genres: vec![genre.to_owned()],
            available: true,
        };
        let tastes = Tastes::new(1, &[movie(1, "War"), movie(2, "War"), movie(3, "Musical")]);
        let [a, b, c] = [1, 2, 3].map(|id| tastes.movie(id).unwrap().direction);
        assert!(a.affinity(b) > 0.6 && a.affinity(b) > a.affinity(c));
    }

    #[test]
    fn what_is_not_available_is_not_seen() {
        let mut catalogue = made_up(1, 3, 0);
        catalogue[1].available = false;
        let tastes = Tastes::new(1, &catalogue);
        assert_eq!(tastes.movies().len(), 2);
        assert!(tastes.movie(2).is_none());
    }
}
