//! What people do: they watch and they rate.

use serde::{Deserialize, Serialize};

use crate::{Codec, Error, topic};

/// Somebody watched a part of a movie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchEvent {
    /// Names the event: two records with one `event_id` are one event.
    pub event_id: String,
    /// When it happened, Unix milliseconds.
    pub ts: i64,
    /// Who.
    pub user_id: i32,
    /// What.
    pub movie_id: i32,
    /// The part that was watched, 0 to 1.
    pub progress: f64,
    /// The answer that led here.
    pub request_id: Option<String>,
}

/// Somebody rated a movie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RateEvent {
    /// Names the event: two records with one `event_id` are one event.
    pub event_id: String,
    /// When it happened, Unix milliseconds.
    pub ts: i64,
    /// Who.
    pub user_id: i32,
    /// What.
    pub movie_id: i32,
    /// Stars, 0.5 to 5.
    pub rating: f64,
    /// The answer that led here.
    pub request_id: Option<String>,
}

/// What the event topics carry.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// From `watch-events`.
    Watch(WatchEvent),
    /// From `rate-events`.
    Rate(RateEvent),
}

/// A field whose value cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {value}, outside of {range}")]
pub struct OutOfRange {
    /// The field's name.
    pub field: &'static str,
    /// Its value, as text.
    pub value: String,
    /// What it may be.
    pub range: &'static str,
}

impl Event {
    /// The event in `value`, as `topic` carries it.
    ///
    /// # Errors
    /// The value is absent, cannot be decoded, or a field is out of range.
    pub fn decode(codec: &Codec, topic: &str, value: Option<&[u8]>) -> Result<Event, Error> {
        let event = match topic {
            topic::WATCH_EVENTS => Event::Watch(codec.decode(value.ok_or(Error::NoValue)?)?),
            topic::RATE_EVENTS => Event::Rate(codec.decode(value.ok_or(Error::NoValue)?)?),
            other => return Err(Error::NotAnEventTopic(other.to_owned())),
        };
        event.check()?;
        Ok(event)
    }

    /// The fields' ranges: ids and times are not negative, progress is 0 to 1, a rating 0.5 to 5.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        within("user_id", self.user_id(), 0..=i32::MAX, "0..=2147483647")?;
        within("movie_id", self.movie_id(), 0..=i32::MAX, "0..=2147483647")?;
        within("ts", self.ts(), 0..=i64::MAX, "Unix milliseconds from 0")?;
        within("event_id's length", self.event_id().len(), 1..=256, "1..=256 bytes")?;
        match self {
            Event::Watch(event) => within("progress", event.progress, 0.0..=1.0, "0..=1"),
            Event::Rate(event) => within("rating", event.rating, 0.5..=5.0, "0.5..=5"),
        }
    }

    /// Names the event.
    pub fn event_id(&self) -> &str {
        match self {
            Event::Watch(event) => &event.event_id,
            Event::Rate(event) => &event.event_id,
        }
    }

    /// When it happened, Unix milliseconds.
    pub fn ts(&self) -> i64 {
        match self {
            Event::Watch(event) => event.ts,
            Event::Rate(event) => event.ts,
        }
    }

    /// Who.
    pub fn user_id(&self) -> i32 {
        match self {
            Event::Watch(event) => event.user_id,
            Event::Rate(event) => event.user_id,
        }
    }

    /// What.
    pub fn movie_id(&self) -> i32 {
        match self {
            Event::Watch(event) => event.movie_id,
            Event::Rate(event) => event.movie_id,
        }
    }
}

fn within<T: PartialOrd + ToString>(
    field: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
    words: &'static str,
) -> Result<(), OutOfRange> {
    // A NaN is contained in no range.
    if range.contains(&value) {
        Ok(())
    } else {
        Err(OutOfRange { field, value: value.to_string(), range: words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(user_id: i32, progress: f64) -> Event {
        let event_id = "w".into();
        Event::Watch(WatchEvent { event_id, ts: 1, user_id, movie_id: 1, progress, request_id: None })
    }

    fn rate(rating: f64) -> Event {
        let event_id = "r".into();
        Event::Rate(RateEvent { event_id, ts: 1, user_id: 1, movie_id: 1, rating, request_id: None })
    }

    #[test]
    fn the_edges_of_a_range_are_inside() {
        for event in [watch(0, 0.0), watch(i32::MAX, 1.0), rate(0.5), rate(5.0)] {
            event.check().unwrap();
        }
    }

    #[test]
    fn what_is_outside_is_named() {
        let says = |event: Event| event.check().unwrap_err().to_string();
        assert_eq!(says(watch(-1, 0.5)), "user_id is -1, outside of 0..=2147483647");
        assert_eq!(says(watch(1, 1.01)), "progress is 1.01, outside of 0..=1");
        assert_eq!(says(watch(1, f64::NAN)), "progress is NaN, outside of 0..=1");
        assert_eq!(says(rate(5.5)), "rating is 5.5, outside of 0.5..=5");
    }

    #[test]
    fn a_tombstone_is_no_event() {
        let decoded = Event::decode(&Codec::new(), topic::WATCH_EVENTS, None);
        assert!(matches!(decoded, Err(Error::NoValue)));
    }
}
