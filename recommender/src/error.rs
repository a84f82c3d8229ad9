//! Why a recommender cannot start, load or record.

use std::path::PathBuf;

use registry::model::Version;

/// An error of the recommender.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] kafka::Error),
    /// The object store failed, or what it holds is damaged.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// A record could not be encoded.
    #[error(transparent)]
    Codec(#[from] schemas::Error),
    /// The artifact has the right hash and is not a model.
    #[error("model {version}: {reason}")]
    BadModel {
        /// Which version.
        version: Version,
        /// What is wrong with it.
        reason: String,
    },
    /// The outbox cannot be made, locked or written.
    #[error("outbox {path}: {source}")]
    Outbox {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the outbox is damaged before its end.
    #[error("outbox file {path} is damaged at byte {at}: move it away to go on without its records")]
    DamagedOutbox {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
    /// The outbox was written by another build.
    #[error(
        "{path}: the outbox has format {found}, this build reads {known}: forward its records with the Matinee that wrote it"
    )]
    OutboxFormat {
        /// The file that says so.
        path: PathBuf,
        /// What it says.
        found: String,
        /// Ours.
        known: &'static str,
    },
    /// More answers wait to be forwarded than is allowed.
    #[error("{bytes} bytes wait in the outbox, the limit is {limit}: reco-responses cannot be reached")]
    OutboxFull {
        /// What waits.
        bytes: u64,
        /// `recommender.outbox_bytes`.
        limit: u64,
    },
    /// The configuration says nothing about where the outbox is.
    #[error("recommender.outbox is not set")]
    NoOutbox,
    /// The log has no such topic.
    #[error("the log has no topic {0}: declare it first")]
    NoTopic(String),
    /// A task was lost.
    #[error("a task ended without a result: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    /// Whether waiting may help; what is wrong with a model stays wrong.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Error::Log(error) => error.is_transient(),
            Error::Registry(error) => error.is_transient(),
            Error::Task(_) => true,
            _ => false,
        }
    }
}
