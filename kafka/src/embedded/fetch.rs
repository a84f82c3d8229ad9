//! What can be read: topics, watermarks, records, the offset at a time.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{fault::Fault, headers};
use crate::{Error, Stored, Watermarks};

/// A partition that is there.
struct Place {
    id: i64,
    low: i64,
    high: i64,
    max_timestamp_ms: Option<i64>,
}

fn place(connection: &Connection, topic: &str, partition: i32) -> Result<Place, Fault> {
    let mut select = connection.prepare_cached(
        "SELECT id, partitions, low, next_offset, max_timestamp_ms FROM topics
         LEFT JOIN partitions ON partitions.topic = topics.id AND partitions.partition = ?2 WHERE name = ?1",
    )?;
    let found = select.query_row((topic, partition), |row| {
        let (id, partitions, high): (_, i32, Option<_>) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let Some(high) = high else { return Ok(Err(partitions)) };
        Ok(Ok(Place { id, low: row.get(2)?, high, max_timestamp_ms: row.get(4)? }))
    });
    let topic = topic.to_owned();
    match found.optional()? {
        None => Err(Error::UnknownTopic { topic }.into()),
        Some(Err(partitions)) => Err(Error::UnknownPartition { topic, partition, partitions }.into()),
        Some(Ok(place)) => Ok(place),
    }
}

/// Every topic with its partitions, by name.
pub(super) fn topics(connection: &Connection) -> Result<Vec<(String, i32)>, Fault> {
    let mut select = connection.prepare_cached("SELECT name, partitions FROM topics ORDER BY name")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn watermarks(connection: &Connection, topic: &str, partition: i32) -> Result<Watermarks, Fault> {
    let Place { low, high, .. } = place(connection, topic, partition)?;
    Ok(Watermarks { low, high })
}

/// How much to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetch {
    pub(super) partition: i32,
    pub(super) from: i64,
    pub(super) max_records: usize,
    pub(super) max_bytes: usize,
}

pub(super) fn read(connection: &Connection, topic: &Arc<str>, fetch: Fetch) -> Result<Vec<Stored>, Fault> {
    let Fetch { partition, from, max_records, max_bytes } = fetch;
    let Place { id, low, high, .. } = place(connection, topic, partition)?;
    if !(low..=high).contains(&from) {
        let topic = topic.to_string();
        return Err(Error::OutOfRange { topic, partition, offset: from, low, high }.into());
    }
    let mut select = connection.prepare_cached(
        "SELECT offset, timestamp_ms, key, value, headers FROM records
         WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
    )?;
    let limit = i64::try_from(max_records.max(1)).unwrap_or(i64::MAX);
    let mut rows = select.query((id, partition, from, limit))?;
    let (mut records, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let record = stored(topic, partition, row)?;
        bytes += record.size_bytes();
        if bytes > max_bytes && !records.is_empty() {
            break;
        }
        records.push(record);
    }
    Ok(records)
}

fn stored(topic: &Arc<str>, partition: i32, row: &Row<'_>) -> rusqlite::Result<Stored> {
    let broken = || {
        let kind = rusqlite::types::Type::Blob;
        rusqlite::Error::FromSqlConversionFailure(4, kind, "these are not headers".into())
    };
    let headers = match row.get_ref(4)?.as_blob_or_null()? {
        Some(blob) => headers::decode(blob).ok_or_else(broken)?,
        None => Vec::new(),
    };
    Ok(Stored {
        topic: topic.clone(),
        partition,
        offset: row.get(0)?,
        timestamp_ms: row.get(1)?,
        key: row.get(2)?,
        value: row.get(3)?,
        headers,
    })
}

/// The first offset whose timestamp is at or after this one.
///
/// Timestamps are the writers' and come in any order, so an index by timestamp would not answer this, and would
/// cost every append. The largest timestamp so far only grows, though: the first record that reaches the asked
/// time is where it does. One mark per 1024 offsets leaves a short stretch to look through.
pub(super) fn offset_at(
    connection: &Connection,
    topic: &str,
    partition: i32,
    timestamp_ms: i64,
) -> Result<Option<i64>, Fault> {
    let Place { id, low, max_timestamp_ms, .. } = place(connection, topic, partition)?;
    if max_timestamp_ms.is_none_or(|latest_ms| latest_ms < timestamp_ms) {
        return Ok(None);
    }
    let mut earlier = connection.prepare_cached(
        "SELECT offset FROM marks WHERE topic = ? AND partition = ? AND max_timestamp_ms < ?
         ORDER BY max_timestamp_ms DESC, offset DESC LIMIT 1",
    )?;
    let mark: Option<i64> = earlier.query_row((id, partition, timestamp_ms), |row| row.get(0)).optional()?;
    let mut first = connection.prepare_cached(
        "SELECT offset FROM records WHERE topic = ? AND partition = ? AND offset >= ? AND timestamp_ms >= ?
         ORDER BY offset LIMIT 1",
    )?;
    let from = mark.unwrap_or(0).max(low);
    Ok(first.query_row((id, partition, from, timestamp_ms), |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::batch::{Batch, Topics};
    use crate::embedded::topics::declare;
    use crate::{Declaration, Record};

    /// A log whose first records have been taken away, as retention or an operator does.
    fn shortened(count: i64, low: i64) -> Connection {
        let log = Connection::open_in_memory().unwrap();
        log.execute_batch(include_str!("schema.sql")).unwrap();
        declare(&log, &[Declaration::new("t", 1)]).unwrap();
        let mut topics = Topics::new(1024);
        let mut batch = Batch::new(&log, &mut topics);
        batch.append("t", (0..count).map(|ms| Record::new("k", "v", ms)).collect()).unwrap();
        batch.finish().unwrap();
        log.execute("DELETE FROM records WHERE offset < ?", [low]).unwrap();
        log.execute("UPDATE partitions SET low = ?", [low]).unwrap();
        log
    }

    #[test]
    fn below_the_low_watermark_nothing_is_read() {
        let log = shortened(5_000, 3_000);
        assert_eq!(watermarks(&log, "t", 0).unwrap(), Watermarks { low: 3_000, high: 5_000 });
        let fetch = |from| Fetch { partition: 0, from, max_records: 10, max_bytes: 1_000 };
        assert_eq!(read(&log, &"t".into(), fetch(3_000)).unwrap()[0].offset, 3_000);
        let below = read(&log, &"t".into(), fetch(2_999));
        assert!(matches!(below, Err(Fault::Refused(Error::OutOfRange { low: 3_000, .. }))), "{below:?}");
        let at = |ms| offset_at(&log, "t", 0, ms).unwrap();
        assert_eq!([at(0), at(2_999), at(4_000), at(5_000)], [Some(3_000), Some(3_000), Some(4_000), None]);
    }

    #[test]
    fn a_mark_stands_every_1024_offsets() {
        let log = shortened(5_000, 0);
        let mut marks = log.prepare("SELECT offset, max_timestamp_ms FROM marks ORDER BY offset").unwrap();
        let marks = marks.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let marks: Vec<(i64, i64)> = marks.map(Result::unwrap).collect();
        assert_eq!(marks, [(1_024, 1_023), (2_048, 2_047), (3_072, 3_071), (4_096, 4_095)]);
    }
}
