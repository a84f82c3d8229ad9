//! What can go wrong with a retrain.

use registry::model::Version;

/// An error of the trainer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that no trainer can work with.
    #[error("trainer.{key}: {reason}")]
    Config {
        /// The key below `[trainer]`.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] kafka::Error),
    /// The object store, and what is in it.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// A record of a control topic.
    #[error("a record of {topic}: {source}")]
    Record {
        /// The topic.
        topic: &'static str,
        /// What the codec says.
        source: schemas::Error,
    },
    /// The numeric kernel.
    #[error("snapshot {data_snapshot_id}, {stage}: {source}")]
    Fit {
        /// What was being fitted on.
        data_snapshot_id: String,
        /// The step.
        stage: &'static str,
        /// What the kernel says.
        source: als::Error,
    },
    /// A fit whose result is no model.
    #[error("snapshot {data_snapshot_id}: the fit gave factors that are not finite: raise regularization")]
    NotFinite {
        /// What was fitted on.
        data_snapshot_id: String,
    },
    /// The champion's parameters are not what this build knows.
    #[error("meta.json of {version}: parameters: {reason}")]
    Parameters {
        /// The champion.
        version: Version,
        /// What is wrong with them.
        reason: String,
    },
    /// The threads for the fit could not be had.
    #[error("threads for the fit: {0}")]
    Threads(String),
    /// A metric cannot be registered.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}
