//! People with a taste, simple enough to say what should be recommended to them.

use kafka::{Log, Record};
use schemas::{Codec, Movie, RateEvent, WatchEvent, topic};

/// Movies 100..130 are comedies and 200..230 are dramas.
pub async fn catalogue(log: &Log) {
    let movies = (100..130).map(|id| (id, "Comedy")).chain((200..230).map(|id| (id, "Drama")));
    let records = movies.map(|(movie_id, genre)| {
        let title = format!("{genre} {movie_id}");
        let movie = Movie { movie_id, ts: 0, title, genres: vec![genre.to_owned()], available: true };
        Record::new(movie_id.to_string(), Codec::new().encode(&movie).unwrap(), 0)
    });
    log.append_all(topic::CATALOG_UPDATES, records.collect()).await.unwrap();
}

/// `movies` movies watched by each of the users `from..to`: the even ones watch comedies, the odd ones dramas.
pub async fn watch_theirs(log: &Log, from: i32, to: i32, movies: i32) -> usize {
    let mut records = Vec::new();
    for user_id in from..to {
        for step in 0..movies {
            let movie_id = shelf(user_id) + (user_id * 7 + step * 11) % 30;
            records.push(watched(user_id, movie_id, 1_000_000 + i64::from(step)));
        }
    }
    let count = records.len();
    log.append_all(topic::WATCH_EVENTS, records).await.unwrap();
    count
}

/// The first movie of the kind that the user watches.
pub fn shelf(user_id: i32) -> i32 {
    if user_id % 2 == 0 { 100 } else { 200 }
}

/// A watch of a whole movie.
pub fn watched(user_id: i32, movie_id: i32, ts: i64) -> Record {
    let event_id = format!("w-{user_id}-{movie_id}-{ts}");
    let event = WatchEvent { event_id, ts, user_id, movie_id, progress: 1.0, request_id: None };
    Record::new(user_id.to_string(), Codec::new().encode(&event).unwrap(), ts)
}

/// A rating that no range is checked for.
pub fn rated(user_id: i32, movie_id: i32, rating: f64) -> Record {
    let event_id = format!("r-{user_id}-{movie_id}");
    let event = RateEvent { event_id, ts: 1, user_id, movie_id, rating, request_id: None };
    Record::new(user_id.to_string(), Codec::new().encode(&event).unwrap(), 1)
}
