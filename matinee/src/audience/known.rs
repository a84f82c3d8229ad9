//! What the log knows before the audience comes: the catalogue, and what these people did.

use std::collections::BTreeMap;

use anyhow::Result;
use kafka::{Decoder, Log};
use schemas::{Codec, Event, Movie, topic};

use super::Audience;
use crate::reader::Reader;

/// The catalogue as the log has it, by movie: the last record of a movie holds, what cannot be read is passed over.
///
/// # Errors
/// The log cannot be read.
pub async fn catalogue(log: &Log, decoder: &Decoder) -> Result<Vec<Movie>> {
    let mut movies = BTreeMap::new();
    let mut reader = Reader::open(log, topic::CATALOG_UPDATES, 0).await?;
    while let Some(records) = reader.next(log).await? {
        for value in records.iter().filter_map(|stored| stored.value.as_deref()) {
            match decoder.decode::<Movie>(value).await {
                Ok(movie) => drop(movies.insert(movie.movie_id, movie)),
                Err(kafka::DecodeError::Undecodable(_)) => {}
                Err(kafka::DecodeError::Log(error)) => return Err(error.into()),
            }
        }
    }
    Ok(movies.into_values().collect())
}

/// Lets the audience remember what is in the event topics. Returns how many events there are, of whomever.
///
/// # Errors
/// The log cannot be read.
pub async fn remember(audience: &mut Audience, log: &Log, decoder: &Decoder) -> Result<u64> {
    let mut events = 0;
    for (name, partitions) in log.topics().await? {
        if !topic::EVENT_TOPICS.contains(&name.as_str()) {
            continue;
        }
        for partition in 0..partitions {
            let mut reader = Reader::open(log, &name, partition).await?;
            while let Some(records) = reader.next(log).await? {
                for stored in &records {
                    let decode = |codec: &Codec| Event::decode(codec, &name, stored.value.as_deref());
                    match decoder.decode_with(decode).await {
                        Ok(event) => audience.remember(&event),
                        Err(kafka::DecodeError::Undecodable(_)) => {}
                        Err(kafka::DecodeError::Log(error)) => return Err(error.into()),
                    }
                }
                events += records.len() as u64;
            }
        }
    }
    Ok(events)
}
