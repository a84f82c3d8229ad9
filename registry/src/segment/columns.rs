//! Rows to columns, and the schema of a topic's segments.

use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int32Array, Int64Array, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use schemas::{Event, TopicPartition, topic};

use super::Row;
use crate::{ChainPoint, Error};

/// The bytes of all keys or all values of a segment: Arrow's offsets are 31 bits wide.
const MAX_BYTES: usize = i32::MAX as usize;

/// The name of a topic's own number, for the topics whose values are decoded.
pub(super) fn number_of(topic: &str) -> Option<&'static str> {
    match topic {
        topic::WATCH_EVENTS => Some("progress"),
        topic::RATE_EVENTS => Some("rating"),
        _ => None,
    }
}

/// The schema of a topic's segments.
pub(super) fn schema_of(topic: &str) -> Arc<Schema> {
    let required = |name: &str, kind| Field::new(name, kind, false);
    let nullable = |name: &str, kind| Field::new(name, kind, true);
    let mut fields = vec![
        required("offset", DataType::Int64),
        required("timestamp", DataType::Int64),
        nullable("key", DataType::Binary),
        nullable("value", DataType::Binary),
        required("digest", DataType::FixedSizeBinary(32)),
        nullable("error", DataType::Utf8),
    ];
    if let Some(number) = number_of(topic) {
        fields.extend([
            nullable("event_id", DataType::Utf8),
            nullable("ts", DataType::Int64),
            nullable("user_id", DataType::Int32),
            nullable("movie_id", DataType::Int32),
            nullable(number, DataType::Float64),
            nullable("request_id", DataType::Utf8),
        ]);
    }
    Arc::new(Schema::new(fields))
}

/// The columns of `rows`, in the order of [`schema_of`].
pub(super) fn columns_of(topic: &str, rows: &[Row]) -> Result<Vec<ArrayRef>, ArrowError> {
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.offset))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.timestamp_ms))),
        Arc::new(BinaryArray::from_iter(rows.iter().map(|row| row.key.as_deref()))),
        Arc::new(BinaryArray::from_iter(rows.iter().map(|row| row.value.as_deref()))),
        digests_of(rows)?,
        Arc::new(StringArray::from_iter(rows.iter().map(|row| row.error.as_deref()))),
    ];
    if number_of(topic).is_some() {
        let events = || rows.iter().map(|row| row.event.as_ref());
        columns.extend::<[ArrayRef; 6]>([
            Arc::new(StringArray::from_iter(events().map(|event| event.map(Event::event_id)))),
            Arc::new(Int64Array::from_iter(events().map(|event| event.map(Event::ts)))),
            Arc::new(Int32Array::from_iter(events().map(|event| event.map(Event::user_id)))),
            Arc::new(Int32Array::from_iter(events().map(|event| event.map(Event::movie_id)))),
            Arc::new(Float64Array::from_iter(events().map(|event| event.map(number_in)))),
            Arc::new(StringArray::from_iter(events().map(|event| event.and_then(request_id_in)))),
        ]);
    }
    Ok(columns)
}

fn digests_of(rows: &[Row]) -> Result<ArrayRef, ArrowError> {
    let mut digests = FixedSizeBinaryBuilder::with_capacity(rows.len(), 32);
    for row in rows {
        digests.append_value(row.digest)?;
    }
    Ok(Arc::new(digests.finish()))
}

fn number_in(event: &Event) -> f64 {
    match event {
        Event::Watch(event) => event.progress,
        Event::Rate(event) => event.rating,
    }
}

fn request_id_in(event: &Event) -> Option<&str> {
    match event {
        Event::Watch(event) => event.request_id.as_deref(),
        Event::Rate(event) => event.request_id.as_deref(),
    }
}

/// Whether `row` may stand in the partition's segment after `before`.
pub(super) fn check(partition: &TopicPartition, before: ChainPoint, row: &Row) -> Result<(), Error> {
    let own_topic = match row.event {
        Some(Event::Watch(_)) => topic::WATCH_EVENTS,
        Some(Event::Rate(_)) => topic::RATE_EVENTS,
        None => &partition.topic,
    };
    let problem = if row.offset < before.next_offset {
        format!("its offset lies before {}, where the chain goes on", before.next_offset)
    } else if row.offset == i64::MAX {
        "no offset can follow it".to_owned()
    } else if own_topic != partition.topic {
        format!("it holds an event of {own_topic}")
    } else if row.event.is_some() && row.error.is_some() {
        "it holds an event and an error".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Row { position: partition.at(row.offset), problem })
}

/// Whether the rows fit into one segment.
pub(super) fn check_size(partition: &TopicPartition, rows: &[Row]) -> Result<(), Error> {
    let mut bytes = 0usize;
    for row in rows {
        let lengths = [row.key.as_ref().map(Vec::len), row.value.as_ref().map(Vec::len)];
        let texts =
            [row.error.as_ref().map(String::len), row.event.as_ref().map(|event| event.event_id().len())];
        let request_id = row.event.as_ref().and_then(request_id_in).map(str::len);
        bytes += lengths.into_iter().chain(texts).chain([request_id]).flatten().sum::<usize>();
        if bytes > MAX_BYTES {
            let problem = format!("the segment's rows up to it have more than {MAX_BYTES} bytes");
            return Err(Error::Row { position: partition.at(row.offset), problem });
        }
    }
    Ok(())
}
