//! One transaction of the writer: appends to many partitions, and whatever else is to be written with them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use schemas::Position;

use super::{fault::Fault, headers};
use crate::declaration::MAX_MESSAGE_BYTES;
use crate::{Error, Record, partition_of};

/// The sparse index of time has a row per so many offsets.
const OFFSETS_PER_MARK: i64 = 1024;

/// What the writer knows about topics from one transaction to the next.
#[derive(Debug)]
pub(super) struct Topics {
    max_record_bytes: usize,
    known: HashMap<String, Topic>,
    /// By topic: how many records without a key there were.
    turns: HashMap<i64, i32>,
}

#[derive(Debug, Clone)]
struct Topic {
    id: i64,
    name: Arc<str>,
    partitions: i32,
    max_record_bytes: usize,
}

impl Topics {
    pub(super) fn new(max_record_bytes: usize) -> Self {
        Self { max_record_bytes, known: HashMap::new(), turns: HashMap::new() }
    }

    /// Forgets what a transaction that went back may have made.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    fn get(&mut self, connection: &Connection, name: &str) -> Result<Topic, Fault> {
        if let Some(topic) = self.known.get(name) {
            return Ok(topic.clone());
        }
        let sql = "SELECT id, partitions, config ->> ?2 FROM topics WHERE name = ?1";
        let limit = format!("$.\"{MAX_MESSAGE_BYTES}\"");
        let found = connection.query_row(sql, (name, limit), |row| {
            let own_limit = row.get::<_, Option<String>>(2)?.and_then(|bytes| bytes.parse().ok());
            let max_record_bytes = own_limit.unwrap_or(self.max_record_bytes);
            Ok(Topic { id: row.get(0)?, name: name.into(), partitions: row.get(1)?, max_record_bytes })
        });
        let topic = found.optional()?.ok_or_else(|| Error::UnknownTopic { topic: name.to_owned() })?;
        self.known.insert(name.to_owned(), topic.clone());
        Ok(topic)
    }

    fn partition(&mut self, topic: &Topic, key: Option<&[u8]>) -> i32 {
        match key {
            Some(key) => partition_of(key, topic.partitions),
            None => {
                let turn = self.turns.entry(topic.id).or_default();
                let partition = *turn % topic.partitions;
                *turn = (partition + 1) % topic.partitions;
                partition
            }
        }
    }
}

/// The transaction.
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    topics: &'a mut Topics,
    ends: BTreeMap<(i64, i32), End>,
    generations: Vec<(String, i64)>,
}

/// Where a partition ends in this transaction.
struct End {
    topic: Arc<str>,
    next_offset: i64,
    max_timestamp_ms: Option<i64>,
}

/// What others should know of a transaction once it is committed.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Topic, partition, its next offset.
    pub(super) ends: Vec<(Arc<str>, i32, i64)>,
    /// Group, its generation.
    pub(super) generations: Vec<(String, i64)>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(connection: &'a Connection, topics: &'a mut Topics) -> Self {
        Self { connection, topics, ends: BTreeMap::new(), generations: Vec::new() }
    }

    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// The group has changed.
    pub(super) fn announce(&mut self, group: &str, generation: i64) {
        self.generations.push((group.to_owned(), generation));
    }

    /// Appends in order.
    pub(super) fn append(&mut self, topic: &str, records: Vec<Record>) -> Result<Vec<Position>, Fault> {
        let topic = self.topics.get(self.connection, topic)?;
        if let Some(bytes) =
            records.iter().map(Record::size_bytes).find(|bytes| *bytes > topic.max_record_bytes)
        {
            let (limit, topic) = (topic.max_record_bytes, topic.name.to_string());
            return Err(Error::RecordTooLarge { topic, bytes, limit }.into());
        }
        let mut insert =
            self.connection.prepare_cached("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)")?;
        let mut positions = Vec::with_capacity(records.len());
        for record in records {
            let partition = self.topics.partition(&topic, record.key.as_deref());
            let end = end(&mut self.ends, self.connection, &topic, partition)?;
            let offset = end.next_offset;
            if offset % OFFSETS_PER_MARK == 0
                && let Some(latest_ms) = end.max_timestamp_ms
            {
                let mut mark = self.connection.prepare_cached("INSERT INTO marks VALUES (?, ?, ?, ?)")?;
                mark.execute((topic.id, partition, latest_ms, offset))?;
            }
            let headers = headers::encode(&record.headers);
            let Record { key, value, timestamp_ms, .. } = record;
            insert.execute(params![topic.id, partition, offset, timestamp_ms, key, value, headers])?;
            end.next_offset += 1;
            end.max_timestamp_ms = end.max_timestamp_ms.max(Some(timestamp_ms));
            positions.push(Position { topic: topic.name.to_string(), partition, offset });
        }
        Ok(positions)
    }

    /// Writes where the partitions end now: the last act before the commit.
    pub(super) fn finish(self) -> rusqlite::Result<News> {
        let mut update = self.connection.prepare_cached(
            "UPDATE partitions SET next_offset = ?3, max_timestamp_ms = ?4 WHERE topic = ?1 AND partition = ?2",
        )?;
        let mut ends = Vec::with_capacity(self.ends.len());
        for ((id, partition), end) in self.ends {
            update.execute((id, partition, end.next_offset, end.max_timestamp_ms))?;
            ends.push((end.topic, partition, end.next_offset));
        }
        Ok(News { ends, generations: self.generations })
    }
}

fn end<'e>(
    ends: &'e mut BTreeMap<(i64, i32), End>,
    connection: &Connection,
    topic: &Topic,
    partition: i32,
) -> rusqlite::Result<&'e mut End> {
    use std::collections::btree_map::Entry;
    match ends.entry((topic.id, partition)) {
        Entry::Occupied(end) => Ok(end.into_mut()),
        Entry::Vacant(place) => {
            let mut select = connection.prepare_cached(
                "SELECT next_offset, max_timestamp_ms FROM partitions WHERE topic = ? AND partition = ?",
            )?;
            let end = select.query_row((topic.id, partition), |row| {
                Ok(End { topic: topic.name.clone(), next_offset: row.get(0)?, max_timestamp_ms: row.get(1)? })
            })?;
            Ok(place.insert(end))
        }
    }
}
