//! The contract: what the services need of a log, and no more.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::{Position, TopicPartition};

use crate::embedded::{self, Embedded};
use crate::group;
use crate::{
    Config, Declaration, Difference, Error, Follower, GroupOptions, HomeKind, Member, Record, Stored,
    Watermarks,
};

/// A log: topics of partitions of records with offsets. Clones share one.
///
/// Correctness never rests on groups or on their progress: positions are kept with the data that they produced.
#[derive(Debug, Clone)]
pub struct Log {
    home: Home,
}

/// Where the log lives.
#[derive(Debug, Clone)]
enum Home {
    Embedded(Arc<Embedded>),
}

impl Log {
    /// Opens the log, and makes it where there is none.
    ///
    /// # Errors
    /// The file is not a log of this format, or cannot be made or written: one line that names it.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let home = match config.home {
            HomeKind::Embedded => Home::Embedded(Arc::new(Embedded::open(config).await?)),
        };
        Ok(Self { home })
    }

    /// Makes the topics that are missing, and reports what is otherwise than declared. That is never changed.
    ///
    /// # Errors
    /// [`Error::BadDeclaration`], and then nothing was made; or the log cannot be written.
    pub async fn declare(&self, topics: &[Declaration]) -> Result<Vec<Difference>, Error> {
        match &self.home {
            Home::Embedded(log) => log.declare(topics).await,
        }
    }

    /// Every topic's name and how many partitions it has, by name.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn topics(&self) -> Result<Vec<(String, i32)>, Error> {
        match &self.home {
            Home::Embedded(log) => log.topics().await,
        }
    }

    /// Appends a record. It is durable when this returns.
    ///
    /// A caller that gives up waiting does not take it back: the record may be in the log.
    ///
    /// # Errors
    /// [`Error::UnknownTopic`], [`Error::RecordTooLarge`], or the log cannot be written. Then the record is not
    /// in the log.
    pub async fn append(&self, topic: &str, record: Record) -> Result<Position, Error> {
        let mut positions = self.append_all(topic, vec![record]).await?;
        // One record has one position.
        positions.pop().ok_or_else(|| Error::UnknownTopic { topic: topic.to_owned() })
    }

    /// Appends records in their order. All are durable when this returns; the positions are in the same order.
    ///
    /// # Errors
    /// As [`Log::append`]. In the embedded home none of them is in the log then.
    pub async fn append_all(&self, topic: &str, records: Vec<Record>) -> Result<Vec<Position>, Error> {
        match &self.home {
            Home::Embedded(log) => log.append(topic, records).await,
        }
    }

    /// The records from `from` on that are there now, in order: nothing at the high watermark, and else at
    /// least one, however large.
    ///
    /// # Errors
    /// The partition is not there, `from` is not between its watermarks ([`Error::OutOfRange`]), or the log
    /// cannot be read.
    pub async fn read(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, Error> {
        match &self.home {
            Home::Embedded(log) => log.read(topic.into(), partition, from, max_records, max_bytes).await,
        }
    }

    /// Goes along a partition from `from` on. What is wrong with it shows at the first [`Follower::next`].
    pub fn follow(&self, topic: &str, partition: i32, from: i64) -> Follower {
        match &self.home {
            Home::Embedded(log) => {
                Follower::embedded(embedded::Follower::new(log.clone(), topic, partition, from))
            }
        }
    }

    /// What the partition holds.
    ///
    /// # Errors
    /// The partition is not there, or the log cannot be read.
    pub async fn watermarks(&self, topic: &str, partition: i32) -> Result<Watermarks, Error> {
        match &self.home {
            Home::Embedded(log) => log.watermarks(topic, partition).await,
        }
    }

    /// The first offset whose timestamp is at or after `timestamp_ms`; `None` where there is none.
    ///
    /// # Errors
    /// The partition is not there, or the log cannot be read.
    pub async fn offset_at(
        &self,
        topic: &str,
        partition: i32,
        timestamp_ms: i64,
    ) -> Result<Option<i64>, Error> {
        match &self.home {
            Home::Embedded(log) => log.offset_at(topic, partition, timestamp_ms).await,
        }
    }

    /// Joins a group to share the partitions of the topics with its other members.
    ///
    /// # Errors
    /// [`Error::UnknownTopic`], [`Error::MemberExists`], [`Error::BadHeartbeat`], or the log cannot be written.
    pub async fn join(&self, group: &str, topics: &[&str], options: GroupOptions) -> Result<Member, Error> {
        let home = match &self.home {
            Home::Embedded(log) => {
                group::Home::Embedded(embedded::Member::join(log.clone(), group, topics, options).await?)
            }
        };
        Ok(Member { home })
    }

    /// Publishes how far a group has come: for each partition the next offset that it will read. For whoever
    /// watches its lag; nothing else rests on it.
    ///
    /// # Errors
    /// The log cannot be written.
    pub async fn publish_progress(
        &self,
        group: &str,
        progress: &[(TopicPartition, i64)],
    ) -> Result<(), Error> {
        match &self.home {
            Home::Embedded(log) => log.publish_progress(group, progress).await,
        }
    }

    /// How far a group has come, as it was published last; a partition that it never published is not there.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn progress(&self, group: &str) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        match &self.home {
            Home::Embedded(log) => log.progress(group).await,
        }
    }
}
