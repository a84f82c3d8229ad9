//! Snapshots to models.
//!
//! Triggers on `retrain-triggers` are the history of why every model exists. Each one ends in one put-if-absent
//! outcome, whoever crashes; one trainer works at a time because of a group, and is right because of put-if-absent.
//!
//! | module | holds |
//! | --- | --- |
//! | `config` | the section `[trainer]` |
//! | `run` | the loop: who works, and on what |
//! | `desk` | what a trainer knows while the triggers are its own |
//! | `schedule` | decision: which triggers the trainer appends itself |
//! | `triggers` | decision: which trigger is served, which collapse into it |
//! | `interactions` | a snapshot's records to events that count once, and to what is held out |
//! | `train` | events to a judged model |
//! | `gate` | decision: whether a model may be published |
//! | `retrain` | one trigger, from its attempts to its outcome |
//! | `attempt` | one attempt: snapshot, comparison, training, publication |
//! | `snapshot` | waiting for the ingestors, the cut, its records |
//! | `champion` | the newest model, to be compared with |
//! | `publish` | the publication and the outcomes that follow from it |
//! | `announce` | `model-updates` |
//! | `repair` | what a crash between two steps left undone |
//! | `history` | reading `retrain-triggers`, and [`trigger`], writing there |
//! | `metrics` | every metric name |

mod announce;
mod attempt;
mod champion;
mod config;
mod desk;
mod error;
pub mod gate;
mod history;
pub mod interactions;
mod metrics;
mod publish;
mod repair;
mod retrain;
mod run;
pub mod schedule;
mod snapshot;
pub mod train;
pub mod triggers;

use std::sync::Arc;

use registry::model::{Meta, Version};
use schemas::Cause;

pub use config::{Config, Gate, Parameters, Schedule};
pub use error::Error;
pub use history::trigger;
pub use metrics::Metrics;
pub use run::run;

/// The group of the trainers: who has partition 0 of `retrain-triggers` works.
pub const GROUP: &str = "trainer";

/// Who listens to what happens.
pub type Observer = Arc<dyn Fn(Happening) + Send + Sync>;

/// What a trainer is made of.
#[derive(Clone)]
pub struct Parts {
    /// The log.
    pub log: kafka::Log,
    /// The object store.
    pub store: registry::Store,
    /// Reads records, whoever wrote them.
    pub decoder: kafka::Decoder,
    /// The section `[trainer]`.
    pub config: Config,
    /// The build that trains.
    pub identity: runtime::BuildIdentity,
    /// The checks of the process.
    pub health: runtime::Health,
    /// The trainer's metrics.
    pub metrics: Metrics,
    /// The clock: Unix milliseconds.
    pub now_ms: fn() -> i64,
    /// Is told what happens.
    pub observe: Observer,
}

/// What happens in a trainer.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A trigger is being served.
    Triggered {
        /// Its offset on `retrain-triggers`.
        offset: i64,
        /// Its kind of reason.
        cause: Cause,
        /// Its reason.
        reason: String,
    },
    /// The snapshot is cut.
    Snapshot {
        /// Its `data_snapshot_id`.
        id: String,
        /// Its records.
        rows: u64,
    },
    /// A fit goes on.
    Training {
        /// The version that the model will have, unless another trainer is quicker.
        version_hint: Option<String>,
        /// `evaluate`, `compare` or `fit`.
        phase: &'static str,
        /// Half-iterations that are done.
        done: u32,
        /// Half-iterations of this fit.
        total: u32,
    },
    /// A model is published.
    Published {
        /// Its meta.
        meta: Box<Meta>,
    },
    /// The gate held a model back.
    Refused {
        /// Why.
        reason: String,
    },
    /// Nothing is new.
    Unchanged {
        /// The model that is up to date.
        version: Version,
    },
    /// A retrain could not be done.
    Failed {
        /// The last attempt's error.
        error: String,
    },
}
