//! From a row's text to a record; the same for every file format.

use schemas::{Event, Movie, RateEvent};

/// What MovieLens writes for a movie without genres.
const NO_GENRES: &str = "(no genres listed)";

/// What a row says, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row<T> {
    /// The line of the file, from 1.
    pub line: u64,
    /// What it says.
    pub value: T,
}

/// A rating's fields as they stand in the file: user, movie, stars, Unix seconds.
///
/// The event's id is made of the row, so that a row that comes twice is one event, and a row whose stars were
/// corrected is another one.
pub(super) fn rating([user, movie, stars, seconds]: [&str; 4]) -> Result<RateEvent, String> {
    let (user_id, movie_id) = (id("userId", user)?, id("movieId", movie)?);
    let rating = stars.trim().parse::<f64>().map_err(|_| format!("rating `{stars}` is not a number"))?;
    let (seconds, ts) = time(seconds)?;
    let event_id = format!("ml-{user_id}-{movie_id}-{seconds}-{rating}");
    let event = Event::Rate(RateEvent { event_id, ts, user_id, movie_id, rating, request_id: None });
    event.check().map_err(|error| error.to_string())?;
    match event {
        Event::Rate(rate) => Ok(rate),
        Event::Watch(_) => Err("not a rating".to_owned()),
    }
}

/// A movie's fields as they stand in the file: id, title, genres separated by `|`. It has no time yet.
pub(super) fn movie([movie_id, title, genres]: [&str; 3]) -> Result<Movie, String> {
    let movie_id = id("movieId", movie_id)?;
    let genres = match genres.trim() {
        NO_GENRES | "" => Vec::new(),
        genres => genres.split('|').map(str::to_owned).collect(),
    };
    Ok(Movie { movie_id, ts: 0, title: title.trim().to_owned(), genres, available: true })
}

fn id(what: &str, text: &str) -> Result<i32, String> {
    let id = text.trim().parse().ok().filter(|id| *id >= 0);
    id.ok_or_else(|| format!("{what} `{text}` is not an integer from 0 to {}", i32::MAX))
}

/// In seconds, as the file has it, and in milliseconds.
fn time(text: &str) -> Result<(i64, i64), String> {
    let seconds: i64 = text
        .trim()
        .parse()
        .map_err(|_| format!("timestamp `{text}` is not an integer, in seconds since 1970"))?;
    if seconds < 0 {
        return Err(format!("timestamp {seconds} is before 1970"));
    }
    let ts = seconds.checked_mul(1000).ok_or_else(|| format!("timestamp {seconds} is no time in seconds"))?;
    Ok((seconds, ts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_keeps_its_own_time_and_is_named_by_its_row() {
        let event = rating(["1", "31", "2.5", "1260759144"]).unwrap();
        assert_eq!(event.event_id, "ml-1-31-1260759144-2.5");
        assert_eq!((event.user_id, event.movie_id, event.rating), (1, 31, 2.5));
        assert_eq!(event.ts, 1_260_759_144_000);
        assert_eq!(rating(["1", "31", "5", "1"]).unwrap(), rating(["1", "31", "5.0", "1"]).unwrap());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |row| rating(row).unwrap_err();
        let no_id = |what: &str| format!("{what} is not an integer from 0 to 2147483647");
        assert_eq!(wrong(["x", "1", "4", "5"]), no_id("userId `x`"));
        assert_eq!(wrong(["-1", "1", "4", "5"]), no_id("userId `-1`"));
        assert_eq!(wrong(["1", "3000000000", "4", "5"]), no_id("movieId `3000000000`"));
        assert_eq!(movie(["xx", "T", ""]).unwrap_err(), no_id("movieId `xx`"));
        assert_eq!(wrong(["1", "1", "six", "5"]), "rating `six` is not a number");
        assert!(wrong(["1", "1", "5.5", "5"]).contains("rating is 5.5, outside of 0.5..=5"));
        assert!(wrong(["1", "1", "NaN", "5"]).contains("rating"));
        assert_eq!(wrong(["1", "1", "4", "-5"]), "timestamp -5 is before 1970");
        assert!(wrong(["1", "1", "4", "5.5"]).starts_with("timestamp `5.5` is not an integer"));
        assert!(wrong(["1", "1", "4", "9223372036854775807"]).contains("is no time in seconds"));
    }

    #[test]
    fn genres_are_a_list() {
        let genres = |text| movie(["1", "T", text]).unwrap().genres;
        assert_eq!(genres("Comedy|Film-Noir"), ["Comedy", "Film-Noir"]);
        assert!(genres("(no genres listed)").is_empty());
    }
}
