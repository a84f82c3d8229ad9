//! What can go wrong with a log, with the coordinates of where it did.

use std::path::PathBuf;
use std::sync::Arc;

use schemas::TopicPartition;

/// Why the log could not do what was asked.
///
/// It is `Clone` because one failed commit is the answer to everybody who waits for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The configuration says nothing about where the log is.
    #[error("log.path is not set: name the log's file")]
    NoPath,
    /// A setting that no log can work with.
    #[error("log.{key}: {reason}")]
    BadConfig {
        /// The key below `[log]`.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file or its folder cannot be made or written.
    #[error(
        "log file {path} cannot be written ({reason}): make its folder writable, or set log.path to another file"
    )]
    Unwritable {
        /// The log's file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file is something else.
    #[error("{path} is not a Matinee log ({reason}): move it away, or set log.path to another file")]
    NotALog {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// The file is a Matinee log of another format.
    #[error(
        "log file {path} has format {found}, this build reads format {expected}: use the Matinee that wrote it, or set log.path to another file"
    )]
    OtherFormat {
        /// The log's file.
        path: PathBuf,
        /// Its `user_version`.
        found: i32,
        /// Ours.
        expected: i32,
    },
    /// The log has no such topic.
    #[error("the log has no topic {topic}: declare it first")]
    UnknownTopic {
        /// The name that was asked for.
        topic: String,
    },
    /// The topic has no such partition.
    #[error("topic {topic} has no partition {partition}: it has {partitions}")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The number that was asked for.
        partition: i32,
        /// How many there are, numbered from 0.
        partitions: i32,
    },
    /// The offset is not between the watermarks.
    #[error(
        "offset {offset} of {topic}/{partition} is out of range: the log has {low} up to, not including, {high}"
    )]
    OutOfRange {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that was asked for.
        offset: i64,
        /// The first offset that can be read.
        low: i64,
        /// The offset of the next record to come; reading from it gives nothing yet.
        high: i64,
    },
    /// The record is longer than the topic takes.
    #[error(
        "a record of {bytes} bytes for topic {topic} is over the limit of {limit} (log.max_record_bytes, or the topic's max.message.bytes)"
    )]
    RecordTooLarge {
        /// The topic.
        topic: String,
        /// Key, value and headers.
        bytes: usize,
        /// What the topic takes.
        limit: usize,
    },
    /// A declaration cannot be carried out.
    #[error("topic {topic} cannot be declared: {reason}")]
    BadDeclaration {
        /// The topic.
        topic: String,
        /// Why not.
        reason: String,
    },
    /// The topics file cannot be read.
    #[error("not a file of topics: {0}")]
    BadTopics(String),
    /// A member would be taken for gone between two signs of life, or give them without a pause.
    #[error(
        "group {group}: a heartbeat every {heartbeat_ms} ms does not fit a session of {session_timeout_ms} ms: \
         make the heartbeat at least 1 ms and the session at least twice as long (log.group_heartbeat_ms, log.group_session_timeout_ms)"
    )]
    BadHeartbeat {
        /// The group.
        group: String,
        /// The time between signs of life.
        heartbeat_ms: u64,
        /// The time without one after which a member is gone.
        session_timeout_ms: u64,
    },
    /// The group has a live member of that name.
    #[error("group {group} has a live member {member}: give each member a name of its own")]
    MemberExists {
        /// The group.
        group: String,
        /// The member's name.
        member: String,
    },
    /// A record of a control topic or of dead letters is not what it should be.
    #[error("record {partition}@{offset} is not a {what}: {reason}")]
    BadRecord {
        /// Where it is.
        partition: TopicPartition,
        /// Where it is.
        offset: i64,
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        reason: String,
    },
    /// Another process held the log for longer than `log.busy_timeout_ms`.
    #[error(
        "log file {path} is held by another process for too long: see who has it open, or raise log.busy_timeout_ms"
    )]
    Busy {
        /// The log's file.
        path: PathBuf,
    },
    /// SQLite refused: a full disk, a broken file.
    #[error("log file {path}: {source}")]
    Storage {
        /// The log's file.
        path: PathBuf,
        /// What SQLite says.
        source: Arc<rusqlite::Error>,
    },
    /// The system gives no thread.
    #[error("the log cannot start a thread: {reason}")]
    NoThread {
        /// What the system says.
        reason: String,
    },
    /// The log's thread is gone.
    #[error("log file {path} is closed")]
    Closed {
        /// The log's file.
        path: PathBuf,
    },
}

impl Error {
    /// Whether the same may succeed later: somebody else has the log, or the disk is full.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Storage { .. })
    }
}
