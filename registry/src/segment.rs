//! A stretch of one partition as one Parquet file.
//!
//! Format 1. Columns, in this order:
//!
//! | column | type | |
//! | --- | --- | --- |
//! | offset | int64 | |
//! | timestamp | int64 | of the log, Unix milliseconds; plain, as a producer may send any number |
//! | key, value | binary, nullable | as they came: the truth |
//! | digest | 32 bytes | `d` of [`crate::chain`] |
//! | error | string, nullable | why the value could not be used |
//! | event_id, ts, user_id, movie_id, progress or rating, request_id | nullable | decoded: a cache of `value` |
//!
//! The decoded columns are there for the event topics alone; in a row they are all null where the value could
//! not be used. The file's key-value metadata holds, under `matinee.`: `segment` (the format), `topic`,
//! `partition`, `first_offset`, `next_offset`, `chain_start`, `chain_end`, and `min_timestamp_ms` and
//! `max_timestamp_ms` where there are rows. A segment without rows is a gap.
//!
//! The same rows give the same bytes: every property of the writer is fixed here, none names a time or a build.

mod columns;
mod header;
mod publish;
mod read;
mod walk;
mod write;

use bytes::Bytes;
use schemas::{Event, TopicPartition};

use crate::{ChainPoint, Error, chain, sha256};

pub use header::Header;
pub use publish::{Published, publish};
pub use read::{read, read_apart};
pub(crate) use walk::Walk;

/// The folder of all segments.
pub const FOLDER: &str = "snapshots/segments";
/// The format that this build writes and reads.
pub const FORMAT: u32 = 1;

/// One record of the log, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its offset in the partition.
    pub offset: i64,
    /// The log's timestamp, Unix milliseconds.
    pub timestamp_ms: i64,
    /// The key as it came.
    pub key: Option<Vec<u8>>,
    /// The value as it came; none if it was null, or was erased later ([`Row::is_erased`]).
    pub value: Option<Vec<u8>>,
    /// `d` of [`crate::chain`], of the key and the value as they came.
    pub digest: [u8; 32],
    /// Why the value could not be used. Never beside an event.
    pub error: Option<String>,
    /// What the value says.
    pub event: Option<Event>,
}

impl Row {
    /// A record as it came, with its digest; set `event` or `error` beside it.
    pub fn new(offset: i64, timestamp_ms: i64, key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> Self {
        let digest = chain::digest(key.as_deref(), value.as_deref());
        Self { offset, timestamp_ms, key, value, digest, error: None, event: None }
    }

    /// Whether the value was removed after it had been ingested: its digest is not that of a null value.
    pub fn is_erased(&self) -> bool {
        self.value.is_none() && self.digest != chain::digest(self.key.as_deref(), None)
    }
}

/// A segment ready to be published.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What it holds.
    pub header: Header,
    /// The Parquet file.
    pub bytes: Bytes,
    /// The SHA-256 of the bytes, hex.
    pub sha256: String,
}

impl Segment {
    /// The segment of `rows`, which go on from `start` in the order of their offsets.
    ///
    /// Their digests are taken as they are: [`Row::new`] makes them. This is CPU work.
    ///
    /// # Errors
    /// [`Error::Row`]: rows out of order, an event of another topic, an event beside an error, more than 2 GiB;
    /// [`Error::Chain`]: no rows.
    pub fn build(partition: &TopicPartition, start: ChainPoint, rows: &[Row]) -> Result<Self, Error> {
        if rows.is_empty() {
            return Err(broken(partition, start.next_offset, "a segment of records without a record"));
        }
        let mut end = start;
        for row in rows {
            columns::check(partition, end, row)?;
            end = end.record(row.offset, row.timestamp_ms, &row.digest);
        }
        let times = || rows.iter().map(|row| row.timestamp_ms);
        let header = Header {
            partition: partition.clone(),
            start,
            end,
            rows: rows.len() as u64,
            min_timestamp_ms: times().min(),
            max_timestamp_ms: times().max(),
        };
        Self::of(header, rows)
    }

    /// The segment that says that there are no records from `start` up to `next_offset`.
    ///
    /// # Errors
    /// [`Error::Chain`]: the gap is empty.
    pub fn gap(partition: &TopicPartition, start: ChainPoint, next_offset: i64) -> Result<Self, Error> {
        if next_offset <= start.next_offset {
            return Err(broken(partition, start.next_offset, "a gap that ends where it begins"));
        }
        let header = Header {
            partition: partition.clone(),
            start,
            end: start.gap(next_offset),
            rows: 0,
            min_timestamp_ms: None,
            max_timestamp_ms: None,
        };
        Self::of(header, &[])
    }

    fn of(header: Header, rows: &[Row]) -> Result<Self, Error> {
        let bytes = Bytes::from(write::write(&header, rows)?);
        Ok(Self { header, sha256: sha256::hex_of(&bytes), bytes })
    }
}

fn broken(partition: &TopicPartition, offset: i64, problem: impl Into<String>) -> Error {
    Error::Chain { partition: partition.clone(), offset, problem: problem.into() }
}
