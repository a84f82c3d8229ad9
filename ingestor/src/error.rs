//! Why a partition, or the ingestor, stopped.

use schemas::{Position, TopicPartition};

/// An error of the ingestor.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] kafka::Error),
    /// The object store failed, or holds what cannot be.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The log is not the one that was ingested.
    #[error(
        "the record at {position} is not the one that was ingested: was the topic deleted and made anew? It is not spliced onto the old chain"
    )]
    OtherLog {
        /// The last ingested record.
        position: Position,
    },
    /// The log ends before what was ingested.
    #[error(
        "{partition} ends at {high}, below the ingested position {position}: was the topic deleted and made anew?"
    )]
    LogBehind {
        /// The partition.
        partition: TopicPartition,
        /// Where the log ends.
        high: i64,
        /// The end of the chain.
        position: i64,
    },
    /// The log has dropped records that were not ingested.
    #[error("{partition} begins at {low}, and {position} to {low} were never ingested: they are lost")]
    Gap {
        /// The partition.
        partition: TopicPartition,
        /// Where the log begins.
        low: i64,
        /// The end of the chain.
        position: i64,
    },
    /// A task was lost.
    #[error("a task ended without a result: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    /// Whether waiting may help: the log or the store may come back. What is wrong with the data stays wrong.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Error::Log(error) => error.is_transient(),
            Error::Registry(error) => error.is_transient(),
            _ => false,
        }
    }
}
