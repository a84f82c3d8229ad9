//! The embedded home of the log: one SQLite file, shared by the processes of one machine.
//!
//! | module | holds |
//! | --- | --- |
//! | [`mod@file`] | the file: made, recognised, refused |
//! | [`writer`], [`batch`] | the one thread that writes, and what goes into a transaction |
//! | [`readers`], [`fetch`] | reads |
//! | [`wake`], [`follow`] | waiting for more |
//! | [`group`], [`roll`], [`assignment`], [`member`] | groups: transactions, rows, the decision, the member's side |
//! | [`progress`] | how far groups have come |
//! | [`topics`], [`headers`], [`fault`] | making topics, headers in a blob, errors in a transaction |

mod assignment;
mod batch;
mod fault;
mod fetch;
mod file;
mod follow;
mod group;
mod headers;
mod member;
mod progress;
mod readers;
mod roll;
mod topics;
mod wake;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemas::{Position, TopicPartition};

pub(crate) use self::follow::Follower;
pub(crate) use self::member::Member;

use self::fetch::Fetch;
use self::file::LogFile;
use self::readers::Readers;
use self::wake::Wake;
use self::writer::{Weight, Writer};
use crate::{Config, Declaration, Difference, Error, Record, Stored, Watermarks};

/// The log in one file.
#[derive(Debug)]
pub(crate) struct Embedded {
    config: Config,
    writer: Writer,
    readers: Readers,
    wake: Arc<Wake>,
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.wake.close();
    }
}

impl Embedded {
    pub(crate) async fn open(config: &Config) -> Result<Self, Error> {
        let config = config.clone();
        let opening = tokio::task::spawn_blocking(move || Self::open_now(config));
        opening.await.map_err(|error| Error::NoThread { reason: error.to_string() })?
    }

    fn open_now(config: Config) -> Result<Self, Error> {
        let path = config.path.as_deref().ok_or(Error::NoPath)?;
        let file = LogFile::open(path, config.busy_timeout())?;
        let wake = Arc::new(Wake::default());
        let writer = Writer::start(&config, &file, wake.clone())?;
        wake.start(&file, Duration::from_millis(config.poll_ms.max(1)))?;
        let readers = Readers::new(&file, config.readers);
        Ok(Self { config, writer, readers, wake })
    }

    pub(crate) async fn declare(&self, topics: &[Declaration]) -> Result<Vec<Difference>, Error> {
        let topics = topics.to_vec();
        self.writer.write(Weight::default(), move |batch| topics::declare(batch.connection(), &topics)).await
    }

    pub(crate) async fn topics(&self) -> Result<Vec<(String, i32)>, Error> {
        self.readers.read(fetch::topics).await
    }

    pub(crate) async fn append(&self, topic: &str, records: Vec<Record>) -> Result<Vec<Position>, Error> {
        let bytes = records.iter().map(Record::size_bytes).sum();
        let weight = Weight { records: records.len(), bytes };
        let topic = topic.to_owned();
        self.writer.write(weight, move |batch| batch.append(&topic, records)).await
    }

    pub(crate) async fn read(
        &self,
        topic: Arc<str>,
        partition: i32,
        from: i64,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, Error> {
        let fetch = Fetch { partition, from, max_records, max_bytes };
        self.readers.read(move |connection| fetch::read(connection, &topic, fetch)).await
    }

    pub(crate) async fn watermarks(&self, topic: &str, partition: i32) -> Result<Watermarks, Error> {
        let topic = topic.to_owned();
        self.readers.read(move |connection| fetch::watermarks(connection, &topic, partition)).await
    }

    pub(crate) async fn offset_at(
        &self,
        topic: &str,
        partition: i32,
        timestamp_ms: i64,
    ) -> Result<Option<i64>, Error> {
        let topic = topic.to_owned();
        self.readers.read(move |found| fetch::offset_at(found, &topic, partition, timestamp_ms)).await
    }

    pub(crate) async fn publish_progress(
        &self,
        group: &str,
        progress: &[(TopicPartition, i64)],
    ) -> Result<(), Error> {
        let (group, offsets) = (group.to_owned(), progress.to_vec());
        let now_ms = now_ms();
        let work = move |batch: &mut batch::Batch<'_>| {
            progress::publish(batch.connection(), &group, &offsets, now_ms)
        };
        self.writer.write(Weight::default(), work).await
    }

    pub(crate) async fn progress(&self, group: &str) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        let group = group.to_owned();
        self.readers.read(move |connection| progress::of(connection, &group)).await
    }
}

/// The clock of leases: all processes of a machine share it.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A thread of the log's own.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map(drop).map_err(|error| Error::NoThread { reason: error.to_string() })
}
