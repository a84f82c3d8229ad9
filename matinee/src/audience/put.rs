//! What the audience puts into the log.

use anyhow::Result;
use kafka::{Log, Record};
use schemas::{Codec, Event, Movie, topic};

/// Puts a catalogue into the log, keyed by its movies.
///
/// # Errors
/// The log cannot be written.
pub async fn catalogue(log: &Log, catalogue: &[Movie]) -> Result<()> {
    let codec = Codec::new();
    let record = |movie: &Movie| -> Result<Record> {
        Ok(Record::new(movie.movie_id.to_string(), codec.encode(movie)?, movie.ts))
    };
    log.append_all(topic::CATALOG_UPDATES, catalogue.iter().map(record).collect::<Result<_>>()?).await?;
    Ok(())
}

/// Puts events into the log, keyed by their users. All are durable when this returns.
///
/// # Errors
/// The log cannot be written.
pub async fn events(log: &Log, codec: &Codec, events: &[Event]) -> Result<()> {
    for name in topic::EVENT_TOPICS {
        let of_topic = events.iter().filter(|event| topic_of(event) == name);
        let records = of_topic.map(|event| record(codec, event)).collect::<Result<Vec<_>>>()?;
        if !records.is_empty() {
            log.append_all(name, records).await?;
        }
    }
    Ok(())
}

fn topic_of(event: &Event) -> &'static str {
    match event {
        Event::Watch(_) => topic::WATCH_EVENTS,
        Event::Rate(_) => topic::RATE_EVENTS,
    }
}

fn record(codec: &Codec, event: &Event) -> Result<Record> {
    let value = match event {
        Event::Watch(watch) => codec.encode(watch)?,
        Event::Rate(rate) => codec.encode(rate)?,
    };
    Ok(Record::new(event.user_id().to_string(), value, event.ts()))
}

#[cfg(test)]
mod tests {
    use super::super::{Audience, made_up};
    use super::*;

    #[test]
    fn events_go_to_their_topics_with_their_times() {
        let mut audience = Audience::new(1, 1, 20, &made_up(1, 50, 0));
        for event in audience.history(1_700_000_000_000, 3..=3) {
            let record = record(&Codec::new(), &event).unwrap();
            assert_eq!(record.timestamp_ms, event.ts());
            assert_eq!(record.key, Some(event.user_id().to_string().into_bytes()));
            assert_eq!(
                Event::decode(&Codec::new(), topic_of(&event), record.value.as_deref()).unwrap(),
                event
            );
        }
    }
}
