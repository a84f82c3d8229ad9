//! What a record says, and which ones are dead letters.

use kafka::{DeadLetter, DecodeError, Decoder, Log, Stored};
use registry::segment::Row;
use schemas::{Event, topic};

use crate::Error;

/// Decodes records into rows. What cannot be decoded or is out of range stays in the chain, with its error, and
/// goes to `dead-letters`; it never stops the stream.
///
/// # Errors
/// The log failed: dead letters are acknowledged before their segment is put.
pub(crate) async fn rows(log: &Log, decoder: &Decoder, records: Vec<Stored>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::with_capacity(records.len());
    let mut letters = Vec::new();
    for record in records {
        let decoded = event(decoder, &record).await?;
        if let Err(error) = &decoded {
            tracing::warn!(position = %record.position(), %error, "a dead letter");
            letters.push(DeadLetter::of(&record, &error.to_string()).into_record());
        }
        let row = Row::new(record.offset, record.timestamp_ms, record.key, record.value);
        let error = decoded.as_ref().err().map(ToString::to_string);
        rows.push(Row { error, event: decoded.ok(), ..row });
    }
    if !letters.is_empty() {
        log.append_all(topic::DEAD_LETTERS, letters).await?;
    }
    Ok(rows)
}

/// What the record says, or why nothing can be made of it.
async fn event(decoder: &Decoder, record: &Stored) -> Result<Result<Event, schemas::Error>, Error> {
    let value = record.value.as_deref();
    match decoder.decode_with(|codec| Event::decode(codec, &record.topic, value)).await {
        Ok(event) => Ok(Ok(event)),
        Err(DecodeError::Undecodable(error)) => Ok(Err(error)),
        Err(DecodeError::Log(error)) => Err(error.into()),
    }
}
